# SPDX-License-Identifier: Apache-2.0
"""Many devices on one socket, each at an address of its own (127.1.0.0 and up): they register, are observed, and say values. One thread."""

import os
import select
import socket
import struct
import time

import coap_wire as coap

WINDOW, AGAIN = 64, 0.5
POST, BASE = coap.POST, 0x7F010001
RCVBUFFORCE = 33
IP_PKTINFO = getattr(socket, "IP_PKTINFO", 8)


class Crowd:
    def __init__(self, count, port, observed=True):
        self.count, self.server, self.observed = count, ("127.0.0.1", port), observed
        self.location, self.tokens = [None] * count, [None] * count
        self.values = [0] * count
        self.acked = set()  # (ep, value)
        self.mid = int.from_bytes(os.urandom(2), "big")
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        try:  # beyond the system's maximum, where one may
            self.socket.setsockopt(socket.SOL_SOCKET, RCVBUFFORCE, 8 << 20)
        except OSError:
            pass
        self.socket.bind(("0.0.0.0", 0))
        self.socket.setblocking(False)
        self.have_tokens = 0

    def close(self):
        self.socket.close()

    def ep(self, index):
        return f"crowd{index:06}"

    def say(self, index, data):
        info = struct.pack("=I4sI", 0, struct.pack("!I", BASE + index), 0)
        try:
            self.socket.sendmsg([data], [(socket.IPPROTO_IP, IP_PKTINFO, info)], 0, self.server)
        except OSError:  # nobody there, or no room: it is said again
            pass

    def hear(self, seconds):
        """Index and message of what comes next; None after so long."""
        while True:
            try:
                data, more, _, _ = self.socket.recvmsg(2048, 64)
            except BlockingIOError:
                if not select.select([self.socket], [], [], seconds)[0]:
                    return None
                continue
            except OSError:
                return None
            to = struct.unpack("!I", more[0][2][8:12])[0] - BASE
            message = coap.parse(data)
            if message is not None and 0 <= to < self.count:
                return to, message

    def serve(self, index, request):
        """Every resource is 0; an Observe of one is remembered."""
        options = [(coap.OPTIONS["content-format"], b"")]
        if request.code != coap.GET:
            self.say(index, coap.write(coap.ACK if request.kind == coap.CON else coap.NON, coap.code("2.04"), request.mid, request.token))
            return
        if request.uint("observe") == 0:
            self.have_tokens += self.tokens[index] is None
            self.tokens[index] = request.token
            options.append((coap.OPTIONS["observe"], b"\x01"))
        self.say(index, coap.write(coap.ACK if request.kind == coap.CON else coap.NON, coap.code("2.05"), request.mid, request.token, options, b"0"))

    def next_mid(self):
        self.mid = (self.mid + 1) & 0xFFFF
        return self.mid

    def each(self, indices, make, take, seconds):
        """Says make(index, token) for all of them, WINDOW at a time, again where nothing comes; take(index, message) says whether that was
        the answer. @return those that had none in time."""
        todo, flying = list(reversed(indices)), {}
        end = time.monotonic() + seconds
        while (todo or flying) and time.monotonic() < end:
            while todo and len(flying) < WINDOW:
                index = todo.pop()
                data = make(index)
                flying[index] = [data, time.monotonic()]
                self.say(index, data)
            heard = self.hear(0.05)
            if heard and 0 < heard[1].code < 32:
                self.serve(*heard)
            elif heard and heard[0] in flying and take(*heard):
                del flying[heard[0]]
            if heard:
                continue
            now = time.monotonic()
            for index, entry in flying.items():
                if now - entry[1] > AGAIN:
                    entry[1] = now
                    self.say(index, entry[0])
        return todo + list(flying)

    def register(self, seconds=120):
        """All of them, and until all are observed; whether they are."""
        def make(index):
            query = ("ep=" + self.ep(index), "lt=86400", "lwm2m=1.1")
            return coap.request(POST, "/rd", self.next_mid(), b"r", query, 40, b"</1/0>,</3/0>,</3303/0>")

        def take(index, message):
            if message.token != b"r":
                return False
            if message.status() == "2.01":
                self.location[index] = "/" + "/".join(part.decode() for part in message.option("location-path"))
            return True

        self.each(range(self.count), make, take, seconds)
        end = time.monotonic() + seconds
        while self.observed and self.have_tokens < self.count and time.monotonic() < end:
            heard = self.hear(0.2)
            if heard and 0 < heard[1].code < 32:
                self.serve(*heard)
        return None not in self.location and (not self.observed or None not in self.tokens)

    def update(self, indices, seconds=30):
        """Updates; the indices that got something else than 2.04."""
        wrong = []

        def take(index, message):
            if message.token != b"u":
                return False
            if message.status() != "2.04":
                wrong.append(index)
            return True

        none = self.each(indices, lambda index: coap.request(POST, self.location[index], self.next_mid(), b"u"), take, seconds)
        return wrong + none

    def notify(self, indices, seconds=30):
        """A value of each, confirmable, with the token of its observation; the indices that were not acknowledged."""
        mids, reset = {}, []

        def make(index):
            self.values[index] += 1
            mids[index] = self.next_mid()
            options = [(coap.OPTIONS["observe"], coap.number(self.values[index] + 1)), (coap.OPTIONS["content-format"], b"")]
            return coap.write(coap.CON, coap.code("2.05"), mids[index], self.tokens[index], options, str(self.values[index]).encode())

        def take(index, message):
            if message.mid != mids[index] or message.code != 0:
                return False
            if message.kind == coap.ACK:
                self.acked.add((self.ep(index), self.values[index]))
            else:
                reset.append(index)
            return True

        none = self.each(indices, make, take, seconds)
        return reset + none

    def first_answer(self, index, since, seconds=60):
        """Seconds from `since` until an Update of this one is answered, said again every few milliseconds; None where it never was."""
        end = time.monotonic() + seconds
        mid = self.next_mid()
        while time.monotonic() < end:
            self.say(index, coap.request(POST, self.location[index], mid, b"f"))
            heard = self.hear(0.004)
            if heard and heard[1].token == b"f" and heard[0] == index:
                return time.monotonic() - since
            if heard and 0 < heard[1].code < 32:
                self.serve(*heard)
        return None
