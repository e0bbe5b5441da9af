#!/usr/bin/env python3
"""Writes recurrent.txt: results and gradients of PyTorch's recurrent layers and cells, for recurrent_goldens_test.cpp.

usage: make_recurrent.py      (needs PyTorch)

Each line is a case: kind, layers, directions, bias, batch_first, projection, packed, whether there are first states.
Then for each tensor, which are results, gradients of inputs and of parameters, its name, its number of elements, the
sum of its elements t_i cos(0.7 i), and its norm, in double precision. The numbers of inputs, parameters and gradients
come from the formulas of `numbers`, which the test repeats.
"""

import itertools
import pathlib

import torch
from torch import nn
from torch.nn.utils import rnn

torch.set_default_dtype(torch.float64)
IN, HIDDEN, STEPS, BATCH = 3, 4, 5, 3
LENGTHS = [3, 5, 1]


def numbers(shape, shift, scale=1.0):
    """scale * sin(0.37 i + shift)."""
    count = torch.Size(shape).numel()
    return (scale * torch.sin(0.37 * torch.arange(count) + shift)).reshape(shape)


def leaf(shape, shift, scale=1.0):
    return numbers(shape, shift, scale).requires_grad_()


def set_parameters(module):
    with torch.no_grad():
        for k, p in enumerate(module.parameters()):
            p.copy_(numbers(p.shape, k, 0.7))


def layer_case(kind, layers, directions, bias, batch_first, proj, packed, states):
    classes = {"tanh": nn.RNN, "relu": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
    options = {"nonlinearity": kind} if kind in ("tanh", "relu") else {"proj_size": proj} if proj else {}
    module = classes[kind](IN, HIDDEN, num_layers=layers, bias=bool(bias), batch_first=bool(batch_first),
                           bidirectional=directions == 2, **options)
    set_parameters(module)
    x = leaf([BATCH, STEPS, IN] if batch_first else [STEPS, BATCH, IN], 0.5, 1.5)
    first = [leaf([layers * directions, BATCH, proj or HIDDEN], 2.5)]
    if kind == "lstm":
        first.append(leaf([layers * directions, BATCH, HIDDEN], 3.5))
    inputs = [("x", x)] + (list(zip(("h0", "c0"), first)) if states else [])
    arguments = rnn.pack_padded_sequence(x, LENGTHS, bool(batch_first), enforce_sorted=False) if packed else x
    y, last = module(arguments, *([tuple(first) if kind == "lstm" else first[0]] if states else []))
    if packed:
        y, lengths = rnn.pad_packed_sequence(y, bool(batch_first))
        assert lengths.tolist() == LENGTHS
    return module, inputs, [y, *last] if kind == "lstm" else [y, last]


def cell_case(kind, bias, states):
    """Two steps."""
    classes = {"tanh": nn.RNNCell, "relu": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}
    options = {"nonlinearity": kind} if kind in ("tanh", "relu") else {}
    module = classes[kind](IN, HIDDEN, bias=bool(bias), **options)
    set_parameters(module)
    x = leaf([2, BATCH, IN], 0.5, 1.5)
    first = [leaf([BATCH, HIDDEN], 2.5)]
    if kind == "lstm":
        first.append(leaf([BATCH, HIDDEN], 3.5))
    state = (tuple(first) if kind == "lstm" else first[0]) if states else None
    for step in x:
        state = module(step, state)
    inputs = [("x", x)] + (list(zip(("h0", "c0"), first)) if states else [])
    return module, inputs, list(state) if kind == "lstm" else [state]


def digest(name, t):
    flat = t.detach().reshape(-1)
    weighted = (flat * torch.cos(0.7 * torch.arange(flat.numel()))).sum()
    return f"{name} {flat.numel()} {weighted.item():.17g} {flat.norm().item():.17g}"


def line(case, module, inputs, results):
    loss = sum((t * numbers(t.shape, 1.5 + k)).sum() for k, t in enumerate(results))
    loss.backward()
    tensors = [(f"result{k}", t) for k, t in enumerate(results)] + [(name, t.grad) for name, t in inputs]
    tensors += [(name, p.grad) for name, p in module.named_parameters()]
    return " ".join(map(str, case)) + " " + " ".join(digest(name, t) for name, t in tensors) + "\n"


def main():
    kinds = ["tanh", "relu", "lstm", "gru"]
    # kind, layers, directions, bias, batch_first, projection, packed, states
    cases = list(itertools.product(kinds, (1, 2), (1, 2), (1,), (0,), (0,), (0, 1), (1,)))
    cases += [(kind, 2, 2, 1, 1, 0, packed, 0) for kind in kinds for packed in (0, 1)]
    cases += [(kind, 1, 2, 0, 0, 0, packed, states) for kind in kinds for packed in (0, 1) for states in (0, 1)]
    cases += [("lstm", layers, directions, 1, 0, 2, packed, 1) for layers, directions, packed in
              itertools.product((1, 2), (1, 2), (0, 1))]
    cases += [("lstm", 1, 2, 0, 0, 2, packed, 0) for packed in (0, 1)]
    with open(pathlib.Path(__file__).with_name("recurrent.txt"), "w") as out:
        for case in cases:
            out.write(line(case, *layer_case(*case)))
        for kind, bias, states in itertools.product(kinds, (1, 0), (1, 0)):
            out.write(line((f"{kind}_cell", 1, 1, bias, 0, 0, 0, states), *cell_case(kind, bias, states)))


if __name__ == "__main__":
    main()
