#!/usr/bin/env python3
"""Writes reparametrization.json: layers with weight_norm and spectral_norm, as PyTorch computes them.

    python3 tests/goldens/make_reparametrization.py        # any PyTorch from 1.13 on; Debian: apt install python3-torch

tests/nn_reparametrization_test.cpp loads the state of each case into the same layer, calls it twice in training and once
in evaluation on the same input, and compares the outputs, the gradients of the sum of squares of all outputs, and the
state afterwards.
"""
import json
import pathlib
import warnings

import torch
from torch import nn

warnings.simplefilter("ignore")
torch.set_default_dtype(torch.float64)
torch.manual_seed(3)
cases = {}


def packed(t):
    return {"shape": list(t.shape), "data": t.detach().reshape(-1).tolist()}


def packed_all(tensors):
    return {name: packed(t) for name, t in tensors.items()}


def case(name, layer, x):
    with torch.no_grad():
        for p in layer.parameters():
            p.copy_((p * 1000).round() / 1000)
    before = packed_all({name: t.clone() for name, t in layer.state_dict().items()})
    outputs = [layer(x), layer(x)]
    layer.eval()
    outputs.append(layer(x))
    sum((y**2).sum() for y in outputs).backward()
    cases[name] = {"before": before, "x": packed(x), "outputs": [packed(y) for y in outputs],
                   "grads": packed_all({name: p.grad for name, p in layer.named_parameters()}),
                   "after": packed_all(layer.state_dict())}


def numbers(*shape):
    return (torch.randn(*shape) * 1000).round() / 1000


weight_norm, spectral_norm = nn.utils.weight_norm, nn.utils.spectral_norm
case("weight_norm linear", weight_norm(nn.Linear(4, 3)), numbers(2, 4))
case("weight_norm all", weight_norm(nn.Linear(4, 3), dim=None), numbers(2, 4))
case("weight_norm conv", weight_norm(nn.Conv2d(2, 3, 2), dim=1), numbers(1, 2, 3, 3))
case("weight_norm bias", weight_norm(nn.Linear(2, 3), name="bias"), numbers(2, 2))
case("spectral_norm linear", spectral_norm(nn.Linear(4, 3)), numbers(2, 4))
case("spectral_norm conv", spectral_norm(nn.Conv2d(2, 3, 2), n_power_iterations=3), numbers(1, 2, 3, 3))
case("spectral_norm transposed", spectral_norm(nn.ConvTranspose2d(2, 3, 2)), numbers(1, 2, 2, 2))

path = pathlib.Path(__file__).with_name("reparametrization.json")
lines = [f"{json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}" for name, value in cases.items()]
path.write_text('{"pytorch": ' + json.dumps(torch.__version__) + ', "cases": {\n' + ",\n".join(lines) + "\n}}\n")
print(f"{path}: {len(cases)} cases, {path.stat().st_size} bytes")
