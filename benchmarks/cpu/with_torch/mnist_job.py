"""The same job in PyTorch's Python: mnist_job.py DIR SEED row-major|channels-last"""

import pathlib
import sys

import torch
from torch import nn
from torch.nn import functional

folder, seed, layout = sys.argv[1:]
memory_format = torch.channels_last if layout == "channels-last" else torch.contiguous_format
torch.manual_seed(int(seed))


def read(name, header):
    contents = bytearray(pathlib.Path(folder, name).read_bytes())
    return torch.frombuffer(contents, dtype=torch.uint8, offset=header)


def load(part):
    images = read(f"{part}-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28).float() / 255
    return images, read(f"{part}-labels-idx1-ubyte", 8).long()


model = nn.Sequential(nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
                      nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
                      nn.Flatten(), nn.Linear(64 * 49, 1024), nn.ReLU(), nn.Linear(1024, 10)).to(memory_format=memory_format)
adam = torch.optim.Adam(model.parameters())
images, labels = load("train")
for chosen in torch.randperm(len(images)).split(64):
    adam.zero_grad()
    functional.cross_entropy(model(images[chosen].contiguous(memory_format=memory_format)), labels[chosen]).backward()
    adam.step()
model.eval()
with torch.no_grad():
    images, labels = load("t10k")
    correct = sum((model(x.contiguous(memory_format=memory_format)).argmax(1) == y).sum().item()
                  for x, y in zip(images.split(1000), labels.split(1000)))
print(f"{100 * correct / len(images):.2f}")
