# SPDX-License-Identifier: Apache-2.0
"""The other side of a simulated device, for its test: CoAP on plain sockets, nothing of ours and no library.

Server is what the device registers with; it sends requests and keeps what comes. FileServer serves one image over CoAP, block-wise.
"""

import socket
import struct
import threading
import time

CON, NON, ACK, RST = range(4)
GET, POST, PUT, DELETE = 1, 2, 3, 4
OBSERVE, URI_PATH, FORMAT, QUERY, ACCEPT, LOCATION, ETAG, BLOCK2, BLOCK1, TAG = 6, 11, 12, 15, 17, 8, 4, 23, 27, 292


def uint(number):
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def extended(number):
    if number < 13:
        return number, b""
    return (13, bytes([number - 13])) if number < 269 else (14, struct.pack("!H", number - 269))


def encode(kind, code, mid, token, options=(), payload=b""):
    out = bytes([0x40 | kind << 4 | len(token), code]) + struct.pack("!H", mid) + token
    last = 0
    for number, value in sorted(options, key=lambda o: o[0]):
        delta, more = extended(number - last)
        length, longer = extended(len(value))
        out += bytes([delta << 4 | length]) + more + longer + value
        last = number
    return out + (b"\xff" + payload if payload else b"")


class Message:
    def __init__(self, data):
        self.kind, self.code = data[0] >> 4 & 3, data[1]
        self.mid = struct.unpack("!H", data[2:4])[0]
        at = 4 + (data[0] & 15)
        self.token, self.options, self.payload, number = data[4:at], [], b"", 0
        while at < len(data):
            if data[at] == 0xFF:
                self.payload = data[at + 1 :]
                break
            parts = [data[at] >> 4, data[at] & 15]
            at += 1
            for i in (0, 1):
                if parts[i] == 13:
                    parts[i], at = data[at] + 13, at + 1
                elif parts[i] == 14:
                    parts[i], at = struct.unpack("!H", data[at : at + 2])[0] + 269, at + 2
            number += parts[0]
            self.options.append((number, data[at : at + parts[1]]))
            at += parts[1]

    def all(self, number):
        return [value for known, value in self.options if known == number]

    def number(self, number):
        values = self.all(number)
        return int.from_bytes(values[0], "big") if values else None

    @property
    def status(self):
        return f"{self.code >> 5}.{self.code & 31:02}"

    @property
    def path(self):
        return "/" + "/".join(value.decode() for value in self.all(URI_PATH))


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
            self.on_message(Message(data), peer)


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
                self.calls.append((msg.code, msg.path, [value.decode() for value in msg.all(QUERY)], msg.payload.decode("latin1"), peer))
                is_register = msg.path == "/rd"
                self.peer = peer
                code = 0x41 if is_register else 0x42 if msg.code == DELETE else 0x44
                options = [(LOCATION, b"rd"), (LOCATION, b"x1")] if is_register else []
                self.socket.sendto(encode(ACK, code, msg.mid, msg.token, options), peer)
            elif msg.code and msg.all(OBSERVE) and msg.token not in self.open:
                self.told.append((msg.token, msg.payload, peer))
                if msg.kind == CON:
                    self.socket.sendto(encode(ACK, 0, msg.mid, b""), peer)
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
        self.socket.sendto(encode(CON, code, mid, token, [*segments, *options], payload), self.peer)
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
        return answer.status if answer else "nothing"

    def read(self, path):
        answer = self.ask(GET, path, [(ACCEPT, b"")])
        return answer.payload.decode() if answer and answer.code == 0x45 else answer and answer.status

    def block(self, image, number, size=1024, tag=b"", **again):
        """Sends one block of the Package; returns the status of its answer and the Block1 option in it."""
        szx = size.bit_length() - 5
        more = (number + 1) * size < len(image)
        options = [(FORMAT, uint(42)), (BLOCK1, uint(number << 4 | more << 3 | szx)), *([(TAG, tag)] if tag else [])]
        token, mid = self.send(PUT, "/5/0/0", options, image[number * size : (number + 1) * size], **again)
        answer = self.answer(token)
        return (answer.status, answer.number(BLOCK1), token, mid) if answer else ("nothing", None, token, mid)

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
        if msg.path != "/fw" or self.missing:
            self.socket.sendto(encode(ACK, 0x84, msg.mid, msg.token), peer)
            return
        value = msg.number(BLOCK2) or 6
        size = 16 << min(value & 7, 6)
        at = (value >> 4) * size
        more = at + size < len(self.image)
        options = [(ETAG, self.etag), (BLOCK2, uint(value & ~15 | more << 3 | min(value & 7, 6)))]
        self.socket.sendto(encode(ACK, 0x45, msg.mid, msg.token, options, self.image[at : at + size]), peer)
