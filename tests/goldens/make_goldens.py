#!/usr/bin/env python3
"""Writes goldens.json: inputs, results and gradients of many operations, as PyTorch computes them in double precision.

    python3 tests/goldens/make_goldens.py        # any PyTorch from 1.13 on; Debian: apt install python3-torch

tests/goldens_test.cpp calls Reel's operation of each case on the same inputs and compares. Inputs come from a fixed
seed and have three decimals, so that the file stays small. A case's gradients are those of sum(output * weight) over its
floating outputs.
"""
import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
rng = np.random.RandomState(20)
cases = {}


def u(*shape, low=-2.0, high=2.0):
    """Uniform numbers."""
    return torch.tensor(np.round(rng.uniform(low, high, shape), 3))


def positive(*shape):
    return u(*shape, low=0.3, high=2.5)


def distinct(*shape):
    """Numbers that differ by at least 0.1."""
    n = int(np.prod(shape))
    return torch.tensor(np.round((rng.permutation(n) - n // 2) * 0.1, 3).reshape(shape))


def ints(*shape, high):
    return torch.tensor(rng.randint(0, high, shape), dtype=torch.int64)


def mask(*shape):
    return torch.tensor(rng.uniform(size=shape) < 0.5)


def packed(t):
    kinds = {torch.float64: "f64", torch.int64: "i64", torch.bool: "bool"}
    values = t.detach().reshape(-1).tolist()
    if t.dtype == torch.bool:
        values = [int(v) for v in values]
    values = [str(v) if v in (float("inf"), float("-inf")) or v != v else v for v in values]
    return {"dtype": kinds[t.dtype], "shape": list(t.shape), "data": values}


def case(name, function, *inputs):
    assert name not in cases, name
    leaves = [t.clone().requires_grad_() if t.is_floating_point() else t for t in inputs]
    outputs = function(*leaves)
    outputs = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
    weights, loss = [], 0
    for out in outputs:
        weight = u(*out.shape, low=-1, high=1) if out.is_floating_point() and out.requires_grad else None
        weights.append(weight)
        if weight is not None:
            loss = loss + (out * weight).sum()
    differentiable = [t for t in leaves if t.requires_grad]
    grads = [None] * len(leaves)
    if torch.is_tensor(loss) and differentiable:
        found = iter(torch.autograd.grad(loss, differentiable, allow_unused=True))
        grads = [next(found) if t.requires_grad else None for t in leaves]
    cases[name] = {
        "inputs": [packed(t) for t in leaves],
        "outputs": [packed(t) for t in outputs],
        "weights": [None if w is None else packed(w) for w in weights],
        "grads": [None if g is None else packed(g) for g in grads],
    }


def write(name):
    path = pathlib.Path(__file__).with_name(name)
    lines = [f"{json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}" for name, value in cases.items()]
    path.write_text('{"pytorch": ' + json.dumps(torch.__version__) + ', "cases": {\n' + ",\n".join(lines) + "\n}}\n")
    print(f"{path}: {len(cases)} cases, {path.stat().st_size} bytes")


# --- arithmetic
case("add alpha", lambda a, b: torch.add(a, b, alpha=3), u(2, 1, 3), u(4, 1))
case("sub alpha", lambda a, b: torch.sub(a, b, alpha=2), u(2, 3), u(3))
case("mul", torch.mul, u(2, 3), u(2, 1))
case("div", torch.div, u(2, 3), positive(3))
case("floor_divide", lambda a, b: torch.div(a, b, rounding_mode="floor").detach(), u(8), positive(8))
case("remainder", torch.remainder, u(8), torch.cat([positive(4), -positive(4)]))
case("pow", torch.pow, positive(2, 3), u(3))
case("pow number", lambda a: torch.pow(a, 3), u(5))
case("pow of number", lambda b: torch.pow(2.5, b), u(5))
case("maximum", torch.maximum, torch.tensor([1.0, 2.0, 3.0, -1.0]), torch.tensor([2.0, 2.0, 1.0, -1.0]))
case("minimum", torch.minimum, torch.tensor([1.0, 2.0, 3.0, -1.0]), torch.tensor([2.0, 2.0, 1.0, -1.0]))
case("atan2", torch.atan2, u(3, 4), u(4))
case("lerp", torch.lerp, u(2, 3), u(2, 3), u(2, 3))
case("lerp number", lambda a, b: torch.lerp(a, b, 0.3), u(4), u(4))

# --- functions of each element
for name, data in {
    "neg": u(6), "abs": torch.tensor([-1.5, 0.0, 2.0]), "sign": torch.tensor([-1.5, 0.0, 2.0]), "exp": u(6),
    "expm1": torch.tensor([1e-9, -2.0, 0.3]), "log": positive(6), "log1p": torch.tensor([1e-9, -0.5, 3.0]),
    "log2": positive(6), "sqrt": positive(6), "rsqrt": positive(6), "square": u(6), "reciprocal": positive(6),
    "sin": u(6), "cos": u(6), "tan": u(6, low=-1, high=1), "asin": u(6, low=-0.9, high=0.9),
    "acos": u(6, low=-0.9, high=0.9), "atan": u(6), "sinh": u(6), "cosh": u(6), "tanh": u(6), "erf": u(6),
    "floor": u(6), "ceil": u(6), "round": torch.tensor([0.5, 1.5, -0.5, 2.3]), "sigmoid": u(6),
}.items():
    case(name, getattr(torch, name), data)
case("clamp", lambda x: torch.clamp(x, -0.5, 1), torch.tensor([-2.0, -0.5, 0.2, 1.0, 3.0]))
case("softplus", lambda x: F.softplus(x, beta=2, threshold=1.5), u(8))
case("relu", F.relu, torch.tensor([-1.0, 0.0, 2.0]))
case("leaky_relu", lambda x: F.leaky_relu(x, 0.2), u(6))
case("prelu", F.prelu, u(2, 3, 2), u(3))
case("elu", lambda x: F.elu(x, 1.5), u(6))
case("selu", F.selu, u(6))
case("gelu", F.gelu, u(6))
case("silu", F.silu, u(6))
case("hardtanh", lambda x: F.hardtanh(x, -0.5, 0.7), torch.tensor([-2.0, -0.5, 0.2, 0.7, 3.0]))
case("softmax", lambda x: F.softmax(x, 1), u(2, 4, 2))
case("log_softmax", lambda x: F.log_softmax(x, 0), u(4, 3))
case("where", torch.where, mask(2, 3), u(2, 3), u(3))
case("masked_fill", lambda x, m: x.masked_fill(m, 7), u(2, 3), mask(2, 3))

# --- reductions
case("sum", lambda x: x.sum((0, 2), keepdim=True), u(2, 3, 2))
case("mean", lambda x: x.mean((0, 2)), u(2, 3, 2))
case("prod", lambda x: x.prod(1), u(2, 4))
case("prod zero", lambda x: x.prod(0), torch.tensor([[1.5, 0.0, 0.0], [2.0, 3.0, 0.0], [-1.0, 0.5, 2.0]]))
case("var", lambda x: x.var((0, 2), unbiased=True), u(2, 3, 2))
case("var biased", lambda x: x.var(1, unbiased=False, keepdim=True), u(2, 5))
case("std", lambda x: x.std(1, unbiased=True), u(3, 4))
case("amax", lambda x: x.amax((0, 1)), torch.tensor([[1.0, 3.0], [3.0, 3.0], [0.0, -1.0]]))
case("amin", lambda x: x.amin(1, keepdim=True), torch.tensor([[1.0, 3.0], [3.0, 3.0], [0.0, -1.0]]))
case("max", lambda x: x.max(1), distinct(3, 4))
case("min", lambda x: x.min(0, keepdim=True), distinct(3, 4))
case("argmax", lambda x: x.detach().argmax(1), distinct(3, 4))
case("argmin", lambda x: x.detach().argmin(), distinct(3, 4))
case("norm 1", lambda x: torch.norm(x, 1, 1), u(3, 4))
case("norm 2", lambda x: torch.norm(x, 2, (0, 1)), u(3, 4))
case("norm 3", lambda x: torch.norm(x, 3, 0, keepdim=True), u(3, 4))
case("norm inf", lambda x: torch.norm(x, float("inf"), 1), distinct(3, 4))
case("logsumexp", lambda x: x.logsumexp((0, 1)), u(3, 4) * 100)
case("cumsum", lambda x: x.cumsum(1), u(2, 4, 2))
case("all", lambda x: x.all(1), mask(3, 2))
case("any", lambda x: x.any(0), mask(3, 2))

# --- views and moving elements
case("movedim", lambda x: x.movedim((0, 2), (1, 0)), u(2, 3, 4))
case("unfold", lambda x: x.unfold(1, 3, 2), u(2, 7))
case("diagonal", lambda x: x.diagonal(1, 0, 2), u(3, 2, 4))
case("split", lambda x: x.split([1, 3], 1), u(2, 4))
case("cat", lambda a, b: torch.cat([a, b, a], 1), u(2, 2), u(2, 1))
case("stack", lambda a, b: torch.stack([a, b], -1), u(2, 2), u(2, 2))
case("repeat", lambda x: x.repeat(2, 1, 3), u(2, 2))
case("flip", lambda x: x.flip(0, 2), u(2, 2, 3))
case("roll", lambda x: x.roll((1, -2), (0, 1)), u(3, 4))
case("roll flat", lambda x: x.roll(2), u(3, 2))
case("rot90", lambda x: x.rot90(3, (0, 1)), u(2, 3))
case("pad", lambda x: F.pad(x, (1, 2, 0, -1), value=1.5), u(2, 3, 3))
case("pad reflect", lambda x: F.pad(x, (2, 1), mode="reflect"), u(1, 2, 4))
case("pad replicate", lambda x: F.pad(x, (2, 1, 1, 0), mode="replicate"), u(1, 2, 3, 3))
case("pad circular", lambda x: F.pad(x, (2, 1), mode="circular"), u(1, 2, 4))
case("tril", lambda x: x.tril(-1), u(3, 4))
case("triu", lambda x: x.triu(1), u(2, 3, 3))
case("gather", lambda x, i: x.gather(1, i), u(3, 4), ints(2, 3, high=4))
case("scatter", lambda x, i, s: x.scatter(0, i, s), u(4, 3), torch.tensor([[0, 1, 2], [3, 0, 1]]), u(2, 3))
case("scatter_add", lambda x, i, s: x.scatter_add(1, i, s), u(3, 4), ints(3, 4, high=4), u(3, 4))
case("index_select", lambda x, i: x.index_select(1, i), u(2, 3), torch.tensor([2, 0, 2]))
case("index", lambda x, i, j: x[i, :, j], u(3, 2, 4), torch.tensor([[0], [2]]), torch.tensor([1, 3, 3]))
case("index_put", lambda x, i, v: x.index_put((i,), v), u(4, 2), torch.tensor([2, 0]), u(2, 2))
case("index_put accumulate", lambda x, i, v: x.index_put((i,), v, accumulate=True), u(4, 2), torch.tensor([2, 2, 0]), u(2))
case("masked_select", lambda x, m: x.masked_select(m), u(3, 4), mask(3, 4))
case("nonzero", lambda x: x.detach().nonzero(), torch.tensor([[0.0, 1.0], [2.0, 0.0]]))
case("one_hot", lambda i: F.one_hot(i, 4), ints(2, 3, high=4))
case("sort", lambda x: x.sort(1, descending=True), distinct(3, 4))
case("argsort", lambda x: x.detach().argsort(0), distinct(4, 3))
case("topk", lambda x: x.topk(2, 1), distinct(3, 5))
case("topk smallest", lambda x: x.topk(2, 0, largest=False), distinct(4, 2))

# --- products
case("matmul 1d 1d", torch.matmul, u(4), u(4))
case("matmul 2d 1d", torch.matmul, u(3, 4), u(4))
case("matmul 1d 3d", torch.matmul, u(4), u(2, 4, 3))
case("matmul 2d 2d", torch.matmul, u(3, 4), u(4, 2))
case("matmul batched", torch.matmul, u(2, 1, 3, 2), u(3, 2, 2))
case("bmm", torch.bmm, u(2, 3, 2), u(2, 2, 4))
case("addmm", lambda c, a, b: torch.addmm(c, a, b, beta=0.5, alpha=2), u(3), u(2, 4), u(4, 3))
case("linear", F.linear, u(2, 3, 4), u(5, 4), u(5))
case("outer", torch.outer, u(3), u(4))
case("dot", torch.dot, u(5), u(5))
case("einsum bij,bjk->bik", lambda a, b: torch.einsum("bij,bjk->bik", a, b), u(2, 3, 2), u(2, 2, 3))
case("einsum ii->i", lambda a: torch.einsum("ii->i", a), u(3, 3))
case("einsum bhqd,bhkd->bhqk", lambda a, b: torch.einsum("bhqd,bhkd->bhqk", a, b), u(1, 2, 3, 2), u(1, 2, 2, 2))
case("einsum ...ij,kj->...ik", lambda a, b: torch.einsum("...ij,kj->...ik", a, b), u(2, 2, 3), u(2, 3))
case("einsum ij,j,ik->k", lambda a, b, c: torch.einsum("ij,j,ik->k", a, b, c), u(3, 2), u(2), u(3, 4))
case("einsum implicit", lambda a, b: torch.einsum("ba,bc", a, b), u(2, 3), u(2, 2))

# --- convolution and pooling
case("conv1d", lambda x, w, b: F.conv1d(x, w, b, stride=2, padding=2, dilation=2), u(2, 3, 7), u(2, 3, 3), u(2))
case("conv2d", F.conv2d, u(2, 3, 5, 4), u(4, 3, 3, 2), u(4))
case("conv2d options", lambda x, w, b: F.conv2d(x, w, b, stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2),
     u(2, 4, 5, 6), u(6, 2, 3, 2), u(6))
case("conv2d depthwise", lambda x, w: F.conv2d(x, w, padding=1, groups=3), u(1, 3, 4, 4), u(3, 1, 3, 3))
case("conv2d same", lambda x, w: F.conv2d(x, w, padding="same", dilation=2), u(1, 2, 5, 5), u(2, 2, 2, 3))
case("conv2d 1x1", lambda x, w, b: F.conv2d(x, w, b), u(2, 3, 3, 3), u(2, 3, 1, 1), u(2))
case("conv_transpose2d", F.conv_transpose2d, u(2, 3, 3, 2), u(3, 2, 2, 3), u(2))
case("conv_transpose2d options",
     lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, padding=1, output_padding=1, groups=2, dilation=(2, 1)),
     u(1, 4, 3, 3), u(4, 1, 3, 3), u(2))
case("im2col", lambda x: F.unfold(x, (3, 2), dilation=(1, 2), padding=1, stride=2), u(1, 2, 5, 5))
case("col2im", lambda x: F.fold(x, (4, 5), (2, 3), padding=(0, 1), stride=(1, 2)), u(1, 12, 9))
case("max_pool2d", lambda x: F.max_pool2d(x, 3, stride=2, padding=1), distinct(2, 2, 5, 5))
case("max_pool2d options", lambda x: F.max_pool2d(x, (2, 3), stride=(2, 1), dilation=(2, 1), ceil_mode=True), distinct(1, 2, 6, 5))
case("max_pool2d_with_indices", lambda x: F.max_pool2d(x, 2, return_indices=True), distinct(1, 2, 4, 6))
case("avg_pool2d", lambda x: F.avg_pool2d(x, 3, stride=2, padding=1, ceil_mode=True), u(1, 2, 6, 5))
case("avg_pool2d exclude", lambda x: F.avg_pool2d(x, (2, 3), stride=2, padding=1, count_include_pad=False), u(1, 2, 5, 5))
case("adaptive_avg_pool2d", lambda x: F.adaptive_avg_pool2d(x, (2, 3)), u(1, 2, 5, 7))
case("adaptive_max_pool2d", lambda x: F.adaptive_max_pool2d(x, (2, 3)), distinct(1, 2, 5, 7))
case("interpolate nearest", lambda x: F.interpolate(x, (5, 3), mode="nearest"), u(1, 2, 3, 4))
case("interpolate bilinear", lambda x: F.interpolate(x, (5, 3), mode="bilinear", align_corners=False), u(1, 2, 3, 4))
case("interpolate corners", lambda x: F.interpolate(x, (5, 7), mode="bilinear", align_corners=True), u(1, 2, 3, 4))

# --- normalisation and embedding
case("batch_norm training", lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), u(3, 2, 2, 2), u(2), u(2))
case("batch_norm 2d", lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True, eps=0.1), u(5, 3), u(3), u(3))
case("batch_norm evaluation",
     lambda x, w, b: F.batch_norm(x, torch.tensor([0.1, -0.2]), torch.tensor([1.5, 0.7]), w, b), u(3, 2, 2), u(2), u(2))
