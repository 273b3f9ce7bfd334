"""KubernetesPlatform on a real cluster, with the roles of deploy/rbac/live.yaml and nodes.yaml: they must be enough, and platform tests must use all of them.
Usage: platform_test.py PROGRAM [arguments for it]"""
import json
import pathlib
import subprocess
import sys

from one_node import HERE, Cluster, account_kubeconfig


def asked_for(cluster, account):
    """What the account was seen to do, by the API server's audit log."""
    seen, refused = set(), set()
    for line in (cluster.state / "logs/audit.json").read_text().splitlines():
        entry = json.loads(line)
        if entry["user"]["username"] != f"system:serviceaccount:default:{account}" or "objectRef" not in entry:
            continue
        about = entry["objectRef"]
        what = (about.get("apiGroup", ""), about["resource"] + ("/" + about["subresource"] if "subresource" in about else ""), entry["verb"])
        (refused if entry.get("responseStatus", {}).get("code") == 403 else seen).add(what)
    # An API server that has just started refuses for a moment what it allows as soon as it has read the roles.
    assert refused <= seen, f"the role does not allow {sorted(refused - seen)}"
    return seen


def allowed(cluster, role):
    return {
        (group, resource, verb)
        for rule in cluster.get("clusterrole", role)["rules"] for group in rule["apiGroups"] for resource in rule["resources"] for verb in rule["verbs"]
    }


with Cluster() as cluster:
    environment = dict(cluster.environment)
    environment["TRIMTAB_LIVE_KUBECONFIG"] = account_kubeconfig(cluster, "live", ["live", "nodes"])
    environment["TRIMTAB_KILL_API_SERVER"] = f"{HERE / 'cluster'} kill kube-apiserver"
    ended = subprocess.run(sys.argv[1:], env=environment, timeout=1400).returncode
    seen = asked_for(cluster, "live")
    print(f"asked for {len(seen)} things, none was refused")
    if ended == 0 and "platform" in pathlib.Path(sys.argv[1]).name and len(sys.argv) == 2:
        unused = (allowed(cluster, "trimtab-live") | allowed(cluster, "trimtab-nodes")) - seen
        assert not unused, f"the roles allow what is never asked for: {sorted(unused)}"
sys.exit(ended)
