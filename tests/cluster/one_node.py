"""A test cluster for Python tests: starts it in a folder of its own, speaks to it with kubectl, removes it at the end."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SKIPPED = 77


class Cluster:
    """with Cluster() as cluster: ... ; ends the whole program with 77 where the kernel forbids clusters."""

    def __init__(self):
        self.state = pathlib.Path(tempfile.mkdtemp(prefix="trimtab-cluster-test-", dir="/var/tmp"))
        self.environment = dict(os.environ, CLUSTER_STATE=str(self.state), KUBECONFIG=str(self.state / "admin.kubeconfig"))

    def __enter__(self):
        started = time.monotonic()
        result = self.command("start", check=False)
        if result.returncode != 0:
            print(result.stdout, result.stderr)
            self.show_logs()
            self.command("remove", check=False)
            sys.exit(SKIPPED if result.returncode == SKIPPED else 1)
        print(f"the cluster was ready after {time.monotonic() - started:.1f} s")
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            self.show_logs()
        self.command("remove")

    def show_logs(self):
        for log in sorted((self.state / "logs").glob("*.log")):
            print(f"--- {log.name}", *log.read_text(errors="replace").splitlines()[-6:], sep="\n")

    def command(self, *arguments, check=True):
        result = subprocess.run([str(HERE / "cluster"), *arguments], env=self.environment, capture_output=True, text=True, timeout=1500)
        if check and result.returncode != 0:
            raise AssertionError(f"cluster {' '.join(arguments)}: {result.returncode} {result.stdout} {result.stderr}")
        return result

    def run(self, program, *arguments, given=None, check=True):
        """A program beside the state (kubectl, helm), or one by its path."""
        path = program if "/" in program else str(self.state / program)
        result = subprocess.run([path, *arguments], env=self.environment, input=given, capture_output=True, text=True, timeout=300)
        if check and result.returncode != 0:
            raise AssertionError(f"{program} {' '.join(arguments)}: {result.returncode} {result.stdout} {result.stderr}")
        return result

    def kubectl(self, *arguments, given=None, check=True):
        return self.run("kubectl", *arguments, given=given, check=check)

    def get(self, *arguments):
        return json.loads(self.kubectl("get", *arguments, "-o", "json").stdout)

    def apply(self, *documents, check=True):
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(documents)})
        return self.kubectl("apply", "--server-side", "-f", "-", given=text, check=check)


def account_kubeconfig(cluster, account, roles):
    """A kubeconfig of a service account of namespace default that has just these roles of deploy/rbac. Its token is in the file FILE.token, which
    may be replaced."""
    cluster.kubectl("create", "serviceaccount", account, "-n", "default")
    for role in roles:
        cluster.kubectl("apply", "-f", str(ROOT / f"deploy/rbac/{role}.yaml"))
        cluster.kubectl("create", "clusterrolebinding", f"{account}-{role}", f"--clusterrole=trimtab-{role}", f"--serviceaccount=default:{account}")
    path = cluster.state / f"{account}.kubeconfig"
    token = pathlib.Path(f"{path}.token")
    token.touch(mode=0o600)
    token.write_text(cluster.kubectl("create", "token", account, "-n", "default").stdout)
    config = json.loads(cluster.kubectl("config", "view", "--raw", "-o", "json").stdout)
    config["users"] = [{"name": account, "user": {"tokenFile": str(token)}}]
    for context in config["contexts"]:
        context["context"]["user"] = account
    path.touch(mode=0o600)
    path.write_text(json.dumps(config))
    return str(path)


def eventually(what, condition, seconds=90):
    """Returns the first true value of condition(); AssertionError when there is none in time."""
    deadline = time.monotonic() + seconds
    seen = None
    while time.monotonic() < deadline:
        try:
            seen = condition()
        except (AssertionError, KeyError, IndexError, OSError) as error:
            seen = None
            last = error
        else:
            last = seen
        if seen:
            return seen
        time.sleep(0.2)
    raise AssertionError(f"{what}: not within {seconds} s; last seen: {last}")