case("layer_norm", lambda x, w, b: F.layer_norm(x, (3, 2), w, b), u(2, 3, 2), u(3, 2), u(3, 2))
case("group_norm", lambda x, w, b: F.group_norm(x, 2, w, b), u(2, 4, 3), u(4), u(4))
case("local_response_norm", lambda x: F.local_response_norm(x, 3, alpha=0.5, beta=0.6, k=2), u(2, 5, 2, 2))
case("embedding", lambda i, w: F.embedding(i, w, padding_idx=1), torch.tensor([[0, 1, 3], [3, 2, 1]]), u(4, 2))

# --- losses
case("cross_entropy", F.cross_entropy, u(4, 3), ints(4, high=3))
case("cross_entropy options",
     lambda x, w: F.cross_entropy(x, torch.tensor([0, 2, -100, 1]), w.detach(), label_smoothing=0.2), u(4, 3), positive(3))
case("cross_entropy images", lambda x, t: F.cross_entropy(x, t, reduction="sum"), u(2, 3, 2, 2), ints(2, 2, 2, high=3))
case("cross_entropy probabilities",
     lambda x, t: F.cross_entropy(x, t.softmax(1).detach(), label_smoothing=0.1), u(3, 4), u(3, 4))
case("cross_entropy none", lambda x, t: F.cross_entropy(x, t, reduction="none", ignore_index=1), u(4, 3), ints(4, high=3))
case("nll_loss", lambda x, w: F.nll_loss(x, torch.tensor([2, 0, 1]), w.detach()), u(3, 3), positive(3))
case("mse_loss", F.mse_loss, u(2, 3), u(2, 3))
case("euclidean_loss", lambda y, t: ((y - t) ** 2).sum() / (2 * y.shape[0]), u(4, 3), u(4, 3))
case("l1_loss", lambda y, t: F.l1_loss(y, t, reduction="sum"), u(2, 3), u(2, 3))
case("smooth_l1_loss", lambda y, t: F.smooth_l1_loss(y, t, reduction="none", beta=0.8), u(2, 4), u(2, 4))
case("binary_cross_entropy", lambda y, t: F.binary_cross_entropy(y, t.detach()), u(6, low=0.1, high=0.9), u(6, low=0, high=1))
case("binary_cross_entropy_with_logits",
     lambda y, t, p: F.binary_cross_entropy_with_logits(y, t.detach(), pos_weight=p.detach()), u(2, 3), u(2, 3, low=0, high=1), positive(3))
