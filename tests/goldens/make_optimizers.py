#!/usr/bin/env python3
"""Writes optimizers.txt: the parameters after steps of PyTorch's optimizers, for optim_goldens_test.cpp.

usage: make_optimizers.py      (needs PyTorch)

Each line is a run in double precision: the optimizer, how many options follow, their names and values, then the four
parameters after 1, 2, 5 and 40 steps. The gradient of step t is 0.7 theta + sin(1.3 t + i) for element i.
"""

import pathlib

import torch

RUNS = [(torch.optim.Adadelta, {}), (torch.optim.Adadelta, {"lr": 0.5, "rho": 0.8, "eps": 1e-4, "weight_decay": 0.1}),
        (torch.optim.Adamax, {}), (torch.optim.Adamax, {"lr": 0.05, "beta1": 0.8, "beta2": 0.95, "weight_decay": 0.1}),
        (torch.optim.RAdam, {}), (torch.optim.RAdam, {"lr": 0.05, "beta1": 0.8, "beta2": 0.9, "weight_decay": 0.1})]


def run(make, options):
    arguments = {key: value for key, value in options.items() if not key.startswith("beta")}
    if "beta1" in options:
        arguments["betas"] = (options["beta1"], options["beta2"])
    theta = torch.tensor([1.5, -2.0, 0.25, 3.0], dtype=torch.float64, requires_grad=True)
    optimizer, numbers = make([theta], **arguments), []
    for t in range(1, 41):
        theta.grad = 0.7 * theta.detach() + torch.sin(1.3 * t + torch.arange(4.0, dtype=torch.float64))
        optimizer.step()
        if t in (1, 2, 5, 40):
            numbers += theta.tolist()
    words = [word for key, value in options.items() for word in (key, repr(value))]
    return " ".join([make.__name__, str(len(options))] + words + [repr(n) for n in numbers])


def main():
    lines = [run(*r) for r in RUNS]
    pathlib.Path(__file__).with_name("optimizers.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
