"""trimtab backtest as a user runs it: the same bytes twice, recorded need as generated, and one line for everything that is wrong."""
import json
import os
import pathlib
import subprocess
import tempfile

TRIMTAB = os.environ["TRIMTAB_BIN"]
RIVALS = ["VPA", "KRR simple", "KRR simple_limit", "Autopilot window", "Autopilot ML", "Kruize cost", "Kruize performance", "Trimtab"]
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
for wrong in (["--family", "none"], ["--days", "5", "--learn", "5"], ["--every", "1s"], ["--every", "often"], ["--seeds", "0"], ["--cpu-price", "-1"], ["-o", "csv"]):
    backtest(*wrong, code=2)
print("backtest is what it says")
