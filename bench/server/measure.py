#!/usr/bin/env python3
"""What the server costs: memory and CPU when idle with one application, answers of the API with 1,000 recommendations stored, size of the page's
first load. Prints a table. Usage: bench/server/measure.py [--binary build/release/trimtab] [--idle 30]"""
import argparse
import gzip
import json
import os
import pathlib
import re
import sqlite3
import statistics
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/integration"))


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{pid}/status").read()).group(1)) / 1024


def multiply_recommendations(database, application, count):
    """Copies the recommendation that is there under new identities, each a second older."""
    db = sqlite3.connect(database)
    created, state, body = db.execute("SELECT created, state, body FROM recommendations LIMIT 1").fetchone()
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    for i in range(count):
        text, n = "", i
        for _ in range(16):
            text, n = alphabet[n % 32] + text, n // 32
        identity = "01BENCHMRK" + text
        copy = json.loads(body)
        copy["id"] = identity
        db.execute("INSERT INTO recommendations VALUES (?, ?, ?, ?, ?)", (identity, application, created - i * 1_000_000, state, json.dumps(copy)))
    db.commit()


def fetch(url):
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read(), answer.headers.get("Content-Encoding", "")


def first_load(url):
    """Compressed bytes of the page and of every file it names or imports statically."""
    seen, queue, total = set(), ["/"], 0
    while queue:
        path = queue.pop()
        if path in seen:
            continue
        seen.add(path)
        body, encoding = fetch(url + path)
        total += len(body)
        text = (gzip.decompress(body) if encoding == "gzip" else body).decode("utf-8", "replace")
        if path == "/":
            queue += re.findall(r'(?:src|href)="(/[^"]+\.(?:js|css|svg))"', text)
        elif path.endswith(".js"):
            queue += ["/assets/" + name for name in re.findall(r'from\s*"\./([\w.-]+\.js)"', text)]
    return total, len(seen)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default=str(ROOT / "build/release/trimtab"))
    parser.add_argument("--idle", type=float, default=30)
    options = parser.parse_args()
    os.environ["TRIMTAB_BIN"] = options.binary
    from toy_stack import ToyStack

    with ToyStack("bench") as stack:
        # The cadence of a demonstration, not of the tests.
        text = stack.document.read_text()
        text = re.sub(r"cadence: .*", "cadence: {window: 15s, step: 5s, decide_every: 60s, guard_every: 5s, settle: 15s, expire_after: 24h}", text)
        fast = stack.document.read_text()
        stack.serve()
        stack.enroll()
        stack.open_recommendation()
        stack.kill()
        database = next((stack.directory / "state").glob("*.db"))
        multiply_recommendations(database, stack.name, 1000)
        stack.serve()
        stack.request("POST", "/api/v1/applications", {"document": text, "file": "application.yaml"})
        assert fast != text
        time.sleep(3)
        used, began = cpu_seconds(stack.server.pid), time.monotonic()
        time.sleep(options.idle)
        cpu = (cpu_seconds(stack.server.pid) - used) / (time.monotonic() - began)
        rows = [("idle memory (RSS)", f"{rss_mib(stack.server.pid):.1f} MiB", "below 60"),
                ("idle CPU", f"{100 * cpu:.2f} % of a core", "below 1")]
        identity = stack.recommendations()[-1]["id"]
        for path in ("/api/v1/applications", f"/api/v1/applications/{stack.name}", "/api/v1/recommendations",
                     f"/api/v1/recommendations?application={stack.name}&limit=100", f"/api/v1/recommendations/{identity}", "/api/v1/audit"):
            times = []
            for _ in range(30):
                start = time.perf_counter()
                fetch(stack.url + path)
                times.append(1000 * (time.perf_counter() - start))
            label = path.replace(identity, "ID")
            rows.append((f"GET {label}", f"median {statistics.median(times):.1f} ms, worst {max(times):.1f} ms", "below 20"))
        size, files = first_load(stack.url)
        rows.append(("first load of the page, compressed", f"{size / 1000:.0f} kB in {files} files", "below 300"))
        width = max(len(row[0]) for row in rows)
        for row in rows:
            print(f"{row[0]:<{width}}  {row[1]:<36}  {row[2]}")


main()
