"""A live decision in a real browser on the real server: `kept` is approved as proposed; `rolled_back` is edited into a value that hurts. What the
browser does and sees is in live_decision.mjs; here are the server and the fake monitoring."""
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))

from toy_stack import COMFORTABLE, ToyStack  # noqa: E402

DEADLINE_S = 240

story = sys.argv[1]
with ToyStack(f"browser-{story.replace('_', '-')}") as stack:
    stack.serve()
    stack.enroll()
    identity = stack.open_recommendation()["id"]
    before = stack.recommendation(identity)["current"]
    browser = subprocess.Popen(
        [str(HERE.parents[1] / "tools/with-node"), "node", str(HERE / "live_decision.mjs"), story],
        env={**os.environ, "TRIMTAB_ORIGIN": stack.url, "TRIMTAB_TOKEN": stack.token, "TRIMTAB_APPLICATION": stack.name})
    try:
        end = time.monotonic() + DEADLINE_S
        while browser.poll() is None:
            assert time.monotonic() < end, "the browser did not come to an end"
            if story == "rolled_back":  # the edited value hurts for as long as it is live
                hurts = stack.recommendation(identity)["state"] == "verifying"
                stack.prometheus.values = {**COMFORTABLE, "toy_p95": 900.0} if hurts else dict(COMFORTABLE)
            time.sleep(0.1)
    finally:
        if browser.poll() is None:
            browser.kill()
            browser.wait()
    assert browser.returncode == 0, "the browser saw something else"
    final = stack.recommendation(identity)
    assert final["state"] == story, final["state"]
    live = stack.application()["configuration"]
    changed = {name: (value, live[name]) for name, value in before.items() if live[name] != value}
    assert bool(changed) == (story == "kept"), changed
    print(f"{story}: {len(final['history'])} steps in the history; changed: {changed}")
