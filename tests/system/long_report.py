# SPDX-License-Identifier: Apache-2.0
"""Reports as long as they may be, against a whole gateway and a real broker: what is answered 2.04 has reached the subscriber, all of it."""

import json
import os
import socket
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests/faults"), os.path.join(ROOT, "tests/lib")]

import coap_wire as coap  # noqa: E402
import parts  # noqa: E402
from rows import BUILD, check, done  # noqa: E402

BLOCK, SZX = 1024, 6
JSON, CBOR = b"\x6e", b"\x70"  # SenML
RECORDS_MAX, BYTES_MAX = 1024, 256 << 10  # docs/limits.md: records, report_bytes
CONFIG = """return { name = "gw", data_dir = "data", limits = { request_body = "2MB", requests_per_peer = 0 },
  links = { { kind = "udp", name = "udp0", host = "127.0.0.1", port = 0 } }, mqtt = { { uri = "mqtt://127.0.0.1:%d" } } }"""


class Device:
    """One that sends bodies in blocks (RFC 7959) and waits for each answer."""

    def __init__(self, port):
        self.sock, self.mid = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 0
        self.sock.connect(("127.0.0.1", port))
        self.sock.settimeout(5)

    def ask(self, options, payload):
        self.mid += 1
        token = b"t%d" % self.mid
        self.sock.send(coap.write(coap.CON, coap.POST, self.mid, token, sorted(options), payload))
        while True:
            found = coap.parse(self.sock.recv(2048))
            if found and found.token == token:
                return found.status()

    def register(self):
        query = [(coap.OPTIONS["uri-query"], word) for word in (b"ep=d", b"lt=300", b"lwm2m=1.1", b"b=U")]
        return self.ask([(coap.OPTIONS["uri-path"], b"rd"), (coap.OPTIONS["content-format"], b"\x28"), *query], b"</3303/0>")

    def send(self, body, form):
        """A Send in a Content-Format; the answer to its last block, or the first one that is not 2.31."""
        for at in range(0, len(body), BLOCK):
            more = at + BLOCK < len(body)
            block = at // BLOCK << 4 | more << 3 | SZX
            options = [(coap.OPTIONS["uri-path"], b"dp"), (coap.OPTIONS["content-format"], form),
                       (coap.OPTIONS["block1"], block.to_bytes((block.bit_length() + 7) // 8 or 1, "big"))]
            status = self.ask(options, body[at : at + BLOCK])
            if status != "2.31":
                break
        return status


def numbers(count):
    return b"[%s]" % b",".join(b'{"n":"/3303/%d/5700","v":%d}' % (n, n) for n in range(count))


def texts(*sizes):
    """A SenML CBOR pack of texts of so many bytes, of a character that takes six in JSON."""
    pack = bytes([0x80 + len(sizes)])
    for n, size in enumerate(sizes):
        name = b"/3303/%d/5750" % n
        pack += b"\xa2\x00" + bytes([0x60 + len(name)]) + name + b"\x03\x7a" + size.to_bytes(4, "big") + b"\x01" * size
    return pack


class Hall:
    """The subscriber's values, by path."""

    def __init__(self):
        self.values = {}

    def take(self, line):
        topic, payload = line.split(" ", 1)
        if "/d/v/" in topic:
            self.values[topic.split("/v", 1)[1]] = json.loads(payload)["v"]


def main():
    with tempfile.TemporaryDirectory(prefix="long.") as work:
        hall, broker = Hall(), parts.Mosquitto(work)
        subscriber = parts.Subscriber(broker, "tidegate/#", hall.take)
        gateway = parts.Gateway(os.path.join(BUILD, "tidegate"), work)
        try:
            gateway.write("tidegate.lua", CONFIG % broker.port)
            check(gateway.start(), "a gateway starts", gateway.log())
            speak(Device(gateway.port), hall, subscriber, gateway)
        finally:
            gateway.close()
            subscriber.stop()
            broker.stop()
    done()


def settle(gateway, subscriber):
    """Waits until what the outbox had is with the subscriber."""
    parts.wait_for(20, lambda: gateway.status().get("outbox_rows") == 0)
    subscriber.mark()


def speak(device, hall, subscriber, gateway):
    check(device.register() == "2.01", "a device registers")
    check(device.send(numbers(RECORDS_MAX), JSON) == "2.04", "as many records as may be are taken")
    settle(gateway, subscriber)
    check(hall.values == {"/3303/%d/5700" % n: n for n in range(RECORDS_MAX)}, "and each of them arrives", len(hall.values))
    check(device.send(numbers(RECORDS_MAX + 1), JSON) == "4.13", "more of them are refused")
    check(device.send(texts(BYTES_MAX - 100, 100), CBOR) == "2.04", "as much text as may be is taken")
    settle(gateway, subscriber)
    came = [len(hall.values.get("/3303/%d/5750" % n, "")) for n in range(2)]
    check(came == [BYTES_MAX - 100, 100], "and arrives, though a message is six times as long", came)
    check(device.send(texts(BYTES_MAX - 100, 101), CBOR) == "4.13", "more of it is refused")
    failed = [line for line in gateway.log().splitlines() if "script failed" in line]
    check(not failed, "no script failed", failed)


if __name__ == "__main__":
    main()
