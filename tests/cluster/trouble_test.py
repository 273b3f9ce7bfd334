"""`trimtab scan` and an enrolled application at a real cluster that does not give what they need: a context, a permission, metrics; and at
one whose names and texts are hostile. Each is told with its exit code, and nothing in the cluster is changed. Usage: trouble_test.py TRIMTAB"""
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys

from one_node import Cluster, account_kubeconfig, eventually

TRIMTAB = str(pathlib.Path(sys.argv[1]).resolve())
HOSTILE = "\x1b[31mred\x1b]0;title\x07 <script>alert(1)</script> {{ $labels }} '\"; rm -rf / #\nnext line"
LONG = "n" * 253
DOCUMENT = """apiVersion: trimtab.dev/v1
kind: Application
name: {name}
components:
  - {{name: container, pack: container, labels: {{container: cart}}}}
  - {{name: web, pack: spring_web, labels: {{container: cart}}}}
platform: {{kind: kubernetes, kubeconfig: "{kubeconfig}", namespace: shop, {more}}}
prometheus: {{url: "http://127.0.0.1:9", timeout: 1s}}
load: web.arrivals
parameters: [{{name: container.cpu_limit, min: 0.05, max: 1}}]
goal: {{minimize: container.cpu_limit}}
slos: [web.p95 <= 250 ms]
cadence: {{guard_every: 5s}}
prices: {{currency: EUR, cpu_core_month: 18, memory_gib_month: 2.5}}
policy: {{mode: recommend}}
"""


def deployment(name, replicas=1, text="x"):
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "shop", "annotations": {"note": text}},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": name[:63]}},
            "template": {
                "metadata": {"labels": {"app": name[:63]}, "annotations": {"note": text}},
                "spec": {"terminationGracePeriodSeconds": 1, "containers": [{
                    "name": "cart", "image": "localhost/busybox:1", "imagePullPolicy": "Never", "env": [{"name": "JAVA_TOOL_OPTIONS", "value": text}],
                    "command": ["/bin/sh", "-c", "trap 'exit 0' TERM; while true; do sleep 1; done", text],
                    "resources": {"limits": {"cpu": "200m", "memory": "128Mi"}, "requests": {"cpu": "50m", "memory": "64Mi"}}}]},
            },
        },
    }


def free_port():
    with contextlib.closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def trimtab(cluster, kubeconfig, *arguments):
    return subprocess.run([TRIMTAB, *arguments], env=dict(cluster.environment, KUBECONFIG=kubeconfig, NO_COLOR="1"), capture_output=True, text=True, timeout=120)


def expect(answer, code, *texts):
    assert answer.returncode == code, f"{answer.args[1:]}: wanted {code}, got {answer.returncode}: {answer.stdout[-500:]} {answer.stderr}"
    for text in texts:
        assert text in answer.stderr, f"{answer.args[1:]}: '{text}' is not in: {answer.stderr}"
    return answer


def with_change(kubeconfig, target, change):
    config = json.loads(pathlib.Path(kubeconfig).read_text())
    change(config)
    path = pathlib.Path(f"{kubeconfig}.{target}")
    path.touch(mode=0o600)
    path.write_text(json.dumps(config))
    return str(path)


def versions(cluster):
    """What a change would move: the specs' generations and every annotation and label."""
    seen = {}
    for kind in ("deployments", "replicasets", "horizontalpodautoscalers", "leases"):
        for one in cluster.get(kind, "-n", "shop")["items"]:
            metadata = one["metadata"]
            seen[kind, metadata["name"]] = (metadata.get("generation"), metadata.get("annotations"), metadata.get("labels"), metadata["uid"])
    return seen


def clean(text):
    bad = [c for c in text if ord(c) < 32 and c not in "\n\t"]
    assert not bad, f"control characters in the output: {bad}"
    return text


