"""The record that cpu_table compares with: medians of an earlier run, small enough to lie in the repository.
tools/benchmark_page makes the page's tables of it.

    {"machine": "...",                          # processor and number of CPUs
     "rows": {"add, 1 element": {"group": "overhead"}, ...},  # what else a table needs to know of a row
     "runs": {"1": {                            # by number of threads
         "date": "2026-01-31",
         "versions": {"Reel": "...", ...},      # by contender
         "rows": {"add, 1 element": {"Reel": 0.0744, "torch tuned": 0.484, ...}}}}}

Numbers are microseconds, of some rows bytes, by contender or by the name of the row beside (cpu_report.py); the ratios
are theirs over Reel's.
"""

import datetime
import json
import pathlib

from cpu_report import Report, median
from cpu_targets import TUNED


def rounded(value):
    return float(f"{value:.4g}")


def described(row):
    """What a row's description adds to its name: group, and what is not 0."""
    return {key: row[key] for key in ("group", "bytes", "operations", "unit", "beside") if row.get(key)}


def write(path, machine, threads, versions, rows, results, partial):
    """Puts the results in the place of those for the same number of threads; with `partial` other rows stay, and so do the
    names of peers that only these have. A record of another machine is replaced."""
    path = pathlib.Path(path)
    record = json.loads(path.read_text()) if path.exists() else {}
    if record.get("machine") != machine:
        record = {"machine": machine, "rows": {}, "runs": {}}
    record["rows"] |= {name: described(row) for name, row in rows.items()}
    medians = {row: {key: rounded(result["value"]) for key, result in by_key.items() if "value" in result}
            for row, by_key in results.items()}
    if partial:
        before = record["runs"].get(str(threads), {})
        medians = before.get("rows", {}) | medians
        versions = before.get("versions", {}) | versions
    record["runs"][str(threads)] = {"date": datetime.date.today().isoformat(), "versions": versions, "rows": medians}
    path.write_text(text(record))


def lines_of(entries, indent):
    """The inside of a JSON object, one entry a line."""
    return ",\n".join(f"{' ' * indent}{json.dumps(name)}: {json.dumps(entry)}" for name, entry in entries.items())


def text(record):
    """JSON with one row a line."""
    runs = []
    for threads, run in sorted(record["runs"].items()):
        runs.append(f'    "{threads}": {{\n      "date": {json.dumps(run["date"])},\n      "versions": {json.dumps(run["versions"])},\n'
                    f'      "rows": {{\n{lines_of(run["rows"], 8)}\n      }}\n    }}')
    return (f'{{\n  "machine": {json.dumps(record["machine"])},\n  "rows": {{\n{lines_of(record["rows"], 4)}\n  }},\n'
            '  "runs": {\n' + ",\n".join(runs) + "\n  }\n}\n")


def report(path, threads, wanted):
    """The results of a record for a number of threads, with the peers for which `wanted(key)` holds."""
    record = json.loads(pathlib.Path(path).read_text())
    run = record["runs"][str(threads)]
    names = {key: name for key, name in run["versions"].items() if key == "Reel" or wanted(key)}
    results = {row: {key: {"value": value} for key, value in values.items()} for row, values in run["rows"].items()}
    return Report(record["rows"], results, names)


class Changes:
    """How the ratios have changed since a record was made, and which have fallen by more than `tolerance`."""

    def __init__(self, path, machine, threads, results, tolerance):
        record = json.loads(pathlib.Path(path).read_text())
        self.path, self.results, self.tolerance, self.fallen = path, results, tolerance, []
        self.same_machine = record["machine"] == machine
        self.before = record["runs"].get(str(threads), {}).get("rows", {})

    def change(self, row, others):
        """Of the ratio to the peer that binds, or to the first of the others that both have; where there is none of
        Reel's own time, if the machine is the same."""
        before = self.before.get(row, {})
        mine, mine_before = median(self.results, row, "Reel"), before.get("Reel")
        if not mine or not mine_before:
            return None
        for key in sorted(others, key=lambda other: other != TUNED):
            theirs = median(self.results, row, key)
            if theirs and key in before:
                return theirs / mine / (before[key] / mine_before) - 1
        return mine_before / mine - 1 if self.same_machine and not others else None

    def cell(self, row, others):
        change = self.change(row, others)
        if change is None:
            return ""
        if change < -self.tolerance:
            self.fallen.append(row)
            return f"**{100 * change:+.0f} %**"
        return f"{100 * change:+.0f} %"

    def note(self):
        if not self.fallen:
            return []
        return [f"Fallen since {self.path} by more than {100 * self.tolerance:g} %: {'; '.join(self.fallen)}"]