case("kl_div", lambda x, t: F.kl_div(x, t.detach(), reduction="sum"), u(2, 3), u(2, 3, low=0.1, high=0.9))
case("kl_div log", lambda x, t: F.kl_div(x, t.detach(), reduction="none", log_target=True), u(2, 3), u(2, 3))
case("batch_norm_relu", lambda x, w, b: F.relu(F.batch_norm(x, None, None, w, b, training=True)), u(3, 2, 2, 2), u(2), u(2))

# --- rarer activations, special functions, distances
for name, data in {
    "hardswish": torch.tensor([-4.0, -2.5, 0.0, 1.3, 2.9, 3.5]), "softsign": u(6),
    "tanhshrink": u(6), "hardshrink": u(6), "softshrink": u(6), "relu6": u(6, low=-3, high=9), "logsigmoid": u(6, low=-9, high=9),
}.items():
    case(name, getattr(F, name), data)
case("celu", lambda x: F.celu(x, 0.5), u(6))  # PyTorch rounds alpha to f32
case("hardsigmoid", lambda x: F.relu6(x + 3) / 6, u(6, low=-4, high=4))  # and the 1/6 of its gradient
case("threshold", lambda x: F.threshold(x, 0.1, 7), u(6))
case("softmin", lambda x: F.softmin(x, 1), u(2, 4))
for name, data in {
    "asinh": u(6), "acosh": u(6, low=1.1, high=4), "atanh": u(6, low=-0.9, high=0.9), "exp2": u(6), "log10": positive(6),
    "erfc": u(6), "erfinv": u(6, low=-0.9, high=0.9), "sinc": u(6), "lgamma": positive(6),
}.items():
    case(name, getattr(torch, name), data)
