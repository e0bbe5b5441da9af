#!/usr/bin/env python3
"""Writes linalg.json: inputs, results and gradients of torch.linalg, as PyTorch computes them in double precision.

    python3 tests/goldens/make_linalg.py        # any PyTorch from 1.13 on; Debian: apt install python3-torch

tests/goldens_test.cpp calls Reel's function of each case on the same inputs and compares. The form is that of
goldens.json. Vectors whose sign is not determined are squared, and only losses that do not depend on the sign are
differentiated.
"""
import json
import pathlib

import numpy as np
import torch
from torch import linalg as L

torch.set_default_dtype(torch.float64)
rng = np.random.RandomState(21)
cases = {}


def u(*shape):
    return torch.tensor(np.round(rng.uniform(-2, 2, shape), 3))


def regular(*shape):
    """Random matrices with 4, 6, 8... added to the diagonal: far from singular, with distinct singular values."""
    diagonal = torch.diag(torch.arange(4.0, 4 + 2 * max(shape[-2:]), 2))
    return u(*shape) + diagonal[: shape[-2], : shape[-1]]


def symmetric(x):
    return x + x.mT


def definite(x):
    return x @ x.mT + torch.eye(x.shape[-2])


def packed(t):
    kinds = {torch.float64: "f64", torch.int64: "i64"}
    return {"dtype": kinds[t.dtype], "shape": list(t.shape), "data": t.detach().reshape(-1).tolist()}


def case(name, function, *inputs):
    leaves = [t.clone().requires_grad_() for t in inputs]
    outputs = function(*leaves)
    outputs = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
    weights = [u(*out.shape) if out.requires_grad else None for out in outputs]
    loss = sum((out * w).sum() for out, w in zip(outputs, weights) if w is not None)
    grads = torch.autograd.grad(loss, leaves, allow_unused=True) if torch.is_tensor(loss) else [None] * len(leaves)
    cases[name] = {
        "inputs": [packed(t) for t in leaves],
        "outputs": [packed(t) for t in outputs],
        "weights": [None if w is None else packed(w) for w in weights],
        "grads": [None if g is None else packed(g) for g in grads],
    }


def svd_parts(x):
    U, S, Vh = L.svd(x, full_matrices=False)
    return U**2, S, Vh**2, (U * S.unsqueeze(-2) ** 2) @ Vh


def eigh_parts(x):
    w, V = L.eigh(symmetric(x))
    return w, V**2, (V * w.unsqueeze(-2) ** 3) @ V.mT


case("inv", L.inv, regular(2, 3, 3))
case("solve", L.solve, regular(3, 3), u(3, 2))
case("solve batch", L.solve, regular(2, 1, 2, 2), u(3, 2, 1))
case("solve vector", L.solve, regular(2, 2), u(2))
case("solve right", lambda a, b: L.solve(a, b, left=False), regular(2, 2), u(3, 2))
case("solve_triangular", lambda a, b: L.solve_triangular(a, b, upper=True), regular(3, 3), u(3, 2))
case("solve_triangular unit", lambda a, b: L.solve_triangular(a, b, upper=False, left=False, unitriangular=True),
     regular(3, 3), u(2, 3))
case("cholesky_solve", lambda b, l: torch.cholesky_solve(b, torch.tril(l)), u(3, 2), regular(3, 3))
case("cholesky", lambda x: L.cholesky(definite(x)), u(2, 3, 3))
case("cholesky upper", lambda x: L.cholesky(definite(x), upper=True), u(3, 3))
case("qr", L.qr, u(3, 3))
case("qr tall", L.qr, u(2, 4, 2))
case("qr wide", L.qr, u(2, 4))
case("qr complete", lambda x: [y.detach() for y in L.qr(x, mode="complete")], u(3, 2))
case("svd", svd_parts, regular(3, 3))
case("svd tall", svd_parts, regular(2, 4, 2))
case("svd wide", svd_parts, regular(2, 4))
case("svdvals", L.svdvals, regular(3, 4))
case("eigh", eigh_parts, regular(2, 3, 3))
case("eigvalsh", lambda x: L.eigvalsh(symmetric(x)), regular(3, 3))
case("det", L.det, u(2, 3, 3))
case("slogdet", L.slogdet, u(2, 3, 3))
case("pinv", L.pinv, regular(4, 2))
case("pinv wide", L.pinv, regular(2, 2, 3))
case("lstsq", lambda a, b: L.lstsq(a, b, driver="gelsd").solution, regular(4, 2), u(4, 2))
case("matrix_rank", lambda a: L.matrix_rank(a.detach()), torch.tensor([[1.0, 2.0], [2.0, 4.0]]))
for ord in ("fro", "nuc", 1, -1, 2, -2, float("inf"), -float("inf")):
    case(f"matrix_norm {ord}", lambda x: L.matrix_norm(x, ord), regular(2, 3, 3))
case("vector_norm", lambda x: L.vector_norm(x, 3, dim=1), u(2, 3))
case("matrix_power", lambda x: L.matrix_power(x, 3), u(3, 3))
case("matrix_power negative", lambda x: L.matrix_power(x, -2), regular(2, 2))
case("multi_dot", lambda a, b, c: L.multi_dot([a, b, c]), u(2, 3), u(3, 1), u(1, 2))

path = pathlib.Path(__file__).with_name("linalg.json")
lines = [f"{json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}" for name, value in cases.items()]
path.write_text('{"pytorch": ' + json.dumps(torch.__version__) + ', "cases": {\n' + ",\n".join(lines) + "\n}}\n")
print(f"{path}: {len(cases)} cases, {path.stat().st_size} bytes")
