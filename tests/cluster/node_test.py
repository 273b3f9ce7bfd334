"""The test cluster is a real one: a pod runs, a service is reached, an in-place resize changes the control group without a restart, the metrics
that autoscalers and Prometheus read are there, a killed API server returns; and when it ends nothing of it is left on the machine."""
import glob
import json
import pathlib
import subprocess
import urllib.request

from one_node import Cluster, eventually

WEB = {
    "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {"containers": [{
        "name": "web", "image": "localhost/busybox:1", "command": ["sh", "-c", "echo hello > /tmp/index.html; exec httpd -f -p 8080 -h /tmp"],
        "resources": {"requests": {"cpu": "100m", "memory": "16Mi"}, "limits": {"cpu": "200m", "memory": "32Mi"}},
    }]},
}
SERVICE = {
    "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]},
}


USAGE = "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods/web"


def links():
    return {line.split(":")[1].strip() for line in subprocess.run(["ip", "-o", "link"], capture_output=True, text=True).stdout.splitlines()}


def mounts():
    return pathlib.Path("/proc/mounts").read_text().splitlines()


def routes():
    return subprocess.run(["ip", "route"], capture_output=True, text=True).stdout


def sysctls():
    return [pathlib.Path("/proc/sys", name).read_text() for name in ("vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops", "net/ipv4/ip_forward")]


def processes_naming(text):
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            if text in pathlib.Path(path).read_bytes().decode(errors="replace"):
                found.append(path)
        except OSError:
            pass  # it has just ended
    return found


def quota_millicores(uid):
    for group in glob.glob(f"/sys/fs/cgroup/**/pod{uid}", recursive=True):
        one = pathlib.Path(group, "cpu.cfs_quota_us")
        if one.exists():
            return int(one.read_text()) * 1000 // int(pathlib.Path(group, "cpu.cfs_period_us").read_text())
        two = pathlib.Path(group, "cpu.max")
        if two.exists() and not two.read_text().startswith("max"):
            quota, period = two.read_text().split()
            return int(quota) * 1000 // int(period)
    return None


def check(cluster):
    cluster.apply(WEB, SERVICE)
    eventually("the pod is ready", lambda: cluster.get("pod", "web")["status"]["containerStatuses"][0]["ready"])
    uid = cluster.get("pod", "web")["metadata"]["uid"]
    assert quota_millicores(uid) == 200, quota_millicores(uid)

    address = cluster.get("service", "web")["spec"]["clusterIP"]
    answer = eventually("the service answers", lambda: urllib.request.urlopen(f"http://{address}/", timeout=5).read())
    assert answer == b"hello\n", answer

    resized = {"spec": {"containers": [{"name": "web", "resources": {"limits": {"cpu": "350m"}}}]}}
    cluster.kubectl("patch", "pod", "web", "--subresource", "resize", "--patch", json.dumps(resized))
    eventually("the control group follows the resize", lambda: quota_millicores(uid) == 350)
    status = eventually(
        "the status tells the resize",
        lambda: [s for s in cluster.get("pod", "web")["status"]["containerStatuses"] if s["resources"]["limits"]["cpu"] == "350m"])[0]
    assert status["restartCount"] == 0, status
    assert cluster.get("pod", "web")["metadata"]["uid"] == uid

    scraped = eventually(
        "the kubelet tells the container's CPU time",
        lambda: [line for line in cluster.kubectl("get", "--raw", "/api/v1/nodes/node1/proxy/metrics/cadvisor").stdout.splitlines()
                 if line.startswith("container_cpu_usage_seconds_total{") and 'container="web"' in line and 'pod="web"' in line])
    print(scraped[0])
    usage = eventually("the metrics API tells the pod's use", lambda: json.loads(cluster.kubectl("get", "--raw", USAGE).stdout), 120)
    assert usage["containers"][0]["name"] == "web", usage

    cluster.command("kill", "kube-apiserver")
    eventually("the API server returns", lambda: cluster.get("pod", "web")["metadata"]["uid"] == uid)


def main():
    before = sysctls()
    with Cluster() as cluster:
        number = (cluster.state / "number").read_text().strip()
        check(cluster)
    eventually("no process is left", lambda: not processes_naming(str(cluster.state)), 30)
    eventually("no link is left", lambda: not [name for name in links() if name.startswith(f"trimtab-{number}@")], 30)
    assert not cluster.state.exists()
    assert not [line for line in mounts() if str(cluster.state) in line or "netns/cni" in line], mounts()
    assert f"10.244.{number}.0" not in routes(), routes()
    assert sysctls() == before, (sysctls(), before)
    assert not glob.glob(f"/sys/fs/cgroup/trimtab-cluster-{number}") + glob.glob(f"/sys/fs/cgroup/*/trimtab-cluster-{number}")
    print("all good, and nothing was left")


main()
