"""A person edits a value into one that hurts: the guard rolls back at once, the old configuration is live again on every replica, the bad one is
barred, and the story can be read."""
import time

from toy_stack import COMFORTABLE, ToyStack, wait_for

with ToyStack("edit") as stack:
    stack.serve()
    stack.enroll()
    recommendation = stack.open_recommendation()
    before = recommendation["current"]
    identity = recommendation["id"]
    stack.decide(identity, "edit", edits={"container.cpu_limit": 0.2}, reason="half of it must do")
    stack.decide(identity, "approve", reason="I know better")
    wait_for("the edit is live", lambda: stack.recommendation(identity)["state"] == "verifying", 60)
    stack.prometheus.values = {**COMFORTABLE, "toy_p95": 900.0}
    started = time.monotonic()
    wait_for("it is rolling back", lambda: stack.recommendation(identity)["state"] in ("rolling_back", "rolled_back"), 30)
    noticed = time.monotonic() - started
    stack.prometheus.values = dict(COMFORTABLE)
    final = wait_for("it is rolled back", lambda: (r := stack.recommendation(identity))["state"] == "rolled_back" and r, 60)
    application = wait_for("steady again", lambda: (a := stack.application())["phase"] == "observing" and a["healthy"] and a)
    for replica in application["replica_states"]:
        for name, value in before.items():
            assert replica["configuration"][name] == value, (replica, before)
    assert any(b["configuration"].get("container.cpu_limit") == 0.2 for b in application["barred"]), application["barred"]
    actors = [entry["actor"] for entry in final["history"]]
    assert "tester" in actors and "guard" in actors, final["history"]
    assert any(entry["action"].startswith("guard.") for entry in stack.audit()), stack.audit()
    print(f"rolled back; the breach was noticed after {noticed:.1f} s (guard every 1 s)", flush=True)