case("digamma", lambda x: torch.digamma(x).detach(), positive(6))  # its gradient has 9 digits in PyTorch
case("polygamma 2", lambda x: torch.polygamma(2, x), positive(6))
case("logit", lambda x: torch.logit(x, 0.05), u(6, low=-0.1, high=1.1))
case("xlogy", torch.xlogy, u(2, 3), positive(3))
case("normalize", lambda x: F.normalize(x, p=3, dim=0), positive(3, 4))
case("cosine_similarity", lambda a, b: F.cosine_similarity(a, b, dim=1), u(3, 4), u(3, 4))
case("pairwise_distance", lambda a, b: F.pairwise_distance(a, b, p=3, keepdim=True), u(3, 4), u(3, 4))
case("bilinear", F.bilinear, u(2, 3), u(2, 4), u(5, 3, 4), u(5))
case("embedding_bag", lambda w, i, o: F.embedding_bag(i, w, o), u(4, 2), ints(6, high=4), torch.tensor([0, 2, 5]))
case("embedding_bag sum", lambda w, i, f: F.embedding_bag(i, w, mode="sum", per_sample_weights=f), u(4, 2), ints(3, 2, high=4), u(3, 2))
case("embedding_bag max", lambda w, i: F.embedding_bag(i, w, mode="max"), distinct(4, 2), ints(3, 2, high=4))

