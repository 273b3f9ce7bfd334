"""Kills `trimtab serve` as kill -9 does at its second to fifth journaled step, starts it again, and goes on until a live decision has ended, so that
every kind of step meets its death; then checks that it ended as if nothing had happened: nothing lost, nothing applied twice, a verified state.
Three passes, one for each place of a step: before it is stored, after it is stored and before its commands run, after a command ran and before its
answer is stored."""
import collections
import random
import sqlite3
import sys
import time
import urllib.error

from toy_stack import ToyStack, wait_for

TERMINAL = {"kept", "rolled_back", "failed", "rejected", "expired", "superseded"}
DEADLINE_S = 150
MOST_STARTS = 600


# Needs a restart of every replica, whatever was proposed.
EDIT = {"tomcat.max_threads": 24}


def poke(stack, approved):
    """What a person does whenever the server answers: edit the first recommendation and approve it."""
    application = stack.application()
    if approved:
        return approved, stack.recommendation(approved)["state"] in TERMINAL
    identity = application["open_recommendation"] or application["decision"]
    if not identity:
        return None, False
    if stack.recommendation(identity)["state"] == "proposed":
        stack.decide(identity, "edit", edits=EDIT)
        stack.decide(identity, "approve", reason="looks right")
    return identity, False


def last_step(stack):
    """The kind of the newest stored event and the phase that followed from it."""
    with sqlite3.connect(stack.directory / "state/trimtab.db", timeout=10) as db:
        kind = db.execute("SELECT kind FROM journal ORDER BY sequence DESC LIMIT 1").fetchone()[0]
        phase = db.execute("SELECT json_extract(state, '$.phase') FROM applications").fetchone()[0]
    return f"{kind} ({phase})"


def run(place, seed):
    rng = random.Random(seed)
    with ToyStack(f"kill-{place.replace('_', '-')}") as stack:
        stack.serve()
        stack.enroll()
        stack.kill()
        before = stack.replica_starts()
        assert before == 2, before
        approved, ended, deaths = None, False, collections.Counter()
        end = time.monotonic() + DEADLINE_S
        while not ended:
            assert time.monotonic() < end and stack.starts < MOST_STARTS, f"no end after {stack.starts} starts, decision {approved}"
            # The first steps of a start are always the same (restarted, a tick): leave room for the others.
            stack.serve(crash_at=f"{rng.randint(2, 5)}:{place}", ready=False)
            while stack.server.poll() is None and not ended:
                try:
                    approved, ended = poke(stack, approved)
                except (urllib.error.URLError, ConnectionError, TimeoutError, FileNotFoundError):
                    pass
                time.sleep(0.01)
                assert time.monotonic() < end, f"no end after {stack.starts} starts, decision {approved}"
            if stack.server.poll() is not None:
                assert stack.server.returncode == 137, stack.server.returncode
                deaths[last_step(stack)] += 1
        stack.kill()
        check(stack, approved, before, deaths, place)


def check(stack, identity, before, deaths, place):
    stack.serve()
    recommendation = stack.recommendation(identity)
    states = [entry["state"] for entry in recommendation["history"]]
    assert recommendation["state"] == "kept", (recommendation["state"], recommendation["history"])
    for state in ("approved", "applying", "verifying", "kept"):
        assert states.count(state) == 1, (state, recommendation["history"])
    # Two replicas, each replaced once: a change that was carried out twice would have started more. A death between the start of a process and
    # the note of it leaves a stray, which the next start ends and says so.
    strays = (stack.directory / "serve.log").read_text(errors="replace").count("replica.stray")
    # One that is ended before it has said that it started is not counted.
    assert before + 2 <= stack.replica_starts() <= before + 2 + strays, (before, strays, stack.replica_starts())
    application = wait_for("the state is steady", lambda: (a := stack.application())["phase"] == "observing" and a)
    assert application["healthy"] and application["decision"] is None, application
    for replica in application["replica_states"]:
        for name, value in recommendation["target"].items():
            assert replica["configuration"][name] == value, (replica, recommendation["target"])
    assert recommendation["verdict"] and recommendation["verdict"]["windows_after"] > 0, recommendation["verdict"]
    print(f"{place}: died {deaths.total()} times, decision {identity} kept, 2 replicas replaced once each; newest stored step at death:")
    for step, count in sorted(deaths.items()):
        print(f"  {step}: {count}")
    missing = [phase for phase in ("observing", "applying", "verifying") if not any(f"({phase})" in step for step in deaths)]
    assert not missing, missing


for number, chosen in enumerate(sys.argv[1:] or ["after_commit", "after_command", "before_commit"]):
    run(chosen, number)
