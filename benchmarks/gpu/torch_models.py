"""The networks of torch_rows.py, with torchvision's architectures, and what is minimised."""

import torch
import torch.nn.functional as F
from torch import nn


def mlp():
    return nn.Sequential(nn.Linear(784, 500), nn.ReLU(), nn.Linear(500, 10))


def lenet():
    return nn.Sequential(nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                         nn.Linear(64 * 49, 1024), nn.ReLU(), nn.Linear(1024, 10))


class Bottleneck(nn.Module):
    def __init__(self, inputs, channels, stride=1):
        super().__init__()
        outputs = 4 * channels
        self.conv1 = nn.Conv2d(inputs, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)


class ResNet(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        inputs, stages = 64, []
        for number, count in enumerate(blocks):
            channels = 64 << number
            stages.append(Bottleneck(inputs, channels, 2 if number else 1))
            inputs = 4 * channels
            stages += [Bottleneck(inputs, channels) for _ in range(count - 1)]
        self.blocks = nn.Sequential(*stages)
        self.fc = nn.Linear(2048, 1000)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x)), inplace=True), 3, 2, 1)
        return self.fc(F.adaptive_avg_pool2d(self.blocks(x), 1).flatten(1))


def relu():
    return nn.ReLU(inplace=True)


def classifier(inputs):
    return [nn.Flatten(), nn.Linear(inputs, 4096), relu(), nn.Dropout(), nn.Linear(4096, 4096), relu(), nn.Dropout(),
            nn.Linear(4096, 1000)]


def vgg(counts):
    layers, inputs = [], 3
    for count, channels in zip(counts, (64, 128, 256, 512, 512)):
        for _ in range(count):
            layers += [nn.Conv2d(inputs, channels, 3, padding=1), relu()]
            inputs = channels
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7), *classifier(512 * 49))


def alexnet_2012():
    def convolution(inputs, outputs, side, groups=1):
        return [nn.Conv2d(inputs, outputs, side, padding=side // 2, groups=groups), relu()]

    def response():
        return [nn.LocalResponseNorm(5, alpha=5e-4, k=2), nn.MaxPool2d(3, 2)]
    return nn.Sequential(nn.Conv2d(3, 96, 11, 4, 2), relu(), *response(), *convolution(96, 256, 5, 2), *response(),
                         *convolution(256, 384, 3), *convolution(384, 384, 3, 2), *convolution(384, 256, 3, 2),
                         nn.MaxPool2d(3, 2), nn.AdaptiveAvgPool2d(6), *classifier(256 * 36))


def alexnet():
    return nn.Sequential(nn.Conv2d(3, 64, 11, 4, 2), relu(), nn.MaxPool2d(3, 2), nn.Conv2d(64, 192, 5, padding=2), relu(),
                         nn.MaxPool2d(3, 2), nn.Conv2d(192, 384, 3, padding=1), relu(),
                         nn.Conv2d(384, 256, 3, padding=1), relu(), nn.Conv2d(256, 256, 3, padding=1), relu(),
                         nn.MaxPool2d(3, 2), nn.AdaptiveAvgPool2d(6), nn.Flatten(), nn.Dropout(),
                         nn.Linear(256 * 36, 4096), relu(), nn.Dropout(), nn.Linear(4096, 4096), relu(),
                         nn.Linear(4096, 1000))


def unit(inputs, outputs, side, stride=1):
    """GoogLeNet's convolutions, with their normalisation."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, side, stride, side // 2, bias=False),
                         nn.BatchNorm2d(outputs, eps=1e-3), relu())


class Inception(nn.Module):
    def __init__(self, inputs, one, three_before, three, five_before, five, pool):
        super().__init__()
        self.branches = nn.ModuleList([
            unit(inputs, one, 1),
            nn.Sequential(unit(inputs, three_before, 1), unit(three_before, three, 3)),
            nn.Sequential(unit(inputs, five_before, 1), unit(five_before, five, 3)),
            nn.Sequential(nn.MaxPool2d(3, 1, 1, ceil_mode=True), unit(inputs, pool, 1))])

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


class GoogLeNet(nn.Module):
    def __init__(self):
        super().__init__()

        def half(side=3):
            return nn.MaxPool2d(side, 2, ceil_mode=True)

        def auxiliary(inputs):
            return nn.Sequential(nn.AdaptiveAvgPool2d(4), unit(inputs, 128, 1), nn.Flatten(), nn.Linear(2048, 1024), relu(),
                                 nn.Dropout(0.7), nn.Linear(1024, 1000))
        self.to_4a = nn.Sequential(unit(3, 64, 7, 2), half(), unit(64, 64, 1), unit(64, 192, 3), half(),
                                   Inception(192, 64, 96, 128, 16, 32, 32), Inception(256, 128, 128, 192, 32, 96, 64),
                                   half(), Inception(480, 192, 96, 208, 16, 48, 64))
        self.to_4d = nn.Sequential(Inception(512, 160, 112, 224, 24, 64, 64), Inception(512, 128, 128, 256, 24, 64, 64),
                                   Inception(512, 112, 144, 288, 32, 64, 64))
        self.to_end = nn.Sequential(Inception(528, 256, 160, 320, 32, 128, 128), half(2),
                                    Inception(832, 256, 160, 320, 32, 128, 128),
                                    Inception(832, 384, 192, 384, 48, 128, 128), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                                    nn.Dropout(0.2), nn.Linear(1024, 1000))
        self.aux1, self.aux2 = auxiliary(512), auxiliary(528)

    def forward(self, x):
        a = self.to_4a(x)
        d = self.to_4d(a)
        return self.to_end(d), self.aux1(a), self.aux2(d)


def loss(outputs, labels):
    """GoogLeNet's auxiliary classifiers count as in the paper."""
    if isinstance(outputs, tuple):
        logits, *auxiliary = outputs
        return F.cross_entropy(logits, labels) + 0.3 * sum(F.cross_entropy(aux, labels) for aux in auxiliary)
    return F.cross_entropy(outputs, labels)
