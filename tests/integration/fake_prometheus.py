"""A Prometheus whose answers a test decides. It speaks /api/v1/query and /api/v1/query_range (GET and POST) and answers a query with the
value of the first key of `values` that occurs in its text, with a little noise. `trouble` bends the answers: None, "down", "slow", "nan",
"stale", "empty", "partial"."""
import http.server
import json
import random
import threading
import time
import urllib.parse


class FakePrometheus:
    def __init__(self, values, noise=0.01, seed=1):
        self.values = dict(values)
        self.noise = noise
        self.trouble = None
        self.queries = 0
        self.random = random.Random(seed)
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.reply(urllib.parse.urlsplit(self.path).query)

            def do_POST(self):
                self.reply(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

            def reply(self, form):
                fields = {k: v[0] for k, v in urllib.parse.parse_qs(form).items()}
                if fake.trouble == "down":
                    self.close_connection = True
                    return
                if fake.trouble == "slow":
                    fake.release.wait(30)
                body = json.dumps(fake.answer(self.path.split("?")[0], fields)).encode()
                try:
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # clients that are killed reset their connections

        self.release = threading.Event()
        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def value_of(self, query):
        for key, value in self.values.items():
            if key in query:
                return value
        return None

    def answer(self, path, fields):
        self.queries += 1
        query = fields.get("query", "")
        value = self.value_of(query)
        end = float(fields.get("time") or fields.get("end") or time.time())
        if path.endswith("query_range"):
            step = float(fields["step"].rstrip("s"))
            start = float(fields["start"])
            count = int((end - start) / step + 1e-9) + 1
            times = [start + i * step for i in range(count)]
        else:
            times = [end]
        if self.trouble == "stale":
            times = [t for t in times if t < end - 3600]
        if self.trouble == "partial":
            times = times[: max(0, len(times) // 3)] if len(times) > 1 else times
        if value is None or self.trouble == "empty" or not times:
            series = []
        else:
            points = [[t, "NaN" if self.trouble == "nan" else repr(self.noisy(value))] for t in times]
            if path.endswith("query_range"):
                series = [{"metric": {}, "values": points}]
            else:
                series = [{"metric": {}, "value": points[-1]}]
        kind = "matrix" if path.endswith("query_range") else "vector"
        return {"status": "success", "data": {"resultType": kind, "result": series}}

    def noisy(self, value):
        return value * (1 + self.random.gauss(0, self.noise)) if value else 0.0

    def close(self):
        self.release.set()
        self.server.shutdown()
        self.server.server_close()
