"""Who may do what: loopback only, changes need the token, other hosts and origins are refused, the secret stands nowhere in clear."""
import json
import os
import socket
import stat
import urllib.error
import urllib.request

from toy_stack import ToyStack


def status(stack, method, path, headers=None, body=None):
    request = urllib.request.Request(stack.url + path, method=method, data=body)
    request.add_header("Content-Type", "application/json")
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        json.loads(error.read())["error"]["code"]
        return error.code


with ToyStack("access") as stack:
    stack.serve()
    stack.enroll()
    # Loopback only.
    listening = [line.split() for line in open("/proc/net/tcp").readlines()[1:]]
    port = f"{stack.port:04X}"
    addresses = {fields[1].split(":")[0] for fields in listening if fields[1].endswith(":" + port) and fields[3] == "0A"}
    assert addresses == {"0100007F"}, addresses
    refused = stack.trimtab("serve", "--state", str(stack.directory / "other"), "--listen", "0.0.0.0:0", check=False)
    assert refused.returncode == 5 and refused.stderr.startswith("error: "), refused
    # The token.
    token = stack.token
    mode = stat.S_IMODE(os.stat(stack.directory / "state/token").st_mode)
    assert mode == 0o600, oct(mode)
    path = "/api/v1/applications/access/paused"
    body = json.dumps({"paused": True, "reason": "test"}).encode()
    assert status(stack, "PUT", path, {}, body) == 401
    assert status(stack, "PUT", path, {"Authorization": "Bearer wrong"}, body) == 401
    good = {"Authorization": f"Bearer {token}"}
    assert status(stack, "PUT", path, good, body) == 200
    assert status(stack, "PUT", path, {**good, "Origin": "http://evil.example"}, body) == 403
    assert status(stack, "GET", "/api/v1/applications", {"Host": "evil.example"}) in (403, 421)
    assert status(stack, "GET", "/api/v1/applications") == 200
    # In clear nowhere but in its own file.
    for file in stack.directory.rglob("*"):
        if file.is_file() and file.name != "token":
            assert token.encode() not in file.read_bytes(), file
    for name in ("cmdline", "environ"):
        assert token.encode() not in open(f"/proc/{stack.server.pid}/{name}", "rb").read(), name
    # A request that is no HTTP is answered or closed, and the server lives on.
    with socket.create_connection(("127.0.0.1", stack.port), 5) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc")
        raw.settimeout(10)
        answer = raw.recv(200)
        assert answer == b"" or b" 400 " in answer.split(b"\r\n")[0] + b" ", answer
    assert status(stack, "GET", "/healthz") == 200
    print("loopback only; changes need the token; the token stands in one file, mode 0600")
