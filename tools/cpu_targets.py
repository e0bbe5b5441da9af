"""What cpu_table asks of Reel: how many times as fast, or as small, as a peer it is to be at least."""

import re

INSTALLED, TUNED = "torch", "torch tuned"  # the peers that bind
NO_ROW_BELOW = 0.97  # where both call the same code: measuring is no better than that

# The first pattern that is found in the name of a row of the group counts.
TARGETS = [
    ("overhead", "", {TUNED: 5}),
    ("memory", "^(tanh|softmax|layer_norm|transposed copy), 64 MB", {INSTALLED: 2, TUNED: 2}),
    ("memory", "^(add|relu|exp|sigmoid|gelu), 64 MB", {INSTALLED: 2, TUNED: NO_ROW_BELOW}),
    ("memory", "^sum over dim 0, 64 MB", {TUNED: 1.5}),
    ("layer", "^(max_pool2d|layer_norm|dropout|cross_entropy|gelu)", {TUNED: 2}),
    ("layer", "^batch_norm", {TUNED: 1.3}),
    ("optimizer", "^Adam", {TUNED: 2}),
    ("optimizer", "^SGD", {TUNED: 1.3}),
    ("step", "^MLP.* batch 64", {TUNED: 1.4}),
    ("step", "^MLP.* batch 256", {TUNED: 1.25}),
    ("step", "^CNN", {TUNED: 1.5}),
    ("step", "^ResNet-18", {TUNED: 1.4}),
    ("step", "^VGG-11", {TUNED: 1.5}),
    ("step", "^LSTM", {TUNED: 1.5}),
    ("process", "^peak memory", {TUNED: 1.3}),
    ("process", "^start-up, one tensor", {TUNED: 10}),
    ("process", "^installed size", {TUNED: 10}),
    ("process", "^compiling", {TUNED: 5}),
    ("process", "", {}),
    ("", "", {TUNED: NO_ROW_BELOW}),
]

# The same for rows beside others of Reel's own (`Row::beside`): how many times as fast, or which share of a limit.
BESIDE_TARGETS = [
    ("bf16", "", 1.4),
    ("share", "^(add|relu)", 0.8),
    ("share", "^(exp|sigmoid|tanh|gelu)", 0.7),
    ("share", "^matmul", 0.85),
    ("", "", None),
]


def winograd_shape(name):
    """Whether the row is a 3x3 convolution, stride 1, of at least 64 channels and images of at least 28x28."""
    sizes = re.match(r"conv 3x3 (\d+)->(\d+), \d+x\d+x(\d+)x", name)
    return sizes and min(int(sizes[1]), int(sizes[2])) >= 64 and int(sizes[3]) >= 28


def target(name, group):
    """{peer: at least}."""
    if winograd_shape(name):
        return {TUNED: 1.4}
    return next(least for g, pattern, least in TARGETS if g in ("", group) and re.search(pattern, name))


def beside_target(name, group):
    """At least, or None where nothing is asked for."""
    return next(least for g, pattern, least in BESIDE_TARGETS if g in ("", group) and re.search(pattern, name))