# --- losses with margins, of numbers, of sequences
SIGNS = torch.tensor([[1.0, -1.0, -1.0], [-1.0, 1.0, 1.0]])
case("huber_loss", lambda y, t: F.huber_loss(y, t, reduction="none", delta=0.8), u(2, 4), u(2, 4))
case("poisson_nll_loss", lambda y, t: F.poisson_nll_loss(y, t.detach(), full=True), u(6), u(6, low=0, high=4))
case("poisson_nll_loss rates", lambda y, t: F.poisson_nll_loss(y, t, log_input=False, reduction="sum"), positive(6), u(6, low=0, high=4))
case("gaussian_nll_loss", lambda y, t, v: F.gaussian_nll_loss(y, t, v, full=True), u(3, 2), u(3, 2), positive(3, 1))
case("hinge_embedding_loss", lambda x: F.hinge_embedding_loss(x, SIGNS, margin=1.5), u(2, 3))
case("margin_ranking_loss", lambda a, b: F.margin_ranking_loss(a, b, SIGNS, margin=0.5), u(2, 3), u(2, 3))
case("soft_margin_loss", lambda x: F.soft_margin_loss(x, SIGNS, reduction="sum"), u(2, 3))
case("cosine_embedding_loss", lambda a, b: F.cosine_embedding_loss(a, b, SIGNS[0], margin=-0.5, reduction="none"), u(3, 4), u(3, 4))
case("triplet_margin_loss", lambda a, p, n: F.triplet_margin_loss(a, p, n, margin=2, swap=True, reduction="none"), u(4, 3), u(4, 3), u(4, 3))
case("triplet_margin_with_distance_loss", lambda a, p, n: F.triplet_margin_with_distance_loss(a, p, n, swap=True), u(4, 3), u(4, 3), u(4, 3))
case("multi_margin_loss", lambda x, t, w: F.multi_margin_loss(x, t, p=2, margin=0.7, weight=w.detach()), u(4, 3), ints(4, high=3), positive(3))
case("multilabel_margin_loss", lambda x, t: F.multilabel_margin_loss(x, t, reduction="none"), u(2, 4), torch.tensor([[3, 0, -1, 1], [2, 1, 0, 3]]))
case("multilabel_soft_margin_loss", lambda x, t: F.multilabel_soft_margin_loss(x, t.detach()), u(2, 4), u(2, 4, low=0, high=1))
CTC = (torch.tensor([[1, 2, 2], [3, 1, 0]]), torch.tensor([7, 5]), torch.tensor([3, 2]))
case("ctc_loss", lambda x: F.ctc_loss(F.log_softmax(x, 2), *CTC), u(7, 2, 4))
case("ctc_loss impossible",
     lambda x: F.ctc_loss(F.log_softmax(x, 2), CTC[0], torch.tensor([7, 1]), CTC[2], reduction="sum", zero_infinity=True), u(7, 2, 4))
