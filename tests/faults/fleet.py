# SPDX-License-Identifier: Apache-2.0
"""Devices that remember what they were told has arrived: LwM2M over UDP with the standard library alone, all in one thread.

A device says one thing at a time (NSTART 1), a Send or a confirmable notification in turn, and says it again until it is acknowledged: at first the
same message (CoAP's retransmission), then a new one. Every value is said once; `acked` has those that were acknowledged. Executes are
counted by their arguments; a request that comes again with its message id is answered again and not counted (RFC 7252 4.5).
"""

import random
import selectors
import socket
import struct
import threading
import time

CON, NON, ACK, RST = range(4)
SEND_PATH, NOTIFY_PATH = "/3303/0/5602", "/3303/0/5700"
RETRANSMIT, TRIES = 0.05, 40  # seconds; a test does not wait for a network


def options(pairs):
    out, last = b"", 0
    for number, value in sorted(pairs, key=lambda pair: pair[0]):
        delta, size = number - last, len(value)
        last = number
        head = b""
        nibbles = []
        for n in (delta, size):
            if n < 13:
                nibbles.append(n)
            elif n < 269:
                nibbles.append(13)
                head += bytes([n - 13])
            else:
                nibbles.append(14)
                head += struct.pack("!H", n - 269)
        out += bytes([nibbles[0] << 4 | nibbles[1]]) + head + value
    return out


def message(kind, code, mid, token=b"", pairs=(), payload=b""):
    body = options(pairs) + (b"\xff" + payload if payload else b"")
    return bytes([0x40 | kind << 4 | len(token), code]) + struct.pack("!H", mid) + token + body


def parse(data):
    """(type, code, mid, token, options, payload); ValueError for what is no CoAP."""
    if len(data) < 4 or data[0] >> 6 != 1:
        raise ValueError("not CoAP")
    size = data[0] & 15
    kind, code, mid = data[0] >> 4 & 3, data[1], struct.unpack("!H", data[2:4])[0]
    token, at, number, pairs = data[4 : 4 + size], 4 + size, 0, []
    while at < len(data) and data[at] != 0xFF:
        nibbles, at, lengths = data[at], at + 1, []
        for n in (nibbles >> 4, nibbles & 15):
            if n == 13:
                n, at = data[at] + 13, at + 1
            elif n == 14:
                n, at = struct.unpack("!H", data[at : at + 2])[0] + 269, at + 2
            lengths.append(n)
        number += lengths[0]
        pairs.append((number, data[at : at + lengths[1]]))
        at += lengths[1]
    return kind, code, mid, token, pairs, data[at + 1 :]


