"""trimtab scan where something is wrong: each case with its exit code, one line that says what, and nothing written anywhere.
A stand-in of the API server and of Prometheus give exactly the answers that real ones give only when they are ill; they also note
that nothing but reading was ever asked of them."""
import http.server
import json
import os
import pathlib
import subprocess
import tempfile
import threading
import urllib.parse

TRIMTAB = os.environ["TRIMTAB_BIN"]
HOUR = 3600
END = 1_700_006_400  # a full hour
UNTIL = "2023-11-15T00:00:00Z"
ESCAPE = "\x1b[31m"


class Stub:
    """`answer(method, path, form) -> (status, body)`; what was asked is kept."""

    def __init__(self, answer):
        self.asked = []
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                text = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                parts = urllib.parse.urlsplit(self.path)
                form = dict(urllib.parse.parse_qsl(text or parts.query))
                stub.asked.append((self.command, parts.path))
                status, body = answer(self.command, parts.path, form)
                raw = (body if isinstance(body, str) else json.dumps(body)).encode("utf-8", "surrogateescape")
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def scan(*arguments, code=0, env=None):
    done = subprocess.run([TRIMTAB, "scan", *arguments], capture_output=True, text=True, timeout=120, errors="surrogateescape",
                          env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL)
    assert done.returncode == code, (arguments, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    if code:
        assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1, done.stderr
    assert ESCAPE not in done.stdout + done.stderr, "a name reached the terminal as it is"
    return done


def series(labels, points):
    return {"metric": labels, "values": points}


def matrix(result):
    return 200, {"status": "success", "data": {"resultType": "matrix", "result": result}}


def vector(result):
    return 200, {"status": "success", "data": {"resultType": "vector", "result": result}}


def use(metric, at):
    """0.3 cores and 300 MB: `counter` is the CPU counter, `cpu` its rate."""
    return {"counter": 0.3 * (at - 1.6e9), "cpu": 0.3, "memory": 3e8}[metric]


def prometheus(pods, value=use, leave_out=()):
    """Of pods with (namespace, pod, container); hourly answers for a fortnight."""

    def labels(pod):
        return dict(zip(("namespace", "pod", "container"), pod))

    def answer(_, path, form):
        query = form.get("query", "")
        if path == "/api/v1/query":
            if "container_memory_working_set_bytes{" in query and "kube" not in query and "max by" not in query:
                return vector([{"metric": labels(p), "value": [END, "3e8"]} for p in pods])
            return vector([])
        metric = "memory" if "working_set" in query else "cpu" if "rate(" in query else "counter"
        if metric in leave_out:
            return matrix([])
        hours = range(int(float(form["start"])), int(float(form["end"])) + 1, int(float(form["step"])))
        return matrix([series(labels(p), [[h, str(value(metric, h))] for h in hours]) for p in pods])

    return answer


def only_read(stub):
    bad = [a for a in stub.asked if a[0] != "GET" and not (a[0] == "POST" and a[1] in ("/api/v1/query", "/api/v1/query_range"))]
    assert not bad, bad


CART = ("shop", "cart-5d9c7b8f6-x2x9q", "main")
AT = ("--until", UNTIL)


def kubeconfig(directory, server):
    file = pathlib.Path(directory) / "config"
    file.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": server}}], "users": [{"name": "u", "user": {"token": "t"}}]}))
    return str(file)


def status_answer(code, reason, message):
    return code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message, "code": code}


def wrong_context_and_no_permission(directory):
    def forbidden(_, path, __):
        if path == "/version":
            return 200, {"major": "1", "minor": "34", "gitVersion": "v1.34.0"}
        return status_answer(403, "Forbidden", f"deployments.apps is forbidden: {ESCAPE} no")

    with Stub(forbidden) as api:
        config = kubeconfig(directory, api.url)
        done = scan("--kubeconfig", config, "--context", "elsewhere", code=3)
        assert "elsewhere" in done.stderr, done.stderr
        scan("--kubeconfig", str(pathlib.Path(directory) / "none"), code=3)
        scan("--kubeconfig", config, code=5)
        only_read(api)
    scan("--kubeconfig", kubeconfig(directory, "http://127.0.0.1:1"), code=6)