case("ctc_loss flat",
     lambda x: F.ctc_loss(F.log_softmax(x, 2), torch.tensor([0, 2, 2, 1, 1]), CTC[1], CTC[2], blank=3, reduction="none"), u(7, 2, 4))

# --- beyond the operators; with numbers of their own, so that cases above may be added
rng = np.random.RandomState(21)
case("trunc", torch.trunc, u(6))
case("frac", torch.frac, u(6))
case("fmod", torch.fmod, u(8), torch.cat([positive(4), -positive(4)]))
case("hypot", torch.hypot, u(3, 4), u(4))
case("logaddexp", torch.logaddexp, u(2, 3) * 100, u(2, 1) * 100)
case("logaddexp2", torch.logaddexp2, u(2, 3) * 100, u(3) * 100)
case("nan_to_num", torch.nan_to_num, torch.tensor([1.5, float("nan"), float("inf"), -float("inf")]))
case("repeat_interleave", lambda x: x.repeat_interleave(torch.tensor([2, 0, 1]), 1), u(2, 3))
for reduce in "sum prod mean amax amin".split():
    for include_self in (True, False):
        case(f"scatter_reduce {reduce}" + ("" if include_self else " alone"),
             lambda x, i, s: x.scatter_reduce(1, i, s, reduce, include_self=include_self),
             distinct(3, 4), ints(3, 4, high=4), distinct(3, 4) + 0.03)
