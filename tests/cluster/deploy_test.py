"""What deploy/ holds, on a real API server: the custom resource takes good Applications and refuses bad ones with a reason; the chart passes
helm's lint and the server's validation in every shape; installed from an image made without a daemon, Trimtab runs with a read-only root as
nobody, answers its probes, and keeps its token."""
import copy
import json
import os
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request

from one_node import ROOT, Cluster, eventually

TRIMTAB = os.environ.get("TRIMTAB_BIN", str(ROOT / "build/dev/trimtab"))
CHART = str(ROOT / "deploy/helm/trimtab")
SHAPES = {
    "as it is": [],
    "changes allowed in two namespaces": ["--set", "rbac.changeNamespaces={shop,default}"],
    "nothing but its own namespace": ["--set", "rbac.readCluster=false", "--set-json", "applications.namespaces=[]"],
    "Applications of two namespaces": ["--set", "applications.namespaces={shop,default}"],
    "no volume, no policy, an account of the team's": ["--set", "persistence.enabled=false,networkPolicy.enabled=false,rbac.create=false,serviceAccount.name=team"],
    "with all that a team may add": [
        "--set", "hosts={trimtab.example.com},podLabels.team=sre,podAnnotations.note=x,nodeSelector.disk=ssd,imagePullSecrets[0].name=registry,logLevel=debug",
        "--set", "persistence.storageClass=fast,networkPolicy.from[0].namespaceSelector.matchLabels.name=ingress,service.type=NodePort",
    ],
}
GOOD = {
    "apiVersion": "trimtab.dev/v1", "kind": "Application", "metadata": {"name": "shop", "namespace": "default"},
    "spec": {
        "components": [{"name": "container", "pack": "container", "labels": {"namespace": "shop", "container": "shop"}}, {"name": "jvm", "pack": "jvm"}],
        "platform": {"kind": "kubernetes", "workload": "shop", "canary": "2m"},
        "prometheus": {"url": "http://prometheus.monitoring:9090"},
        "metrics": [{"name": "p95", "query": "vector(1)", "unit": "ms", "role": "latency"}],
        "goal": {"minimize": "cost"},
        "slos": ["p95 <= 100", {"metric": "p95", "max": 120, "confidence": 0.99}],
        "formulas": {"cost": "2 * container.cpu_limit", "half": 0.5},
        "parameters": [{"name": "container.cpu_limit", "min": 0.2, "max": 1, "step": 0.05}, {"name": "jvm.heap", "min": 64, "max": 512}],
        "baseline": {"container.cpu_limit": 0.9, "jvm.heap": 256},
        "cadence": {"window": "5m", "decide_every": "1h30m", "verify_windows": 3, "verify_windows_max": 12},
        "policy": {"mode": "recommend", "parameter_modes": {"jvm.heap": "observe"}, "change_windows": [{"days": ["mon"], "from": "22:00", "to": "04:00"}]},
    },
}
# What is set at a path, and a part of the reason that the API server must give.
BAD = [
    (("policy", "mode"), "yolo", "Unsupported value"),
    (("platform", "kind"), "mainframe", "Unsupported value"),
    (("goals",), [{"minimize": "cost"}], "give either goal or goals"),
    (("goal",), {"minimize": "a", "maximize": "b"}, "at most 1"),
    (("platform", "kind"), "local", "Unsupported value"),
    (("platform", "selector"), "app=shop", "give either workload or selector"),
    (("platform", "namespace"), "kube-system", "unknown field"),
    (("platform", "kubeconfig"), "/root/.kube/config", "unknown field"),
    (("platform", "rollout_timeout"), "soon", "should match"),
    (("platform",), {"kind": "kubernetes", "workload": "shop", "workload_kind": "StatefulSet", "canary": "1m"}, "a canary needs a Deployment"),
    (("prometheus",), None, "Required value"),
    (("prometheus", "token_file"), "/etc/shadow", "unknown field"),
    (("prometheus", "url"), "ftp://somewhere", "should match"),
    (("parameters",), [], "at least 1 items"),
    (("parameters",), [{"name": "container.cpu_limit", "min": 2, "max": 1}], "min must be below max"),
    (("parameters",), [{"name": "pod.cpu_limit"}], "after one of the components"),
    (("parameters",), [{"name": "jvm.heap"}, {"name": "jvm.heap"}], "Duplicate value"),
    (("cadence", "window"), "5 minutes", "should match"),
    (("cadence", "verify_windows"), 20, "must not be above"),
    (("policy", "confidence"), 0.2, "greater than or equal"),
    (("baselines",), {}, "unknown field"),
]


