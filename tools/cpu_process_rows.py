"""The rows of cpu_table that concern whole processes: memory, start-up, size, compilation."""

import json
import pathlib
import shlex
import subprocess
import tempfile
import time

HEADERS = {"reel": "reel/reel.h", "torch": "torch/torch.h"}
START_UPS = 15
STEPS = "step", "checkpoint"  # groups whose rows' memory counts, too


def peak(pid):
    """The most memory that the process has had, in bytes."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


def step_memory(contender, row):
    """A few steps in a fresh process; of the layout that takes less."""
    seen = []
    for mode in row["modes"]:
        program = contender.start()
        if program.samples(row["name"], mode, 1)[0]:
            seen.append(peak(program.process.pid))
        program.stop()
    return [min(seen)] if seen else []


def start_up(contender):
    """Microseconds from the start of a program with one tensor until it has ended."""
    start = time.perf_counter()
    subprocess.run([contender.one_tensor], env=contender.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    return 1e6 * (time.perf_counter() - start)


def start_up_memory(contender):
    process = subprocess.Popen([contender.one_tensor], env=contender.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    bytes_ = peak(process.pid)
    process.communicate()
    return bytes_


def build_folder(contender):
    return next(f for f in contender.command.parents if (f / "compile_commands.json").exists())


def compile_command(contender):
    """The compiler and the options with which the contender's programs were built."""
    source = f"with_{contender.library}/one_tensor.cpp"
    commands = json.loads((build_folder(contender) / "compile_commands.json").read_text())
    command = next(c for c in commands if c["file"].endswith(source))
    words = shlex.split(command["command"])
    if pathlib.Path(words[0]).name == "ccache":
        words = words[1:]
    return words[:words.index("-o")], command["directory"]


def compile_time(contender):
    words, folder = compile_command(contender)
    start = time.perf_counter()
    subprocess.run(words + ["-c", "-x", "c++", "-", "-o", "/dev/null"], cwd=folder, check=True, text=True,
                   input=f"#include <{HEADERS[contender.library]}>\n", env=contender.env)
    return 1e6 * (time.perf_counter() - start)


def size_of(files):
    return sum(f.stat().st_size for f in map(pathlib.Path, files) if f.is_file() and not f.is_symlink())


def installed_size(contender, program):
    """The library's own files: shared libraries, headers, what CMake needs."""
    if contender.library == "reel":
        with tempfile.TemporaryDirectory() as prefix:
            subprocess.run(["cmake", "--install", build_folder(contender), "--prefix", prefix], check=True,
                           stdout=subprocess.DEVNULL)
            return size_of(pathlib.Path(prefix).rglob("*"))
    library = pathlib.Path(program.libraries(r"/libtorch_cpu\.so")[0]).resolve()
    if packages := debian_packages(library, "/usr/include/torch/csrc"):
        listed = subprocess.run(["dpkg-query", "-L", *packages], capture_output=True, text=True, check=True)
        return size_of(set(listed.stdout.splitlines()))
    return size_of(f for name in ("lib", "include", "share") for f in (library.parent.parent / name).rglob("*"))


def debian_packages(library, headers):
    """The packages that these belong to; none if the library belongs to none."""
    owners = []
    for file in library, headers:
        try:
            found = subprocess.run(["dpkg-query", "-S", file], capture_output=True, text=True)
        except OSError:
            return []
        if found.returncode:
            return []
        owners.append(found.stdout.split(": ")[0].split(",")[0])
    return owners


def measure(contenders, programs, rows, rounds):
    """(row, {contender: samples}) of each row whose name `rows` accepts; programs are running ones, by contender."""
    def interleaved(name, unit, times, sample, measured=contenders):
        if not rows(name):
            return
        samples = {c.key: [] for c in measured}
        for _ in range(times):
            for c in measured:
                try:
                    samples[c.key].append(sample(c))
                except (OSError, StopIteration, subprocess.SubprocessError, LookupError):
                    pass  # not built, or not installed in a way that tells
        same = {c.command: samples[c.key] for c in measured}
        yield row(name, unit), {c.key: samples.get(c.key, same[c.command]) for c in contenders}

    builds = list({c.command: c for c in reversed(contenders)}.values())[::-1]  # settings do not matter to the last two
    yield from step_rows(contenders, programs, rows)
    yield from interleaved("start-up, one tensor", "us", START_UPS, start_up)
    yield from interleaved("memory, one tensor", "B", 3, start_up_memory)
    yield from interleaved("installed size", "B", 1, lambda c: installed_size(c, programs[c.key]), builds)
    yield from interleaved("compiling the umbrella header", "us", min(rounds, 3), compile_time, builds)


def step_rows(contenders, programs, rows):
    """The peak memory of training steps; of those that are compared with another of Reel's, beside that one's."""
    own = programs["Reel"].rows
    for step in [r for r in own.values() if r["group"] in STEPS]:
        name, beside = memory_of(step["name"]), [own[other] for other in step["beside"]]
        if rows(name):
            samples = {c.key: step_memory(c, programs[c.key].rows[step["name"]]) for c in contenders
                       if step["name"] in programs[c.key].rows}
            samples |= {memory_of(other["name"]): step_memory(contenders[0], other) for other in beside}
            yield row(name, "B") | {"beside": [memory_of(other["name"]) for other in beside]}, samples


def memory_of(step):
    return f"peak memory, {step}"


def row(name, unit):
    return {"name": name, "group": "process", "bytes": 0, "operations": 0, "unit": unit}


