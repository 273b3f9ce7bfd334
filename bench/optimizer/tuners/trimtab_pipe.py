"""Trimtab through `trimtab optimize` and its JSON lines, as a program in any language would use it."""

import json
import os
import select
import subprocess
import tempfile

REPLY_DEADLINE_S = 120


class Trimtab:
    version = "trimtab"

    def __init__(self, task, seed, budget, options):
        self.task = task
        handle, self.path = tempfile.mkstemp(prefix="bench-space-", suffix=".yaml")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(task.space.document(task.goal(), task.slo_texts(), task.baseline))
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen([*options["trimtab"].split(), "optimize", self.path, "--seed", str(seed), "--budget", str(budget),
                                         *options.get("trimtab_options", ())],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors)
        self.buffer = b""
        self.id = None

    def _call(self, request):
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        while b"\n" not in self.buffer:
            ready, _, _ = select.select([self.process.stdout], [], [], REPLY_DEADLINE_S)
            part = os.read(self.process.stdout.fileno(), 1 << 16) if ready else b""
            if not part:
                self.errors.seek(0)
                said = self.errors.read()[-500:].decode(errors="replace")
                raise RuntimeError(f"trimtab optimize gave no reply to {json.dumps(request)[:200]}: {said}")
            self.buffer += part
        line, self.buffer = self.buffer.split(b"\n", 1)
        reply = json.loads(line)
        if "error" in reply:
            raise RuntimeError(f"{json.dumps(request)[:200]} -> {line.decode()[:400]}")
        return reply

    def ask(self):
        suggestion = self._call({"ask": {"count": 1}})["suggestions"][0]
        self.id = suggestion["id"]
        return suggestion["configuration"]

    def tell(self, configuration, outcome):
        if outcome.failed:
            self._call({"tell": {"id": self.id, "failed": outcome.failed}})
        else:
            self._call({"tell": {"id": self.id, "metrics": outcome.metrics}})

    def reject(self, configuration):
        # A relation is part of the document: a suggestion that breaks it is a fault of Trimtab, and it shows in the table of rejected points.
        self._call({"tell": {"id": self.id, "failed": "breaks a declared relation"}})

    def recommend(self):
        best = self._call({"best": {}})["best"]
        return best["configuration"] if best else None

    def close(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        self.errors.close()
        os.unlink(self.path)
