"""The benchmark of optimisers: `run` starts this in its virtual environment. See README.md."""

import argparse
import multiprocessing
import pathlib
import sys
import time

import harness
import kept
import report
import tasks
import tuners

ROOT = pathlib.Path(__file__).resolve().parents[2]


def arguments():
    parser = argparse.ArgumentParser(prog="bench/optimizer/run", description="Trimtab's optimiser beside its rivals on recorded systems and functions.")
    parser.add_argument("command", nargs="?", choices=["run", "report", "keep", "list", "test", "transfer"], default="run",
                        help="run (default; the report follows), report only, keep the slow rivals' searches with the benchmark, list tasks and tuners, test the "
                             "benchmark itself, or transfer: what prior studies are worth")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--budget", type=int, default=100, help="runs per search")
    parser.add_argument("--tasks", default=",".join(tasks.TASKS), help="names, comma separated")
    parser.add_argument("--tuners", default=",".join(tuners.DEFAULT), help="names, comma separated")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time; suggestion times are honest with one")
    parser.add_argument("--trimtab", default=str(ROOT / "build/release/trimtab"))
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "build/bench-optimizer/results.jsonl")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build/bench-optimizer", help="directory for the report and plots")
    parser.add_argument("--no-kept", action="store_true", help="run the slow rivals' searches anew instead of taking those kept in kept/")
    parser.add_argument("--time-limit", type=float, default=float("inf"), metavar="MINUTES", help="start no search after this")
    return parser.parse_args()


def chosen(text, known, what):
    names = [name for name in text.split(",") if name]
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        sys.exit(f"error: unknown {what} {', '.join(unknown) or '(none)'}; known: {', '.join(known)}")
    return names


def finished(options):
    """What has run: here, and the kept searches of slow rivals that were not run here."""
    records = harness.read_results(options.results)
    if options.no_kept:
        return records
    here = {harness.key_of(record) for record in records}
    held, stale = kept.read()
    if stale:
        print(f"{stale} kept searches were made with other tasks, programs or versions: not used", flush=True)
    wanted = chosen(options.tuners, tuners.TUNERS, "tuner")
    return [record for record in records + [one for one in held if harness.key_of(one) not in here] if record["tuner"] in wanted]


def run(options):
    task_names = chosen(options.tasks, tasks.TASKS, "task")
    tuner_names = chosen(options.tuners, tuners.TUNERS, "tuner")
    if "trimtab" in tuner_names and not pathlib.Path(options.trimtab.split()[-1]).exists():
        sys.exit(f"error: {options.trimtab} does not exist; build it (./run builds it) or pass --trimtab")
    known = {harness.key_of(record) for record in finished(options)}
    passed = {"trimtab": options.trimtab}
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    # Seeds outermost: an interrupted run has every task and tuner with fewer seeds.
    jobs = [(task, tuner, seed, options.budget, passed) for seed in seeds for task in task_names for tuner in tuner_names
            if (task, tuner, seed, options.budget) not in known]
    print(f"{len(jobs)} searches to run, {len(known)} in {options.results} and kept", flush=True)
    started, failures = time.time(), 0

    def keep(done, record):
        nonlocal failures
        label = f"[{done}/{len(jobs)}] {record['task']} {record['tuner']} seed {record['seed']}"
        if "error" in record:
            failures += 1
            print(f"{label}: FAILED {record['error']}", flush=True)
        else:
            harness.append(options.results, record)
            print(f"{label}: regret {record['regret'][-1]:.4f} in {record['seconds']:.1f} s", flush=True)

    if options.jobs > 1:
        with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
            for done, record in enumerate(pool.imap_unordered(harness.run_job, jobs), 1):
                keep(done, record)
    else:
        for done, job in enumerate(jobs, 1):
            if (time.time() - started) / 60 > options.time_limit:
                print("the time limit is reached; the same command continues", flush=True)
                break
            keep(done, harness.run_job(job))
    return failures


def main():
    if sys.argv[1:2] == ["transfer"]:
        import transfer
        transfer.main(sys.argv[2:])
        return 0
    options = arguments()
    if options.command == "list":
        print("tasks:", *tasks.TASKS, "\ntuners:", *tuners.TUNERS)
        return 0
    if options.command == "test":
        import unittest
        suite = unittest.defaultTestLoader.discover(str(pathlib.Path(__file__).parent), "*_test.py")
        return 0 if unittest.TextTestRunner(verbosity=1).run(suite).wasSuccessful() else 1
    if options.command == "keep":
        print(*(f"{tuner}: {count} searches" for tuner, count in kept.write(harness.read_results(options.results)).items()), sep="\n")
        return 0
    failures = run(options) if options.command == "run" else 0
    report.write(finished(options), options.budget, options.output)
    if failures:
        print(f"{failures} searches failed, see above", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
