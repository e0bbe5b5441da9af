"""Times an iteration of `style` as style_step.cpp has it, with PyTorch."""

import os
import sys

import torch
from torch import nn

from step_times import print_median

SIDE = int(sys.argv[1]) if len(sys.argv) > 1 else 512
LAYERS, CONTENT = [1, 3, 4, 5, 7, 8, 9], 4


class Fire(nn.Module):
    def __init__(self, inputs, squeezed, expanded):
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x):
        x = torch.relu_(self.squeeze(x))
        return torch.cat([torch.relu_(self.expand1x1(x)), torch.relu_(self.expand3x3(x))], 1)


def squeezenet():
    """The layers of torchvision's squeezenet1_0 up to the last that counts."""
    return nn.Sequential(
        nn.Conv2d(3, 96, 7, stride=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, ceil_mode=True), Fire(96, 16, 64),
        Fire(128, 16, 64), Fire(128, 32, 128), nn.MaxPool2d(3, 2, ceil_mode=True), Fire(256, 32, 128), Fire(256, 48, 192),
        Fire(384, 48, 192)).requires_grad_(False).eval()


def features(layers, x):
    seen = []
    for i, layer in enumerate(layers):
        x = layer(x)
        if i in LAYERS:
            seen.append(x)
    return seen


def gram(f):
    f = f.flatten(2)
    return f @ f.transpose(1, 2)


def style_loss(f, wanted):
    n, m = f.shape[1], f.shape[2] * f.shape[3]
    return (gram(f) / m - wanted).square().sum() / (4 * n**2)


def main():
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    torch.manual_seed(1)
    layers = squeezenet()
    painting, photograph = torch.rand(1, 3, SIDE, SIDE), torch.rand(1, 3, SIDE, SIDE)
    picture = torch.rand(1, 3, SIDE, SIDE, requires_grad=True)
    with torch.no_grad():
        scales = [1 / f.square().mean().sqrt().item() for f in features(layers, painting)]
        painted = [f * s for f, s in zip(features(layers, painting), scales)]
        grams = [gram(f) / (f.shape[2] * f.shape[3]) for f in painted]
        wanted = features(layers, photograph)[CONTENT] * scales[CONTENT]
    lbfgs = torch.optim.LBFGS([picture], lr=1e-3, max_iter=1, history_size=20)

    def closure():
        lbfgs.zero_grad()
        seen = [f * s for f, s in zip(features(layers, picture), scales)]
        loss = 0.5 * (seen[CONTENT] - wanted).square().sum()
        loss = loss + 1e7 * sum(style_loss(f, a) for f, a in zip(seen, grams))
        down, right = picture[:, :, 1:] - picture[:, :, :-1], picture[:, :, :, 1:] - picture[:, :, :, :-1]
        loss = loss + 300 * (down.square().sum() + right.square().sum()) / picture.numel()
        loss.backward()
        return loss

    print_median(3, 7, lambda: lbfgs.step(closure))


if __name__ == "__main__":
    main()
