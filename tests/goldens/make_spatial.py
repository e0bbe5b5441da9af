#!/usr/bin/env python3
"""Writes spatial.json: convolution, pooling and resampling of lines, images and volumes, as make_goldens.py does.

    python3 tests/goldens/make_spatial.py        # as make_goldens.py
"""
import itertools

import numpy as np
import torch
import torch.nn.functional as F

import make_goldens
from make_goldens import case, distinct, positive, u

make_goldens.cases.clear()
make_goldens.rng.seed(21)

# --- convolution
case("conv3d", F.conv3d, u(2, 2, 3, 4, 3), u(3, 2, 2, 3, 2), u(3))
case("conv3d options", lambda x, w: F.conv3d(x, w, None, (2, 1, 2), (1, 2, 0), (1, 2, 1), 2), u(1, 4, 4, 5, 4), u(4, 2, 3, 2, 2))
case("conv3d same", lambda x, w: F.conv3d(x, w, padding="same"), u(1, 2, 3, 4, 2), u(2, 2, 2, 3, 4))
case("conv_transpose1d", lambda x, w, b: F.conv_transpose1d(x, w, b, 3, 1, 2, 2, 2), u(2, 4, 3), u(4, 2, 3), u(4))
case("conv_transpose3d", lambda x, w, b: F.conv_transpose3d(x, w, b, (2, 1, 3), (1, 0, 1), (1, 0, 2), 2),
     u(1, 2, 2, 3, 2), u(2, 2, 3, 2, 3), u(4))

# --- pooling
case("max_pool1d", lambda x: F.max_pool1d(x, 3, 2, 1, 2, True), distinct(2, 2, 9))
case("max_pool1d_with_indices", lambda x: F.max_pool1d(x, 2, 1, 1, return_indices=True), distinct(1, 2, 5))
case("max_pool3d", lambda x: F.max_pool3d(x, (2, 3, 2), (1, 2, 2), (1, 1, 0), (1, 1, 2), True), distinct(2, 2, 4, 5, 6))
case("max_pool3d_with_indices", lambda x: F.max_pool3d(x, 2, 1, 1, return_indices=True), distinct(1, 2, 3, 2, 4))
case("avg_pool1d", lambda x: F.avg_pool1d(x, 3, 2, 1, True, False), u(2, 2, 8))
case("avg_pool1d counted", lambda x: F.avg_pool1d(x, 4, 3, 2, True, True), u(1, 2, 8))
case("avg_pool2d divisor", lambda x: F.avg_pool2d(x, (2, 3), 2, 1, True, True, 5), u(1, 2, 4, 5))
case("avg_pool3d", lambda x: F.avg_pool3d(x, (2, 3, 2), (1, 2, 2), (1, 1, 0), True, False), u(2, 2, 3, 4, 5))
case("avg_pool3d counted", lambda x: F.avg_pool3d(x, 3, 2, 1, True, True), u(1, 2, 4, 5, 4))
case("avg_pool3d divisor", lambda x: F.avg_pool3d(x, 2, divisor_override=3), u(1, 2, 4, 2, 4))
case("adaptive_avg_pool1d", lambda x: F.adaptive_avg_pool1d(x, 3), u(2, 2, 7))
case("adaptive_avg_pool3d", lambda x: F.adaptive_avg_pool3d(x, (2, 3, 2)), u(1, 2, 3, 5, 4))
case("adaptive_max_pool1d", lambda x: F.adaptive_max_pool1d(x, 3), distinct(2, 2, 7))
case("adaptive_max_pool3d", lambda x: F.adaptive_max_pool3d(x, (2, 3, 2)), distinct(1, 2, 3, 5, 4))
case("max_unpool1d", lambda x: F.max_unpool1d(x, torch.tensor([[[1, 2], [0, 5]]]), 3, 2, output_size=(6,)), u(1, 2, 2))
case("max_unpool2d", lambda x: F.max_unpool2d(x, torch.tensor([[[[0, 3], [8, 14]]]]), 2), u(1, 1, 2, 2))
case("max_unpool3d", lambda x: F.max_unpool3d(x, torch.tensor([[[[[1, 6]]]]]), 2), u(1, 1, 1, 1, 2))
case("lp_pool1d", lambda x: F.lp_pool1d(x, 3, 2), positive(1, 2, 6))
case("lp_pool2d", lambda x: F.lp_pool2d(x, 2.0, (2, 3), 2, True), positive(1, 2, 4, 5))

# --- resizing
for mode, shape in (("linear", (2, 2, 5)), ("bilinear", (1, 2, 3, 5)), ("bicubic", (1, 2, 4, 5)), ("trilinear", (1, 2, 3, 2, 4))):
    for align in (False, True):
        for size in (7, 2):
            case(f"interpolate {mode} {int(align)} {size}",
                 lambda x: F.interpolate(x, size, mode=mode, align_corners=align), u(*shape))
    case(f"interpolate {mode} factor", lambda x: F.interpolate(x, scale_factor=1.7, mode=mode), u(*shape))
    case(f"interpolate {mode} recomputed",
         lambda x: F.interpolate(x, scale_factor=1.7, mode=mode, recompute_scale_factor=True), u(*shape))
for mode in ("bilinear", "bicubic"):
    for align in (False, True):
        for size in ((3, 4), (9, 2)):
            case(f"interpolate {mode} antialias {int(align)} {size[0]}",
                 lambda x: F.interpolate(x, size, mode=mode, align_corners=align, antialias=True), u(1, 2, 7, 8))
for shape in ((2, 2, 5), (1, 2, 3, 5), (1, 2, 3, 2, 4)):
    for mode in ("nearest", "nearest-exact", "area"):
        case(f"interpolate {mode} {len(shape)}", lambda x: F.interpolate(x, 4, mode=mode), u(*shape))
    case(f"interpolate nearest {len(shape)} factor", lambda x: F.interpolate(x, scale_factor=0.6), u(*shape))

# --- reading between pixels
for mode, padding, align in itertools.product(("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection"), (False, True)):
    case(f"grid_sample {mode} {padding} {int(align)}",
         lambda x, g: F.grid_sample(x, g, mode, padding, align), u(2, 2, 4, 5), u(2, 3, 4, 2, low=-2.5, high=2.5))
    if mode != "bicubic":
        case(f"grid_sample {mode} {padding} {int(align)} volume",
             lambda x, g: F.grid_sample(x, g, mode, padding, align), u(1, 2, 3, 4, 2), u(1, 2, 2, 3, 3, low=-1.8, high=1.8))
for align in (False, True):
    case(f"affine_grid {int(align)}", lambda t: F.affine_grid(t, (2, 1, 3, 4), align), u(2, 2, 3))
    case(f"affine_grid {int(align)} volume", lambda t: F.affine_grid(t, (1, 1, 2, 3, 4), align), u(1, 3, 4))

# --- moving pixels, normalisation
case("pixel_shuffle", lambda x: F.pixel_shuffle(x, 2), u(2, 8, 2, 3))
case("pixel_unshuffle", lambda x: F.pixel_unshuffle(x, 2), u(2, 2, 4, 6))
case("channel_shuffle", lambda x: torch.channel_shuffle(x.detach(), 3), u(1, 6, 2, 2))
case("instance_norm", lambda x, w, b: F.instance_norm(x, weight=w, bias=b), u(2, 3, 4, 2), u(3), u(3))
case("instance_norm running",
     lambda x, m, v: F.instance_norm(x, m.detach(), v.detach(), use_input_stats=False), u(2, 3, 4), u(3), positive(3))

make_goldens.write("spatial.json")
