# SPDX-License-Identifier: Apache-2.0
"""Devices that remember what they were told has arrived: LwM2M over UDP with the standard library alone, all in one thread.

A device says one thing at a time (NSTART 1), a Send or a confirmable notification in turn, and says it again until it is acknowledged: at first the
same message (CoAP's retransmission), then a new one. Every value is said once; the ledger has those that were acknowledged. Executes are
counted by their arguments; a request that comes again with its message id is answered again and not counted (RFC 7252 4.5).
"""

import array
import collections
import random
import selectors
import socket
import threading
import time

import coap_wire as coap
from ledger import NOTIFY, NOTIFY_PATH, SEND, SEND_PATH

TRIES, ANSWERS_MAX = 40, 64
EXECUTE_PATH = "/3303/0/5605"
OBSERVE, URI_PATH, FORMAT, QUERY = (coap.OPTIONS[name] for name in ("observe", "uri-path", "content-format", "uri-query"))


class Patience:
    """Seconds until a message is said again: the first time, by which it grows, and at most."""

    def __init__(self, first=0.05, factor=1.0, most=0.05):
        self.first, self.factor, self.most = first, factor, most

    def after(self, tries):
        return min(self.most, self.first * self.factor**tries)


class Pending:
    """Something said and not yet answered."""

    def __init__(self, what, mid, token, data):
        self.what, self.mid, self.token, self.data = what, mid, token, data
        self.due, self.tries = 0.0, 0


