#!/usr/bin/env python3
"""Writes model_names.txt: the names and shapes of torchvision's models, which Reel's load.

usage: make_model_names.py      (needs PyTorch and torchvision)
"""
import pathlib

import torchvision

MODELS = ["alexnet", "vgg11", "vgg13", "vgg16", "vgg19", "googlenet", "resnet18", "resnet34", "resnet50", "resnet101",
          "resnet152", "squeezenet1_0"]


def main():
    lines = [f"# torchvision {torchvision.__version__}: the state_dict of each model, by make_model_names.py"]
    for name in MODELS:
        options = {"init_weights": False} if name == "googlenet" else {}
        model = getattr(torchvision.models, name)(weights=None, **options)
        lines.append(f"model {name}")
        lines += [" ".join([key, *map(str, value.shape)]) for key, value in model.state_dict().items()]
    (pathlib.Path(__file__).parent / "model_names.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
