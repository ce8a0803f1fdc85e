# SPDX-License-Identifier: Apache-2.0
"""The T8 side of an operator's network, as small as can be: it takes configurations and remembers where their callbacks go; and the cases
of layer t8-json, which are what comes to such a callback."""

import http.server
import json
import re
import socket
import threading
import time
import urllib.parse

from verdict import SLOW, Failed, Skipped


class _Handler(http.server.BaseHTTPRequestHandler):
    def _answer(self, status, value=None, location=None):
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self._answer(200, [])

    def do_POST(self):
        content = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        owner = self.server.owner
        if self.path.endswith("/configurations"):
            url = f"http://127.0.0.1:{owner.port}{self.path}/1"
            owner.configured(url, content)
            self._answer(201, dict(content, self=url, status="ACTIVE"), url)
        else:
            owner.downlinks.append(content)
            self._answer(200, dict(content, deliveryStatus="SUCCESS_NEXT_HOP_ACKNOWLEDGED"))

    def do_DELETE(self):
        self._answer(204)

    do_PUT = do_PATCH = do_POST

    def log_message(self, *_):
        pass


class Scef:
    """`port`; when a gateway has made its configuration: `url`, the configuration's, and `callback`, where notifications go."""

    def __init__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.server.owner = self
        self.port = self.server.server_address[1]
        self.url = self.callback = None
        self.downlinks, self.ready = [], threading.Event()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def configured(self, url, content):
        self.url, self.callback = url, urllib.parse.urlsplit(content["notificationDestination"])
        self.ready.set()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def build_request(text, body, callback):
    """The bytes of the HTTP request that a case's text stands for: `METHOD /path` is a method at the callback, `Name: value` a header of a
    POST whose body does not come, `one N KiB header line` such a line, anything else a body."""
    path = callback.path
    host = f"Host: {callback.netloc}\r\nConnection: close\r\n"
    method = re.fullmatch(r"([A-Z]{3,10}) (/\S*)", text)
    if method:
        return f"{method[1]} {path} HTTP/1.1\r\n{host}\r\n".encode()
    header = re.fullmatch(r"one (\d+) Ki?B header line", text)
    if header:
        return f"POST {path} HTTP/1.1\r\n{host}X-Long: {'a' * (int(header[1]) * 1024)}\r\n\r\n".encode()
    head = f"POST {path} HTTP/1.1\r\n{host}Content-Type: application/json\r\n"
    if re.fullmatch(r"[A-Z][A-Za-z-]*: [^\n{}]*", text):
        return f"POST {path} HTTP/1.1\r\n{host}Content-Type: application/json\r\n{text}\r\n\r\n".encode()
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def exchange(callback, request, seconds):
    """(status, headers in lower case) of an HTTP answer; (0, {}) where none came."""
    answer = b""
    with socket.create_connection((callback.hostname, callback.port), seconds) as sock:
        end = time.monotonic() + seconds
        try:
            sock.sendall(request)
        except ConnectionError:
            pass  # it may refuse before it has read all
        while b"\r\n\r\n" not in answer and time.monotonic() < end:
            sock.settimeout(max(end - time.monotonic(), 0.01))
            try:
                part = sock.recv(65536)
            except (socket.timeout, ConnectionError):
                break
            if not part:
                break
            answer += part
    lines = answer.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
    status = re.match(r"HTTP/1\.\d (\d\d\d)", lines[0])
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    return (int(status[1]) if status else 0), headers


def run_case(world, case):
    """A case of layer t8-json. Raises Failed, Skipped."""
    if not world.scef.ready.wait(20):
        raise Failed("the gateway made no configuration at its SCEF")
    allowed = [int(number) for number in re.findall(r"\b[2-5]\d\d\b", case.expect)]
    if not allowed:
        raise Skipped(f"no status in its expectation {case.expect!r}")
    body = case.body()
    for url in re.findall(rb"https?://[^\"\\ ]*/(?:cfg|configurations)/\d+", body)[:1]:
        body = body.replace(url, world.scef.url.encode())
    before = len(world.scef.downlinks)
    started = time.monotonic()
    status, headers = exchange(world.scef.callback, build_request(case.text if case.repeat == 1 else "", body, world.scef.callback), SLOW)
    if status not in allowed:
        raise Failed(f"HTTP answer {status or 'none'} after {time.monotonic() - started:.1f} s, wanted {case.expect}")
    allow = re.search(r"\+ Allow: (\S+)", case.expect)
    if allow and allow[1].lower() not in headers.get("allow", ""):
        raise Failed(f"no Allow: {allow[1]} in the answer")
    if "silent" in case.expect:
        world.check_alive()
        if len(world.scef.downlinks) != before:
            raise Failed("it answered the device")
