# SPDX-License-Identifier: Apache-2.0
"""CoAP messages (RFC 7252) as the tests' Python reads and writes them; a second opinion, nothing shared with the product."""

CON, NON, ACK, RST = range(4)
GET, POST, PUT, DELETE = 1, 2, 3, 4
OPTIONS = {
    "if-match": 1, "uri-host": 3, "etag": 4, "if-none-match": 5, "observe": 6, "uri-port": 7, "location-path": 8, "oscore": 9,
    "uri-path": 11, "content-format": 12, "max-age": 14, "uri-query": 15, "accept": 17, "location-query": 20, "block2": 23, "block1": 27,
    "size2": 28, "proxy-uri": 35, "proxy-scheme": 39, "size1": 60, "echo": 252, "request-tag": 292}


class Message:
    """kind, code (class << 5 | detail), mid, token, options [(number, value)], payload."""

    def __init__(self, kind, code, mid, token=b"", options=(), payload=b""):
        self.kind, self.code, self.mid, self.token = kind, code, mid, token
        self.options, self.payload = list(options), payload

    def option(self, name):
        """The values of an option, by its name."""
        return [value for number, value in self.options if number == OPTIONS[name]]

    def uint(self, name):
        """The number in the first option of a name; None where there is none."""
        values = self.option(name)
        return int.from_bytes(values[0], "big") if values else None

    def path(self):
        return "/" + "/".join(value.decode("utf-8", "replace") for value in self.option("uri-path"))

    def status(self):
        """`2.05`"""
        return f"{self.code >> 5}.{self.code & 31:02}"

    def __str__(self):
        kind = ("CON", "NON", "ACK", "RST")[self.kind]
        return kind if self.code == 0 else f"{kind} {self.status()}"


def code(text):
    """`4.05` as a number."""
    return int(text[0]) << 5 | int(text[2:])


def _extended(data, at, nibble):
    if nibble < 13:
        return nibble, at
    if nibble == 13:
        return data[at] + 13, at + 1
    if nibble == 14:
        return int.from_bytes(data[at : at + 2], "big") + 269, at + 2
    raise ValueError("reserved nibble")


def parse(data):
    """A Message; None where it is none."""
    try:
        if len(data) < 4 or data[0] >> 6 != 1:
            return None
        length = data[0] & 15
        at, number, options = 4 + length, 0, []
        while at < len(data) and data[at] != 255:
            delta, size = data[at] >> 4, data[at] & 15
            delta, at = _extended(data, at + 1, delta)
            size, at = _extended(data, at, size)
            number += delta
            options.append((number, data[at : at + size]))
            at += size
        if at > len(data):
            return None
        return Message(data[0] >> 4 & 3, data[1], int.from_bytes(data[2:4], "big"), data[4 : 4 + length], options, data[at + 1 :])
    except (IndexError, ValueError):
        return None


def _nibble(value):
    if value < 13:
        return value, b""
    if value < 269:
        return 13, bytes([value - 13])
    return 14, (value - 269).to_bytes(2, "big")


def write(kind, method, mid, token=b"", options=(), payload=b""):
    """The bytes of a message."""
    out = bytes([1 << 6 | kind << 4 | len(token), method]) + mid.to_bytes(2, "big") + token
    last = 0
    for number, value in sorted(options, key=lambda option: option[0]):
        delta, more_delta = _nibble(number - last)
        size, more_size = _nibble(len(value))
        out += bytes([delta << 4 | size]) + more_delta + more_size + value
        last = number
    return out + (b"\xff" + payload if payload else b"")


def encode(message):
    return write(message.kind, message.code, message.mid, message.token, message.options, message.payload)


def request(method, path, mid, token=b"", query=(), content_format=None, payload=b"", kind=CON):
    """An encoded request: method by its code, path as `/rd/5`."""
    options = [(OPTIONS["uri-path"], part.encode()) for part in path.strip("/").split("/") if part]
    options += [(OPTIONS["uri-query"], part.encode()) for part in query]
    if content_format is not None:
        options.append((OPTIONS["content-format"], number(content_format)))
    return write(kind, method, mid, token, options, payload)


def number(value):
    """An option value of format uint."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")
