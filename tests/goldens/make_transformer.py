#!/usr/bin/env python3
"""Writes transformer.txt: results and gradients of PyTorch's attention and Transformer, for transformer_goldens_test.cpp.

usage: make_transformer.py      (needs PyTorch)

All in double precision. Each case begins with `case NAME`; the lines after it are a name and numbers: out0, out1 for
the outputs, in0, in1 for the gradients of the inputs, and the names of parameters for theirs. Parameter k of the state,
by name, is 0.4 sin(1.3 i + 0.7 k) for element i, input k is sin(0.9 i + k). The loss is the sum of the outputs times
cos(0.5 i + k).
"""
import pathlib

import torch
from torch import nn

F64 = torch.float64
lines = []


def ramp(shape):
    return torch.arange(torch.Size(shape).numel(), dtype=F64)


def case(name, net, shapes, call):
    net = net.double().train()
    with torch.no_grad():
        for k, key in enumerate(sorted(net.state_dict())):
            value = net.state_dict()[key]
            value.copy_((0.4 * torch.sin(1.3 * ramp(value.shape) + 0.7 * k)).reshape(value.shape))
    inputs = [torch.sin(0.9 * ramp(s) + k).reshape(s).requires_grad_() for k, s in enumerate(shapes)]
    outputs = [y for y in call(net, *inputs) if y is not None]
    sum((y * torch.cos(0.5 * ramp(y.shape) + k).reshape(y.shape)).sum() for k, y in enumerate(outputs)).backward()
    values = {f"out{k}": y for k, y in enumerate(outputs)}
    values.update({f"in{k}": x.grad for k, x in enumerate(inputs)})
    values.update({key: p.grad for key, p in net.named_parameters()})
    lines.append(f"case {name}")
    lines.extend(" ".join([key, *(f"{v:.14g}" for v in value.flatten().tolist())]) for key, value in values.items())


def pairs(*shape):
    """A boolean mask that leaves something in each row."""
    *batch, rows, columns = shape
    b = torch.arange(batch[0] if batch else 1).reshape(-1, 1, 1)
    mask = (b + 3 * torch.arange(rows).reshape(-1, 1) + 5 * torch.arange(columns)) % 4 == 0
    return mask if batch else mask[0]


def added(rows, columns):
    return (0.5 * torch.sin(ramp((rows, columns)))).reshape(rows, columns)


def padding(batch, keys):
    """Leaves out the last key of all but the first."""
    mask = torch.zeros(batch, keys, dtype=torch.bool)
    mask[1:, -1] = True
    return mask


def causal(size):
    return nn.Transformer.generate_square_subsequent_mask(size).double()


def attention():
    case("self", nn.MultiheadAttention(4, 2), [(3, 2, 4)], lambda f, x: f(x, x, x))
    case("cross", nn.MultiheadAttention(4, 2, batch_first=True), [(2, 3, 4), (2, 4, 4)],
         lambda f, x, y: f(x, y, y, attn_mask=added(3, 4), average_attn_weights=False))
    case("sizes", nn.MultiheadAttention(4, 2, kdim=3, vdim=5), [(3, 2, 4), (4, 2, 3), (4, 2, 5)],
         lambda f, q, k, v: f(q, k, v, key_padding_mask=padding(2, 4)))
    case("added keys", nn.MultiheadAttention(4, 2, add_bias_kv=True, add_zero_attn=True), [(3, 2, 4), (4, 2, 4)],
         lambda f, x, y: f(x, y, y, attn_mask=pairs(4, 3, 4), key_padding_mask=padding(2, 4)))
    case("mixed masks", nn.MultiheadAttention(4, 2, add_zero_attn=True), [(3, 2, 4), (4, 2, 4)],
         lambda f, x, y: f(x, y, y, attn_mask=added(3, 4), key_padding_mask=padding(2, 4)))
    case("no batch", nn.MultiheadAttention(4, 2, bias=False), [(3, 4), (4, 4)],
         lambda f, x, y: f(x, y, y, attn_mask=pairs(3, 4)))
    case("causal", nn.MultiheadAttention(4, 1, batch_first=True), [(2, 3, 4)],
         lambda f, x: f(x, x, x, attn_mask=causal(3), key_padding_mask=padding(2, 3)))


def layers():
    small = {"dim_feedforward": 5, "dropout": 0.0}
    case("encoder layer", nn.TransformerEncoderLayer(4, 2, **small), [(3, 2, 4)],
         lambda f, x: [f(x, causal(3), padding(2, 3))])
    first = {"activation": "gelu", "batch_first": True, "norm_first": True, "layer_norm_eps": 1e-3}
    case("encoder layer, norm first", nn.TransformerEncoderLayer(4, 2, **small, **first), [(2, 3, 4)],
         lambda f, x: [f(x, pairs(3, 3))])
    case("decoder layer", nn.TransformerDecoderLayer(4, 2, **small), [(3, 2, 4), (4, 2, 4)],
         lambda f, x, y: [f(x, y, causal(3), pairs(3, 4), padding(2, 3), padding(2, 4))])
    case("decoder layer, norm first", nn.TransformerDecoderLayer(4, 2, **small, **first), [(2, 3, 4), (2, 4, 4)],
         lambda f, x, y: [f(x, y, memory_key_padding_mask=padding(2, 4))])
    case("encoder", nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, **small), 2), [(3, 2, 4)],
         lambda f, x: [f(x, pairs(3, 3))])
    case("transformer", nn.Transformer(4, 2, 2, 1, **small), [(4, 2, 4), (3, 2, 4)],
         lambda f, x, y: [f(x, y, tgt_mask=causal(3), src_key_padding_mask=padding(2, 4),
                            memory_key_padding_mask=padding(2, 4))])


def main():
    attention()
    layers()
    pathlib.Path(__file__).with_name("transformer.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
