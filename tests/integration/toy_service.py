"""A service small enough to start in a tenth of a second: answers 200 to everything. Arguments it does not know are ignored, so
that it can be given the flags of any pack. Usage: toy_service.py --port N [anything]"""
import argparse
import http.server
import signal
import sys


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b"ok\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
known, _ = parser.parse_known_args()
server = http.server.ThreadingHTTPServer(("127.0.0.1", known.port), Answer)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("started", *sys.argv[1:], flush=True)
server.serve_forever()
