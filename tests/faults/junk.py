# SPDX-License-Identifier: Apache-2.0
"""Bad input: datagrams of the catalogues (tests/blackbox/cases), others made of good ones by chance, and noise; as many a second as is wanted.

They come from addresses without a registration and from devices whose names begin with `junk`, which nobody counts. No datagram here is a
Register that would be taken under another name: what a gateway keeps for devices that there are is no leak.
"""

import json
import os
import random
import socket
import threading
import time

import coap_wire as coap

WIRE = ("coap-message", "coap-option", "coap-block", "lwm2m-send")
SOCKETS, DEVICES, BATCH = 8, 4, 0.02
FORMATS = (0, 40, 60, 110, 112, 11542, 11543, 11544, 65000)


def catalogue(folder):
    """The datagrams of the cases of all catalogues in a folder that come by UDP."""
    found = []
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            for case in map(json.loads, filter(str.strip, file)):
                if case["layer"] in WIRE:
                    found += [bytes.fromhex(text) for text in case.get("hex_seq", [case["hex"]] if "hex" in case else [])]
    return [data for data in found if len(data) <= 1400]


class Maker:
    """Makes one bad datagram after another. @param seed the same gives the same"""

    def __init__(self, seed, cases):
        self.rng, self.cases = random.Random(seed), cases

    def good(self):
        """A good message that says nothing to anybody: a Send, a read, a notification nobody asked for, an Update of nothing."""
        rng = self.rng
        mid, token = rng.randrange(65536), rng.randbytes(rng.randrange(9))
        kind = rng.randrange(2)
        what = rng.randrange(6)
        if what == 0:
            return coap.write(kind, 0x45, mid, token, [(6, rng.randbytes(rng.randrange(4))), (12, b"")], b"21.5")
        if what == 1:
            return coap.request(coap.GET, "/.well-known/core", mid, token, kind=kind)
        if what == 2:
            return coap.request(coap.POST, "/rd/aaaaaaaaaa", mid, token, query=("lt=300",), kind=kind)
        body = b'[{"bn":"/3303/0/","n":"5700","v":%d},{"n":"5701","vs":"Cel"},{"n":"5750","vb":true}]' % rng.randrange(100)
        return coap.request(coap.POST, "/dp", mid, token, content_format=rng.choice(FORMATS), payload=body, kind=kind)

    def mutated(self):
        rng, data = self.rng, bytearray(self.good())
        for _ in range(rng.randrange(1, 5)):
            at = rng.randrange(len(data)) if data else 0
            what = rng.randrange(5)
            if what == 0 and data:
                data[at] ^= 1 << rng.randrange(8)
            elif what == 1 and data:
                data[at] = rng.choice((0, 0xFF, 0x7F, 0x80, 0xD0, 0xE0))
            elif what == 2:
                del data[at:]
            elif what == 3:
                data[at:at] = rng.randbytes(rng.randrange(1, 17))
            else:
                data += data[at : at + rng.randrange(1, 33)]
        return bytes(data[:1400])

    def next(self):
        what = self.rng.randrange(4)
        if what == 0 and self.cases:
            return self.rng.choice(self.cases)
        if what == 1:
            return self.rng.randbytes(self.rng.randrange(1, 200))
        return self.mutated()


class Junk(threading.Thread):
    """@param rate datagrams a second; `sent` counts them. @param sockets how many addresses they come from: an address may ask only so often"""

    def __init__(self, server, rate, seed, folder, sockets=SOCKETS):
        super().__init__(daemon=True)
        self.server, self.rate = server, rate
        self.maker, self.sent, self.paused, self.stopping = Maker(seed, catalogue(folder)), 0, False, False
        self.sockets, self.begun = [self.open() for _ in range(sockets)], time.monotonic()

    @staticmethod
    def open():
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        return sock

    def register(self):
        """The first few are registered, so that what they say is looked at."""
        for number, sock in enumerate(self.sockets[:DEVICES]):
            query = ("ep=junk%d" % number, "lt=300", "lwm2m=1.1", "b=U")
            self.put(sock, coap.request(coap.POST, "/rd", random.randrange(65536), random.randbytes(4), query=query, content_format=40,
                                        payload=b"</1/0>,</3/0>,</3303/0>"))

    def put(self, sock, data):
        try:
            sock.sendto(data, self.server)
        except OSError:
            pass  # nobody is there, or it was told so

    def hear(self):
        for sock in self.sockets:
            try:
                while True:
                    sock.recv(65536)
            except OSError:
                continue

    def wanted(self, now):
        """How many there are to be by now."""
        return int((now - self.begun) * self.rate)

    def run(self):
        self.begun, done, known = time.monotonic(), 0, 0.0
        while not self.stopping:
            now = time.monotonic()
            if now - known > 20:
                self.register()
                known = now
            wanted = self.wanted(now)
            if self.paused or wanted - done > self.rate:  # what was not sent in time is not sent at once
                done = wanted
            for _ in range(wanted - done):
                self.put(self.maker.rng.choice(self.sockets), self.maker.next())
                self.sent += 1
            done = wanted
            self.hear()
            time.sleep(BATCH)