def partly_allowed(directory):
    """Autoscalers may not be listed: noted, and the rest is there."""
    deployment = {"metadata": {"name": "cart", "namespace": "shop"}, "spec": {"replicas": 1, "template": {"metadata": {}, "spec": {
        "containers": [{"name": "main", "image": "cart:1", "resources": {"requests": {"cpu": "2", "memory": "2Gi"}}}]}}}}

    def api_answer(_, path, __):
        if path.endswith("/deployments"):
            return 200, {"kind": "DeploymentList", "apiVersion": "apps/v1", "metadata": {}, "items": [deployment]}
        if path.endswith("/horizontalpodautoscalers"):
            return status_answer(403, "Forbidden", "no")
        if "argoproj" in path or "autoscaling.k8s.io" in path:
            return status_answer(404, "NotFound", "no such kind")
        return 200, {"kind": "List", "apiVersion": "v1", "metadata": {}, "items": []}

    with Stub(api_answer) as api, Stub(prometheus([CART])) as source:
        patches = pathlib.Path(directory) / "patches.yaml"
        done = scan("--kubeconfig", kubeconfig(directory, api.url), "--prometheus", source.url, *AT, "-o", "json", "--patches", str(patches))
        report = json.loads(done.stdout)
        assert any("horizontalpodautoscalers" in note for note in report["notes"]), report["notes"]
        assert report["containers"][0]["recommended"]["cpuRequest"] < 1, report["containers"][0]
        assert "kind: Deployment" in patches.read_text()
        only_read(api)
        only_read(source)


def no_prometheus():
    scan("--no-cluster", code=2)
    scan("--no-cluster", "--prometheus", "http://127.0.0.1:1", code=6)
    for status, code in ((401, 5), (403, 5), (404, 6), (500, 6), (502, 6)):
        with Stub(lambda *_, s=status: (s, "<html>no</html>")) as stub:
            scan("--no-cluster", "--prometheus", stub.url, code=code)
    for body in ("", "<html>", "[]", '{"status":"success"}', '{"status":"success","data":{"resultType":"string","result":[1,"x"]}}', "{" * 3000):
        with Stub(lambda *_, b=body: (200, b)) as stub:
            scan("--no-cluster", "--prometheus", stub.url, code=6)


def no_metrics_and_partial_ones():
    with Stub(lambda *_: vector([])) as stub:
        done = scan("--no-cluster", "--prometheus", stub.url, code=3)
        assert "cAdvisor" in done.stderr, done.stderr
    with Stub(prometheus([CART], leave_out=("cpu", "counter"))) as stub:
        done = scan("--no-cluster", "--prometheus", stub.url, *AT, "-o", "json")
        container = json.loads(done.stdout)["containers"][0]
        assert container["recommended"]["cpuRequest"] is None and container["usage"]["cpuMean"] is None, container
        assert container["recommended"]["memoryRequestMiB"] > 286, container
        assert any("only memory" in note for note in json.loads(done.stdout)["notes"])
        only_read(stub)
    # An hour of data is no evidence.
    def an_hour(metric, hour):
        return use(metric, hour) if hour >= END - (HOUR if metric == "counter" else 0) else "NaN"
    with Stub(prometheus([CART], an_hour)) as stub:
        container = json.loads(scan("--no-cluster", "--prometheus", stub.url, *AT, "-o", "json").stdout)["containers"][0]
        assert not container["changes"] and container["confidence"] < 0.01, container


def names():
    huge = ("n" * 10_000, "p" * 10_000, "c" * 10_000)
    hostile = (f"=cmd{ESCAPE}\"<script>", f"x'); DROP\\{{}}\n---\nkind: Secret{ESCAPE}", f"@sum{ESCAPE}|`$(id)`")
    with Stub(prometheus([CART, huge, hostile])) as stub, tempfile.TemporaryDirectory() as directory:
        for form in ("table", "wide", "csv", "html", "json", "yaml"):
            done = scan("--no-cluster", "--prometheus", stub.url, *AT, "-o", form, "--patches", f"{directory}/p", "--helm-values", f"{directory}/h")
            assert form != "html" or "<script>" not in done.stdout
            assert form not in ("table",) or max(map(len, done.stdout.splitlines())) < 400, "a name made the table unreadable"
            if form == "csv":
                assert "\n=cmd" not in done.stdout and ",@sum" not in done.stdout, "a spreadsheet would run it"
            if form == "json":
                assert {c["namespace"] for c in json.loads(done.stdout)["containers"]} == {CART[0], huge[0], hostile[0]}
        for file in "ph":
            text = pathlib.Path(directory, file).read_text(errors="surrogateescape")
            assert ESCAPE not in text and "\nkind: Secret" not in text and "\n---\nkind" not in text, text
        only_read(stub)