def check_scan(cluster, allowed):
    report = expect(trimtab(cluster, allowed, "scan", "-n", "shop", "-o", "json"), 0).stdout
    found = {(entry["kind"], entry["workload"]) for entry in json.loads(report)["containers"]}
    assert found == {("Deployment", name) for name in ("cart", "hostile", LONG)}, found
    for form in ("table", "wide", "csv", "yaml"):
        clean(expect(trimtab(cluster, allowed, "scan", "-n", "shop", "-o", form), 0).stdout)
    html = expect(trimtab(cluster, allowed, "scan", "-n", "shop", "-o", "html"), 0).stdout
    assert "<script>alert(1)" not in html

    expect(trimtab(cluster, allowed, "scan", "--context", "elsewhere"), 3, "elsewhere")
    expect(trimtab(cluster, allowed, "scan", "--kubeconfig", "/nowhere/config"), 3, "/nowhere/config")
    expect(trimtab(cluster, allowed, "scan", "-n", "no-such-space"), 3, "no-such-space")
    expect(trimtab(cluster, allowed, "scan", "-n", "shop", "--prometheus", f"http://127.0.0.1:{free_port()}"), 6, "127.0.0.1")
    nobody = account_kubeconfig(cluster, "nobody", [])
    expect(trimtab(cluster, nobody, "scan", "-n", "shop"), 5, "nobody")
    stale = with_change(allowed, "stale", lambda c: c["users"].__setitem__(0, {"name": c["users"][0]["name"], "user": {"token": "worth-nothing"}}))
    expect(trimtab(cluster, stale, "scan", "-n", "shop"), 5)
    away = with_change(allowed, "away", lambda c: c["clusters"][0]["cluster"].__setitem__("server", f"https://127.0.0.1:{free_port()}"))
    expect(trimtab(cluster, away, "scan", "-n", "shop"), 6, "127.0.0.1")
    return nobody


