"""What gpu_table prints: the results as Markdown, and the targets."""

from bench_programs import markdown, rate_text, spread_note, time_text


def fastest(modes, kind):
    """The faster optimizer's median of one kind (eager, graph), and whether that is the fused one."""
    times = [(result["us"], mode.endswith("fused")) for mode, result in modes.items()
             if mode.split("-")[0] == kind and "us" in result]
    return min(times, default=(None, False))


class Table:
    """The results as text."""

    def __init__(self, rows, results, peer):
        self.rows, self.results, self.peer = rows, results, peer
        self.peaks = {}
        for name, row in rows.items():
            if row["group"] == "ceiling" and name in results:
                unit = row["bytes"] or row["operations"]
                times = [fastest(modes, kind)[0] for modes in results[name].values() for kind in ("eager", "graph")]
                rates = [unit / (t * 1e-6) for t in times if t]
                key = "bytes" if row["bytes"] else row["precision"]
                self.peaks[key] = max(rates, default=None)

    def time(self, row, program, kind):
        return fastest(self.results.get(row, {}).get(program, {}), kind)[0]

    def rate(self, name):
        """Bytes or operations a second, and the share of the peak; of a step with a graph, else queued one by one."""
        row = self.rows[name]
        time = self.time(name, "Reel", "graph" if row["group"] == "step" else "eager")
        amount = row["bytes"] or row["operations"]
        if not time or not amount:
            return None, None
        rate = amount / (time * 1e-6)
        precision = "tf32" if row["precision"] == "default" else row["precision"]
        peak = self.peaks.get("bytes" if row["bytes"] else precision)
        return rate, rate / peak if peak else None

    def ratio(self, name, kind):
        mine, theirs = self.time(name, "Reel", kind), self.time(name, "PyTorch", kind)
        return mine / theirs if mine and theirs else None

    def lines(self):
        head = ["", "precision", "Reel", "Reel, graph", "rate", "of peak"]
        if self.peer:
            head += ["PyTorch", "PyTorch, graph", "Reel/PyTorch", "with graphs"]
        lines = [head, ["---"] * 2 + ["--:"] * (len(head) - 2)]
        for name, row in self.rows.items():
            if name in self.results:
                rate, share = self.rate(name)
                cells = [name, row["precision"], self.cell(name, "Reel", "eager"), self.cell(name, "Reel", "graph"),
                         rate_text(rate, "B/s" if row["bytes"] else "FLOP/s"), f"{100 * share:.0f} %" if share else ""]
                if self.peer:
                    cells += [self.cell(name, "PyTorch", kind) for kind in ("eager", "graph")]
                    cells += [f"{r:.2f}" if r else "" for r in (self.ratio(name, kind) for kind in ("eager", "graph"))]
                lines.append(cells)
        return markdown(lines)

    def cell(self, row, program, kind):
        modes = self.results[row].get(program, {})
        time, fused = fastest(modes, kind)
        if time:
            return time_text(time) + (" f" if fused else "")
        return "failed" if any("error" in result for mode, result in modes.items() if mode == kind) else ""

    def notes(self):
        """Why rows have no time, and whose samples lie far apart."""
        notes, samples = [], {}
        for name, programs in self.results.items():
            for program, modes in programs.items():
                for mode, result in modes.items():
                    why = result.get("error") or result.get("skipped")
                    if why:
                        notes.append(f"{name}, {program} {mode}: {why.strip().splitlines()[0][:200]}")
                    else:
                        samples[f"{name} ({program} {mode})"] = result["samples_us"]
        return notes + spread_note(samples)


def targets(table):
    """(what, whether it is met or None, what was seen) of each target."""
    found = []

    def add(what, value, met, text):
        found.append((what, None, "not measured") if value is None else (what, met(value), text(value)))

    shares = {name: table.rate(name)[1] for name, row in table.rows.items() if row["group"] == "elementwise"}
    shares = {name: share for name, share in shares.items() if share}
    worst = min(shares, key=shares.get, default=None)
    add("elementwise operations from 64 MiB at 85 % of the copy's bandwidth", shares.get(worst), lambda v: v >= 0.85,
        lambda v: f"lowest: {worst}, {100 * v:.0f} %")
    mlp, cnn = "MLP 784-500-10 step, batch 256, Adam, ieee", "CNN step, batch 256, Adam"
    for what, name, limit in ("MLP step in 50 us with a graph", mlp, 50), ("CNN step in 0.3 ms with a graph", cnn, 300):
        add(what, table.time(name, "Reel", "graph"), lambda v, limit=limit: v <= limit, time_text)
    add("MLP step without a graph faster than PyTorch's", table.ratio(mlp, "eager"), lambda v: v < 1,
        lambda v: f"Reel/PyTorch {v:.2f}")
    for name in "ResNet-50 step, batch 128, SGD", "VGG-16 step, batch 64, SGD":
        add(f"{name}: no slower than PyTorch channels-last", table.ratio(name, "eager"), lambda v: v <= 1,
            lambda v: f"Reel/PyTorch {v:.2f}")
    return found
