"""The record of gpu_table: its medians, small enough to lie in the repository. tools/benchmark_page makes the page's table of it.

    {"heading": [...],                          # the GPU, versions, how it was measured
     "rows": {"add, 64 MiB": {"group": "elementwise", "precision": "f32", "bytes": 201326592, "operations": 0}, ...},
     "results": {"add, 64 MiB": {"Reel": {"eager": 54.6, "graph": 47.5}, "PyTorch": {...}}, ...}}

Results are microseconds, by program and mode.
"""

import json
import pathlib

from cpu_record import lines_of, rounded
from gpu_report import Table

DESCRIBED = "group", "precision", "bytes", "operations"


def write(path, heading, rows, results):
    medians = {row: {program: {mode: rounded(result["us"]) for mode, result in modes.items() if "us" in result}
                     for program, modes in programs.items()} for row, programs in results.items()}
    described = {name: {key: row[key] for key in DESCRIBED} for name, row in rows.items() if name in results}
    pathlib.Path(path).write_text(text({"heading": heading, "rows": described, "results": medians}))


def text(record):
    """JSON with one row a line."""
    parts = [f'  "heading": {json.dumps(record["heading"])}']
    parts += [f'  "{part}": {{\n{lines_of(record[part], 4)}\n  }}' for part in ("rows", "results")]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def table(path):
    """The table of a record, as gpu_table prints it."""
    record = json.loads(pathlib.Path(path).read_text())
    results = {row: {program: {mode: {"us": time} for mode, time in modes.items()} for program, modes in programs.items()}
               for row, programs in record["results"].items()}
    peer = any("PyTorch" in programs for programs in results.values())
    return Table(record["rows"], results, peer)