class Device:
    """@param server its address: the gateway's, a bad network's, a relay's"""

    def __init__(self, fleet, ep, server, patience):
        self.fleet, self.ep, self.server, self.patience = fleet, ep, server, patience
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.setblocking(False)
        self.mid = random.randrange(65536)
        self.value = 0
        self.observed = None  # (token, last Observe number)
        self.registered = False
        self.said = 0
        self.pending, self.asked_at = None, 0.0
        self.next_at = time.monotonic() + random.random() * fleet.interval
        self.answers = collections.OrderedDict()
        self.executed = {}  # arguments -> times

    def new_mid(self):
        self.mid = self.mid + 1 & 0xFFFF
        return self.mid

    def transmit(self, data):
        try:
            self.sock.sendto(data, self.server)
        except OSError:
            pass  # nobody is there; it is said again

    def begin(self, what):
        mid, token = self.new_mid(), random.randbytes(8)
        if what == "register":
            query = [(QUERY, ("ep=" + self.ep).encode()), (QUERY, b"lt=3600"), (QUERY, b"lwm2m=1.1"), (QUERY, b"b=U")]
            data = coap.write(coap.CON, coap.POST, mid, token, [(URI_PATH, b"rd"), (FORMAT, b"\x28"), *query], b"</1/0>,</3/0>,</3303/0>")
        elif what[0] == SEND:
            body = b'[{"n":"%s","v":%d}]' % (SEND_PATH.encode(), what[1])
            data = coap.write(coap.CON, coap.POST, mid, token, [(URI_PATH, b"dp"), (FORMAT, b"\x6e")], body)
        else:
            token, count = self.observed
            self.observed = (token, count + 1)
            data = coap.write(coap.CON, 0x45, mid, token, [(OBSERVE, (count & 0xFFFFFF).to_bytes(3, "big")), (FORMAT, b"")], b"%d" % what[1])
        self.pending = Pending(what, mid, token, data)

    def choose(self):
        """What to say next."""
        if not self.registered:
            return "register"
        self.said += 1
        if self.said % self.fleet.register_every == 0:
            return "register"
        self.value += 1
        return (NOTIFY if self.observed and self.value % 2 else SEND, self.value)

    def tick(self, now):
        if not self.pending:
            if now < self.next_at or self.fleet.paused:
                return
            self.next_at = max(now, self.next_at + self.fleet.interval)
            self.begin(self.choose())
            self.asked_at = now
        if now < self.pending.due:
            return
        if self.pending.tries == TRIES:
            self.begin(self.pending.what)
        pending = self.pending
        pending.due = now + self.patience.after(pending.tries)
        pending.tries += 1
        self.transmit(pending.data)

    def again(self, what, seconds):
        """Says it once more, as a new message, a little later."""
        self.begin(what)
        self.pending.due = time.monotonic() + seconds

    def answered(self, kind, code, mid, token):
        pending = self.pending
        if not pending or (mid != pending.mid if code == 0 else token != pending.token):
            return
        what = pending.what
        if what == "register":
            if code == 0 and kind == coap.ACK:
                return  # the answer itself comes later
            self.registered = code == 0x41
            if self.registered:
                self.pending = None
            else:
                self.fleet.refused[f"{code >> 5}.{code & 31:02}"] += 1
                self.again(what, 0.2)
        elif code == 0x44 or (code == 0 and kind == coap.ACK and what[0] == NOTIFY):
            self.fleet.acknowledged(self, what, time.monotonic())
            self.pending = None
        elif kind == coap.RST:  # the observation is gone: said as a Send instead
            self.observed = None
            self.begin((SEND, what[1]))
        elif code in (0x80, 0x84):  # not known there: registers, then says it
            self.fleet.refused[f"{code >> 5}.{code & 31:02}"] += 1
            self.registered = False
            self.value -= 1
            self.pending = None
        elif code:
            self.fleet.refused[f"{code >> 5}.{code & 31:02}"] += 1
            self.again(what, 0.3)

    def request(self, code, token, pairs, payload):
        """(code, options, payload) of the answer."""
        path = "/" + "/".join(value.decode() for number, value in pairs if number == URI_PATH)
        if code == coap.GET:
            observe = [value for number, value in pairs if number == OBSERVE]
            if path != NOTIFY_PATH:
                return 0x84, [], b""
            if observe and int.from_bytes(observe[0], "big") == 0:
                self.observed = (token, 2)
                return 0x45, [(OBSERVE, b"\x01"), (FORMAT, b"")], b"0"
            return 0x45, [(FORMAT, b"")], b"0"
        if code == coap.POST and path == EXECUTE_PATH:
            words = payload.decode()
            self.executed[words] = self.executed.get(words, 0) + 1
        return 0x44, [], b""

    def receive(self):
        while True:
            try:
                data = self.sock.recv(2048)
            except BlockingIOError:
                return
            except OSError:
                continue
            msg = coap.parse(data)
            if not msg:
                continue
            if msg.code == 0 or msg.code >= 0x40:
                self.answered(msg.kind, msg.code, msg.mid, msg.token)
                if msg.kind == coap.CON and msg.code:
                    self.transmit(coap.write(coap.ACK, 0, msg.mid))
            elif (msg.mid, msg.token) in self.answers:
                self.transmit(self.answers[msg.mid, msg.token])
            else:
                reply, extra, body = self.request(msg.code, msg.token, msg.options, msg.payload)
                data = coap.write(coap.ACK if msg.kind == coap.CON else coap.NON, reply, msg.mid, msg.token, extra, body)
                self.answers[msg.mid, msg.token] = data
                if len(self.answers) > ANSWERS_MAX:
                    self.answers.popitem(last=False)
                self.transmit(data)


class Fleet(threading.Thread):
    """@param rate messages a second, of `devices` together; add() them before start()"""

    def __init__(self, ledger, devices, rate, register_every=25):
        super().__init__(daemon=True)
        self.ledger, self.interval, self.register_every = ledger, devices / rate, register_every
        self.paused, self.stopping, self.refused = False, False, collections.Counter()
        self.acked_at = None
        self.took = array.array("f")  # seconds from the first time that a value was said to its acknowledgement
        self.devices = []

    def add(self, ep, server, patience=None):
        self.devices.append(Device(self, ep, server, patience or Patience()))

    def acknowledged(self, device, what, now):
        self.ledger.acknowledge(device.ep, *what)
        self.took.append(now - device.asked_at)
        if self.acked_at is None:
            self.acked_at = now

    def forget_ack(self):
        """The next acknowledgement is noted in acked_at."""
        self.acked_at = None

    def is_quiet(self):
        return self.paused and not any(device.pending for device in self.devices)

    def executed(self):
        """{arguments: times}"""
        times = collections.Counter()
        for device in self.devices:
            times.update(dict(device.executed))
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