def lies():
    """Values that no machine has, times out of the window, several of one hour, labels of others."""
    values = {"cpu": ["-1", "1e300", "NaN", "+Inf", "-Inf", "0.3", "x", ""], "counter": ["0", "900", "-1", "1e300", "NaN", "+Inf", "x", ""], "memory": ["-1", "1e300", "NaN", "3e8", "x"]}
    def lying(metric, hour):
        return values[metric][hour // HOUR % len(values[metric])]
    with Stub(prometheus([CART], lying)) as stub:
        container = json.loads(scan("--no-cluster", "--prometheus", stub.url, *AT, "-o", "json").stdout)["containers"][0]
        assert container["usage"]["cpuMax"] < 1 and container["usage"]["memoryMaxMiB"] < 300, container["usage"]

    honest = prometheus([CART])
    def times(method, path, form):
        status, body = honest(method, path, form)
        if path.endswith("query_range") and "rate(" in form["query"]:
            for one in body["data"]["result"]:
                one["values"] += [[-1e18, "9"], [1e18, "9"], [END + 30 * 86400, "9"], [END, "0.2"], [END, "0.2"]]
            body["data"]["result"].append(series({"namespace": "shop", "pod": "stranger-0", "container": "main"}, [[END, "99"]]))
            body["data"]["result"].append(series({}, [[END, "99"]]))
        return status, body
    with Stub(times) as stub:
        report = json.loads(scan("--no-cluster", "--prometheus", stub.url, *AT, "-o", "json").stdout)
        assert len(report["containers"]) == 1 and report["containers"][0]["usage"]["cpuMax"] < 1, report["containers"]


def too_much():
    """A Prometheus that answers only few pods at a time: halves, until it does; and one that is always too busy: an error, no table."""
    pods = [("shop", f"app{i}-5d9c7b8f6-x2x9q", "main") for i in range(16)]
    honest = prometheus(pods)
    def small(method, path, form):
        if path.endswith("query_range") and not 0 < form["query"].count("app") <= 4:
            return 422, {"status": "error", "errorType": "execution", "error": "query processing would load too many samples into memory in query execution"}
        return honest(method, path, form)
    with Stub(small) as stub:
        report = json.loads(scan("--no-cluster", "--prometheus", stub.url, *AT, "-o", "json").stdout)
        assert report["total"]["containers"] == 16 and report["prometheus"]["splits"] >= 3, report["prometheus"]
        assert all(c["usage"]["cpuMean"] for c in report["containers"])
    def busy(method, path, form):
        if path.endswith("query_range"):
            return 503, {"status": "error", "errorType": "unavailable", "error": "too many concurrent queries"}
        return honest(method, path, form)
    with Stub(busy) as stub:
        done = scan("--no-cluster", "--prometheus", stub.url, *AT, "--deadline", "5s", code=6)
        assert done.stdout == "", done.stdout


def busy_for_a_while():
    """Refused by Prometheus and by what stands before it, then answered: nothing is lost."""
    pods = [("shop", f"app{i}-5d9c7b8f6-x2x9q", "main") for i in range(8)]
    honest = prometheus(pods)
    refusals = iter([(503, {"status": "error", "errorType": "unavailable", "error": "overloaded"}), (429, "<html>slow down</html>"),
                     (504, "<html>gateway</html>"), (503, {"status": "error", "errorType": "timeout", "error": "query timed out in expression evaluation"})])
    lock = threading.Lock()

    def first_busy(method, path, form):
        with lock:
            refusal = next(refusals, None) if path.endswith("query_range") else None
        return refusal or honest(method, path, form)
    with Stub(first_busy) as stub:
        report = json.loads(scan("--no-cluster", "--prometheus", stub.url, *AT, "-o", "json").stdout)
        assert report["total"]["containers"] == 8 and all(c["usage"]["cpuMean"] for c in report["containers"]), report["total"]
        assert report["prometheus"]["splits"] == 4, report["prometheus"]


def one_is_too_much():
    """Of a workload that is too much for any hour nothing is known, and it is said; the others are sized."""
    pods = [("shop", f"app{i}-5d9c7b8f6-x2x9q", "main") for i in range(4)]
    honest = prometheus(pods)
    def refuses(method, path, form):
        if path.endswith("query_range") and ("app" not in form["query"] or "app3" in form["query"]):
            return 422, {"status": "error", "errorType": "execution", "error": "query processing would load too many samples into memory in query execution"}
        return honest(method, path, form)
    with Stub(refuses) as stub:
        report = json.loads(scan("--no-cluster", "--prometheus", stub.url, *AT, "-o", "json").stdout)
        seen = {c["workload"]: c["usage"]["cpuMean"] for c in report["containers"]}
        assert len(seen) == 4 and seen["app3"] is None and all(seen[f"app{i}"] for i in range(3)), seen
        assert any("1 workloads were too much" in n and "shop/app3" in n for n in report["notes"]), report["notes"]
    def refuses_all(method, path, form):
        if path.endswith("query_range"):
            return 422, {"status": "error", "errorType": "execution", "error": "query processing would load too many samples into memory in query execution"}
        return honest(method, path, form)
    with Stub(refuses_all) as stub:
        done = scan("--no-cluster", "--prometheus", stub.url, *AT, code=1)
        assert "too many samples" in done.stderr and done.stdout == "", done


def state_lies():
    """Requests, limits and autoscalers that no cluster has: as if nothing had been said."""
    honest = prometheus([CART])
    pod = dict(zip(("namespace", "pod", "container"), CART))
    def told(method, path, form):
        query = form["query"]
        if query.startswith("kube_pod_container_info"):
            return vector([{"metric": {**pod, "image": "cart:1"}, "value": [END, "1"]}] * 2)
        if query.startswith("kube_pod_container_resource_"):
            return vector([{"metric": {**pod, "resource": "cpu"}, "value": [END, "1e300"]}, {"metric": {**pod, "resource": "memory"}, "value": [END, "-1"]},
                           {"metric": {**pod, "resource": "cpu"}, "value": [END, "NaN"]}, {"metric": {**pod, "resource": "memory"}, "value": [END, "0"]}])
        if query.startswith("kube_horizontalpodautoscaler_info"):
            return vector([{"metric": {"namespace": "shop", "horizontalpodautoscaler": "h", "scaletargetref_kind": "Deployment", "scaletargetref_name": "cart"}, "value": [END, "1"]}])
        if query.startswith("kube_horizontalpodautoscaler_spec"):
            return vector([{"metric": {"namespace": "shop", "horizontalpodautoscaler": "h", "metric_name": "cpu", "metric_target_type": "utilization"}, "value": [END, "-1e300"]}])
        if query.startswith("{__name__=~") or "jvm_gc_live" in query:
            return vector([{"metric": {**pod, "__name__": "container_oom_events_total", "id": str(i)}, "value": [END, value]} for i, value in enumerate(("1e300", "-5", "NaN"))])
        return honest(method, path, form)
    with Stub(told) as stub:
        for form in ("json", "table", "html", "csv"):
            done = scan("--no-cluster", "--prometheus", stub.url, *AT, "-o", form)
            assert "inf" not in done.stdout.lower().replace("info", "") and len(done.stdout) < 20_000, done.stdout
            if form == "json":
                container = json.loads(done.stdout)["containers"][0]
                assert container["now"] == dict.fromkeys(container["now"]), container["now"]
                assert container["costNow"] == 0 and container["usage"]["oomKills"] == 0, container
                assert container["usage"]["liveHeapMiB"] is None and container["recommended"]["memoryRequestMiB"] < 400, container


def endless():
    """A body without an end and an answer that never comes: an error of their own, before anything fills up or hangs."""
    class Pouring(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b" " * 65536)
            except OSError:
                pass

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pouring)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    done = scan("--no-cluster", "--prometheus", f"http://127.0.0.1:{server.server_port}", code=1)
    assert "too large" in done.stderr, done.stderr
    server.shutdown()
    server.server_close()
    never = threading.Event()
    with Stub(lambda *_: never.wait(60) and (200, "")) as stub:
        scan("--no-cluster", "--prometheus", stub.url, "--deadline", "1s", code=6)
        never.set()


