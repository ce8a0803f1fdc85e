# SPDX-License-Identifier: Apache-2.0
"""The other side of a simulated device, for its test: CoAP on plain sockets and the tests' own codec.

Server is what the device registers with; it sends requests and keeps what comes. FileServer serves one image over CoAP, block-wise.
"""

import os
import socket
import struct
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib"))
from coap_wire import ACK, CON, DELETE, GET, OPTIONS, POST, PUT, parse, write
from coap_wire import number as uint

OBSERVE, URI_PATH, FORMAT, QUERY, LOCATION, ETAG, ACCEPT, BLOCK2, BLOCK1, TAG = (OPTIONS[name] for name in (
    "observe", "uri-path", "content-format", "uri-query", "location-path", "etag", "accept", "block2", "block1", "request-tag"))
__all__ = ["DELETE", "FORMAT", "OBSERVE", "POST", "PUT", "QUERY", "FileServer", "Server", "uint"]


class Port(threading.Thread):
    """A UDP port whose messages go to on_message()."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.number = self.socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            data, peer = self.socket.recvfrom(65536)
            msg = parse(data)
            if msg:
                self.on_message(msg, peer)


class Server(Port):
    """Takes registrations, asks questions."""

    def __init__(self):
        self.news = threading.Condition()
        self.peer, self.mid, self.open, self.answers, self.told, self.calls = None, 1, set(), {}, [], []
        self.silent = False  # answers nothing
        super().__init__()

    def on_message(self, msg, peer):
        with self.news:
            if self.silent:
                return
            if 1 <= msg.code <= 4:
                self.calls.append((msg.code, msg.path(), [value.decode() for value in msg.option("uri-query")], msg.payload.decode("latin1"), peer))
                is_register = msg.path() == "/rd"
                self.peer = peer
                code = 0x41 if is_register else 0x42 if msg.code == DELETE else 0x44
                options = [(LOCATION, b"rd"), (LOCATION, b"x1")] if is_register else []
                self.socket.sendto(write(ACK, code, msg.mid, msg.token, options), peer)
            elif msg.code and msg.option("observe") and msg.token not in self.open:
                self.told.append((msg.token, msg.payload, peer))
                if msg.kind == CON:
                    self.socket.sendto(write(ACK, 0, msg.mid, b""), peer)
            elif msg.code:
                self.open.discard(msg.token)
                self.answers.setdefault(msg.token, []).append(msg)
            self.news.notify_all()

    def wait(self, what, seconds=10):
        with self.news:
            return self.news.wait_for(what, seconds)

    def send(self, code, path, options=(), payload=b"", token=None, mid=None):
        """Sends once. Returns token and message id, so that the same may be sent again."""
        if token is None:
            self.mid += 1
            token, mid = struct.pack("!I", self.mid * 7919), self.mid
        self.open.add(token)
        segments = [(URI_PATH, part.encode()) for part in path.strip("/").split("/")]
        self.socket.sendto(write(CON, code, mid, token, [*segments, *options], payload), self.peer)
        return token, mid

    def answer(self, token, seconds=5):
        with self.news:
            if not self.news.wait_for(lambda: self.answers.get(token), seconds):
                return None
            return self.answers.pop(token)[0]

    def ask(self, code, path, options=(), payload=b""):
        token, _ = self.send(code, path, options, payload)
        return self.answer(token)

    def status(self, code, path, options=(), payload=b""):
        answer = self.ask(code, path, options, payload)
        return answer.status() if answer else "nothing"

    def read(self, path):
        answer = self.ask(GET, path, [(ACCEPT, b"")])
        return answer.payload.decode() if answer and answer.code == 0x45 else answer and answer.status()

    def block(self, image, number, size=1024, tag=b"", **again):
        """Sends one block of the Package; returns the status of its answer and the Block1 option in it."""
        szx = size.bit_length() - 5
        more = (number + 1) * size < len(image)
        options = [(FORMAT, uint(42)), (BLOCK1, uint(number << 4 | more << 3 | szx)), *([(TAG, tag)] if tag else [])]
        token, mid = self.send(PUT, "/5/0/0", options, image[number * size : (number + 1) * size], **again)
        answer = self.answer(token)
        return (answer.status(), answer.uint("block1"), token, mid) if answer else ("nothing", None, token, mid)

    def push(self, image, size=1024, first=0):
        """All blocks from the first one; the statuses that came."""
        return [self.block(image, number, size)[0] for number in range(first, (len(image) + size - 1) // size)]


class FileServer(Port):
    """Serves `image` at /fw over CoAP. `pause` blocks of silence can be set, and a new `etag`."""

    def __init__(self, image):
        self.image, self.etag, self.asked, self.pause, self.missing = image, b"e1", 0, 0, False
        super().__init__()

    def on_message(self, msg, peer):
        if msg.code != GET:
            return
        self.asked += 1
        if self.pause > 0:
            self.pause -= 1
            return
        if msg.path() != "/fw" or self.missing:
            self.socket.sendto(write(ACK, 0x84, msg.mid, msg.token), peer)
            return
        value = msg.uint("block2") or 6
        size = 16 << min(value & 7, 6)
        at = (value >> 4) * size
        more = at + size < len(self.image)
        options = [(ETAG, self.etag), (BLOCK2, uint(value & ~15 | more << 3 | min(value & 7, 6)))]
        self.socket.sendto(write(ACK, 0x45, msg.mid, msg.token, options, self.image[at : at + size]), peer)
