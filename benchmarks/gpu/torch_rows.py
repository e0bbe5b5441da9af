#!/usr/bin/env python3
"""torch_rows.py [--device cuda|cpu] [--tiny]: the rows of gpu_rows in PyTorch, under the same names, on command

It answers and measures as gpu_rows does (main.cpp and measurement.cpp beside this file). Images are channels-last, and
cuDNN chooses its algorithms by trying them. The mode "eager" has PyTorch's default optimizers (foreach), "eager-fused"
those with fused=True; so with "graph" and "graph-fused".
"""

import argparse
import json
import math
import sys
import time
import warnings

import torch
import torch.nn.functional as F

sys.dont_write_bytecode = True  # the folder is the sources'
from torch_models import GoogLeNet, ResNet, alexnet, alexnet_2012, lenet, loss, mlp, vgg  # noqa: E402

QUEUED, SAMPLE_US, GRAPH_US = 200, 10e3, 2e3  # as in measurement.cpp


# --- rows

class Work:
    """run(i) is repetition i; repetitions take `sets` sets of inputs in turn."""

    def __init__(self, run, sets=1):
        self.run, self.sets = run, sets


class Rows:
    """Makes the rows: `make(mode)` prepares one."""

    def __init__(self, device, tiny):
        self.device, self.tiny, self.rows = device, tiny, []
        self.ceilings()
        self.steps()
        self.memory()
        self.layers()
        self.recurrent()
        self.products()
        self.host()

    def size(self, full, small):
        return small if self.tiny else full

    def sets(self, megabytes):
        return 2 if self.tiny else min(max(math.ceil(512 / megabytes), 1), 16)

    def randn(self, *shape, **options):
        return torch.randn(*shape, device=self.device, **options)

    def images(self, *shape):
        return self.randn(*shape).contiguous(memory_format=torch.channels_last)

    def add(self, name, group, make, precision="f32", optimizer=False):
        self.rows.append({"name": name, "group": group, "precision": precision, "make": make, "optimizer": optimizer})

    def forward(self, sets, inputs, f):
        ins, outs = [inputs() for _ in range(sets)], [None] * sets

        def run(i):
            with torch.no_grad():
                outs[i % sets] = f(*ins[i % sets])
        return Work(run, sets)

    def both_ways(self, sets, inputs, f):
        ins = [inputs() for _ in range(sets)]
        with torch.no_grad():
            grads = [torch.randn_like(f(*x)) for x in ins]

        def run(i):
            for x in ins[i % sets]:
                x.grad = None
            f(*ins[i % sets]).backward(grads[i % sets])
        return Work(run, sets)

    def ceilings(self):
        count, n = self.size(256 << 20, 1 << 10), self.size(8192, 32)
        self.add("copy, 1 GiB", "ceiling",
                 lambda mode: self.forward(self.sets(2147), lambda: [self.randn(count)], lambda x: x.clone()))
        for precision in "ieee", "tf32", "bf16":
            self.product(f"product 8192 {precision}", "ceiling", precision, n)

    def product(self, name, group, precision, n):
        dtype = torch.bfloat16 if precision == "bf16" else torch.float32
        self.add(name, group, lambda mode: self.forward(
            1, lambda: [self.randn(n, n).to(dtype), self.randn(n, n).to(dtype)], torch.matmul), precision)

    def step(self, model, images, classes, optimizer, mode, **options):
        model = model().to(self.device, memory_format=torch.channels_last)
        labels = torch.randint(classes, (images.shape[0],), device=self.device)
        if mode.endswith("fused"):
            options["fused"] = True
        if mode.startswith("graph") and optimizer is torch.optim.Adam:
            options["capturable"] = True
        optimizer = optimizer(model.parameters(), **options)

        def run(_):
            optimizer.zero_grad(set_to_none=True)
            loss(model(images), labels).backward()
            optimizer.step()
        return Work(run)

    def steps(self):
        def add(name, precision, model, shape, classes, optimizer, **options):
            def make(mode):
                images = self.randn(*shape) if len(shape) == 2 else self.images(*shape)
                return self.step(model, images, classes, optimizer, mode, **options)
            self.add(name, "step", make, precision, optimizer=True)

        for precision in "ieee", "tf32":
            add(f"MLP 784-500-10 step, batch 256, Adam, {precision}", precision, mlp, (self.size(256, 2), 784), 10,
                torch.optim.Adam)
        add("CNN step, batch 256, Adam", "default", lenet, (self.size(256, 2), 1, 28, 28), 10, torch.optim.Adam)
        self.networks(add)

    def networks(self, add):
        side = self.size(224, 64)
        for name, batch, model in (("ResNet-50", 128, lambda: ResNet([3, 4, 6, 3])),
                                   ("VGG-16", 64, lambda: vgg([2, 2, 3, 3, 3])),
                                   ("AlexNet of 2012", 256, alexnet_2012), ("AlexNet", 256, alexnet),
                                   ("VGG-11", 64, lambda: vgg([1, 1, 2, 2, 2])), ("GoogLeNet", 128, GoogLeNet),
                                   ("ResNet-152", 64, lambda: ResNet([3, 8, 36, 3]))):
            add(f"{name} step, batch {batch}, SGD", "default", model, (self.size(batch, 2), 3, side, side), 1000,
                torch.optim.SGD, lr=0.01, momentum=0.9)

    def memory(self):
        for label, full, small in ("64 MiB", 16 << 10, 8), ("256 MiB", 64 << 10, 16):
            rows, columns = self.size(full, small), self.size(1024, 32)
            once = full * 1024 * 4 / 1e6

            def add(name, streams, f, group="elementwise", inputs=None, label=label, rows=rows, columns=columns,
                    once=once):
                inputs = inputs or (lambda: [self.randn(rows, columns)])
                self.add(f"{name}, {label}", group,
                         lambda mode: self.forward(self.sets(streams * once), inputs, f))

            def several(*shapes):
                return lambda: [self.randn(*shape) for shape in shapes]

            whole = (rows, columns)
            add("add", 3, torch.add, inputs=several(whole, whole))
            add("relu", 2, torch.relu)
            add("exp", 2, torch.exp)
            add("sigmoid", 2, torch.sigmoid)
            add("tanh", 2, torch.tanh)
            add("gelu", 2, F.gelu)
            add("add a row", 2, torch.add, inputs=several(whole, (columns,)))
            choice = several(whole, whole, whole)
            add("where", 3.25, torch.where, inputs=lambda choice=choice: [x > 0 if i == 0 else x
                                                                         for i, x in enumerate(choice())])
            add("sum", 1, torch.sum, "reduction")
            add("sum of columns", 1, lambda x: torch.sum(x, 0), "reduction")
            add("sum of rows", 1, lambda x: torch.sum(x, 1), "reduction")
        n = self.size(4096, 48)
        self.add("transposed copy, 4096x4096", "copy", lambda mode: self.forward(
            self.sets(134), lambda: [self.randn(n, n)], lambda x: x.t().contiguous()))

    def layers(self):
        def add(name, megabytes, inputs, f, both=False):
            prepare = self.both_ways if both else self.forward
            self.add(name, "layer", lambda mode: prepare(self.sets(megabytes), inputs, f))

        n = self.size(4096, 24)
        add("softmax, 4096x4096", 134, lambda: [self.randn(n, n)], lambda x: F.softmax(x, 1))
        add("layer_norm, 4096x4096", 134, lambda: [self.randn(n, n), self.randn(n), self.randn(n)],
            lambda x, weight, bias: F.layer_norm(x, (n,), weight, bias))
        add("dropout, 4096x4096", 134, lambda: [self.randn(n, n)], lambda x: F.dropout(x, 0.5, True))
        rows, classes = self.size(4096, 8), self.size(1000, 10)
        add("cross_entropy, 4096x1000, both ways", 49,
            lambda: [self.randn(rows, classes, requires_grad=True),
                     torch.randint(classes, (rows,), device=self.device)], F.cross_entropy, both=True)
        heads = self.size(8, 2), self.size(16, 2), self.size(2048, 10), self.size(64, 6)
        for causal in False, True:
            add(f"attention, 8x16x2048x64{', causal' if causal else ''}, both ways", 805,
                lambda: [self.randn(*heads, requires_grad=True) for _ in range(3)],
                lambda q, k, v, causal=causal: F.scaled_dot_product_attention(q, k, v, is_causal=causal), both=True)
        shape = self.size(128, 2), self.size(64, 4), self.size(56, 6), self.size(56, 6)
        add("max_pool2d, 128x64x56x56, both ways", 257, lambda: [self.images(*shape).requires_grad_()],
            lambda x: F.max_pool2d(x, 2), both=True)
        add("batch_norm, 128x64x56x56, both ways", 822,
            lambda: [self.images(*shape).requires_grad_(), self.randn(shape[1], requires_grad=True),
                     self.randn(shape[1], requires_grad=True)],
            lambda x, weight, bias: F.batch_norm(x, None, None, weight, bias, True), both=True)
        words, dim, batch = self.size(50257, 50), self.size(768, 8), self.size(32768, 12)
        add("embedding, 32768 of 50257x768", 201,
            lambda: [torch.randperm(words, device=self.device)[:batch], self.randn(words, dim)], F.embedding)
        self.add("Adam, 25.6 M parameters in 160 tensors", "optimizer", self.adam, optimizer=True)

    def recurrent(self):
        size, steps, batch = self.size(512, 8), self.size(64, 3), self.size(64, 2)

        def add(name, layer_class, precision, **options):
            def make(mode):
                layer = layer_class(size, size, **options).to(self.device)
                return self.both_ways(
                    1, lambda: [self.randn(steps, batch, size, requires_grad=True), *layer.parameters()],
                    lambda x, *_: layer(x)[0])
            self.add(f"{name}, 64x64, both ways, {precision}", "layer", make, precision)

        for precision in "ieee", "tf32":
            add("LSTM 512", torch.nn.LSTM, precision)
            add("GRU 512", torch.nn.GRU, precision)
            add("LSTM 512, 2 layers, both directions", torch.nn.LSTM, precision, num_layers=2, bidirectional=True)
            add("GRU 512, 2 layers, both directions", torch.nn.GRU, precision, num_layers=2, bidirectional=True)

    def adam(self, mode):
        count, size = self.size(160, 3), self.size(160000, 100)
        params = [self.randn(size, requires_grad=True) for _ in range(count)]
        for p in params:
            p.grad = self.randn(size)
        options = {"fused": True} if mode.endswith("fused") else {}
        if mode.startswith("graph"):
            options["capturable"] = True
        optimizer = torch.optim.Adam(params, **options)
        return Work(lambda _: optimizer.step())

    def products(self):
        for n in 512, 1024, 2048, 4096:
            for precision in "ieee", "tf32":
                self.product(f"matmul {n} {precision}", "product", precision, self.size(n, 16))
        for channels, side in (64, 56), (128, 28), (256, 14), (512, 7):
            self.convolution(f"conv 3x3, 128x{channels}x{side}x{side}", self.size(channels, 4), self.size(side, 5))
        self.volume(self.size(64, 4), self.size(16, 3), self.size(28, 5))

    def volume(self, channels, depth, side):
        def inputs():
            shapes = (self.size(8, 2), channels, depth, side, side), (channels, channels, 3, 3, 3)
            return [self.randn(*shape).contiguous(memory_format=torch.channels_last_3d).requires_grad_()
                    for shape in shapes]
        self.add("conv3d 3x3x3, 8x64x16x28x28, both ways", "convolution",
                 lambda mode: self.both_ways(1, inputs, lambda x, weight: F.conv3d(x, weight, padding=1)), "tf32")

    def convolution(self, name, channels, side):
        def inputs(leaves):
            return [self.images(self.size(128, 2), channels, side, side).requires_grad_(leaves),
                    self.images(channels, channels, 3, 3).requires_grad_(leaves)]

        def f(x, weight):
            return F.conv2d(x, weight, padding=1)
        self.add(name, "convolution", lambda mode: self.forward(1, lambda: inputs(False), f), "tf32")
        self.add(f"{name}, both ways", "convolution", lambda mode: self.both_ways(1, lambda: inputs(True), f), "tf32")

    def host(self):
        for name, recorded in ("add, 1 element", False), ("add, 1 element, recorded", True):
            def make(mode, recorded=recorded):
                a, b = self.randn(1, requires_grad=recorded), self.randn(1)
                return Work(lambda _: a + b)
            self.add(f"{name}, until it is queued", "host", make)


