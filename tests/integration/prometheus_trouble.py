"""Prometheus away, slow, answering NaN, stale, empty or partial data: no decision is taken on it, the state says why, recovery is automatic."""
import time

from toy_stack import ToyStack, wait_for

TROUBLES = ["down", "nan", "stale", "empty", "slow"]

with ToyStack("trouble") as stack:
    stack.serve()
    stack.prometheus.trouble = "nan"  # from the start: nothing may be proposed on it
    stack.enroll()
    for trouble in TROUBLES:
        stack.prometheus.trouble = trouble
        stack.prometheus.release.clear()
        application = wait_for(f"{trouble}: the state says why", lambda: (a := stack.application())["data_trouble"] and a, 40)
        usable = application["windows"]["usable"]
        asked = stack.prometheus.queries
        # Several more looks happen; none of them may count.
        wait_for(f"{trouble}: it keeps asking", lambda: stack.prometheus.queries > asked + 10 or trouble == "down", 40)
        later = stack.application()
        assert later["windows"]["usable"] <= usable + 1, (trouble, usable, later["windows"])
        if trouble == "nan":
            assert later["open_recommendation"] is None and later["decision"] is None, later
        said = later["data_trouble"]
        stack.prometheus.trouble = None
        stack.prometheus.release.set()
        wait_for(f"{trouble}: recovery", lambda: stack.application()["data_trouble"] == "", 40)
        wait_for(f"{trouble}: it observes again", lambda: stack.application()["windows"]["usable"] > usable, 40)
        print(f"{trouble}: \"{said}\"; recovered", flush=True)
    # A decision in the middle of trouble gets no verdict from it.
    recommendation = stack.open_recommendation()
    stack.decide(recommendation["id"], "approve")
    wait_for("it is verifying", lambda: stack.recommendation(recommendation["id"])["state"] == "verifying", 60)
    stack.prometheus.trouble = "nan"
    wait_for("the state says why", lambda: stack.application()["data_trouble"], 40)
    end = time.monotonic() + 6  # three windows
    while time.monotonic() < end:
        assert stack.recommendation(recommendation["id"])["state"] == "verifying"
        time.sleep(0.5)
    stack.prometheus.trouble = None
    wait_for("the verdict comes after the trouble", lambda: stack.recommendation(recommendation["id"])["state"] == "kept", 60)
    print("verdict waited for good data", flush=True)
