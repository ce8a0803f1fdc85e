# SPDX-License-Identifier: Apache-2.0
"""Reads a catalogue of bad inputs: one JSON object a line (README.md has the fields). What is wrong with a line is told as file:line."""

import json

LAYERS = (
    "coap-message", "coap-option", "coap-block", "coap-response", "lwm2m-register", "lwm2m-send", "tlv", "senml-json", "senml-cbor",
    "object-xml", "t8-json", "mqtt-command", "lua", "config")
NOT_YET = {
    "oscore": "the gateway has no OSCORE yet",
    "dtls": "the gateway has no DTLS yet",
    "coap-tcp": "the gateway has no CoAP over TCP yet",
    "lwm2m-bootstrap": "the gateway has no bootstrap server yet",
}
TEXTS = ("id", "layer", "transport", "expect", "why", "ref", "pre", "note", "text", "hex")
NEEDED = ("id", "layer", "expect")
TEMPLATES = ("coap-response",)  # their hex is not only hexadecimal digits


class Malformed(Exception):
    """A line that is no case."""


class Case:
    """One line: `id`, `layer`, `expect`, `why`, `note`, `pre`, `transport`; `data`, a list of byte strings, where it came as hex; `text`;
    `hex` as it was written; `repeat`, at least 1."""

    def __init__(self, fields, where):
        self.where = where
        for name in TEXTS:
            setattr(self, name, fields.get(name, ""))
        self.has_text = "text" in fields
        self.repeat = fields.get("repeat", 1)
        self.data = []
        if self.layer in TEMPLATES:
            return
        for digits in [self.hex] if "hex" in fields else fields.get("hex_seq", []):
            self.data.append(bytes.fromhex(digits))

    def body(self):
        """The bytes of a case that has one input."""
        return (self.text.encode("utf-8", "surrogatepass") if self.has_text else b"".join(self.data)) * self.repeat


def check(fields):
    """Raises Malformed with a sentence for what is wrong."""
    if not isinstance(fields, dict):
        raise Malformed("a case is a JSON object")
    for name in NEEDED:
        if not fields.get(name):
            raise Malformed(f"{name} is missing")
    for name in TEXTS:
        if not isinstance(fields.get(name, ""), str):
            raise Malformed(f"{name} is not text")
    if fields["layer"] not in LAYERS and fields["layer"] not in NOT_YET:
        raise Malformed(f"layer {fields['layer']!r} is not known; there are {', '.join(LAYERS + tuple(NOT_YET))}")
    if sum(name in fields for name in ("hex", "hex_seq", "text")) != 1:
        raise Malformed("one of hex, hex_seq and text is wanted")
    repeat = fields.get("repeat", 1)
    if isinstance(repeat, bool) or not isinstance(repeat, int) or not 1 <= repeat <= 10_000_000:
        raise Malformed("repeat is a number from 1 to 10000000")
    sequence = fields.get("hex_seq", [])
    if not isinstance(sequence, list) or not all(isinstance(item, str) for item in sequence):
        raise Malformed("hex_seq is a list of texts")
    if fields["layer"] in TEMPLATES or fields["layer"] in NOT_YET:
        return
    for digits in sequence + [fields.get("hex", "")]:
        try:
            bytes.fromhex(digits)
        except ValueError:
            raise Malformed(f"{digits[:20]!r} is not hexadecimal") from None


def read(path):
    """Returns (cases, errors): errors are lines `file:line: sentence`. OSError where the file can't be read."""
    cases, errors, seen = [], [], {}
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            where = f"{path}:{number}"
            if not line.strip():
                continue
            try:
                fields = json.loads(line)
                check(fields)
                if fields["id"] in seen:
                    raise Malformed(f"id {fields['id']!r} is on line {seen[fields['id']]} already")
                seen[fields["id"]] = number
                cases.append(Case(fields, where))
            except (Malformed, ValueError, RecursionError) as error:
                errors.append(f"{where}: {error}")
    return cases, errors