case("index_add", lambda x, i, s: x.index_add(1, i, s, alpha=2), u(2, 3), torch.tensor([2, 0, 2]), u(2, 3))
case("index_copy", lambda x, i, s: x.index_copy(0, i, s), u(3, 2), torch.tensor([2, 0]), u(2, 2))
case("masked_scatter", lambda x, m, s: x.masked_scatter(m, s), u(3, 4), mask(3, 4), u(12))
case("take", torch.take, u(2, 3), ints(2, 2, high=6))
case("var_mean", lambda x: torch.var_mean(x, (0, 2)), u(2, 3, 2))
case("std_mean", lambda x: torch.std_mean(x, 1, unbiased=False), u(2, 5))
case("aminmax", lambda x: (x.amin(1), x.amax(1)), distinct(3, 4))
case("median", lambda x: x.median(1), distinct(3, 4))
case("kthvalue", lambda x: x.kthvalue(2, 0), distinct(3, 4))
for how in "linear lower higher midpoint nearest".split():
    case(f"quantile {how}", lambda x: torch.quantile(x, torch.tensor([0.1, 0.5, 0.83]), 1, interpolation=how), distinct(3, 4))
case("nanquantile", lambda x: torch.nanquantile(x, 0.3, 0, keepdim=True), distinct(3, 4))
case("cov", torch.cov, u(3, 5))
case("corrcoef", torch.corrcoef, u(3, 5))
case("histc", lambda x: torch.histc(x.detach(), 6, -1.5, 1.5), u(40))
case("cummax", lambda x: x.cummax(1), distinct(2, 6))
case("cummin", lambda x: x.cummin(0), distinct(6, 2))
case("logcumsumexp", lambda x: x.logcumsumexp(1), u(2, 7) * 10)
case("diff", lambda x: x.diff(2, 0), u(5, 2))
case("trapezoid", lambda y, x: torch.trapezoid(y, x, dim=0), u(4, 2), u(4))
case("tensordot", lambda a, b: torch.tensordot(a, b, ([2, 0], [0, 1])), u(2, 3, 4), u(4, 2, 2))
case("baddbmm", lambda c, a, b: torch.baddbmm(c, a, b, beta=0.5, alpha=2), u(2, 2, 3), u(2, 2, 4), u(2, 4, 3))
case("cross", lambda a, b: torch.cross(a, b, 1), u(2, 3), u(2, 3))
case("kron", torch.kron, u(2, 3), u(2, 2))
for p in (1.0, 2.0, 3.0, float("inf")):
    case(f"cdist {p}", lambda a, b: torch.cdist(a, b, p), u(2, 3, 4), u(2, 2, 4))
