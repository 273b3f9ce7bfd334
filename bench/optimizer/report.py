"""The tables of a benchmark as Markdown, and the plot."""

import collections

import plot
import tasks
from significance import holm, midranks, quantile, rank_sum, sign

CHECKPOINTS = (10, 20, 50, 100)
TIE = 0.005  # medians of regret closer than this (half a percent of the way from best to median) are a tie
PEERS_NOT = ("trimtab", "random", "sobol")
FEWEST_SEEDS = 5  # of a peer that counts as the best: of one search alone that is luck


class Results:
    def __init__(self, records, budget):
        self.budget = budget
        self.cells = collections.defaultdict(lambda: collections.defaultdict(list))
        for record in records:
            if record["budget"] == budget:
                self.cells[record["task"]][record["tuner"]].append(record)
        self.tasks = [t for t in tasks.TASKS if t in self.cells]
        order = ["trimtab", "random", "sobol", "optuna_tpe", "optuna_gp", "smac", "botorch"]
        self.tuners = [t for t in order if any(t in self.cells[task] for task in self.tasks)]
        self.checkpoints = [c for c in CHECKPOINTS if c <= budget]

    def regrets(self, task, tuner, runs):
        return [r["regret"][runs - 1] for r in self.cells[task].get(tuner, [])]

    def median(self, task, tuner, runs):
        values = self.regrets(task, tuner, runs)
        return quantile(values, 0.5) if values else None


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows] + [""]


def regret_tables(results):
    out = []
    for runs in results.checkpoints:
        out += [f"### Normalised regret after {runs} runs", "", "Median (first to third quartile); the best median of a task in bold.", ""]
        rows = []
        for task in results.tasks:
            medians = {t: results.median(task, t, runs) for t in results.tuners}
            least = min(m for m in medians.values() if m is not None)
            row = [task]
            for tuner in results.tuners:
                values = results.regrets(task, tuner, runs)
                if not values:
                    row.append("")
                    continue
                middle = f"{medians[tuner]:.3f}"
                middle = f"**{middle}**" if medians[tuner] <= least + 1e-9 else middle
                row.append(f"{middle} ({quantile(values, 0.25):.3f}–{quantile(values, 0.75):.3f})")
            rows.append(row)
        out += table(["task", *results.tuners], rows)
    return out


def rank_tables(results):
    """Two tables: tuners that ran every task, over all tasks; all tuners, over the tasks that all of them ran."""
    everywhere = [t for t in results.tuners if all(t in results.cells[task] for task in results.tasks)]
    shared = [task for task in results.tasks if all(t in results.cells[task] for t in results.tuners)]
    groups = [(everywhere, results.tasks)]
    if len(everywhere) < len(results.tuners) and shared:
        groups.append((results.tuners, shared))
    out = ["### Average rank of the median regret (1 is best)", ""]
    for group, names in groups:
        if len(group) < 2:
            continue
        rows = []
        for runs in results.checkpoints:
            ranks = [midranks([results.median(task, t, runs) for t in group]) for task in names]
            rows.append([runs, *(f"{sum(r[i] for r in ranks) / len(ranks):.2f}" for i in range(len(group)))])
        out += [f"Over {len(names)} tasks" + ("" if names is results.tasks else f" ({', '.join(names)})") + ":", ""]
        out += table(["runs", *group], rows)
    return out


def against_random(results):
    if "random" not in results.tuners:
        return []
    out = ["### Against random", "",
           "Rank-sum test per task after the last run (p < 0.05 after Holm's correction over the tasks counts as significant); sign test over tasks.", ""]
    rows = []
    for tuner in results.tuners:
        names = [task for task in results.tasks if results.cells[task].get(tuner) and results.cells[task].get("random")]
        if tuner == "random" or not names:
            continue
        gaps = [results.median(task, tuner, results.budget) - results.median(task, "random", results.budget) for task in names]
        p = holm([rank_sum(results.regrets(task, tuner, results.budget), results.regrets(task, "random", results.budget)) for task in names])
        better = [n for n, gap, q in zip(names, gaps, p) if gap < 0 and q < 0.05]
        worse = [n for n, gap, q in zip(names, gaps, p) if gap > 0 and q < 0.05]
        wins, losses = sum(gap < 0 for gap in gaps), sum(gap > 0 for gap in gaps)
        lost = ", ".join(n for n, gap in zip(names, gaps) if gap > 0)
        rows.append([tuner, len(names), wins, losses, f"{sign(wins, losses):.4f}", len(better), ", ".join(worse) or "none", lost or "none"])
    return out + table(["tuner", "tasks", "better", "worse", "sign test p", "significantly better", "significantly worse on", "worse median on"], rows)