def with_change(path, value):
    document = copy.deepcopy(GOOD)
    place = document["spec"]
    for name in path[:-1]:
        place = place[name]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


def create(cluster, document):
    return cluster.kubectl("create", "--validate=strict", "-f", "-", given=json.dumps(document), check=False)


def check_custom_resource(cluster):
    subprocess.run([str(ROOT / "deploy/crd/generate"), "--check"], check=True)
    cluster.kubectl("apply", "--server-side", "-f", str(ROOT / "deploy/crd/application.yaml"))
    cluster.kubectl("wait", "--for=condition=Established", "crd/applications.trimtab.dev", "--timeout=60s")
    conditions = cluster.get("crd", "applications.trimtab.dev")["status"]["conditions"]
    assert not [one for one in conditions if one["type"] == "NonStructuralSchema"], conditions

    for path, value, reason in BAD:
        answer = create(cluster, with_change(path, value))
        assert answer.returncode != 0 and reason in answer.stderr, f"{path}: wanted '{reason}', got {answer.returncode} {answer.stderr}"
    created = eventually("a good document is taken", lambda: create(cluster, GOOD).returncode == 0)
    assert created
    kept = cluster.get("application", "shop")["spec"]
    assert kept == GOOD["spec"], f"the API server kept something else: {kept}"

    status = {"status": {"phase": "Recommending", "monthlyCost": 38.5, "proposedMonthlyCost": 27.95, "currency": "EUR", "observedGeneration": 1}}
    cluster.kubectl("patch", "application", "shop", "--subresource=status", "--type=merge", "-p", json.dumps(status))
    assert cluster.get("application", "shop")["metadata"]["generation"] == 1, "a status is no change of what is wanted"
    table = cluster.kubectl("get", "tapp").stdout
    assert "MODE" in table and "recommend" in table and "Recommending" in table and "27.95" in table, table
    print(table)


def render(cluster, arguments):
    return cluster.run("helm", "template", "trimtab", CHART, "--namespace", "trimtab", *arguments).stdout


def check_chart(cluster):
    print(cluster.run("helm", "lint", "--strict", CHART).stdout.strip().splitlines()[-1])
    cluster.kubectl("create", "namespace", "trimtab")
    cluster.kubectl("create", "namespace", "shop")
    for name, arguments in SHAPES.items():
        answer = cluster.kubectl("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-", given=render(cluster, arguments), check=False)
        assert answer.returncode == 0, f"{name}: {answer.stderr}"
        assert "arning" not in answer.stderr, f"{name}: {answer.stderr}"
    wrong = cluster.run("helm", "template", "trimtab", CHART, "--set", "rbac.changeNamespaces={Not A Name}", check=False)
    assert wrong.returncode != 0 and "changeNamespaces" in wrong.stderr, wrong.stderr
    plain = (ROOT / "deploy/manifests/trimtab.yaml").read_text().split("\n", 2)[2]
    assert plain == cluster.run(str(ROOT / "deploy/manifests/generate"), str(cluster.state / "helm")).stdout.split("\n", 2)[2], "run: deploy/manifests/generate HELM > deploy/manifests/trimtab.yaml"


