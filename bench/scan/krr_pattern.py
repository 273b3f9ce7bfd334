#!/usr/bin/env python3
"""KRR's query pattern (robusta-dev/krr, strategy simple) against a Prometheus. Usage: krr_pattern.py URL DAYS WORKLOADS [WORKERS]

For every workload: which pods there were, the 95th percentile of CPU, the greatest memory, and how many points each has; sub-queries over
the whole window with a step of 1.25 minutes; ten workloads at a time. Prints seconds, workloads and queries."""
import concurrent.futures
import json
import sys
import time
import urllib.parse
import urllib.request

url, days, count = sys.argv[1].rstrip("/"), int(sys.argv[2]), int(sys.argv[3])
workers = int(sys.argv[4]) if len(sys.argv) > 4 else 10
window = f"[{days * 24}h:75s]"


def ask(query):
    body = urllib.parse.urlencode({"query": query}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{url}/api/v1/query", data=body), timeout=600) as answer:
        return json.load(answer)["data"]["result"]


def scan(index):
    chosen = f'namespace="team-{index // 25}",pod=~"app-{index}-.*",container="main"'
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
    series = sum(pool.map(scan, range(count)))
print(json.dumps({"seconds": round(time.monotonic() - started, 2), "workloads": count, "series": series, "queries": 4 * count}))
