#!/usr/bin/env python3
"""Writes style.txt: a style transfer's loss and its gradient for the pixels, for style_test.cpp.

usage: make_style.py      (needs PyTorch and torchvision)

SqueezeNet has weights from a formula that the test repeats, the picture, photograph and painting as well. All is computed
in double precision: the loss, then the gradient, element by element.
"""

import math
import pathlib

import torch
import torchvision

LAYERS, CONTENT = [1, 3, 4, 5, 7], 3
ALPHA, BETA, SMOOTHNESS = 0.5, 200.0, 3.0


def image(height, width, phase):
    values = torch.arange(3 * height * width, dtype=torch.float64)
    return (0.5 + 0.5 * torch.sin(0.37 * values + phase)).reshape(1, 3, height, width)


def network():
    net = torchvision.models.squeezenet1_0().double().eval()
    with torch.no_grad():
        for k, p in enumerate(net.features.parameters()):
            fan_in = p[0].numel()
            p.copy_((torch.sin(0.7 * torch.arange(p.numel(), dtype=torch.float64) + k) / math.sqrt(fan_in)).reshape(p.shape))
    return net.features


def features(layers, x):
    seen = []
    for i, layer in enumerate(layers):
        x = layer(x)
        if i in LAYERS:
            seen.append(x)
    return seen


def gram(f):
    f = f.flatten(2)[0]
    return f @ f.T


def main():
    layers = network()
    picture = image(40, 44, 0.3).requires_grad_()
    photograph, painting = image(40, 44, 1.1), image(48, 36, 2.2)
    with torch.no_grad():
        scales = [1 / f.square().mean().sqrt() for f in features(layers, painting)]
        painted = [f * s for f, s in zip(features(layers, painting), scales)]
        wanted = features(layers, photograph)[CONTENT] * scales[CONTENT]
    seen = [f * s for f, s in zip(features(layers, picture), scales)]
    loss = ALPHA * 0.5 * (seen[CONTENT] - wanted).square().sum()
    for f, p in zip(seen, painted):
        n, m = f.shape[1], f.shape[2] * f.shape[3]
        a = gram(p) * (m / (p.shape[2] * p.shape[3]))
        loss = loss + BETA * (gram(f) - a).square().sum() / (4 * n**2 * m**2)
    down, right = picture[:, :, 1:] - picture[:, :, :-1], picture[:, :, :, 1:] - picture[:, :, :, :-1]
    loss = loss + SMOOTHNESS * (down.square().sum() + right.square().sum()) / picture.numel()
    loss.backward()
    numbers = [loss.item()] + picture.grad.flatten().tolist()
    pathlib.Path(__file__).with_name("style.txt").write_text("\n".join(f"{n:.7g}" for n in numbers) + "\n")


if __name__ == "__main__":
    main()
