"""Applications kept in the cluster: `trimtab serve --applications-in` follows them on a real API server with the accounts' roles of deploy/rbac,
enrols, tells in their status, follows changes and removals, also those that it missed. Usage: applications_test.py TRIMTAB"""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

from one_node import HERE, ROOT, Cluster, account_kubeconfig, eventually

TRIMTAB = sys.argv[1]
DEPLOYMENT = {
    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "cart", "namespace": "shop"},
    "spec": {
        "replicas": 1, "selector": {"matchLabels": {"app": "cart"}},
        "template": {
            "metadata": {"labels": {"app": "cart"}},
            "spec": {"terminationGracePeriodSeconds": 1, "containers": [{
                "name": "cart", "image": "localhost/busybox:1", "imagePullPolicy": "Never", "command": ["/bin/sh", "-c", "trap 'exit 0' TERM; while true; do sleep 1; done"],
                "resources": {"limits": {"cpu": "200m", "memory": "128Mi"}, "requests": {"cpu": "50m", "memory": "64Mi"}}}]},
        },
    },
}


def application(name="cart", space="shop", **changes):
    spec = {
        "components": [{"name": "container", "pack": "container", "labels": {"container": "cart"}}, {"name": "web", "pack": "spring_web", "labels": {"container": "cart"}}],
        "platform": {"kind": "kubernetes", "workload": "cart"},
        "prometheus": {"url": "http://127.0.0.1:9", "timeout": "1s"},
        "load": "web.arrivals",
        "parameters": [{"name": "container.cpu_limit", "min": 0.05, "max": 1}],
        "goal": {"minimize": "container.cpu_limit"},
        "slos": ["web.p95 <= 250 ms"],
        "prices": {"currency": "EUR", "cpu_core_month": 18, "memory_gib_month": 2.5},
        "policy": {"mode": "observe"},
    }
    spec.update(changes)
    return {"apiVersion": "trimtab.dev/v1", "kind": "Application", "metadata": {"name": name, "namespace": space}, "spec": spec}


