"""What gpu_table and cpu_table share: the programs that measure rows on command, and numbers as text."""

import json
import pathlib
import queue
import re
import statistics
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent
PREPARING = 300  # seconds that a row may take to be prepared and measured once


class Gone(Exception):
    """The program has ended, or does not answer."""


class Program:
    """A program that measures: takes requests by the line, answers each with a line of JSON (benchmarks/protocol.h)."""

    def __init__(self, name, command, env=None):
        self.name, self.command, self.env = name, command, env
        self.start()
        self.rows = {row["name"]: row for row in self.ask("list")}

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=self.env)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, args=(self.process.stdout, self.lines), daemon=True).start()

    @staticmethod
    def read(stream, lines):
        for line in stream:
            lines.put(line)
        lines.put(None)

    def ask(self, request):
        try:
            self.process.stdin.write(request + "\n")
            self.process.stdin.flush()
            line = self.lines.get(timeout=PREPARING)
        except BrokenPipeError:
            line = None
        except queue.Empty:
            raise Gone(f"{self.name} did not answer in {PREPARING} s") from None
        if line is None:
            raise Gone(f"{self.name} ended with {self.process.wait()}")
        try:
            return json.loads(line)
        except ValueError as error:
            raise Gone(f"{self.name} said {line.strip()!r}") from error

    def samples(self, row, mode, count):
        """The times of a row in microseconds, or why there are none."""
        try:
            reply = self.ask(f"run {row} {mode} {count}")
        except Gone as gone:
            reply = {"error": str(gone)}
        if "error" in reply:  # memory may be exhausted, the device in a bad state: begin anew
            self.stop()
            self.start()
        return reply.get("samples_us"), reply

    def stop(self):
        self.process.kill()
        self.process.wait()

    def libraries(self, pattern):
        """Shared libraries that the program has loaded."""
        maps = pathlib.Path(f"/proc/{self.process.pid}/maps").read_text()
        return sorted({line.split()[-1] for line in maps.splitlines() if re.search(pattern, line)})


def spread(values):
    """The interquartile range over the median."""
    if len(values) < 4:
        return 0
    low, middle, high = statistics.quantiles(values, n=4)
    return (high - low) / middle


def spread_note(samples):
    """Whose samples lie far apart, of {name: samples}; none if there is none."""
    wide = sorted(((spread(values), name) for name, values in samples.items()), reverse=True)
    wide = [f"{name} {100 * s:.0f} %" for s, name in wide if s > 0.1]
    if not wide:
        return []
    more = f" and {len(wide) - 8} more" if len(wide) > 8 else ""
    return [f"The middle half of the samples spreads over more than 10 % of the median: {'; '.join(wide[:8])}{more}"]


def number(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def time_text(us):
    value, unit = (us * 1e3, "ns") if us < 1 else (us, "us") if us < 1000 else (us / 1e3, "ms")
    return f"{number(value)} {unit}"


def rate_text(rate, unit):
    if not rate:
        return ""
    return f"{number(rate / 1e12)} T{unit}" if rate >= 1e12 else f"{number(rate / 1e9)} G{unit}"


def markdown(lines):
    """A table of lines of cells, the first of which is the head."""
    return ["| " + " | ".join(cells) + " |" for cells in lines]


def first_line(*command):
    try:
        result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    except OSError:
        return ""
    return result.stdout.strip().split("\n")[0] if result.returncode == 0 else ""
