#!/usr/bin/env python3
"""Writes onnx.json and onnx.safetensors: the node tests of ONNX, graphs of operations with inputs and results.

    pip install onnx==1.23.2
    python3 tests/goldens/make_onnx.py

They are the backend tests of single operators (onnx.backend.test.case.node), whose results come from ONNX's reference in
numpy. tests/onnx_test.cpp runs the graphs with Reel's operations. onnx.json has an entry for every test of the suite:
either why Reel cannot have it (a dtype, a sequence) or

    {"in": tensors, "nodes": [[operator, values, values, attributes], ...], "out": [[value, tensor], ...]}

Values are numbered, the inputs first; -1 stands for an argument that is left out. Tensors are the numbers of those in
onnx.safetensors, where equal ones are stored once.
"""
import json
import pathlib
import struct
import warnings

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, numpy_helper

warnings.filterwarnings("ignore")  # of numpy, in the suite
from onnx.backend.test.case.node import collect_testcases  # noqa: E402

DTYPES = {"float32": "F32", "float64": "F64", "float16": "F16", "bfloat16": "BF16", "int64": "I64", "int32": "I32",
          "uint8": "U8", "bool": "BOOL"}
LIMIT = 96 << 10  # bytes of a test's inputs and results
FOLDER = pathlib.Path(__file__).parent


class LeftOut(Exception):
    pass


class Pool:
    """The distinct tensors."""

    def __init__(self):
        self.numbers, self.tensors = {}, []

    def add(self, array):
        key = (array.dtype.name, array.shape, array.tobytes())
        if key not in self.numbers:
            self.numbers[key] = len(self.tensors)
            self.tensors.append(key)
        return self.numbers[key]

    def save(self, path):
        header, offset = {}, 0
        for number, (dtype, shape, data) in enumerate(self.tensors):
            header[str(number)] = {"dtype": DTYPES[dtype], "shape": list(shape),
                                   "data_offsets": [offset, offset + len(data)]}
            offset += len(data)
        text = json.dumps(header, separators=(",", ":")).encode()
        path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(data for _, _, data in self.tensors))


pool = Pool()


def array_of(value):
    if isinstance(value, list) or value is None:
        raise LeftOut("a sequence or an optional value")
    if isinstance(value, TensorProto):
        name = TensorProto.DataType.Name(value.data_type).lower()
        if name not in DTYPES and name not in ("float", "double"):
            raise LeftOut("dtype " + name)
        value = numpy_helper.to_array(value)
    array = np.ascontiguousarray(value).reshape(np.shape(value))
    if array.dtype.name not in DTYPES:
        raise LeftOut("dtype " + array.dtype.name.replace("object", "string"))
    return array


def attribute(a):
    value = onnx.helper.get_attribute_value(a)
    if a.type == AttributeProto.STRING:
        return value.decode()
    if a.type == AttributeProto.STRINGS:
        return [v.decode() for v in value]
    if a.type == AttributeProto.FLOAT:
        return float(str(np.float32(value)))  # 0.1, not 0.10000000149
    if a.type == AttributeProto.FLOATS:
        return [float(str(np.float32(v))) for v in value]
    if a.type == AttributeProto.TENSOR:
        return {"tensor": pool.add(array_of(value))}
    if a.type in (AttributeProto.GRAPH, AttributeProto.GRAPHS):
        raise LeftOut("a graph as an attribute")
    return list(value) if a.type == AttributeProto.INTS else value


def entry(case):
    graph = case.model.graph
    (inputs, outputs), = case.data_sets
    inputs, outputs = [array_of(v) for v in inputs], [array_of(v) for v in outputs]
    if sum(a.nbytes for a in inputs + outputs) > LIMIT:
        raise LeftOut("too large a file")
    numbers = {"": -1}

    def value(name):
        return numbers.setdefault(name, len(numbers) - 1)

    for argument in graph.input:
        value(argument.name)
    if len(graph.input) != len(inputs) or graph.initializer:
        raise ValueError(case.name + ": an input without a value")
    nodes = [[n.op_type, [value(v) for v in n.input], [value(v) for v in n.output],
              {a.name: attribute(a) for a in n.attribute}] for n in graph.node]
    results = [[value(v.name), pool.add(a)] for v, a in zip(graph.output, outputs, strict=True)]
    return {"in": [pool.add(a) for a in inputs], "nodes": nodes, "out": results}


tests = {}
for case in sorted(collect_testcases(None), key=lambda case: case.name):
    try:
        tests[case.name] = entry(case)
    except LeftOut as reason:
        tests[case.name] = str(reason)
lines = [json.dumps(name) + ": " + json.dumps(test, separators=(",", ":")) for name, test in tests.items()]
(FOLDER / "onnx.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
pool.save(FOLDER / "onnx.safetensors")
print(f"{len(tests)} tests, {sum(isinstance(t, str) for t in tests.values())} left out, {len(pool.tensors)} tensors")
