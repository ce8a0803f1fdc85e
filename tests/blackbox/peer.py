# SPDX-License-Identifier: Apache-2.0
"""A device in the hand of a test: it registers, and answers what the test says, in blocks where it is long."""

import random
import socket
import time

import coap_wire as coap

BLOCK = 1024
QUIET = 0.15  # seconds after which no more questions come
SZX = 6
REGISTER = b'</1/0>,</3/0>,</3303/0>'


def open_socket(address="127.0.0.1"):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, 0))
    return sock


def ping(port, seconds, sock=None):
    """Whether a CoAP ping is answered in time."""
    own = sock or open_socket()
    mid = random.randrange(65536).to_bytes(2, "big")
    own.sendto(b"\x40\x00" + mid, ("127.0.0.1", port))
    answer = receive(own, seconds, lambda data: data == b"\x70\x00" + mid)
    if own is not sock:
        own.close()
    return answer is not None


def receive(sock, seconds, wanted=lambda data: True):
    """The next datagram that is wanted, others are dropped; None when the time is over."""
    end = time.monotonic() + seconds
    while True:
        left = end - time.monotonic()
        if left <= 0:
            return None
        sock.settimeout(left)
        try:
            data = sock.recv(65536)
        except (socket.timeout, ConnectionError):
            continue
        if wanted(data):
            return data


class Device:
    """Registered under `ep` at the gateway on `port`. The gateway asks it nothing of its own accord (see world.py)."""

    def __init__(self, port, ep, links=REGISTER, sock=None):
        self.sock, self.to, self.ep, self.links = sock or open_socket(), ("127.0.0.1", port), ep, links
        self.mid = random.randrange(65536)
        self.requests = 0  # that were received

    def next_mid(self):
        self.mid = (self.mid + 1) & 65535
        return self.mid

    def ask(self, method, path, seconds=10, **what):
        """Sends a request, returns the answer's Message or None."""
        token = random.randbytes(4)
        self.send(coap.request(method, path, self.next_mid(), token, **what))
        data = receive(self.sock, seconds, lambda data: data[4:8] == token and data[0] & 15 == 4 and data[1] > 31)
        return coap.parse(data) if data else None

    def register(self):
        """Whether the gateway takes it."""
        answer = self.ask(2, "/rd", query=(f"ep={self.ep}", "lt=300", "lwm2m=1.1", "b=U"), content_format=40, payload=self.links)
        return answer is not None and answer.code == coap.code("2.01")

    def send(self, data, sock=None):
        (sock or self.sock).sendto(data, self.to)

    def receive(self, seconds):
        """The next request of the gateway's, or None."""
        data = receive(self.sock, seconds, lambda data: len(data) >= 4 and data[0] >> 4 & 3 < 2 and 0 < data[1] < 32)
        self.requests += data is not None
        return coap.parse(data) if data else None

    def answer_curiosity(self, seconds):
        """A gateway may ask a new device who it is; the test's own requests come when that is over. It does not say, so nothing of it
        is published later."""
        request = self.receive(seconds)
        while request:
            self.answer(request, "4.04")
            request = self.receive(QUIET)

    def answer(self, request, code, content_format=None, payload=b"", options=()):
        """A piggybacked answer."""
        options = list(options)
        if content_format is not None:
            options.append((coap.OPTIONS["content-format"], coap.number(content_format)))
        self.send(coap.encode(coap.Message(coap.ACK, coap.code(code), request.mid, request.token, options, payload)))

    def answer_body(self, request, content_format, body, seconds):
        """Answers a GET with a body, block by block as the gateway asks, until it has all or stops asking."""
        while request:
            asked = request.option("block2")
            at = (int.from_bytes(asked[0], "big") >> 4) if asked else 0
            part, more = body[at * BLOCK : (at + 1) * BLOCK], (at + 1) * BLOCK < len(body)
            options = [(coap.OPTIONS["block2"], coap.number(at << 4 | more << 3 | SZX))] if len(body) > BLOCK else []
            self.answer(request, "2.05", content_format, part, options)
            request = self.receive(seconds) if more else None

    def post(self, path, content_format, body):
        """A request with a body, in blocks where it is long; the last answer."""
        for at in range(0, max(len(body), 1), BLOCK):
            part, more = body[at : at + BLOCK], at + BLOCK < len(body)
            if len(body) <= BLOCK:
                return self.ask(2, path, content_format=content_format, payload=part)
            message = coap.Message(coap.CON, 2, self.next_mid(), random.randbytes(4), [
                *((coap.OPTIONS["uri-path"], piece.encode()) for piece in path.strip("/").split("/")),
                (coap.OPTIONS["content-format"], coap.number(content_format)),
                (coap.OPTIONS["block1"], coap.number(at // BLOCK << 4 | more << 3 | SZX))], part)
            self.send(coap.encode(message))
            data = receive(self.sock, 10, lambda data: data[4:8] == message.token and data[1] > 31)
            answer = coap.parse(data) if data else None
            if not more or answer is None or answer.code != coap.code("2.31"):
                return answer
        return None

    def close(self):
        self.sock.close()
