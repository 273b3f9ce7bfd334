"""trimtab scan against a real Prometheus: names that are hostile to its query language, and limits so low that workloads, and at last the
hours of one workload, have to be asked for in parts. What is found must not depend on the limits."""
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time
import urllib.request

TRIMTAB = os.environ["TRIMTAB_BIN"]
END = 1_700_006_400  # a full hour
HOURS = 60
SCRAPE = 120
SPACES = ["shop", 'a"b\\c{}|.*(', "größe\nzwei"]  # a metric's labels may hold anything


def quoted(text):
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def samples():
    """Of 24 workloads with two replicas each: CPU that follows the hour, memory that follows the workload."""
    metrics = {"container_cpu_usage_seconds_total": "counter", "container_memory_working_set_bytes": "gauge"}
    for metric, kind in metrics.items():
        yield f"# TYPE {metric.removesuffix('_total')} {kind}"
        for workload in range(24):
            for replica in range(2):
                labels = f'namespace="{quoted(SPACES[workload % 3])}",pod="app{workload}-5d9c7b8f6-x2x9{replica + 2}",container="main"'
                used = 0.0
                for at in range(END - HOURS * 3600, END + 1, SCRAPE):
                    used += SCRAPE * (0.1 + 0.01 * workload + 0.1 * (at // 3600 % 5))
                    value = used if kind == "counter" else (200 + workload + at // 3600 % 7) * 1024 * 1024
                    yield f"{metric}{{{labels}}} {value:.3f} {at}"
    yield "# EOF"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Prometheus:
    def __init__(self, folder, *flags):
        self.folder, self.flags = folder, flags

    def __enter__(self):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data", "--storage.tsdb.retention.time=100y",
             f"--web.listen-address=127.0.0.1:{port}", *self.flags], stdout=self.log, stderr=self.log)
        end = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/-/ready", timeout=5).close()
                return self
            except OSError:
                assert self.process.poll() is None and time.monotonic() < end, (self.folder / "log").read_text()[-2000:]
                time.sleep(0.1)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


def scan(prometheus, *arguments, code=0):
    done = subprocess.run([TRIMTAB, "scan", "--no-cluster", "--prometheus", prometheus.url, "--until", "2023-11-15T00:00:00Z", "--sort", "name",
                           "-o", "json", *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == code, (done.returncode, done.stdout[-1000:], done.stderr[-1000:])
    return json.loads(done.stderr if code else done.stdout)


def figures(report):
    """To six digits: at the bounds of two parts Prometheus may sum in another order."""
    rounded = lambda values: {k: float(f"{v:.6g}") if isinstance(v, float) else v for k, v in values.items()}
    return [(c["namespace"], c["workload"], rounded(c["usage"]), rounded(c["recommended"])) for c in report["containers"]]


with tempfile.TemporaryDirectory() as scratch:
    folder = pathlib.Path(scratch)
    (folder / "prometheus.yml").write_text("{}\n")
    (folder / "use.txt").write_text("\n".join(samples()) + "\n")
    subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", folder / "use.txt", folder / "data"], check=True, stdout=subprocess.DEVNULL)

    with Prometheus(folder) as prometheus:
        whole = scan(prometheus)
        assert len(whole["containers"]) == 24 and whole["prometheus"]["splits"] == 0, whole["prometheus"]
        assert {c["namespace"] for c in whole["containers"]} == set(SPACES)
        for c in whole["containers"]:
            workload = int(c["workload"].removeprefix("app"))
            assert abs(c["usage"]["cpuMean"] - (0.3 + 0.01 * workload)) < 0.01, c
            assert abs(c["usage"]["memoryMaxMiB"] - (206 + workload)) < 1e-6, c
        for space in SPACES:  # named in the query, too, and nobody else's
            assert {c["namespace"] for c in scan(prometheus, "-n", space)["containers"]} == {space}
        missing = scan(prometheus, "-n", 'shop"} or {namespace=~".*', code=3)
        assert missing["error"]["code"] == "not_found", missing
        refused = scan(prometheus, "--matchers", "cluster=", code=2)
        assert "refuses the query" in refused["error"]["message"], refused

    for limit, least in ((1500, 1), (400, 8), (90, 48)):
        with Prometheus(folder, f"--query.max-samples={limit}") as prometheus:
            parts = scan(prometheus)
            assert parts["prometheus"]["splits"] >= least, (limit, parts["prometheus"])
            assert figures(parts) == figures(whole), limit
            assert parts["notes"] == whole["notes"], parts["notes"]
            print(f"at most {limit} samples a query: {parts['prometheus']}", flush=True)
    with Prometheus(folder, "--query.max-samples=10") as prometheus:
        refused = scan(prometheus, code=1)
        assert "too many samples" in refused["error"]["message"], refused
    with Prometheus(folder, "--query.max-concurrency=1") as prometheus:  # queries wait for each other
        assert figures(scan(prometheus, "--concurrency", "16")) == figures(whole)
    with Prometheus(folder, "--query.timeout=1ms") as prometheus:
        busy = scan(prometheus, "--deadline", "20s", code=6)
        assert busy["error"]["code"] in ("deadline_exceeded", "unavailable"), busy
print("scan adapts to Prometheus")
