"""KubernetesPlatform on a real cluster, with the role of deploy/rbac/live.yaml. Usage: platform_test.py PROGRAM [arguments for it]"""
import json
import pathlib
import subprocess
import sys

from one_node import HERE, ROOT, Cluster


def limited_kubeconfig(cluster, role):
    """A kubeconfig of a service account that has just this cluster role."""
    cluster.kubectl("apply", "-f", str(ROOT / f"deploy/rbac/{role}.yaml"))
    cluster.kubectl("create", "serviceaccount", role, "-n", "default")
    cluster.kubectl("create", "clusterrolebinding", role, f"--clusterrole=trimtab-{role}", f"--serviceaccount=default:{role}")
    token = cluster.kubectl("create", "token", role, "-n", "default").stdout.strip()
    config = json.loads(cluster.kubectl("config", "view", "--raw", "-o", "json").stdout)
    config["users"] = [{"name": role, "user": {"token": token}}]
    for context in config["contexts"]:
        context["context"]["user"] = role
    path = pathlib.Path(cluster.state) / f"{role}.kubeconfig"
    path.write_text(json.dumps(config))
    path.chmod(0o600)
    return str(path)


with Cluster() as cluster:
    environment = dict(cluster.environment)
    environment["TRIMTAB_LIVE_KUBECONFIG"] = limited_kubeconfig(cluster, "live")
    environment["TRIMTAB_KILL_API_SERVER"] = f"{HERE / 'cluster'} kill kube-apiserver"
    ended = subprocess.run(sys.argv[1:], env=environment, timeout=1200).returncode
sys.exit(ended)
