# SPDX-License-Identifier: Apache-2.0
"""What the tests of single rows (N5, N9, N10, N13, N20 of the table in docs/reliability.md) share: checks as TAP, a gateway with a broker
and a subscriber around it, and devices that are one socket each and say every value once.

    with rows.Lab(more='...') as lab:
        lab.start()
        hall = rows.Device("hall", lab.gateway.port)
        hall.register()
        answer = hall.send()                 # a coap_wire.Message, None where none came
        rows.check(answer.status() == "2.04", "a Send is taken")
        lab.settle(); rows.check(lab.missing([hall]) == [], "nothing is missing")
    rows.done()
"""

import json
import os
import re
import select
import socket
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))

import coap_wire as coap  # noqa: E402
import parts  # noqa: E402
import proof  # noqa: E402

BUILD = os.path.abspath(os.environ.get("TG_BUILD_DIR", "build/dev"))
VALUE = re.compile(r"^tidegate/dev/([^/]+)/v(/\S+) (\{.*\})$")
SENSOR = "/3303/0/5700"

tests, failed = 0, 0


def say(text):
    print("# " + text, flush=True)


def check(fine, what, seen=""):
    """One line of TAP; `seen` is told where it is not fine."""
    global tests, failed
    tests += 1
    failed += not fine
    print(f"{'ok' if fine else 'not ok'} {tests} - {what}" + (f" # seen: {seen}" if not fine and seen != "" else ""), flush=True)
    return bool(fine)


def skip(what, why):
    global tests
    tests += 1
    print(f"ok {tests} - {what} # SKIP {why}", flush=True)


def done():
    """Ends the test; what was measured is taken down only where all of it is as it should be."""
    print(f"1..{tests}")
    sys.exit(1 if failed else 0)


def prove(ident, name, measured):
    """tests/lib/proof.py, unless a check has failed."""
    for what, value, relation, goal, unit in measured:
        say(f"{ident} {what}: {value:g} {unit}" + (f" (goal {relation} {goal:g})" if relation else ""))
    if not failed:
        proof.record(ident, name, command="tests/faults/" + os.path.basename(sys.argv[0]), measured=measured)


def middle(values):
    return sorted(values)[len(values) // 2] if values else 0.0


class Device:
    """An LwM2M device of one object, 3303/0, that never says a value twice. Not thread-safe: one thread drives it."""

    def __init__(self, ep, port, lifetime=86400):
        self.ep, self.lifetime, self.location = ep, lifetime, None
        self.mid, self.value, self.token = int.from_bytes(os.urandom(2), "big"), 0, None
        self.acked = set()  # values that the gateway said it has
        self.reads = 0
        self.resets = 0  # what it said was not known any more
        self.mids = []  # of Executes
        self.done_by = []  # Executes, by their arguments
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)

    def close(self):
        self.socket.close()

    def next_mid(self):
        self.mid = (self.mid + 1) & 0xFFFF
        return self.mid

    def say(self, data):
        try:
            self.socket.send(data)
        except OSError:  # nobody is there at the moment
            pass

    def hear(self, until, wanted):
        """Serves what comes until `wanted` says that a message is it, or the time is over: None."""
        while True:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                return None
            try:
                message = coap.parse(self.socket.recv(65536))
            except OSError:
                time.sleep(0.005)
                continue
            if message is None:
                continue
            if wanted and wanted(message):
                return message
            if 0 < message.code < 32:
                self.serve(message)

    def pump(self, seconds):
        """Serves for a while."""
        self.hear(time.monotonic() + seconds, None)

    def serve(self, request):
        """Read, Observe, Write, Execute: everything is well."""
        kind = coap.ACK if request.kind == coap.CON else coap.NON
        mid = request.mid if request.kind == coap.CON else self.next_mid()
        options, payload, code = [], b"", coap.code("2.04")
        if request.code == coap.GET:
            code, payload, observe = coap.code("2.05"), b"0", request.uint("observe")
            options = [(coap.OPTIONS["content-format"], b"")]
            self.reads += 1
            if observe == 0:
                self.token = request.token
                options.append((coap.OPTIONS["observe"], b"\x01"))
        elif request.code == coap.POST:
            self.note(request)
        self.say(coap.write(kind, code, mid, request.token, options, payload))

    def note(self, request):
        """An Execute, unless it is one that comes again (RFC 7252 4.2): the same message id within a while."""
        if request.mid not in self.mids:
            self.mids.append(request.mid)
            self.done_by.append(request.payload.decode())

    def ask(self, method, path, query=(), content_format=None, payload=b"", seconds=5.0):
        """A confirmable request, said again every second; its answer, None where none came."""
        mid, token = self.next_mid(), os.urandom(4)
        data = coap.request(method, path, mid, token, query, content_format, payload)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.say(data)
            answer = self.hear(min(end, time.monotonic() + 1), lambda m: m.token == token and m.code >= 64)
            if answer:
                if answer.kind == coap.CON:
                    self.say(coap.write(coap.ACK, 0, answer.mid))
                return answer
        return None

    def register(self, seconds=10):
        query = (f"ep={self.ep}", f"lt={self.lifetime}", "lwm2m=1.1")
        answer = self.ask(coap.POST, "/rd", query, 40, b"</1/0>,</3/0>,</3303/0>", seconds)
        if answer is None or answer.status() != "2.01":
            return False
        self.location = "/" + "/".join(part.decode() for part in answer.option("location-path"))
        return True

    def update(self, seconds=5):
        return self.ask(coap.POST, self.location, seconds=seconds)

    def send(self, seconds=5):
        """A value by Send; the answer."""
        self.value += 1
        body = json.dumps([{"n": SENSOR, "v": self.value}]).encode()
        answer = self.ask(coap.POST, "/dp", (), 110, body, seconds)
        if answer and answer.status() == "2.04":
            self.acked.add(self.value)
        return answer

    def is_observed(self, seconds=10):
        """Whether an Observe has come, or comes."""
        end = time.monotonic() + seconds
        while self.token is None and time.monotonic() < end:
            self.pump(0.02)
        return self.token is not None

    def notify(self, seconds=2.0, again=1.0):
        """A value by a confirmable notification; whether it was acknowledged."""
        self.value += 1
        mid = self.next_mid()
        options = [(coap.OPTIONS["observe"], coap.number(self.value + 1)), (coap.OPTIONS["content-format"], b"")]
        data = coap.write(coap.CON, coap.code("2.05"), mid, self.token, options, str(self.value).encode())
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.say(data)
            answer = self.hear(min(end, time.monotonic() + again), lambda m: m.mid == mid and m.kind in (coap.ACK, coap.RST) and m.code == 0)
            if answer and answer.kind == coap.RST:
                self.resets += 1
                return False
            if answer:
                self.acked.add(self.value)
                return True
        return False


