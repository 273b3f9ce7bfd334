#!/usr/bin/env python3
"""KRR's query pattern (robusta-dev/krr, strategy simple) against a Prometheus.
Usage: krr_pattern.py URL DAYS WORKLOADS WORKERS END [OF]

For every workload: its ReplicaSets, their pods, then for those pods the 95th percentile of CPU, the greatest memory, and how many points each
has; sub-queries over the whole window with a step of 1.25 minutes; ten workloads at a time. With OF, the WORKLOADS are spread evenly over
that many: a sample. Prints seconds, workloads and queries."""
import concurrent.futures
import json
import sys
import time
import urllib.parse
import urllib.request

url, days, count = sys.argv[1].rstrip("/"), int(sys.argv[2]), int(sys.argv[3])
workers, end = int(sys.argv[4]), sys.argv[5]
every = int(sys.argv[6]) // count if len(sys.argv) > 6 else 1
period = f"{days * 24}h"
window = f"[{period}:75s]"


def ask(query):
    body = urllib.parse.urlencode({"query": query, "time": end}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{url}/api/v1/query", data=body), timeout=600) as answer:
        return json.load(answer)["data"]["result"]


def scan(index):
    space = f'namespace="team-{index // 25}"'
    sets = ask(f'kube_replicaset_owner{{owner_name="app-{index}",owner_kind="Deployment",{space}}}[{period}]')
    owners = "|".join({one["metric"]["replicaset"] for one in sets})
    pods = ask(f'last_over_time(kube_pod_owner{{owner_name=~"{owners}",owner_kind="ReplicaSet",{space}}}[{period}])')
    chosen = f'{space},pod=~"{"|".join(sorted({one["metric"]["pod"] for one in pods}))}",container="main"'
    cpu = f"max by (container,pod,job) (rate(container_cpu_usage_seconds_total{{{chosen}}}[75s]))"
    total = f"max by (container,pod,job) (container_cpu_usage_seconds_total{{{chosen}}})"
    memory = f"max by (container,pod,job) (container_memory_working_set_bytes{{{chosen}}})"
    answers = [
        ask(f"quantile_over_time(0.95, {cpu}{window})"),
        ask(f"count_over_time({total}{window})"),
        ask(f"max_over_time({memory}{window})"),
        ask(f"count_over_time({memory}{window})"),
    ]
    return sum(len(answer) for answer in answers)


started = time.monotonic()
with concurrent.futures.ThreadPoolExecutor(workers) as pool:
    series = sum(pool.map(scan, range(0, count * every, every)))
print(json.dumps({"seconds": round(time.monotonic() - started, 2), "workloads": count, "series": series, "queries": 6 * count}))
