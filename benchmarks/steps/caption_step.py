"""Times a training step of the example caption as caption_step.cpp has it, with PyTorch."""

import os
import pathlib
import sys

import torch

from step_times import print_median

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests/goldens"))
from make_caption_golden import CaptionNetwork  # noqa: E402

BATCH, WORDS, LENGTH = 32, 22, 12


def main():
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    torch.manual_seed(1)
    network = CaptionNetwork(WORDS, 32, 64, 128, 256)
    adam = torch.optim.Adam(network.parameters(), lr=1e-3)
    images, captions = torch.rand(BATCH, 3, 48, 48), torch.randint(1, WORDS, (BATCH, LENGTH))

    def step():
        loss = network.loss(images, captions)
        adam.zero_grad()
        loss.backward()
        adam.step()

    print_median(10, 101, step)


if __name__ == "__main__":
    main()
