#!/usr/bin/env python3
"""Writes special_values.txt: what PyTorch gives at infinities, NaN, zeros and the ends of the range, with the gradients.

    python3 tests/goldens/make_special_values.py        # as make_goldens.py

The f64 column of a cell is PyTorch's result in f64. The f32 column is PyTorch's result in f64 at the points of f32,
rounded to f32, so that no intermediate of it overflows.
"""
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

inf, nan = float("inf"), float("nan")
FINFO = {"f32": np.finfo(np.float32), "f64": np.finfo(np.float64)}
SYMBOLS = {t: {"tiny": float(f.smallest_subnormal) if hasattr(f, "smallest_subnormal") else float(np.nextafter(f.dtype.type(0), f.dtype.type(1))),
               "min": float(f.tiny), "max": float(f.max)} for t, f in FINFO.items()}
UNARY = "inf -inf nan 0 -0 tiny min max -max 1".split()
PAIR = "inf -inf nan 0 -0 1 max".split()
HEADER = """\
# What PyTorch gives at special values, in f64; made by make_special_values.py, read by special_values_test.cpp.
#
# A line is: case, what, the first of two operands, a cell for each value of the last operand, which an `at` line names.
# `what` is the result, or the gradient by an operand for an upstream gradient of 1 (in rows: 1, 2, 4). * stands for
# every first operand. tiny is the smallest subnormal number, min the smallest normal one, max the largest. `a|b` is a in
# f32 and b in f64. In brackets are rows, for operations along a dimension.
"""
lines = [HEADER.rstrip()]


def number(token, dtype):
    sign = -1.0 if token[0] == "-" else 1.0
    name = token.lstrip("-")
    return sign * (SYMBOLS[dtype][name] if name in SYMBOLS[dtype] else float(name))


def token(value, dtype):
    value = float(np.float32(value)) if dtype == "f32" else value
    for name, symbol in SYMBOLS[dtype].items():
        if abs(value) == symbol:
            return ("-" if value < 0 else "") + name
    text = f"{value:.9g}" if dtype == "f32" else f"{value:.15g}"
    return text


def cell(f32, f64):
    a, b = token(f32, "f32"), token(f64, "f64")
    same = a == b or token(f64, "f32") == a and a not in SYMBOLS["f32"] and a not in ("inf", "-inf", "0", "-0")
    return b if same else f"{a}|{b}"


def results(function, tensors, upstream=None):
    """The result and the gradients that exist."""
    leaves = [t.clone().requires_grad_() for t in tensors]
    with np.errstate(all="ignore"):
        out = function(*leaves)
    found = {"value": out.detach().double()}
    if out.requires_grad:
        grads = torch.autograd.grad(out, leaves, upstream(out) if upstream else torch.ones_like(out), allow_unused=True)
        names = ["grad"] if len(leaves) == 1 else ["grad_a", "grad_b"]
        found.update({n: g for n, g in zip(names, grads) if g is not None})
    return found


def write(name, what, first, f32, f64):
    lines.append(line(name, what, first, cells(f32, f64)))


def cells(f32, f64):
    with np.errstate(all="ignore"):
        return [cell(a, b) for a, b in zip(f32.reshape(-1).tolist(), f64.reshape(-1).tolist())]


def line(name, what, first, values):
    return f"{name:21} {what:6} {first:5}" + "".join(f" {v:>5}" for v in values)


current = None  # what the last `at` line names


def start(points):
    """Writes an `at` line if the points are others than before."""
    global current
    if points != current:
        lines.append("\n" + line("at", "", "", points))
    current = points


def unary(name, function, points=UNARY):
    start(points)
    by_dtype = {t: results(function, [torch.tensor([number(p, t) for p in points])]) for t in FINFO}
    for what in by_dtype["f64"]:
        write(name, what, ".", by_dtype["f32"][what], by_dtype["f64"][what])


