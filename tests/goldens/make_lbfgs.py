#!/usr/bin/env python3
"""Writes lbfgs.txt: how PyTorch's L-BFGS goes through two objectives, for optim_lbfgs_test.cpp.

usage: make_lbfgs.py      (needs PyTorch)

Each line is a run: objective, whether the line search is on, iterations in a step, then parameters and loss after each
step, in double precision.
"""

import pathlib

import torch

torch.set_default_dtype(torch.float64)


def rosenbrock():
    x = torch.tensor([-1.5, 2.0], requires_grad=True)
    return [x], lambda: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def regression():
    """A tanh layer and a linear one, fitted to 12 values of a function of two variables."""
    n = torch.arange(12.0)
    inputs = torch.stack([torch.sin(1.7 * n), torch.cos(0.9 * n)], 1)
    targets = inputs[:, :1] * inputs[:, 1:] + 0.3
    w = torch.sin(torch.arange(6.0)).reshape(3, 2).requires_grad_()
    v = torch.cos(torch.arange(3.0)).reshape(1, 3).requires_grad_()
    b = torch.zeros(1, requires_grad=True)
    return [w, v, b], lambda: ((torch.tanh(inputs @ w.T) @ v.T + b - targets) ** 2).mean()


def run(make, line_search, max_iter, steps):
    params, objective = make()
    optimizer = torch.optim.LBFGS(params, lr=1 if line_search else 0.1, max_iter=max_iter,
                                  history_size=7, line_search_fn="strong_wolfe" if line_search else None)

    def closure():
        optimizer.zero_grad()
        loss = objective()
        loss.backward()
        return loss

    numbers = []
    for _ in range(steps):
        optimizer.step(closure)
        numbers += [value for p in params for value in p.detach().flatten().tolist()] + [objective().item()]
    return " ".join([make.__name__, str(int(line_search)), str(max_iter)] + [repr(n) for n in numbers])


def main():
    lines = [run(make, line_search, max_iter, 50 // max_iter)
             for make in (rosenbrock, regression) for line_search in (False, True) for max_iter in (1, 10)]
    pathlib.Path(__file__).with_name("lbfgs.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
