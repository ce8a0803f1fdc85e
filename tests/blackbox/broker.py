# SPDX-License-Identifier: Apache-2.0
"""A broker for one gateway (MQTT 3.1.1): it takes what is published, and publishes what a test says, with any flags. Not a broker for others."""

import queue
import socket
import threading
import time


def _length(size):
    out = b""
    while True:
        size, low = size >> 7, size & 127
        out += bytes([low | (128 if size else 0)])
        if not size:
            return out


def _text(data):
    return len(data).to_bytes(2, "big") + data


class Broker:
    """`port`; `messages` is a list of (topic, payload) of all that came."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.messages, self.new = [], threading.Condition()
        self.client, self.filters = None, []
        self.mid = 0
        self.lock = threading.Lock()
        self.acked = queue.Queue()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        reader = client.makefile("rb")
        try:
            while True:
                head = reader.read(1)
                if not head:
                    return
                size = shift = 0
                while True:
                    byte = reader.read(1)[0]
                    size |= (byte & 127) << shift
                    shift += 7
                    if byte < 128:
                        break
                self._take(client, head[0], reader.read(size))
        except (OSError, IndexError, ValueError):
            return
        finally:
            client.close()

    def _send(self, client, data):
        with self.lock:
            client.sendall(data)

    def _take(self, client, head, body):
        kind = head >> 4
        if kind == 1:  # CONNECT
            self.client = client
            self._send(client, b"\x20\x02\x00\x00")
        elif kind == 3:  # PUBLISH
            end = 2 + int.from_bytes(body[:2], "big")
            topic, qos = body[2:end], head >> 1 & 3
            if qos:
                self._send(client, bytes([0x40 if qos == 1 else 0x50, 2]) + body[end : end + 2])
                end += 2
            with self.new:
                self.messages.append((topic.decode("utf-8", "replace"), body[end:]))
                self.new.notify_all()
        elif kind == 4:  # PUBACK
            self.acked.put(int.from_bytes(body[:2], "big"))
        elif kind == 6:  # PUBREL
            self._send(client, b"\x70\x02" + body[:2])
        elif kind == 8:  # SUBSCRIBE
            at, codes = 2, b""
            while at < len(body):
                end = at + 2 + int.from_bytes(body[at : at + 2], "big")
                self.filters.append(body[at + 2 : end].decode())
                codes += b"\x01"
                at = end + 1
            self._send(client, b"\x90" + _length(2 + len(codes)) + body[:2] + codes)
        elif kind == 12:  # PINGREQ
            self._send(client, b"\xd0\x00")

    def publish(self, topic, payload, retain=False):
        """To the gateway, QoS 1; returns when it has acknowledged or after 10 s."""
        self.mid = self.mid % 65535 + 1
        body = _text(topic.encode()) + self.mid.to_bytes(2, "big") + payload
        self._send(self.client, bytes([0x32 | retain]) + _length(len(body)) + body)
        try:
            self.acked.get(timeout=10)
        except queue.Empty:
            pass

    def mark(self):
        """Where wait() shall begin."""
        with self.new:
            return len(self.messages)

    def since(self, mark):
        with self.new:
            return self.messages[mark:]

    def wait(self, mark, wanted, seconds):
        """The first message from `mark` on for which wanted(topic, payload) holds; None when the time is over."""
        end = time.monotonic() + seconds
        with self.new:
            while True:
                while mark < len(self.messages):
                    message = self.messages[mark]
                    mark += 1
                    if wanted(*message):
                        return message
                left = end - time.monotonic()
                if left <= 0:
                    return None
                self.new.wait(left)

    def close(self):
        self.listener.close()
        if self.client:
            self.client.close()
