#!/usr/bin/env python3
"""Writes OpenMetrics text of a made-up fleet, for promtool. Usage: generate.py CONTAINERS DAYS SCRAPE_SECONDS > FILE

Two replicas a workload, one container a replica, 25 workloads a namespace. CPU follows the day with noise and a weekly peak; memory a
level with noise. The same arguments and day give the same series."""
import math
import random
import sys
import time

containers, days, scrape = (int(argument) for argument in sys.argv[1:4])
end = int(time.time()) // 60 * 60
times = range(end - days * 86400, end + 1, scrape)
random.seed(7)
pods = []
for index in range(containers):
    workload, replica = divmod(index, 2)
    suffix = "".join(random.choice("bcdfghjklmnpqrstvwxz2456789") for _ in range(5))
    labels = f'namespace="team-{workload // 25}",pod="app-{workload}-5d9c7b8f6-{suffix}",container="main"'
    pods.append((labels, workload, random.uniform(0.02, 0.8), random.uniform(60, 900), random.Random(index)))

out = sys.stdout


def family(name, kind, lines):
    out.write(f"# TYPE {name} {kind}\n")
    for line in lines:
        out.write(line)


def cpu():
    for labels, workload, level, _, noise in pods:
        used = 0.0
        for at in times:
            day = 0.55 + 0.45 * math.sin((at % 86400) / 86400 * 2 * math.pi + workload % 7)
            peak = 2.0 if at // 3600 % 168 == 34 else 1.0
            used += level * day * peak * (0.8 + 0.4 * noise.random()) * scrape
            yield f"container_cpu_usage_seconds_total{{{labels}}} {used:.3f} {at}\n"


def memory():
    for labels, _, _, level, noise in pods:
        for at in times:
            yield f"container_memory_working_set_bytes{{{labels}}} {int(level * 1048576 * (0.9 + 0.2 * noise.random()))} {at}\n"


def state(name, more, value):
    last = range(end - 6 * 3600, end + 1, 60)  # kube-state-metrics' answers are only read at the end
    return (f"{name}{{{labels}{more(workload)}}} {value} {at}\n" for labels, workload, *_ in pods for at in last)


family("container_cpu_usage_seconds", "counter", cpu())
family("container_memory_working_set_bytes", "gauge", memory())
family("kube_pod_container_info", "gauge", state("kube_pod_container_info", lambda w: f',image="registry/app-{w}:1"', 1))
for resource, value in (("cpu", 1), ("memory", 1073741824)):
    name = "kube_pod_container_resource_requests"
    if resource == "cpu":
        family(name, "gauge", ())
    for line in state(name, lambda w, r=resource: f',resource="{r}"', value):
        out.write(line)
out.write("# EOF\n")