case("cdist many", torch.cdist, u(28, 3), u(3, 3))
case("renorm", lambda x: torch.renorm(x, 2, 0, 1.5), u(3, 4))
case("unflatten", lambda x: x.unflatten(1, (2, -1)), u(2, 6))
case("xlog1py", torch.special.xlog1py, u(2, 3), positive(3))
for name in "erfcx ndtr log_ndtr i0 i0e i1 i1e".split():
    case(name, getattr(torch.special, name), u(6, low=-5, high=9))
case("entr", torch.special.entr, positive(6))
case("ndtri", torch.special.ndtri, u(6, low=0.01, high=0.99))
case("diag_embed", lambda x: torch.diag_embed(x, 1, 0, 2), u(2, 3))
case("diag", lambda x: torch.diag(x, -1), u(3))
case("diag of a matrix", lambda x: torch.diag(x, 1), u(3, 4))
case("trace", torch.trace, u(3, 4))
case("embedding max_norm", lambda w, i: F.embedding(i, w, max_norm=1.5), u(5, 3), ints(2, 4, high=5))
case("embedding norm_type", lambda w, i: F.embedding(i, w, max_norm=2, norm_type=1.5), u(5, 3), ints(2, 4, high=5))
case("embedding frequencies", lambda w, i: F.embedding(i, w, padding_idx=1, scale_grad_by_freq=True), u(4, 3), ints(2, 5, high=4))
case("embedding_bag max_norm", lambda w, i, o: F.embedding_bag(i, w, o, max_norm=1.2), u(4, 2), ints(7, high=4), torch.tensor([0, 0, 3]))
# F.embedding_bag divides by the count of another row on the CPU (PyTorch 1.13), so the bags are made of F.embedding.
case("embedding_bag frequencies",
     lambda w, i, f: torch.stack([piece.sum(0) for piece in (
         F.embedding(i, w, padding_idx=2, scale_grad_by_freq=True) * (f * (i != 2)).unsqueeze(1)).split([0, 3, 4])]),
     u(4, 2), ints(7, high=4), u(7))
case("embedding_bag mean frequencies", lambda w, i: F.embedding(i, w, scale_grad_by_freq=True).mean(1), u(4, 2), ints(3, 3, high=4))

if __name__ == "__main__":
    write("goldens.json")
