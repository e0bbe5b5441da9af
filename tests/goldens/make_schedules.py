#!/usr/bin/env python3
"""Writes schedules.txt: learning rates and momenta of PyTorch's schedules, for schedule_goldens_test.cpp.

usage: make_schedules.py      (needs PyTorch)

Each line is a schedule of SGD with the learning rates 0.5 and 2 of two groups and the momentum 0.9: its name, then for
steps 0 to 24 the two rates and the first group's momentum.
"""

import pathlib
import warnings

import torch
from torch.optim import lr_scheduler as s
from torch.optim.swa_utils import SWALR

STEPS = 25


def warm_up_then_cosine(o):
    parts = [s.LinearLR(o, 0.1, 1.0, 6), s.CosineAnnealingLR(o, 12), s.ConstantLR(o, 0.25, 100)]
    return s.SequentialLR(o, parts, [6, 18])


SCHEDULES = {
    "restarts": lambda o: s.CosineAnnealingWarmRestarts(o, 4),
    "restarts_mult": lambda o: s.CosineAnnealingWarmRestarts(o, 3, 2, 0.05),
    "constant": lambda o: s.ConstantLR(o),
    "constant_options": lambda o: s.ConstantLR(o, 0.5, 9),
    "linear": lambda o: s.LinearLR(o),
    "linear_options": lambda o: s.LinearLR(o, 0.9, 0.2, 11),
    "polynomial": lambda o: s.PolynomialLR(o),
    "polynomial_options": lambda o: s.PolynomialLR(o, 20, 2.5),
    "one_cycle": lambda o: s.OneCycleLR(o, [1.0, 3.0], total_steps=25),
    "one_cycle_linear": lambda o: s.OneCycleLR(o, 1.0, total_steps=25, pct_start=0.4, anneal_strategy="linear",
                                               base_momentum=0.7, max_momentum=0.99, div_factor=10,
                                               final_div_factor=50),
    "one_cycle_three": lambda o: s.OneCycleLR(o, 1.0, total_steps=25, three_phase=True),
    "one_cycle_rates": lambda o: s.OneCycleLR(o, 1.0, total_steps=25, cycle_momentum=False),
    "cyclic": lambda o: s.CyclicLR(o, 0.1, 0.9, step_size_up=4),
    "cyclic_halved": lambda o: s.CyclicLR(o, 0.1, 0.9, step_size_up=2, step_size_down=5, mode="triangular2"),
    "cyclic_power": lambda o: s.CyclicLR(o, 0.1, 0.9, step_size_up=3, mode="exp_range", gamma=0.9, base_momentum=0.5,
                                         max_momentum=0.95),
    "swa": lambda o: SWALR(o, 0.05),
    "swa_linear": lambda o: SWALR(o, 0.05, 6, "linear"),
    "sequential": warm_up_then_cosine,
    "chained": lambda o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 4), s.ExponentialLR(o, 0.9)]),
}


def run(name):
    groups = [{"params": [torch.zeros(1)], "lr": 0.5}, {"params": [torch.zeros(1)], "lr": 2.0}]
    optimizer = torch.optim.SGD(groups, lr=0.1, momentum=0.9)
    schedule, numbers = SCHEDULES[name](optimizer), []
    for step in range(STEPS):
        if step:
            optimizer.step()
            schedule.step()
        first, second = optimizer.param_groups
        numbers += [first["lr"], second["lr"], first["momentum"]]
    return " ".join([name] + [repr(float(n)) for n in numbers])


def main():
    warnings.simplefilter("ignore")
    lines = [run(name) for name in SCHEDULES]
    pathlib.Path(__file__).with_name("schedules.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
