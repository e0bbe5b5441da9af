"""How cpu_table measures: every program a process of its own, row by row, in turn."""

import os
import pathlib
import statistics
import sys
import time

from bench_programs import Gone

LONG = 100e3  # microseconds from which on one sample a turn is enough


def processor_seconds():
    """What all processes have computed since the system started."""
    user, nice, system, _, _, irq, softirq, steal = map(int, pathlib.Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def wait_for_quiet(seconds):
    """Until others leave the processors alone, but no longer than so many seconds. No program of ours computes now."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before = processor_seconds()
        time.sleep(0.1)
        if processor_seconds() - before < 0.02:
            return


class Bench:
    """The running programs, and how they are measured."""

    def __init__(self, all_contenders, args):
        self.args, self.taken, self.disturbed = args, 0, 0
        self.contenders, self.programs, self.second = [], {}, None
        for contender in all_contenders:
            try:
                self.programs[contender.key] = contender.start()
                self.contenders.append(contender)
            except (Gone, OSError) as error:
                if contender.key == "Reel":
                    sys.exit(f"cpu_table: {error}")
                print(f"cpu_table: without {contender.key}: {error}", file=sys.stderr)
        self.names = {key: program.ask("version") for key, program in self.programs.items()}

    def second_reel(self):
        """Another process of Reel, for the rows that Reel's are compared with."""
        if not self.second:
            self.second = next(c for c in self.contenders if c.key == "Reel").start()
        return self.second

    def turn(self, program, row, mode, count):
        values, reply = program.samples(row, mode, count)
        self.taken += len(values or [])
        self.disturbed += reply.get("disturbed", 0)
        return values, reply

    def measure(self, row):
        """{contender, or name of a row beside it: result}; of several variants the one that was fastest in the first round."""
        who = {key: (program, row) for key, program in self.programs.items() if row in program.rows}
        who |= {name: (self.second_reel(), name) for name in self.programs["Reel"].rows[row]["beside"]}
        results, running = {}, {}
        wait_for_quiet(self.args.patience)
        for key, (program, name) in who.items():
            seen = {}
            for mode in program.rows[name]["modes"]:
                values, reply = self.turn(program, name, mode, self.args.samples)
                if values is None:
                    results[key] = {"error": reply["error"]}
                else:
                    seen[mode] = values
            if seen:
                running[key] = min(seen.items(), key=lambda item: statistics.median(item[1]))
        for _ in range(self.args.rounds - 1):
            wait_for_quiet(self.args.patience)
            for key, (mode, values) in list(running.items()):
                count = 1 if statistics.median(values) > LONG else self.args.samples
                more, reply = self.turn(*who[key], mode, count)
                if more is None:
                    results[key] = {"error": reply["error"]}
                    del running[key]
                else:
                    values += more
        for key, (mode, values) in running.items():
            results[key] = {"value": statistics.median(values), "mode": mode, "samples": values}
        return results

    def stop(self):
        for program in [*self.programs.values(), *([self.second] if self.second else [])]:
            program.stop()