# --- timing

class Measurement:
    """A row that is prepared and warmed up."""

    def __init__(self, row, mode, on_gpu):
        self.work, self.on_gpu, self.on_host = row["make"](mode), on_gpu, row["group"] == "host"
        self.next, self.per_launch, self.graph = 0, 1, None
        once = self.warm_up(mode.startswith("graph"))
        if mode.startswith("graph"):
            if row["group"] != "step":
                self.per_launch = self.work.sets * filling(GRAPH_US, once * self.work.sets, 20)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                for _ in range(self.per_launch):
                    self.repetition()
            self.graph = graph
        self.launches = QUEUED if self.on_host else filling(SAMPLE_US, once * self.per_launch, 2000)

    def warm_up(self, to_capture):
        """Microseconds of a repetition. What will be captured must be warmed up on another stream than the default."""
        stream = torch.cuda.Stream() if to_capture else None
        if stream:
            stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(max(3, self.work.sets)):
                self.repetition()
            once = self.microseconds(self.work.sets) / self.work.sets
        if self.on_gpu:
            torch.cuda.synchronize()
        return once

    def repetition(self):
        self.work.run(self.next)
        self.next += 1

    def microseconds(self, launches):
        launch = self.graph.replay if self.graph else self.repetition
        if self.on_gpu and not self.on_host:
            before, after = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            before.record()
            for _ in range(launches):
                launch()
            after.record()
            after.synchronize()
            return 1000 * before.elapsed_time(after)
        start = time.perf_counter()
        for _ in range(launches):
            launch()
        seconds = time.perf_counter() - start
        if self.on_gpu:
            torch.cuda.synchronize()
        return 1e6 * seconds

    def samples(self, count):
        self.microseconds(self.launches)
        return [self.microseconds(self.launches) / (self.launches * self.per_launch) for _ in range(count)]


