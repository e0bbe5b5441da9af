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
WEIGHTS = 0.5, 200.0, 3.0


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


def features(layers, x, numbers):
    """What the layers with these numbers make of x."""
    seen = []
    for i, layer in enumerate(layers[:max(numbers) + 1]):
        x = layer(x)
        if i in numbers:
            seen.append(x)
    return seen


def gram(f):
    """The Gram matrix of an image's features, for each place."""
    f = f.flatten(2)[0]
    return f @ f.T / f.shape[1]


def objective(layers, numbers, content, photograph, painting, weights):
    """The loss of a picture, as style_objective.h has it; the weights are alpha, beta and smoothness."""
    with torch.no_grad():
        painted = features(layers, painting, numbers)
        scales = [1 / f.square().mean().sqrt().item() for f in painted]
        grams = [gram(f * s) for f, s in zip(painted, scales)]
        wanted = features(layers, photograph, numbers)[content] * scales[content]

    def loss(picture):
        alpha, beta, smoothness = weights
        seen = [f * s for f, s in zip(features(layers, picture, numbers), scales)]
        style = sum((gram(f) - a).square().sum() / (4 * f.shape[1]**2) for f, a in zip(seen, grams))
        down, right = picture[:, :, 1:] - picture[:, :, :-1], picture[:, :, :, 1:] - picture[:, :, :, :-1]
        variation = (down.square().sum() + right.square().sum()) / picture.numel()
        return alpha * 0.5 * (seen[content] - wanted).square().sum() + beta * style + smoothness * variation

    return loss


def main():
    picture = image(40, 44, 0.3).requires_grad_()
    loss = objective(network(), LAYERS, CONTENT, image(40, 44, 1.1), image(48, 36, 2.2), WEIGHTS)(picture)
    loss.backward()
    numbers = [loss.item()] + picture.grad.flatten().tolist()
    pathlib.Path(__file__).with_name("style.txt").write_text("\n".join(f"{n:.7g}" for n in numbers) + "\n")


if __name__ == "__main__":
    main()