class Lab:
    """Broker, subscriber and gateway in a folder of their own; `lab.came` is what the subscriber heard: {(ep, value)}."""

    def __init__(self, more="", env=None, links=None, build=None):
        self.folder = tempfile.TemporaryDirectory(prefix="row.")
        self.broker = parts.Mosquitto(self.folder.name)
        self.came, self.messages, self.lock = set(), [], threading.Lock()
        self.gateway = parts.Gateway(parts.program(build or BUILD), self.folder.name, {**os.environ, **(env or {})})
        self.port = parts.free_port()
        links = links or f'{{ kind = "udp", name = "udp0", host = "127.0.0.1", port = {self.port} }},'
        self.gateway.write("tidegate.lua", f"""return {{ name = "gw", data_dir = "data", links = {{ {links} }},
  mqtt = {{ {{ uri = "mqtt://127.0.0.1:{self.broker.port}", reconnect_min = 0.1, reconnect_max = 0.5 }} }},
  {more} }}
""")
        self.subscriber = parts.Subscriber(self.broker, "tidegate/#", self.take)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind or failed:
            print("\n".join("# " + line for line in self.gateway.log().splitlines()[-40:]))
        self.gateway.close()
        self.subscriber.stop()
        self.broker.stop()
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def take(self, line):
        with self.lock:
            self.messages.append(line)
            found = VALUE.match(line)
            if found:
                self.came.add((found[1], json.loads(found[3])["v"]))

    def start(self):
        if not self.gateway.start():
            raise RuntimeError("the gateway does not start: " + self.gateway.log()[-800:])

    def settle(self, seconds=30):
        """Until the outbox is empty and the subscriber has it all."""
        parts.wait_for(seconds, lambda: self.gateway.status().get("outbox_rows") == 0)
        self.subscriber.mark()

    def missing(self, devices):
        with self.lock:
            return sorted((d.ep, value) for d in devices for value in d.acked if (d.ep, value) not in self.came)

    def said(self, pattern):
        """Lines that the subscriber heard and that are like that."""
        with self.lock:
            return [line for line in self.messages if re.search(pattern, line)]

    def command(self, ep, **command):
        return self.broker.publish(f"tidegate/dev/{ep}/cmd", json.dumps(command))