def wrong_options():
    """What cannot be meant is refused before anybody is asked, also as JSON."""
    for wrong in (["--window", "10m"], ["--window", "500d"], ["--window", "14"], ["--deadline", "0s"], ["--deadline", "48h"], ["--until", "yesterday"],
                  ["--cpu-price", "-1"], ["--memory-price", "nan"], ["--fail-saving", "101"], ["--concurrency", "17"], ["-o", "xml"], ["--sort", "luck"]):
        scan("--no-cluster", "--prometheus", "http://127.0.0.1:1", *wrong, code=2)
    done = subprocess.run([TRIMTAB, "scan", "--no-cluster", "-o", "json"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and json.loads(done.stderr)["error"]["field"] == "--prometheus", done.stderr


def choices():
    """Namespaces, what is shown and in which order, thresholds; nothing but reading."""
    pods = [("shop", "cart-5d9c7b8f6-x2x9q", "main"), ("shop", "stock-5d9c7b8f6-x2x9q", "main"), ("other", "db-0", "main")]
    honest = prometheus(pods)
    def sized(method, path, form):
        query = form["query"]
        if query.startswith(("kube_pod_container_info", "kube_pod_container_resource_requests")):
            return vector([{"metric": {**dict(zip(("namespace", "pod", "container"), pod)), "resource": "cpu"}, "value": [END, str(4 + i)]} for i, pod in enumerate(pods)])
        return honest(method, path, form)
    with Stub(sized) as stub:
        def names_of(*arguments, code=0):
            return [c["workload"] for c in json.loads(scan("--no-cluster", "--prometheus", stub.url, *AT, "-o", "json", *arguments, code=code).stdout)["containers"]]
        assert names_of("--sort", "saving") == ["db", "stock", "cart"]
        assert names_of("--sort", "name") == ["db", "cart", "stock"]
        assert names_of("-n", "shop", "--sort", "name") == ["cart", "stock"]
        assert names_of("--only", "recommended") == ["db", "stock", "cart"]
        scan("--no-cluster", "--prometheus", stub.url, *AT, "--fail-on", "danger")
        assert "findings of warning" in scan("--no-cluster", "--prometheus", stub.url, *AT, "--fail-on", "warning", code=1).stderr
        done = scan("--no-cluster", "--prometheus", stub.url, *AT, "--fail-saving", "50", code=1)
        assert "could be saved" in done.stderr and "NAMESPACE" in done.stdout, done
        text = scan("--no-cluster", "--prometheus", stub.url, *AT).stdout
        assert "FINDING " in text and "TT-K8S-004" in text and "\x1b" not in text, text
        only_read(stub)


def exported():
    with tempfile.TemporaryDirectory() as directory:
        scan("--metrics", directory, code=3)
        lines = []
        for minute in range(0, 30 * 60 + 1):
            lines.append(f'{{__name__="container_cpu_usage_seconds_total", namespace="shop", pod="{CART[1]}", container="main"}} {minute * 18} {(END - 108000 + minute * 60) * 1000}')
        pathlib.Path(directory, "cpu.txt").write_text("\n".join(lines) + "\n")
        report = json.loads(scan("--metrics", directory, "-o", "json").stdout)
        assert abs(report["containers"][0]["usage"]["cpuMean"] - 0.3) < 0.01, report["containers"][0]["usage"]
        scan("--metrics", directory, "--prometheus", "http://127.0.0.1:1", code=2)
        pathlib.Path(directory, "bad.txt").write_text("nonsense\n")
        assert "bad.txt:1" in scan("--metrics", directory, code=2).stderr


with tempfile.TemporaryDirectory() as scratch:
    wrong_context_and_no_permission(scratch)
    partly_allowed(scratch)
no_prometheus()
no_metrics_and_partial_ones()
names()
lies()
too_much()
busy_for_a_while()
one_is_too_much()
state_lies()
endless()
wrong_options()
choices()
exported()
print("scan is clear about trouble")
