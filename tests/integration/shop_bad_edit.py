"""A bad edit on the demonstration: with `./run` up and a recommendation open, edits it to 0.2 CPU or the values given, approves,
and waits until the guard has rolled back. Prints the story and for how long p95 was outside its SLO, over the evaluation window as the page draws it
and over four seconds, twice the scrape interval, which is as sharp as Prometheus can tell. Not part of ./test, which has the same story
on a small stack (bad_edit.py): it needs the shop under load.
Usage: shop_bad_edit.py [local | kubernetes] [PARAMETER=VALUE ...]"""
import json
import pathlib
import sys
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
WHERE = sys.argv[1] if len(sys.argv) > 1 else "local"
STATE, PORT, PROMETHEUS_PORT = {"local": (".state", 7070, 19090), "kubernetes": (".state/kubernetes", 7071, 19091)}[WHERE]
URL = f"http://127.0.0.1:{PORT}"
TOKEN = (ROOT / STATE / "trimtab/token").read_text().strip()
PROMETHEUS = f"http://127.0.0.1:{PROMETHEUS_PORT}"
BAD = {name: float(value) for name, _, value in (text.partition("=") for text in sys.argv[2:])} or {"container.cpu_limit": 0.2}


def call(path, body=None):
    request = urllib.request.Request(URL + path, None if body is None else json.dumps(body).encode(),
                                     {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def sharp_p95(start, end):
    """p95 in ms, second by second, over the four seconds before."""
    query = '1000 * histogram_quantile(0.95, sum by (le) (rate(shop_request_seconds_bucket{job="shop"}[4s])))'
    asked = urllib.parse.urlencode({"query": query, "start": start, "end": end, "step": 1})
    with urllib.request.urlopen(f"{PROMETHEUS}/api/v1/query_range?{asked}", timeout=20) as answer:
        result = json.load(answer)["data"]["result"]
    return [(float(t), float(v)) for t, v in result[0]["values"] if v != "NaN"]


def seconds(text):
    return time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))


def wait(what, condition, limit):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(1)
    sys.exit(f"not within {limit} s: {what}")


application = call("/api/v1/applications/shop")
window = application["cadence"]["window_s"]
identity = wait("a recommendation is open", lambda: call("/api/v1/applications/shop")["open_recommendation"], 400)
call(f"/api/v1/recommendations/{identity}/decision", {"action": "edit", "edits": BAD, "reason": "half of it must do"})
call(f"/api/v1/recommendations/{identity}/decision", {"action": "approve", "reason": "trying it out"})
final = wait("an end", lambda: (r := call(f"/api/v1/recommendations/{identity}"))["state"] in ("rolled_back", "kept", "failed") and r, 400)
for entry in final["history"]:
    print(f"{entry['at'][11:19]}  {entry['state']:<12}  {entry['actor']:<8}  {entry['action']}: {entry['reason']}")
time.sleep(15)
start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 400))
now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
points = call(f"/api/v1/applications/shop/series?metrics=p95,arrivals&from={start}&to={now}&step=5s")["series"]
approved = next(1000 * seconds(e["at"]) for e in final["history"] if e["state"] == "approved")
p95 = [(t, v) for t, v in points["p95"]["points"] if t >= approved]
load = [v for t, v in points["arrivals"]["points"] if t >= approved]
bound = next(s["bound"] for s in application["slos"] if s["name"].startswith("p95"))
breached = [v for _, v in p95 if v > bound]
sharp = [t for t, v in sharp_p95(approved / 1000, time.time()) if v > bound]
print(f"over four seconds: above it in {len(sharp)} s, from {sharp[0] - approved / 1000:.0f} to {sharp[-1] - approved / 1000:.0f} s after the approval" if sharp else "never above it")
print(f"load {min(load):.0f} to {max(load):.0f} requests/s; p95 above {bound} ms in {5 * len(breached)} s (window: {window} s), at most {max(v for _, v in p95):.0f} ms")
