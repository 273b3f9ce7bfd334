"""A rolling change of the real shop under load loses no request: proxy and generator agree. Starts HAProxy, two replicas of the Java service
under control groups and trimtab-load on ports of its own; changes heap, collector and limits in the middle; compares every count."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
TRIMTAB = os.environ.get("TRIMTAB_BIN", str(ROOT / "build/dev/trimtab"))
LOAD = os.path.join(os.environ.get("TRIMTAB_BUILD", str(ROOT / "build/dev")), "examples/load/trimtab-load")
JAR = ROOT / "examples/shop/service/target/shop.jar"
SKIPPED = 77
RATE = 30
LOAD_SECONDS = 160  # longer than trimtab() lets the change take: ended as soon as that is through
CHANGE = ["jvm.heap=320", "container.memory_limit=640", "jvm.gc=Serial", "container.cpu_limit=0.7"]


def skip(why):
    print("skipped:", why)
    sys.exit(SKIPPED)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def render(state, ports):
    names = ["PROXY_PORT", "PROXY_METRICS_PORT", "PROMETHEUS_PORT", "SLOT1_PORT", "SLOT2_PORT", "SLOT3_PORT", "SLOT4_PORT"]
    values = {"STATE": str(state), "ROOT": str(ROOT), "MODE": "recommend"} | {n: str(p) for n, p in zip(names, ports)}
    for name in ("haproxy.cfg", "application.yaml"):
        text = (ROOT / f"examples/shop/{name}.in").read_text()
        for key, value in values.items():
            text = text.replace(f"@{key}@", value)
        (state / name).write_text(text.replace("trimtab-shop", f"trimtab-rolling-{os.getpid()}"))
    return values


def proxy_counts(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    counts = {}
    for line in text.splitlines():
        if line.startswith('haproxy_frontend_http_requests_total{proxy="shop"}'):
            counts["requests"] = int(float(line.split()[-1]))
        if line.startswith('haproxy_frontend_http_responses_total{proxy="shop",code="'):
            counts[line.split('code="')[1][:3]] = int(float(line.split()[-1]))
    return counts


def wait_until_up(port, seconds=15):
    until = time.monotonic() + seconds
    while True:
        try:
            return proxy_counts(port)
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def trimtab(*arguments):
    done = subprocess.run([TRIMTAB, *arguments], capture_output=True, text=True, timeout=150)
    if done.returncode != 0:
        raise AssertionError(f"trimtab {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


def change_under_load(state, values):
    load = subprocess.Popen([LOAD, "--url", f"http://127.0.0.1:{values['PROXY_PORT']}", "--rate", str(RATE), "--duration", f"{LOAD_SECONDS}s"],
                            stdout=subprocess.PIPE, text=True)
    try:
        before = json.loads(trimtab("platform", "show", str(state / "application.yaml"), "-o", "json"))
        began = time.monotonic()
        print(trimtab("platform", "apply", str(state / "application.yaml"), *[w for c in CHANGE for w in ("--set", c)]))
        took = time.monotonic() - began
        after = json.loads(trimtab("platform", "show", str(state / "application.yaml"), "-o", "json"))
        assert load.poll() is None, "the load ended before the change did"
        load.terminate()
        summary = json.loads(load.communicate(timeout=30)[0])
    finally:
        load.kill()
    return before, after, took, summary


def check(state, values):
    before, after, took, summary = change_under_load(state, values)
    counts = proxy_counts(values["PROXY_METRICS_PORT"])
    print(f"change took {took:.1f} s; generator: {json.dumps(summary)}; proxy: {counts}")
    assert summary["arrivals"] > RATE * took / 2, "there was hardly a load"
    assert summary["error_ratio"] == 0 and summary["outcomes"]["ok"] == summary["arrivals"], "requests were lost"
    assert counts["requests"] == summary["arrivals"] == counts["2xx"], "proxy and generator do not agree"
    assert counts.get("5xx", 0) == 0, "the proxy answered with errors"
    assert after["healthy"], after["trouble"]
    for text in CHANGE:
        name, _, value = text.partition("=")
        assert str(after["configuration"][name]).removesuffix(".0") == value, after["configuration"]
    old = {r["identity"] for r in before["replicas"]}
    assert len(after["replicas"]) == 2 and not old & {r["identity"] for r in after["replicas"]}, "not every replica was replaced"


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # a time-out of the test's runner cleans up too
    for tool in ("haproxy", "java"):
        if not shutil.which(tool):
            skip(f"{tool} is not installed")
    if not JAR.exists():
        skip(f"{JAR} is not built: mvn -f examples/shop/service/pom.xml package")
    if os.geteuid() != 0:
        skip("control groups need root")
    state = pathlib.Path(tempfile.mkdtemp(prefix="trimtab-rolling-"))
    values = render(state, free_ports(7))
    proxy = subprocess.Popen(["haproxy", "-db", "-f", str(state / "haproxy.cfg")], stderr=subprocess.DEVNULL)
    try:
        wait_until_up(values["PROXY_METRICS_PORT"])
        trimtab("platform", "start", str(state / "application.yaml"))
        check(state, values)
    finally:
        subprocess.run([TRIMTAB, "platform", "stop", str(state / "application.yaml")], timeout=90)
        proxy.terminate()
        proxy.wait(10)
        shutil.rmtree(state, ignore_errors=True)
    print("no request was lost")


if __name__ == "__main__":
    main()
