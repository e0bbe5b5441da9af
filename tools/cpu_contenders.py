"""Whom cpu_table compares: Reel, a libtorch and the newest one, each of these as installed and tuned."""

import dataclasses
import os
import pathlib
import re

from bench_programs import Program

# What would decide for the libraries how they compute: they all start without.
SETTINGS = r"^(OMP|GOMP|KMP|MKL|OPENBLAS|DNNL|ONEDNN|ATEN|MALLOC|GLIBC)_"


@dataclasses.dataclass
class Contender:
    key: str  # in records and targets
    command: pathlib.Path
    env: dict
    arguments: list

    def start(self):
        """A fresh process that measures."""
        return Program(self.key, [str(self.command)] + self.arguments, self.env)

    @property
    def library(self):
        return "reel" if self.key == "Reel" else "torch"

    @property
    def one_tensor(self):
        return self.command.with_name(f"{self.library}_one_tensor")


def environment(threads):
    """As a user has it who has set nothing but the number of threads."""
    env = {name: value for name, value in os.environ.items() if not re.match(SETTINGS, name)}
    return env | {f"{pool}_NUM_THREADS": str(threads) for pool in ("OMP", "OPENBLAS", "MKL")}


def tuned(env):
    """libtorch as fast as we know to make it: one pool of threads, AVX-512, memory that is not given back to the system."""
    env = dict(env)
    folders = [str(f) for f in sorted(pathlib.Path("/usr/lib").glob("*/openblas-openmp"))]
    env["LD_LIBRARY_PATH"] = ":".join(folders + [p for p in [env.get("LD_LIBRARY_PATH")] if p])
    if "avx512f" in pathlib.Path("/proc/cpuinfo").read_text():
        env["ATEN_CPU_CAPABILITY"] = "avx512"
    env["GLIBC_TUNABLES"] = f"glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold={1 << 40}"
    return env


def contenders(args):
    """Reel and those of the others that are built and wanted."""
    env = environment(args.threads)
    arguments = ["--threads", str(args.threads)] + (["--tiny"] if args.tiny else [])
    peers = [(key, program, settings) for key, program in (("torch", args.torch), ("newest", args.newest))
             for settings in ("", " tuned")]
    found = [Contender("Reel", pathlib.Path(args.reel), env, arguments)]
    for key, program, settings in peers:
        if pathlib.Path(program).exists() and re.search(args.peers, key + settings):
            found.append(Contender(key + settings, pathlib.Path(program), tuned(env) if settings else env, arguments))
    return found