def free_port():
    with contextlib.closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Server:
    def __init__(self, cluster, kubeconfig):
        self.port = free_port()
        self.state = cluster.state / "server"
        self.log = open(cluster.state / "logs" / "trimtab.log", "ab")
        self.process = subprocess.Popen(
            [TRIMTAB, "serve", "--state", str(self.state), "--listen", f"127.0.0.1:{self.port}", "--applications-in", "*"],
            env=dict(os.environ, KUBECONFIG=kubeconfig), stdout=self.log, stderr=self.log)
        eventually("the server answers", lambda: self.ask("/readyz"))

    def ask(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return answer.read().decode() or "ok"

    def names(self):
        return sorted(one["name"] for one in json.loads(self.ask("/api/v1/applications"))["applications"])

    def stop(self):
        self.process.terminate()
        assert self.process.wait(60) == 0


def condition(cluster, name, kind, space="shop"):
    status = cluster.get("application", name, "-n", space).get("status", {})
    return next((one for one in status.get("conditions", []) if one["type"] == kind), {})


def check_follows(cluster, server):
    cluster.apply(application())
    eventually("it is enrolled", lambda: server.names() == ["cart"])
    status = eventually("its status says so", lambda: (s := cluster.get("application", "cart", "-n", "shop")["status"]).get("phase") == "Observing" and s)
    assert status["observedGeneration"] == 1 and status["configuration"]["container.cpu_limit"] == "0.2", status
    assert condition(cluster, "cart", "Accepted")["status"] == "True"
    eventually("it is healthy", lambda: condition(cluster, "cart", "Healthy").get("status") == "True")
    eventually("metrics that are away are told", lambda: condition(cluster, "cart", "Measured").get("status") in ("False", "Unknown"))
    print(cluster.kubectl("get", "tapp", "-A", "-o", "wide").stdout)

    cluster.apply(application(policy={"mode": "recommend"}))
    eventually("a change is followed", lambda: cluster.get("application", "cart", "-n", "shop")["status"]["observedGeneration"] == 2)
    mode = json.loads(server.ask("/api/v1/applications/cart"))["mode"]
    assert mode == "recommend", mode

    cluster.apply(application(slos=["web.p95 <="]))
    wrong = eventually("a document that cannot be used is told", lambda: (c := condition(cluster, "cart", "Accepted"))["status"] == "False" and c)
    assert wrong["reason"] == "InvalidDocument" and "spec.slos[0]" in wrong["message"], wrong
    assert server.names() == ["cart"], "the document before stays in force"
    refused = cluster.kubectl("apply", "--server-side", "-f", "-", given=json.dumps(application(platform={"kind": "kubernetes", "workload": "cart", "selector": "app=cart"})), check=False)
    assert refused.returncode != 0 and "give either workload or selector" in refused.stderr, refused.stderr
    cluster.apply(application())
    eventually("it is good again", lambda: condition(cluster, "cart", "Accepted")["status"] == "True")

    cluster.apply(application(space="default"))
    taken = eventually("a name is its first owner's", lambda: condition(cluster, "cart", "Accepted", "default"))
    assert taken["reason"] == "NameTaken", taken
    cluster.kubectl("delete", "application", "cart", "-n", "default")


def check_missed(cluster, server):
    """The server stands still while resources change, and what it would go on from is compacted away (410 Gone)."""
    server.process.send_signal(signal.SIGSTOP)
    cluster.apply(application("basket"))
    cluster.kubectl("delete", "application", "cart", "-n", "shop")
    for i in range(20):
        cluster.kubectl("create", "configmap", f"noise-{i}", "-n", "default")
    revision = cluster.get("configmap", "noise-19", "-n", "default")["metadata"]["resourceVersion"]
    cluster.command("exec", "curl", "-fsS", "-d", json.dumps({"revision": revision}), "http://127.0.0.1:2379/v3/kv/compaction")
    cluster.command("kill", "kube-apiserver")
    eventually("the API server is back", lambda: cluster.kubectl("get", "--raw", "/readyz", check=False).returncode == 0)
    server.process.send_signal(signal.SIGCONT)
    eventually("it knows all again", lambda: server.names() == ["basket"], 120)
    eventually("and says so", lambda: condition(cluster, "basket", "Accepted")["status"] == "True")


def check_away(cluster, server, kubeconfig):
    server.stop()
    cluster.kubectl("delete", "application", "basket", "-n", "shop")
    cluster.apply(application("cart"))
    again = Server(cluster, kubeconfig)
    eventually("what was deleted meanwhile is removed", lambda: again.names() == ["cart"])
    return again


def check_token(cluster, server, kubeconfig):
    """Its account is made anew, so its token is worth nothing (401) until the file has another one."""
    cluster.kubectl("delete", "serviceaccount", "trimtab", "-n", "default")
    cluster.kubectl("create", "serviceaccount", "trimtab", "-n", "default")
    cluster.command("kill", "kube-apiserver")  # it remembers good tokens for a while, and watches last
    eventually("the API server is back", lambda: cluster.kubectl("get", "--raw", "/readyz", check=False).returncode == 0)
    cluster.apply(application("basket"))
    eventually("the token is refused", lambda: "unauthenticated" in (cluster.state / "logs/trimtab.log").read_text().lower() or "nauthorized" in (cluster.state / "logs/trimtab.log").read_text())
    assert server.names() == ["cart"], "nothing is removed because it cannot be read"
    token = cluster.kubectl("create", "token", "trimtab", "-n", "default").stdout
    pathlib.Path(kubeconfig + ".token").write_text(token)
    eventually("a new token is taken up", lambda: server.names() == ["basket", "cart"], 120)


def check_role(cluster):
    """Every rule of the role is used, and nothing else was asked for."""
    used = set()
    for line in (cluster.state / "logs/audit.json").read_text().splitlines():
        entry = json.loads(line)
        if entry["user"]["username"] != "system:serviceaccount:default:trimtab" or entry.get("responseStatus", {}).get("code") == 401:
            continue
        about = entry["objectRef"]
        kind = about["resource"] + ("/" + about["subresource"] if "subresource" in about else "")
        assert entry["responseStatus"].get("code") != 403, f"{entry['verb']} {kind} was refused"
        if about.get("apiGroup") == "trimtab.dev":
            used.add((entry["verb"], kind))
    assert used == {("list", "applications"), ("watch", "applications"), ("patch", "applications/status")}, used


with Cluster() as cluster:
    cluster.kubectl("create", "namespace", "shop")
    cluster.apply(DEPLOYMENT)
    config = account_kubeconfig(cluster, "trimtab", ["applications", "live", "nodes"])
    server = Server(cluster, config)
    try:
        # It starts before the definition is installed, and waits for it.
        eventually("it misses the definition", lambda: "applications.not_followed" in (cluster.state / "logs/trimtab.log").read_text())
        cluster.kubectl("apply", "--server-side", "-f", str(ROOT / "deploy/crd/application.yaml"))
        cluster.kubectl("wait", "--for=condition=Established", "crd/applications.trimtab.dev", "--timeout=60s")
        check_follows(cluster, server)
        check_missed(cluster, server)
        server = check_away(cluster, server, config)
        check_token(cluster, server, config)
        check_role(cluster)
    finally:
        server.process.kill()
        server.process.wait()
print("all good")
