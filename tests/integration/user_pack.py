#!/usr/bin/env python3
"""A newcomer's own pack, as docs/guide/packs.md tells: its three files are taken from the guide, faults are met with line and field, the study runs."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TRIMTAB = os.environ.get("TRIMTAB_BIN", str(ROOT / "build/release/trimtab"))


def trimtab(folder, *words):
    return subprocess.run([TRIMTAB, *words], cwd=folder, capture_output=True, text=True, timeout=150)


def files_of_guide(folder):
    text = (ROOT / "docs/guide/packs.md").read_text()
    for name in ("mine/xz.yaml", "study.yaml", "measure.sh"):
        block = re.search(r"`" + re.escape(name) + r"`.*?```\w*\n(.*?)```", text, re.S).group(1)
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(block)


def commands_of_guide():
    text = (ROOT / "docs/guide/packs.md").read_text()
    block = re.search(r"```\n(trimtab pack validate mine/xz.yaml\n.*?)```", text, re.S).group(1)
    return [line.split()[1:] for line in block.splitlines()]


def faults_name_line_and_field(folder):
    pack = (folder / "mine/xz.yaml").read_text()
    for old, new, field in (
        ("max: 9", "max: nine", "parameters[0].max"),
        ('"-${value}"', '"-level"', "parameters[0].render.argument"),
        ("relation: threads <= 8", "relation: thread <= 8", "relations[0].relation"),
        ("version: 1.0.0", "vesion: 1.0.0", "vesion"),
        ("type: integer", "type: whole", "parameters[0].type"),
    ):
        (folder / "broken.yaml").write_text(pack.replace(old, new, 1))
        done = trimtab(folder, "pack", "validate", "broken.yaml")
        said = done.stdout + done.stderr
        assert done.returncode == 2 and re.search(r"broken\.yaml[: ]+\d+:\d+", said) and field in said, (new, done)
    for old, new, field in (("xz.level, max: 6", "xz.levels, max: 6", "parameters[0].name"), ("pack: xz", "pack: zx", "components[0].pack")):
        (folder / "broken.yaml").write_text((folder / "study.yaml").read_text().replace(old, new, 1))
        done = trimtab(folder, "study", "run", "broken.yaml", "--packs", "mine")
        assert done.returncode == 2 and re.search(r"broken\.yaml:\d+:\d+", done.stderr) and field in done.stderr, (new, done.stderr)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        files_of_guide(folder)
        faults_name_line_and_field(folder)
        for words in commands_of_guide():
            done = trimtab(folder, *words)
            assert done.returncode == 0, (words, done.stdout + done.stderr)
        assert "xz.level" in done.stdout, "the last command prints the best configuration"
        shown = trimtab(folder, "pack", "show", "xz", "--packs", "mine")
        assert "level 9 takes 674 MiB a thread" in shown.stdout, shown
        assert re.fullmatch(r"-6 --threads=1\n", (folder / "arguments").read_text()), "the baseline is back, as the pack writes it"
        alone = trimtab(folder, "study", "show", "xz")
        assert alone.returncode == 2 and "--packs DIR" in alone.stderr, alone
        shown = trimtab(folder, "study", "show", "xz", "-o", "json", "--packs", "mine")
        study = json.loads(shown.stdout)
        assert study["state"] == "finished" and study["experiments"] == 6, shown.stdout
        assert 0 < study["best"] <= study["baseline"], shown.stdout
    return 0


sys.exit(main())