def pair(name, function, a=PAIR, b=PAIR, grads=("grad_a", "grad_b")):
    start(b)
    shape = (len(a), len(b))
    by_dtype = {}
    for t in FINFO:
        first = torch.tensor([[number(p, t)] for p in a]).expand(shape).reshape(-1)
        last = torch.tensor([[number(p, t) for p in b]]).expand(shape).reshape(-1)
        by_dtype[t] = results(function, [first, last])
    for what in by_dtype["f64"]:
        if what != "value" and what not in grads:
            continue
        tables = [by_dtype[t][what].reshape(shape) for t in FINFO]
        table = [cells(tables[0][i], tables[1][i]) for i in range(len(a))]
        constant = all(row == table[0] for row in table)
        for point, row in zip(["*"] if constant else a, table):
            lines.append(line(name, what, point, row))


def rows(name, function, data):
    upstream = lambda out: torch.tensor([1.0, 2.0, 4.0]).expand(out.shape) if out.dim() == 2 else torch.ones_like(out)
    start(["rows"])
    for row in data:
        by_dtype = {t: results(function, [torch.tensor([[number(p, t) for p in row.split(",")]])], upstream) for t in FINFO}
        for what in by_dtype["f64"]:
            write(name, what, f"[{row}]", by_dtype["f32"][what], by_dtype["f64"][what])


torch.set_default_dtype(torch.float64)

# --- pointwise
for name in ("abs sign exp expm1 log log1p log2 sqrt rsqrt square reciprocal sin cos tan asin acos atan sinh cosh tanh erf "
             "floor ceil round isnan isinf").split():
    unary(name, getattr(torch, name))
unary("clamp", lambda x: torch.clamp(x, -0.5, 2))

# --- activations
unary("sigmoid", torch.sigmoid)
unary("softplus", F.softplus)
unary("softplus(2,1)", lambda x: F.softplus(x, 2, 1))
unary("relu", F.relu)
unary("leaky_relu", F.leaky_relu)
unary("elu", lambda x: F.elu(x, 0.7))
unary("selu", F.selu)
unary("gelu", F.gelu)
unary("silu", F.silu)
unary("mish", F.mish)
unary("hardtanh", F.hardtanh)
unary("dropout(1)", lambda x: F.dropout(x, 1.0))

# --- arithmetic
unary("neg", torch.neg)
unary("pow(2)", lambda x: x ** 2)
unary("pow(3)", lambda x: x ** 3)
unary("pow(-1)", lambda x: x ** -1)
unary("pow(0.5)", lambda x: x ** 0.5)
unary("pow(0)", lambda x: x ** 0)
unary("pow(2,x)", lambda x: 2 ** x)
unary("pow(0,x)", lambda x: 0 ** x)
pair("floor_divide", lambda a, b: torch.floor_divide(a.detach(), b.detach()))
for name in "add sub mul div remainder pow maximum minimum atan2".split():
    pair(name, getattr(torch, name))
pair("lerp(0)", lambda a, b: torch.lerp(a, b, 0.0))
pair("lerp(0.25)", lambda a, b: torch.lerp(a, b, 0.25))
pair("prelu", lambda a, b: F.prelu(a.unsqueeze(0), b).squeeze(0))

# --- comparisons
for name in "eq ne lt le gt ge logical_and logical_or logical_xor isclose".split():
    pair(name, getattr(torch, name))
unary("logical_not", torch.logical_not)
pair("where(true)", lambda a, b: torch.where(torch.ones_like(a, dtype=torch.bool), a, b))
pair("where(false)", lambda a, b: torch.where(torch.zeros_like(a, dtype=torch.bool), a, b))
unary("masked_fill", lambda x: x.masked_fill(torch.ones_like(x, dtype=torch.bool), 7))