class Device:
    def __init__(self, fleet, number):
        self.fleet, self.ep = fleet, "d%d" % number
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.setblocking(False)
        self.mid = random.randrange(65536)
        self.value = 0
        self.observed = None  # (token, last Observe number)
        self.registered = False
        self.said = 0
        self.pending = None  # [what, mid, token, bytes, due, tries]
        self.next_at = time.monotonic() + random.random() * fleet.interval
        self.answers = {}
        self.acked = []  # (path, value)
        self.executed = {}  # arguments -> times

    def new_mid(self):
        self.mid = self.mid + 1 & 0xFFFF
        return self.mid

    def transmit(self, data):
        try:
            self.sock.sendto(data, self.fleet.server)
        except OSError:
            pass  # nobody is there; it is said again

    def begin(self, what):
        mid, token = self.new_mid(), random.randbytes(8)
        if what == "register":
            query = [(15, ("ep=" + self.ep).encode()), (15, b"lt=3600"), (15, b"lwm2m=1.1"), (15, b"b=U")]
            data = message(CON, 2, mid, token, [(11, b"rd"), (12, b"\x28")] + query, b"</1/0>,</3/0>,</3303/0>")
        elif what[0] == SEND_PATH:
            body = b'[{"n":"%s","v":%d}]' % (SEND_PATH.encode(), what[1])
            data = message(CON, 2, mid, token, [(11, b"dp"), (12, b"\x6e")], body)
        else:
            token, count = self.observed
            self.observed = (token, count + 1)
            data = message(CON, 0x45, mid, token, [(6, struct.pack("!I", count)[1:]), (12, b"")], b"%d" % what[1])
        self.pending = [what, mid, token, data, 0.0, 0]

    def choose(self):
        """What to say next; a value that was not acknowledged before anything new."""
        if not self.registered:
            return "register"
        self.said += 1
        if self.said % self.fleet.register_every == 0:
            return "register"
        self.value += 1
        return (NOTIFY_PATH if self.observed and self.value % 2 else SEND_PATH, self.value)

    def tick(self, now):
        if not self.pending and (now < self.next_at or self.fleet.paused):
            return
        if not self.pending:
            self.next_at = max(now, self.next_at + self.fleet.interval)
            self.begin(self.choose())
        pending = self.pending
        if now < pending[4]:
            return
        if pending[5] == TRIES:
            self.begin(pending[0])
            pending = self.pending
        pending[4], pending[5] = now + RETRANSMIT, pending[5] + 1
        self.transmit(pending[3])

    def answered(self, kind, code, mid, token):
        pending = self.pending
        if not pending or (mid != pending[1] if code == 0 else token != pending[2]):
            return
        what = pending[0]
        if what == "register":
            self.registered = code == 0x41
            if self.registered:
                self.pending = None
            else:
                pending[4] = time.monotonic() + 0.2
        elif code == 0x44 or (code == 0 and kind == ACK and what[0] == NOTIFY_PATH):
            self.acked.append(what)
            self.fleet.first_ack(time.monotonic())
            self.pending = None
        elif kind == RST:  # the observation is gone: said as a Send instead
            self.observed = None
            self.begin((SEND_PATH, what[1]))
        elif code == 0x84:  # not known there: registers, then goes on
            self.registered = False
            self.value -= 1
            self.pending = None
        elif code:
            self.fleet.refusals += 1
            self.begin(what)
            self.pending[4] = time.monotonic() + 0.3

    def request(self, code, token, pairs, payload):
        """(code, options, payload) of the answer."""
        path = "/" + "/".join(value.decode() for number, value in pairs if number == 11)
        if code == 1:
            observe = [value for number, value in pairs if number == 6]
            if path != NOTIFY_PATH:
                return 0x84, [], b""
            if observe and int.from_bytes(observe[0], "big") == 0:
                self.observed = (token, 2)
                return 0x45, [(6, b"\x01"), (12, b"")], b"0"
            return 0x45, [(12, b"")], b"0"
        if code == 2 and path == "/3303/0/5605":
            words = payload.decode()
            self.executed[words] = self.executed.get(words, 0) + 1
        return 0x44, [], b""

    def receive(self):
        while True:
            try:
                kind, code, mid, token, pairs, payload = parse(self.sock.recv(2048))
            except BlockingIOError:
                return
            except (OSError, ValueError, IndexError):
                continue
            if code == 0 or code >= 0x40:
                self.answered(kind, code, mid, token)
                if kind == CON and code:
                    self.transmit(message(ACK, 0, mid))
            elif (mid, token) in self.answers:
                self.transmit(self.answers[mid, token])
            else:
                reply, extra, body = self.request(code, token, pairs, payload)
                data = message(ACK if kind == CON else NON, reply, mid, token, extra, body)
                self.answers[mid, token] = data
                self.transmit(data)


class Fleet(threading.Thread):
    """@param rate messages a second, of all devices together"""

    def __init__(self, server, devices, rate, register_every=25):
        super().__init__(daemon=True)
        self.server, self.interval, self.register_every = server, devices / rate, register_every
        self.paused, self.stopping, self.refusals = False, False, 0
        self.acked_at = None
        self.devices = [Device(self, number) for number in range(devices)]

    def first_ack(self, now):
        if self.acked_at is None:
            self.acked_at = now

    def forget_ack(self):
        """The next acknowledgement is noted in acked_at."""
        self.acked_at = None

    def is_quiet(self):
        return self.paused and not any(device.pending for device in self.devices)

    def acked(self):
        """{(ep, path, value)} as of now"""
        return {(d.ep,) + what for d in self.devices for what in list(d.acked)}

    def executed(self):
        """{arguments: times}"""
        times = {}
        for device in self.devices:
            for words, count in list(device.executed.items()):
                times[words] = times.get(words, 0) + count
        return times

    def run(self):
        selector = selectors.DefaultSelector()
        for device in self.devices:
            selector.register(device.sock, selectors.EVENT_READ, device)
        while not self.stopping:
            for key, _ in selector.select(0.005):
                key.data.receive()
            now = time.monotonic()
            for device in self.devices:
                device.tick(now)