def check_metrics(cluster, allowed):
    """A Prometheus that knows nothing, and one that knows a part: the containers' use, but nothing of kube-state-metrics."""
    token = pathlib.Path(allowed + ".token")
    node = f"10.243.{(cluster.state / 'number').read_text().strip()}.2:10250"
    jobs = [{"job_name": "cadvisor", "scheme": "https", "metrics_path": "/metrics/cadvisor", "scrape_interval": "1s", "scrape_timeout": "1s",
             "authorization": {"credentials_file": str(token)}, "tls_config": {"ca_file": str(cluster.state / "pki/ca.crt")}, "static_configs": [{"targets": [node]}]}]
    cluster.kubectl("create", "clusterrole", "reads-metrics", "--verb=get", "--resource=nodes/metrics")
    cluster.kubectl("create", "clusterrolebinding", "reads-metrics", "--clusterrole=reads-metrics", "--serviceaccount=default:reader")
    for name, scrapes in (("empty", []), ("partial", jobs)):
        folder = cluster.state / f"prometheus-{name}"
        folder.mkdir()
        (folder / "prometheus.yml").write_text(json.dumps({"scrape_configs": scrapes}))
        port = free_port()
        with open(cluster.state / "logs" / f"prometheus-{name}.log", "wb") as log:
            process = subprocess.Popen(["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
        try:
            scan = ("scan", "-n", "shop", "--window", "1h", "--prometheus", f"http://127.0.0.1:{port}", "-o", "json")
            if name == "empty":
                eventually("it answers", lambda: trimtab(cluster, allowed, *scan).returncode == 0)
                table = expect(trimtab(cluster, allowed, *scan[:-2]), 0)
                assert "no use was seen" in table.stdout + table.stderr, table
                expect(trimtab(cluster, allowed, "scan", "--no-cluster", *scan[3:]), 3)
            else:
                report = eventually("it takes what there is", lambda: (a := trimtab(cluster, allowed, *scan)).returncode == 0 and json.loads(a.stdout))
                assert len(report["containers"]) >= 3, report
        finally:
            process.terminate()
            process.wait(30)


def check_plugin(cluster, allowed):
    folder = cluster.state / "plugins"
    folder.mkdir()
    (folder / "kubectl-trimtab").symlink_to(TRIMTAB)
    environment = dict(cluster.environment, KUBECONFIG=allowed, PATH=f"{folder}:{os.environ['PATH']}", NO_COLOR="1")
    kubectl = str(cluster.state / "kubectl")
    listed = subprocess.run([kubectl, "plugin", "list"], env=environment, capture_output=True, text=True, timeout=60)
    assert "kubectl-trimtab" in listed.stdout, listed
    answer = subprocess.run([kubectl, "trimtab", "scan", "-n", "shop", "-o", "csv"], env=environment, capture_output=True, text=True, timeout=60)
    plain = trimtab(cluster, allowed, "scan", "-n", "shop", "-o", "csv")
    assert answer.returncode == 0 and answer.stdout == plain.stdout, (answer, plain)
    wrong = subprocess.run([kubectl, "trimtab", "scan", "-n", "no-such-space"], env=environment, capture_output=True, text=True, timeout=60)
    assert wrong.returncode == 3, wrong


def check_enrolled(cluster, nobody, live):
    port = free_port()
    server = ("--server", f"http://127.0.0.1:{port}", "--token-file", str(cluster.state / "server/token"))
    log = open(cluster.state / "logs" / "trimtab.log", "ab")
    process = subprocess.Popen([TRIMTAB, "serve", "--state", str(cluster.state / "server"), "--listen", f"127.0.0.1:{port}"], env=dict(os.environ, KUBECONFIG=live), stdout=log, stderr=log)

    def enrol(name, kubeconfig, more):
        path = cluster.state / f"{name}.yaml"
        path.write_text(DOCUMENT.format(name=name, kubeconfig=kubeconfig, more=more))
        return trimtab(cluster, live, "app", "enroll", str(path), *server)

    def shown(name):
        return trimtab(cluster, live, "app", "show", name, *server, "-o", "json").stdout

    try:
        eventually("the server answers", lambda: trimtab(cluster, live, "app", "list", *server).returncode == 0)
        wrong = enrol("wrong-context", live, "workload: cart, context: elsewhere")
        assert wrong.returncode in (2, 3) and "elsewhere" in wrong.stderr, wrong
        for name, kubeconfig, more, text in (
            ("denied", nobody, "workload: cart", "nobody"),
            ("missing", live, "workload: no-such-workload", "no-such-workload"),
            ("wrong-container", live, "workload: cart, container: other", "no container"),
        ):
            expect(enrol(name, kubeconfig, more), 0)
            eventually(f"{name}: '{text}' is told", lambda: text in shown(name))
            clean(trimtab(cluster, live, "app", "show", name, *server).stdout)
        for name, workload in (("hostile", "hostile"), ("long", LONG)):
            expect(enrol(name, live, f"workload: {workload}"), 0)
            eventually(f"{name}: it is read all the same", lambda: json.loads(shown(name))["healthy"] is True)
            clean(trimtab(cluster, live, "app", "show", name, *server).stdout)
    finally:
        process.terminate()
        assert process.wait(60) == 0
        log.close()


def only_read(cluster):
    for line in (cluster.state / "logs/audit.json").read_text().splitlines():
        entry = json.loads(line)
        if entry["user"]["username"].startswith("system:serviceaccount:default:"):
            assert entry["verb"] in ("get", "list", "watch"), entry


with Cluster() as cluster:
    cluster.kubectl("create", "namespace", "shop")
    cluster.apply(deployment("cart"), deployment("hostile", text=HOSTILE), deployment(LONG))
    for each in ("cart", "hostile"):
        cluster.kubectl("-n", "shop", "rollout", "status", f"deployment/{each}", "--timeout=120s")
    reader = account_kubeconfig(cluster, "reader", ["scan"])
    live_account = account_kubeconfig(cluster, "live", ["live"])
    before = versions(cluster)
    without_roles = check_scan(cluster, reader)
    check_metrics(cluster, reader)
    check_plugin(cluster, reader)
    check_enrolled(cluster, without_roles, live_account)
    assert versions(cluster) == before, "something was changed"
    only_read(cluster)
print("all good")
