"""What cpu_table prints: the results as Markdown."""

import statistics

from bench_programs import markdown, number, rate_text, spread_note, time_text
from cpu_targets import INSTALLED, beside_target, target


def ratio_text(ratio):
    return "" if ratio is None else f"{ratio:.2f}" if ratio < 100 else f"{ratio:.0f}"


def median(results, row, key):
    return results.get(row, {}).get(key, {}).get("value")


class Report:
    """The results as text: Reel beside its peers, and rows of Reel beside others of its own."""

    def __init__(self, rows, results, names):
        self.rows, self.results, self.names = rows, results, names
        self.peers = [key for key in names if key != "Reel"]

    def ratio(self, row, peer):
        mine, theirs = median(self.results, row, "Reel"), median(self.results, row, peer)
        return theirs / mine if mine and theirs else None

    def beside(self, row):
        """The row that this one is compared with, and its result: scaled to as many operations, where both count them. Of
        several the slowest."""
        times = []
        for name in self.rows[row].get("beside", []):
            if time := median(self.results, row, name):
                mine, theirs = (self.rows.get(r, {}).get("operations") for r in (row, name))
                times.append((time * mine / theirs if mine and theirs else time, name))
        return max(times, default=(None, ""))[::-1]

    def beside_ratio(self, row):
        mine, (_, theirs) = median(self.results, row, "Reel"), self.beside(row)
        return theirs / mine if mine and theirs else None

    def peer_rows(self):
        """The rows of the first table: all that a peer has, and where there is none those that no other row is beside."""
        return [row for row in self.results if any(peer in self.results[row] for peer in self.peers)
                or not self.rows[row].get("beside")]

    def beside_rows(self):
        return [row for row in self.results if self.rows[row].get("beside")]

    def heading(self, peer):
        return self.names[peer].removeprefix("libtorch ") + (" tuned" if peer.endswith("tuned") else "")

    def cell(self, row, key):
        result = self.results[row].get(key, {})
        if "error" in result:
            return "failed"
        if "value" not in result:
            return ""
        return self.text(row, result["value"])

    def text(self, row, value):
        """A result of the row: a time or bytes."""
        return f"{number(value / 1e6)} MB" if self.rows[row].get("unit") == "B" else time_text(value)

    def rate(self, row):
        time_us, description = median(self.results, row, "Reel"), self.rows[row]
        amount = description.get("bytes") or description.get("operations")
        if not time_us or not amount or self.rows[row].get("tiny"):
            return ""
        return rate_text(amount / (time_us * 1e-6), "B/s" if description.get("bytes") else "FLOP/s")

    def verdict(self, row):
        """What is asked for, and whether it is met, missed or open."""
        asked = {peer: least for peer, least in target(row, self.rows[row]["group"]).items() if peer in self.peers}
        ratios = [(self.ratio(row, peer), least) for peer, least in asked.items()]
        text = ", ".join(f"{least:g}" + (" installed" if peer == INSTALLED else "") for peer, least in asked.items())
        if any(ratio and ratio < least for ratio, least in ratios):
            return text, "**missed**"
        return text, "met" if ratios and all(ratio for ratio, _ in ratios) else ""

    def beside_verdict(self, row):
        least, ratio = beside_target(row, self.rows[row]["group"]), self.beside_ratio(row)
        if least is None or ratio is None:
            return "" if least is None else f"{least:g}", ""
        return f"{least:g}", "met" if ratio >= least else "**missed**"

    def lines(self, changes=None):
        """The tables; with `changes` (cpu_record.Changes) one more column, since when."""
        text = []
        if rows := self.peer_rows():
            text += markdown(self.peer_table(rows, changes)) + [""]
        if rows := self.beside_rows():
            text += ["Reel beside itself and beside the machine's limits; the ratio is the other's over the row's:", ""]
            text += markdown(self.beside_table(rows, changes)) + [""]
        return text

    def peer_table(self, rows, changes=None, means=True):
        head = ["", "Reel", "rate"]
        for peer in self.peers:
            head += [self.heading(peer), "ratio"]
        head += ["at least", ""] if self.peers else []
        head += ["since"] if changes else []
        lines = [head, ["---"] + ["--:"] * (len(head) - 1)]
        for row in rows:
            cells = [row, self.cell(row, "Reel"), self.rate(row)]
            for peer in self.peers:
                cells += [self.cell(row, peer), ratio_text(self.ratio(row, peer))]
            cells += self.verdict(row) if self.peers else []
            cells += [changes.cell(row, self.peers)] if changes else []
            lines.append(cells)
        if self.peers and means:
            lines += [self.mean_line(name, groups, rows, len(head)) for name, groups in self.mean_groups(rows)]
        return lines

    def mean_groups(self, rows):
        """(name, groups) of each mean over rows."""
        groups = list(dict.fromkeys(self.rows[row]["group"] for row in rows))
        named = [(group, [group]) for group in groups]
        if "process" in groups:
            named.append(("all but process", [g for g in groups if g != "process"]))
        return named + [("all rows", groups)]

    def mean_table(self):
        """The geometric means alone."""
        rows = self.peer_rows()
        lines = [["geometric mean of the ratios"] + [self.heading(peer) for peer in self.peers]]
        lines.append(["---"] + ["--:"] * len(self.peers))
        return lines + [[name] + [ratio_text(self.mean(peer, groups, rows)) for peer in self.peers]
                        for name, groups in self.mean_groups(rows)]

    def missed_table(self):
        """The rows that miss their target."""
        return self.peer_table([row for row in self.peer_rows() if "missed" in self.verdict(row)[1]], means=False)

    def beside_table(self, rows, changes=None):
        head = ["", "Reel", "rate", "beside", "", "ratio", "at least", ""] + (["since"] if changes else [])
        lines = [head, ["---", "--:", "--:", "---"] + ["--:"] * (len(head) - 4)]
        for row in rows:
            name, value = self.beside(row)
            cells = [row, self.cell(row, "Reel"), self.rate(row), name, self.text(row, value) if value else "failed"]
            cells += [ratio_text(self.beside_ratio(row)), *self.beside_verdict(row)]
            lines.append(cells + ([changes.cell(row, [name])] if changes else []))
        return lines

    def mean(self, peer, groups, rows):
        """The geometric mean of the ratios of the rows of some groups."""
        ratios = [r for r in (self.ratio(row, peer) for row in rows if self.rows[row]["group"] in groups) if r]
        return statistics.geometric_mean(ratios) if ratios else None

    def mean_line(self, name, groups, rows, width):
        cells = [f"**geometric mean, {name}**", "", ""]
        for peer in self.peers:
            mean = self.mean(peer, groups, rows)
            cells += ["", f"**{ratio_text(mean)}**" if mean else ""]
        return cells + [""] * (width - len(cells))

    def notes(self):
        failed = [f"{row}, {key}: {result['error'].strip().splitlines()[0][:200]}"
                  for row, results in self.results.items() for key, result in results.items() if "error" in result]
        below = []
        for row in self.results:
            ratios = [self.ratio(row, peer) for peer in self.peers if peer.startswith("newest")]
            lowest = min((r for r in ratios if r), default=1)
            if round(lowest, 2) < 1 and self.rows[row]["group"] != "process":
                below.append(f"{row} ({ratio_text(lowest)})")
        missed = [row for row in self.results if "missed" in self.verdict(row)[1]]
        missed += [f"{row} beside {self.beside(row)[0]}" for row in self.results if "missed" in self.beside_verdict(row)[1]]
        notes = failed + ([f"Targets missed: {'; '.join(missed)}"] if missed else [])
        if below:
            notes.append(f"Slower than the newest libtorch: {'; '.join(below)}")
        return notes + spread_note({f"{row} ({key})": result["samples"] for row, results in self.results.items()
                                    for key, result in results.items() if "samples" in result})