# --- losses
UNIT, EDGES, LOGITS = "0 -0 tiny min 0.5 1".split(), "0 1 0.25".split(), "inf -inf nan 0 max -max 1".split()
pair("mse_loss", lambda a, b: F.mse_loss(a, b, reduction="none"))
pair("l1_loss", lambda a, b: F.l1_loss(a, b, reduction="none"))
pair("smooth_l1_loss", lambda a, b: F.smooth_l1_loss(a, b, reduction="none"))
pair("binary_cross_entropy", lambda a, b: F.binary_cross_entropy(a, b.detach(), reduction="none"), UNIT, EDGES, ("grad_a",))
pair("binary_cross_entropy_with_logits",
     lambda a, b: F.binary_cross_entropy_with_logits(a, b.detach(), reduction="none"), LOGITS, EDGES, ("grad_a",))
pair("binary_cross_entropy_with_logits(pos_weight)",
     lambda a, b: F.binary_cross_entropy_with_logits(a, b.detach(), reduction="none", pos_weight=torch.tensor(3.0)),
     LOGITS, EDGES, ("grad_a",))
LOGS = "-inf nan -0 -1 -max".split()
pair("kl_div", lambda a, b: F.kl_div(a, b.detach(), reduction="none"), LOGS, "0 -0 nan tiny 0.5 1".split(), ("grad_a",))
pair("kl_div(log_target)", lambda a, b: F.kl_div(a, b.detach(), reduction="none", log_target=True), LOGS, LOGS, ("grad_a",))

# --- along a dimension
ROWS = ["-inf,0,1", "-inf,-inf,-inf", "inf,0,1", "inf,inf,0", "inf,-inf,0", "nan,0,1", "nan,inf,-inf", "max,0,-max",
        "max,max,max", "-max,-max,-inf", "1e38,-3e38,0", "0,-0,tiny"]
ONE_HOT = torch.tensor([[0.0, 1.0, 0.0]])
rows("softmax", lambda x: F.softmax(x, 1), ROWS)
rows("log_softmax", lambda x: F.log_softmax(x, 1), ROWS)
rows("logsumexp", lambda x: torch.logsumexp(x, 1), ROWS)
rows("nll_loss", lambda x: F.nll_loss(x, torch.tensor([1]), reduction="none"), ROWS)
rows("cross_entropy", lambda x: F.cross_entropy(x, torch.tensor([1]), reduction="none"), ROWS)
rows("cross_entropy(smooth)",
     lambda x: F.cross_entropy(x, torch.tensor([1]), reduction="none", label_smoothing=0.5), ROWS)
rows("cross_entropy(one_hot)", lambda x: F.cross_entropy(x, ONE_HOT, reduction="none"), ROWS)

# --- rarer activations and special functions
for name in "hardswish relu6 softsign tanhshrink hardshrink softshrink logsigmoid".split():
    unary(name, getattr(F, name))
unary("hardsigmoid", lambda x: F.relu6(x + 3) / 6)  # whose own gradient has a 1/6 in f32
unary("celu", lambda x: F.celu(x, 0.5))
unary("threshold", lambda x: F.threshold(x, 0.5, 7))
for name in "asinh acosh atanh exp2 log10 erfc erfinv sinc lgamma digamma".split():
    unary(name, getattr(torch, name))
unary("polygamma(1)", lambda x: torch.polygamma(1, x))
unary("logit", torch.logit)
unary("logit(0.25)", lambda x: torch.logit(x, 0.25))
pair("xlogy", torch.xlogy)
pair("xlog1py", torch.special.xlog1py)
for name in "entr erfcx ndtr log_ndtr ndtri i0 i0e i1 i1e".split():
    unary(name, getattr(torch.special, name))
pair("huber_loss", lambda a, b: F.huber_loss(a, b, reduction="none"))
pair("soft_margin_loss", lambda a, b: F.soft_margin_loss(a, b.detach(), reduction="none"), b="1 -1".split(), grads=("grad_a",))
pair("hinge_embedding_loss", lambda a, b: F.hinge_embedding_loss(a, b.detach(), reduction="none"), b="1 -1".split(), grads=("grad_a",))

path = pathlib.Path(__file__).with_name("special_values.txt")
path.write_text(f"# PyTorch {torch.__version__}\n" + "\n".join(lines) + "\n")
print(f"{path}: {len(lines)} lines, {path.stat().st_size} bytes")
