#!/usr/bin/env python3
"""Writes caption_golden.txt: the loss and the gradients of caption_network.h, as PyTorch computes them in f64.

Weights, images and captions come from formulas that caption_golden_test.cpp repeats. Lines of the file: "loss VALUE",
then for each parameter in order "NAME SIZE NORM ELEMENTS": how many elements it has, the norm of its gradient, and
the gradient's elements: all of up to 32, else the first eight and eight evenly spaced ones, i * SIZE / 8.
"""

import pathlib

import torch
from torch import nn

WORDS, EMBEDDING, HIDDEN, FEATURES, MULTIMODAL = 22, 8, 10, 12, 14


def halved(inputs, outputs, kernel):
    conv = nn.Conv2d(inputs, outputs, kernel, stride=2, padding=kernel // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU())


class CaptionNetwork(nn.Module):
    """The network of caption_network.h, its parameters in the same order."""

    def __init__(self, words=WORDS, embedding=EMBEDDING, hidden=HIDDEN, features=FEATURES, multimodal=MULTIMODAL):
        super().__init__()
        self.cnn = nn.Sequential(
            halved(3, 16, 5), halved(16, 32, 3), halved(32, 64, 3), nn.Flatten(),
            nn.Linear(64 * 6 * 6, features, bias=False), nn.BatchNorm1d(features), nn.ReLU())
        self.embedding = nn.Embedding(words, embedding)
        self.lstm = nn.LSTM(embedding, hidden, batch_first=True)
        self.from_word = nn.Linear(embedding, multimodal)
        self.from_state = nn.Linear(hidden, multimodal, bias=False)
        self.from_image = nn.Linear(features, multimodal, bias=False)
        self.output = nn.Linear(multimodal, words)

    def forward(self, images, words):
        word = self.embedding(words)
        recurrent, _ = self.lstm(word)
        image = self.from_image(self.cnn(images))
        total = self.from_word(word) + self.from_state(recurrent) + image.unsqueeze(1)
        return self.output(1.7159 * torch.tanh(2 / 3 * total))

    def loss(self, images, captions):
        logits = self(images, captions[:, :-1])
        return nn.functional.cross_entropy(logits.flatten(0, 1), captions[:, 1:].flatten(), ignore_index=0)


def set_weights(network):
    """Parameter k gets sin(0.37 i + k) / sqrt(fan in); the fan in of a vector is its length."""
    with torch.no_grad():
        for k, p in enumerate(network.parameters()):
            fan_in = p.numel() / p.shape[0] if p.dim() > 1 else p.numel()
            i = torch.arange(p.numel(), dtype=torch.float64)
            p.copy_((torch.sin(0.37 * i + k) / fan_in**0.5).reshape(p.shape))


def images(count):
    """Pixel i is 0.5 + 0.5 sin(0.013 i + 0.7 sin(0.0031 i))."""
    i = torch.arange(count * 3 * 48 * 48, dtype=torch.float64)
    return (0.5 + 0.5 * torch.sin(0.013 * i + 0.7 * torch.sin(0.0031 * i))).reshape(count, 3, 48, 48)


def captions():
    """begin, 4, 7 and 9 words, end, and padding up to 12."""
    rows = []
    for row, length in enumerate([4, 7, 9]):
        words = [3 + (5 * row + 7 * j) % (WORDS - 3) for j in range(length)]
        rows.append([1] + words + [2] + [0] * (10 - length))
    return torch.tensor(rows)


def main():
    network = CaptionNetwork().double()
    set_weights(network)
    loss = network.loss(images(3), captions())
    loss.backward()
    with open(pathlib.Path(__file__).with_name("caption_golden.txt"), "w") as out:
        out.write(f"loss {loss.item():.17g}\n")
        for name, p in network.named_parameters():
            flat = p.grad.flatten()
            spread = [i * flat.numel() // 8 for i in range(8)]
            chosen = flat if flat.numel() <= 32 else torch.cat([flat[:8], flat[spread]])
            values = " ".join(f"{v:.12g}" for v in [flat.norm().item()] + chosen.tolist())
            out.write(f"{name} {flat.numel()} {values}\n")


if __name__ == "__main__":
    main()
