"""trimtab backtest as a user runs it: the same bytes twice, recorded need as generated, and one line for everything that is wrong."""
import json
import os
import pathlib
import subprocess
import tempfile

TRIMTAB = os.environ["TRIMTAB_BIN"]
RIVALS = ["VPA", "KRR simple", "KRR simple_limit", "Autopilot window", "Autopilot ML", "Kruize cost", "Kruize performance", "Trimtab often", "Trimtab"]
SHORT = ("--family", "diurnal", "--family", "leak", "--seeds", "1", "--days", "5", "--learn", "3")
RECORDED = pathlib.Path(__file__).parents[2] / "bench/backtest/azure"


def backtest(*arguments, code=0):
    done = subprocess.run([TRIMTAB, "backtest", *arguments], capture_output=True, text=True, timeout=240, stdin=subprocess.DEVNULL)
    assert done.returncode == code, (arguments, done.returncode, done.stdout[-1000:], done.stderr[-1000:])
    if code:
        assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1 and not done.stdout, done
    return done


text = backtest(*SHORT, "-o", "json").stdout
assert text == backtest(*SHORT, "-o", "json").stdout
rows = json.loads(text)["rows"]
assert [r["name"] for r in rows] == ["as set", *RIVALS, "greatest need"], rows
assert all(set(r["families"]) == {"diurnal", "leak"} for r in rows)
table = backtest(*SHORT, "-o", "wide").stdout
assert "\ndiurnal\n" in table and "2 containers" in table and "\x1b" not in table, table

# Asked once a day nobody changes more than once a day.
daily = {r["name"]: r for r in json.loads(backtest(*SHORT, "--every", "1d", "-o", "json").stdout)["rows"]}
often = {r["name"]: r for r in rows}
assert often["Autopilot ML"]["changes"] > 2 * 2 >= daily["Autopilot ML"]["changes"], (often["Autopilot ML"], daily["Autopilot ML"])

with tempfile.TemporaryDirectory() as directory:
    folder = pathlib.Path(directory)
    backtest("--metrics", directory, code=3)
    backtest("--metrics", f"{directory}/none", code=3)
    (folder / "a.csv").write_bytes((RECORDED / "azure-13.csv").read_bytes())
    recorded = json.loads(backtest("--metrics", directory, "-o", "json").stdout)
    assert recorded["traces"] == 1 and recorded["rows"][0]["cost"] > 0, recorded
    assert "--learn" in backtest("--metrics", directory, "--learn", "28", code=2).stderr
    (folder / "b.csv").write_text("time,cpu\n0,0.1\n60,many\n")
    assert "b.csv:3" in backtest("--metrics", directory, code=2).stderr

# An application's recorded series through the live engine: recorded from the service model, played twice.
EXAMPLES = pathlib.Path(__file__).parents[2] / "examples/scenarios"
SCENARIO = """apiVersion: trimtab.dev/v1
kind: Scenario
name: recorded
application: shop-application.yaml
start: 2026-01-06T00:00:00Z
length: 1d
history: 1d
step: 1m
replicas: 2
seed: 1
load: {peak: 90, shape: [[0, 0.2], [6, 0.2], [12, 1.0], [18, 0.6]], noise: 0.04}
"""
with tempfile.TemporaryDirectory() as directory:
    folder = pathlib.Path(directory)
    document = folder / "shop-application.yaml"
    document.write_bytes((EXAMPLES / "shop-application.yaml").read_bytes())
    (folder / "scenario.yaml").write_text(SCENARIO)
    series = folder / "recorded"
    subprocess.run([TRIMTAB, "simulate", folder / "scenario.yaml", "--record", series], check=True, timeout=240, stdout=subprocess.DEVNULL)
    PLAY = ("--application", str(document), "--metrics", str(series), "--replicas", "2")
    text = backtest(*PLAY, "-o", "json").stdout
    assert text == backtest(*PLAY, "-o", "json").stdout
    played = json.loads(text)
    proposed = [e["recommendation"] for e in played["timeline"] if e["what"] == "recommendation"]
    assert proposed and all(r["costProposed"] < r["costCurrent"] and r["why"] and 0 <= r["sloRisk"] < 0.1 for r in proposed), played
    assert played["cost"]["imagined"] < played["cost"]["recorded"] and played["windows"]["refused"] == 0, played
    rows = [r["name"] for r in played["containers"]["container"]["rows"]]
    assert rows == ["as set", *RIVALS, "Trimtab live", "greatest need"], rows
    table = backtest(*PLAY).stdout
    assert "  recommends: EUR" in table and "Imagined: " in table and "Autopilot ML" in table, table
    backtest("--application", str(document), code=2)
    backtest("--application", str(folder / "none.yaml"), "--metrics", str(series), code=3)
    (series / "arrivals.json").rename(folder / "elsewhere.json")
    assert "arrivals.json" in backtest(*PLAY, code=3).stderr
    (folder / "elsewhere.json").rename(series / "arrivals.json")
    assert "--learn" in backtest(*PLAY, "--learn", "2", code=2).stderr
    (series / "p95.json").write_text("{}")
    assert "p95.json:1" in backtest(*PLAY, code=2).stderr
    document.write_text(document.read_text().replace("goal: {minimize: cost}", "goal: {minimize: none}"))
    assert "shop-application.yaml:" in backtest(*PLAY, code=2).stderr

for wrong in (["--family", "none"], ["--days", "5", "--learn", "5"], ["--every", "1s"], ["--every", "often"], ["--seeds", "0"], ["--cpu-price", "-1"], ["-o", "csv"], [*SHORT, "--against", "none"]):
    backtest(*wrong, code=2)
print("backtest is what it says")
