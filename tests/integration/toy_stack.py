"""Everything a live decision needs, small: two replicas of the toy service under control groups, `trimtab serve`, and a Prometheus that the
test decides. Every wait has a deadline; every process is ended at the end."""
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
import urllib.error
import urllib.request

from fake_prometheus import FakePrometheus

HERE = pathlib.Path(__file__).resolve().parent
TRIMTAB = os.environ.get("TRIMTAB_BIN", str(HERE.parents[1] / "build/dev/trimtab"))
SKIPPED = 77  # ctest: SKIP_RETURN_CODE

# What the toy application's metrics read: comfortable at every configuration a test does not spoil.
COMFORTABLE = {"toy_load": 40.0, "toy_p95": 60.0, "toy_errors": 0.0, "toy_cpu": 0.2, "toy_memory": 120.0, "toy_busy": 3.0}

DOCUMENT = """\
apiVersion: trimtab.dev/v1
kind: Application
name: {name}
components:
  - {{name: container, pack: container, labels: {{job: toy}}}}
  - {{name: tomcat, pack: tomcat, labels: {{job: toy}}}}
platform:
  kind: local
  cgroup: trimtab-{name}
  state: {state}/platform
  replicas: 2
  slots: [{slots}]
  command: [{python}, {service}, --port, "${{port}}", "${{arguments}}"]
  ready: http://127.0.0.1:${{port}}/
  start_timeout: 20s
  stop_timeout: 5s
prometheus: {{url: "{prometheus}", timeout: 2s}}
metrics:
  - {{name: load, unit: requests/s, role: load, query: "toy_load[$WINDOW$]"}}
  - {{name: p95, unit: ms, role: latency, query: "toy_p95[$WINDOW$]"}}
  - {{name: errors, unit: ratio, role: errors, query: "toy_errors[$WINDOW$]"}}
  - {{name: container.cpu_used, unit: cores, query: "toy_cpu[$WINDOW$]"}}
  - {{name: container.cpu_used_peak, unit: cores, query: "toy_cpu[$WINDOW$]"}}
  - {{name: container.throttled_ratio, unit: ratio, query: "toy_errors[$WINDOW$]"}}
  - {{name: container.memory_working_set, unit: MiB, query: "toy_memory[$WINDOW$]"}}
  - {{name: container.oom_kills, unit: kills, role: out_of_memory, query: "toy_errors[$WINDOW$]"}}
  - {{name: tomcat.busy_threads, unit: threads, query: "toy_busy[$WINDOW$]"}}
load: load
goal: {{minimize: cost}}
slos: [p95 <= 250, errors <= 0.01]
formulas: {{cost: 2 * (18.5 * container.cpu_limit + 2.6 * container.memory_limit / 1024)}}
parameters:
  - {{name: container.cpu_limit, min: 0.2, max: 1, max_step: 0.2}}
  - {{name: container.memory_limit, min: 128, max: 512, max_step: 128}}
  - {{name: tomcat.max_threads, min: 4, max: 64, max_step: 16}}
baseline: {{container.cpu_limit: 0.8, container.memory_limit: 512, tomcat.max_threads: 32}}
prices: {{currency: EUR, cpu_core_month: 18.5, memory_gib_month: 2.6, restart: 0}}
cadence: {{window: 2s, step: 1s, decide_every: 2s, guard_every: 1s, settle: 1s, expire_after: 1h, minimum_windows: 3, verify_windows: 2, verify_windows_max: 4}}
policy: {{mode: {mode}, confidence: 0.95, bar_failed_for: 1h}}
"""


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def wait_for(what, condition, seconds=30.0):
    """The first true value of condition(); AssertionError after the deadline."""
    end = time.monotonic() + seconds
    last = None
    while time.monotonic() < end:
        try:
            last = condition()
            if last:
                return last
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            last = error
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what} (last: {last})")


class ToyStack:
    def __init__(self, name="toy", mode="recommend", values=None):
        self.name = name
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="trimtab-toy-"))
        self.prometheus = FakePrometheus(values or COMFORTABLE)
        *slots, self.port = free_ports(4)
        self.document = self.directory / "application.yaml"
        self.document.write_text(DOCUMENT.format(
            name=name, state=self.directory, slots=", ".join(map(str, slots)), python=sys.executable,
            service=HERE / "toy_service.py", prometheus=self.prometheus.url, mode=mode))
        self.server = None
        self.starts = 0

    def __enter__(self):
        started = self.trimtab("platform", "start", str(self.document), check=False)
        if started.returncode != 0:
            print(started.stderr)
            if "unsupported" in started.stderr.lower() or "control group" in started.stderr.lower():
                self.close()
                sys.exit(SKIPPED)
            raise AssertionError("the replicas did not start")
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.kill()
        self.trimtab("platform", "stop", str(self.document), check=False)
        self.prometheus.close()
        if os.environ.get("KEEP") != "1":
            shutil.rmtree(self.directory, ignore_errors=True)

    def trimtab(self, *arguments, check=True):
        done = subprocess.run([TRIMTAB, *arguments], capture_output=True, text=True, timeout=120, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"trimtab {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self):
        return (self.directory / "state/token").read_text().strip()

    def serve(self, crash_at=None, ready=True):
        """Starts the server; with ready=False the caller expects it to die."""
        self.starts += 1
        environment = dict(os.environ)
        environment.pop("TRIMTAB_CRASH_AT", None)
        if crash_at:
            environment["TRIMTAB_CRASH_AT"] = crash_at
        log = open(self.directory / "serve.log", "ab")
        self.server = subprocess.Popen(
            [TRIMTAB, "serve", "--state", str(self.directory / "state"), "--listen", f"127.0.0.1:{self.port}"],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment)
        log.close()
        if ready:
            wait_for("the server answers", lambda: self.get("/readyz", raw=True) is not None)

    def kill(self, sig=signal.SIGKILL):
        if self.server and self.server.poll() is None:
            self.server.send_signal(sig)
        if self.server:
            self.server.wait(20)

    def request(self, method, path, body=None, token=True, raw=False):
        request = urllib.request.Request(self.url + path, method=method)
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if token and method != "GET":
            request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, data, timeout=10) as answer:
            text = answer.read()
        return text if raw or not text else json.loads(text)

    def get(self, path, raw=False):
        return self.request("GET", path, raw=raw)

    def enroll(self):
        return self.request("POST", "/api/v1/applications", {"document": self.document.read_text(), "file": "application.yaml"})

    def application(self):
        return self.get(f"/api/v1/applications/{self.name}")

    def recommendations(self):
        return self.get(f"/api/v1/recommendations?application={self.name}")["recommendations"]

    def recommendation(self, identity):
        return self.get(f"/api/v1/recommendations/{identity}")

    def decide(self, identity, action, **more):
        return self.request("POST", f"/api/v1/recommendations/{identity}/decision", {"action": action, "actor": "tester", **more})

    def open_recommendation(self, seconds=60):
        def find():
            identity = self.application()["open_recommendation"]
            return identity and self.recommendation(identity)
        return wait_for("a recommendation is open", find, seconds)

    def audit(self):
        return self.get(f"/api/v1/audit?application={self.name}&limit=500")["entries"]

    def replica_starts(self):
        """How many replica processes were ever started: each prints one line into its slot's log."""
        return sum(path.read_text(errors="replace").count("started --port") for path in (self.directory / "platform").glob("*.log"))
