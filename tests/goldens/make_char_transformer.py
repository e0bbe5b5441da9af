#!/usr/bin/env python3
"""Writes char_transformer.txt: the losses of 100 steps of a small GPT-2, as PyTorch trains it in f32.

usage: make_char_transformer.py      (needs PyTorch)

Initial weights and text come from formulas that char_transformer_test.cpp repeats. The rate is so low that roundings do not
grow: an f64 run differs by 3e-6. One loss per line.
"""

import pathlib

import torch
from torch import nn
from torch.nn import functional as F

WORDS, LENGTH, WIDTH, LAYERS, HEADS, BATCH, STEPS = 27, 16, 32, 2, 4, 8, 100


class Conv1D(nn.Module):
    """A linear layer whose weight is [in, out]."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(inputs, outputs))
        self.bias = nn.Parameter(torch.empty(outputs))

    def forward(self, x):
        return x @ self.weight + self.bias


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.c_attn = Conv1D(WIDTH, 3 * WIDTH)
        self.c_proj = Conv1D(WIDTH, WIDTH)

    def forward(self, x):
        n, t, _ = x.shape
        q, k, v = (y.view(n, t, HEADS, -1).transpose(1, 2) for y in self.c_attn(x).split(WIDTH, -1))
        scores = q @ k.transpose(-1, -2) / (WIDTH // HEADS) ** 0.5
        future = torch.ones(t, t, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(future, float("-inf")).softmax(-1)
        return self.c_proj((weights @ v).transpose(1, 2).reshape(n, t, WIDTH))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.c_fc = Conv1D(WIDTH, 4 * WIDTH)
        self.c_proj = Conv1D(4 * WIDTH, WIDTH)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln_1, self.attn = nn.LayerNorm(WIDTH), Attention()
        self.ln_2, self.mlp = nn.LayerNorm(WIDTH), Mlp()

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(WORDS, WIDTH), nn.Embedding(LENGTH, WIDTH)
        self.h = nn.ModuleList(Block() for _ in range(LAYERS))
        self.ln_f = nn.LayerNorm(WIDTH)


class GPT2(nn.Module):
    """The names of Hugging Face; the head's weight is the embedding's."""

    def __init__(self):
        super().__init__()
        self.transformer = Transformer()

    def forward(self, ids):
        t = self.transformer
        x = t.wte(ids) + t.wpe.weight[: ids.shape[1]]
        for block in t.h:
            x = block(x)
        return t.ln_f(x) @ t.wte.weight.T


def set_weights(net):
    """Element i of parameter k, in the order of their names, is sin(0.37 i + k) times 0.08, of a norm's weight 1 more."""
    with torch.no_grad():
        for k, (name, p) in enumerate(sorted(net.named_parameters())):
            values = 0.08 * torch.sin(0.37 * torch.arange(p.numel(), dtype=torch.float64) + k)
            p.copy_((values + (1 if ".ln_" in name and name.endswith("weight") else 0)).view(p.shape))


def text():
    """Character i of 400 is (i^2 / 3 + 2 i) mod 27."""
    i = torch.arange(400)
    return (i * i // 3 + 2 * i) % WORDS


def main():
    net, characters, losses = GPT2(), text(), []
    set_weights(net)
    decayed = torch.optim.AdamW(net.parameters(), lr=5e-4, betas=(0.9, 0.99), weight_decay=0.1)
    for step in range(STEPS):
        first = torch.tensor([(37 * step + 91 * row) % (400 - LENGTH - 1) for row in range(BATCH)])
        places = first[:, None] + torch.arange(LENGTH)
        loss = F.cross_entropy(net(characters[places]).flatten(0, 1), characters[places + 1].flatten())
        decayed.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        decayed.step()
        losses.append(repr(loss.item()))
    pathlib.Path(__file__).with_name("char_transformer.txt").write_text("\n".join(losses) + "\n")


if __name__ == "__main__":
    main()
