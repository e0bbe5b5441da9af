"""Times an iteration of `style` as style_step.cpp has it, with PyTorch and torchvision."""

import os
import pathlib
import sys

import torch
import torchvision

from step_times import print_median

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests/goldens"))
from make_style import objective  # noqa: E402

SIDE = int(sys.argv[1]) if len(sys.argv) > 1 else 512


def main():
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    torch.manual_seed(1)
    layers = torchvision.models.squeezenet1_0().features.requires_grad_(False).eval()
    painting, photograph = torch.rand(1, 3, SIDE, SIDE), torch.rand(1, 3, SIDE, SIDE)
    picture = torch.rand(1, 3, SIDE, SIDE, requires_grad=True)
    loss_of = objective(layers, [1, 3, 4, 5, 7, 8, 9], 4, photograph, painting, (1, 1e7, 300))
    lbfgs = torch.optim.LBFGS([picture], lr=1e-3, max_iter=1, history_size=20)

    def closure():
        lbfgs.zero_grad()
        loss = loss_of(picture)
        loss.backward()
        return loss

    print_median(3, 7, lambda: lbfgs.step(closure))


if __name__ == "__main__":
    main()
