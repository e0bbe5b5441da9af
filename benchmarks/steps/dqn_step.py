"""Times a training step of the example dqn as dqn_step.cpp has it, with PyTorch."""

import os

import torch
from torch import nn
from torch.nn.functional import smooth_l1_loss

from step_times import print_median

BATCH = 32


def make_network():
    """From the last two frames, [N, 2, 16, 16], to the value of each of three actions."""
    return nn.Sequential(
        nn.Conv2d(2, 16, 4, stride=2), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.Flatten(),
        nn.Linear(32 * 5 * 5, 128), nn.ReLU(), nn.Linear(128, 3))


def main():
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    torch.manual_seed(1)
    network, target = make_network(), make_network()
    adam = torch.optim.Adam(network.parameters(), lr=1e-3)
    frames, actions = torch.rand(BATCH, 3, 16, 16), torch.randint(3, (BATCH,))
    rewards, goes_on = torch.rand(BATCH), torch.ones(BATCH)

    def step():
        with torch.no_grad():
            goal = rewards + 0.98 * goes_on * target(frames[:, 1:]).amax(1)
        values = network(frames[:, :2]).gather(1, actions.unsqueeze(1)).squeeze(1)
        loss = smooth_l1_loss(values, goal)
        adam.zero_grad()
        loss.backward()
        adam.step()

    print_median(50, 201, step)


if __name__ == "__main__":
    main()