def filling(total, once, most):
    return int(min(max(total / max(once, 0.1), 1), most))


# --- the protocol of gpu_rows

class Bench:
    def __init__(self, device, tiny):
        self.on_gpu = device == "cuda"
        self.rows = {row["name"]: row for row in Rows(device, tiny).rows}
        self.key, self.ready = None, {}

    def modes(self, row):
        modes = ["eager"] if not self.on_gpu or row["group"] == "host" else ["eager", "graph"]
        return modes + [mode + "-fused" for mode in modes] if row["optimizer"] and self.on_gpu else modes

    def list(self):
        return [{"name": row["name"], "group": row["group"], "precision": row["precision"], "modes": self.modes(row)}
                for row in self.rows.values()]

    def run(self, name, mode, samples):
        row, key = self.rows[name], (name, mode.split("-")[0])
        if key != self.key:  # a row's foreach and fused optimizers are measured in turn: both stay ready
            self.ready.clear()
            if self.on_gpu:
                torch.cuda.empty_cache()
            self.key = key
            set_precision(row["precision"])
        if mode not in self.ready:
            self.ready[mode] = Measurement(row, mode, self.on_gpu)
        return {"samples_us": self.ready[mode].samples(samples)}

    def answer(self, request):
        try:
            if request == "list":
                return self.list()
            if request == "version":
                return {"torch": torch.__version__, "cudnn": torch.backends.cudnn.version()}
            name, mode, samples = request[len("run "):].rsplit(" ", 2)
            return self.run(name, mode, int(samples))
        except Exception as error:  # whatever PyTorch throws is the row's result
            return {"error": f"{type(error).__name__}: {error}"}


def set_precision(precision):
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.allow_tf32 = precision != "ieee"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--tiny", action="store_true", help="tiny sizes, to see that all rows run")
    args = parser.parse_args()
    if args.device == "cuda" and not torch.cuda.is_available():
        sys.exit("torch_rows.py: PyTorch finds no GPU")
    warnings.filterwarnings("ignore")
    torch.manual_seed(1)
    torch.backends.cudnn.benchmark = True
    bench = Bench(args.device, args.tiny)
    for request in sys.stdin:
        print(json.dumps(bench.answer(request.rstrip("\n"))), flush=True)


if __name__ == "__main__":
    main()