def check_installed(cluster):
    image = cluster.state / "trimtab.tar"
    name = subprocess.run([str(ROOT / "deploy/image/trimtab"), str(image), TRIMTAB], check=True, capture_output=True, text=True).stdout.strip()
    cluster.command("import", str(image))
    # A policy of the strictest kind must let it in.
    cluster.kubectl("label", "namespace", "trimtab", "pod-security.kubernetes.io/enforce=restricted")
    cluster.run("helm", "install", "trimtab", CHART, "--namespace", "trimtab", "--set", f"image.tag={name.rpartition(':')[2]},image.pullPolicy=Never",
                "--set", "persistence.enabled=false,rbac.changeNamespaces={shop}")
    cluster.kubectl("-n", "trimtab", "rollout", "status", "deployment/trimtab", "--timeout=180s")
    pod = cluster.get("pods", "-n", "trimtab", "-l", "app.kubernetes.io/name=trimtab")["items"][0]
    address = cluster.get("service", "trimtab", "-n", "trimtab")["spec"]["clusterIP"]
    request = urllib.request.Request(f"http://{address}/api/v1/applications", headers={"Host": "trimtab.trimtab.svc"})
    answer = eventually("the API answers through the service", lambda: urllib.request.urlopen(request, timeout=5).read())
    print("applications:", answer.decode().strip())
    foreign = urllib.request.Request(f"http://{address}/api/v1/applications", headers={"Host": "evil.example.com"})
    try:
        urllib.request.urlopen(foreign, timeout=5)
        raise AssertionError("a foreign Host was answered")
    except urllib.error.HTTPError as error:
        assert error.code in (400, 403, 421), error.code
    token = cluster.kubectl("-n", "trimtab", "exec", pod["metadata"]["name"], "--", "cat", "/var/lib/trimtab/server/token").stdout.strip()
    assert len(token) >= 32, "the token is read as NOTES.txt says"
    denied = cluster.kubectl("-n", "trimtab", "exec", pod["metadata"]["name"], "--", "/usr/bin/trimtab", "serve", "--state", "/etc/x", check=False)
    assert denied.returncode != 0, "the root file system must be read-only"


def check_permissions(cluster):
    """The account may do what Trimtab does, and nothing that it does not."""
    account = "system:serviceaccount:trimtab:trimtab"

    def may(verb, resource, space):
        kind, _, part = resource.partition("/")
        return cluster.kubectl("auth", "can-i", verb, kind, f"--subresource={part}", "-n", space, "--as", account, check=False).stdout.strip() == "yes"

    for verb, resource, space in [
        ("list", "pods", "default"), ("watch", "deployments.apps", "shop"), ("list", "horizontalpodautoscalers.autoscaling", "default"),
        ("patch", "deployments.apps", "shop"), ("patch", "pods/resize", "shop"), ("create", "leases.coordination.k8s.io", "shop"),
        ("watch", "applications.trimtab.dev", "shop"), ("patch", "applications.trimtab.dev/status", "default"), ("list", "resourcequotas", "shop"),
    ]:
        assert may(verb, resource, space), f"{account} must be able to {verb} {resource} in {space}"
    for verb, resource, space in [
        ("get", "secrets", "shop"), ("list", "secrets", "default"), ("patch", "deployments.apps", "default"), ("patch", "pods/resize", "default"),
        ("create", "pods/exec", "shop"), ("delete", "deployments.apps", "shop"), ("create", "pods", "shop"), ("get", "configmaps", "kube-system"),
        ("patch", "deployments.apps", "kube-system"), ("create", "clusterrolebindings.rbac.authorization.k8s.io", "default"),
        ("patch", "applications.trimtab.dev", "shop"), ("impersonate", "users", "default"), ("get", "nodes/proxy", "default"),
    ]:
        assert not may(verb, resource, space), f"{account} must not be able to {verb} {resource} in {space}"


def main():
    if not pathlib.Path(TRIMTAB).exists():
        sys.exit(f"error: {TRIMTAB} is missing, build it first")
    with Cluster() as cluster:
        check_custom_resource(cluster)
        check_chart(cluster)
        check_installed(cluster)
        check_permissions(cluster)
    print("all good")


main()