def half_the_runs(results):
    if "trimtab" not in results.tuners:
        return []
    out = ["### Half the runs", "", f"Trimtab after n/2 runs against the best peer of each task after n (medians; closer than {TIE} is a tie; peers with at least "
           f"{FEWEST_SEEDS} seeds).", ""]
    rows, detail = [], []
    for runs in [c for c in results.checkpoints if c >= 20]:
        counts = collections.Counter()
        for task in results.tasks:
            mine = results.median(task, "trimtab", runs // 2)
            peers = {t: results.median(task, t, runs) for t in results.tuners if t not in PEERS_NOT and len(results.cells[task].get(t, [])) >= FEWEST_SEEDS}
            if mine is None or not peers:
                continue
            best = min(peers, key=peers.get)
            verdict = "tie" if abs(mine - peers[best]) <= TIE else ("won" if mine < peers[best] else "lost")
            counts[verdict] += 1
            detail.append([runs, task, f"{mine:.3f}", best, f"{peers[best]:.3f}", verdict])
        rows.append([f"{runs // 2} against {runs}", counts["won"], counts["tie"], counts["lost"]])
    out += table(["runs", "won", "tied", "lost"], rows)
    return out + table(["n", "task", "Trimtab at n/2", "best peer", "its regret at n", "verdict"], detail)


def equal_runs(results):
    if "trimtab" not in results.tuners:
        return []
    out = ["### At equal runs", "", f"Trimtab against each tuner after {results.budget} runs, medians per task (closer than {TIE} is a tie).", ""]
    rows = []
    for peer in results.tuners:
        names = [t for t in results.tasks if results.cells[t].get("trimtab") and results.cells[t].get(peer)]
        if peer == "trimtab" or not names:
            continue
        gaps = {t: results.median(t, "trimtab", results.budget) - results.median(t, peer, results.budget) for t in names}
        lost = [t for t, gap in gaps.items() if gap > TIE]
        won = sum(gap < -TIE for gap in gaps.values())
        rows.append([peer, len(names), won, len(names) - won - len(lost), len(lost), ", ".join(lost) or "none"])
    return out + table(["against", "tasks", "won", "tied", "lost", "lost on"], rows)


def times(results):
    out = ["### Time per suggestion", "", "Ask and tell together, model updates included, one thread: median and 95th percentile in milliseconds over all searches. "
           "Kept searches have no times.", ""]
    rows = []
    for tuner in results.tuners:
        row = [tuner]
        for low, high in ((1, 10), (11, 20), (21, 50), (51, 100)):
            values = [v for task in results.tasks for r in results.cells[task].get(tuner, []) for v in r.get("suggest_ms", [])[low - 1:high]]
            row.append(f"{quantile(values, 0.5):.2f} / {quantile(values, 0.95):.2f}" if values else "")
        rows.append(row)
    return out + table(["tuner", "runs 1–10", "11–20", "21–50", "51–100"], rows)


def broken(results):
    out = ["### Runs that broke an SLO or failed, after the first ten", ""]
    rows = []
    for task in results.tasks:
        cells = results.cells[task]
        if not any(r["broken"] for records in cells.values() for r in records):
            continue
        row = [task]
        for tuner in results.tuners:
            records = cells.get(tuner, [])
            late = sum(place >= 10 for r in records for place in r["broken"])
            row.append(f"{100 * late / max(1, len(records) * (results.budget - 10)):.1f} %" if records and results.budget > 10 else "")
        rows.append(row)
    return out + table(["task", *results.tuners], rows) if rows else []


def rejected(results):
    rows = [[task, tuner, sum(r["rejected"] for r in records)] for task in results.tasks for tuner, records in results.cells[task].items()
            if sum(r["rejected"] for r in records)]
    if not rows:
        return []
    return ["### Suggestions that broke a declared relation", "", "No run is spent on them; Trimtab knows the relations from its document.", "",
            *table(["task", "tuner", "rejected"], rows)]


def seeds(results):
    rows = []
    for tuner in results.tuners:
        counts = [len(results.cells[task].get(tuner, [])) for task in results.tasks if results.cells[task].get(tuner)]
        versions = sorted({r["version"] for task in results.tasks for r in results.cells[task].get(tuner, [])})
        rows.append([tuner, ", ".join(versions), len(counts), min(counts) if min(counts) == max(counts) else f"{min(counts)}–{max(counts)}"])
    return ["### What ran", "", *table(["tuner", "version", "tasks", "seeds"], rows)]


def write(records, budget, output):
    """Writes report.md and regret.svg into `output` and prints the report."""
    results = Results(records, budget)
    if not results.tasks:
        print(f"no results with a budget of {budget}")
        return
    parts = [seeds, half_the_runs, equal_runs, rank_tables, against_random, regret_tables, broken, rejected, times]
    text = "\n".join(line for part in parts for line in part(results))
    output.mkdir(parents=True, exist_ok=True)
    (output / "report.md").write_text(text, encoding="utf-8")
    by_task = {task: {t: [r["regret"] for r in results.cells[task][t]] for t in results.tuners[::-1] if results.cells[task].get(t)} for task in results.tasks}
    (output / "regret.svg").write_text(plot.regret_plot(by_task, budget), encoding="utf-8")
    print(text)
    print(f"written: {output / 'report.md'}, {output / 'regret.svg'}")
