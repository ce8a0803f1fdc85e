# SPDX-License-Identifier: Apache-2.0
"""What a case expects of the wire: steps apart by `;`, one a datagram, each with alternatives apart by `|`. An alternative is `silent`,
`RST`, `ACK c.dd` (or NON, CON, or the bare code), `same-ACK` (the bytes of the answer before), with qualifiers: `+Option` is there,
`no-observe`, `topic-escaped`, `no-file-path`, `only-with-event NAME`. An alternative that begins with `with` or is prose is not one of these: Unknown."""

import re

import coap_wire as coap


class Unknown(Exception):
    """An expectation that can't be read."""


class Want:
    """One alternative: verdict (silent, rst, same, code), kind (of the message, or None), code, options that are there, absent ones, and
    conditions on the rest of the world: {name: argument}."""

    def __init__(self, verdict, kind=None, code=None):
        self.verdict, self.kind, self.code = verdict, kind, code
        self.options, self.absent, self.conditions = [], [], {}

    def meets(self, sent, answer, before):
        """Whether answer (bytes or None) is this, to the datagram sent; before is the answer to the one before."""
        if self.verdict == "silent":
            return answer is None
        if answer is None:
            return False
        if self.verdict == "same":
            return answer == before
        got, asked = coap.parse(answer), sent[2:4]
        if got is None:
            return False
        if self.verdict == "rst":
            return got.kind == coap.RST and got.code == 0 and answer[2:4] == asked and len(answer) == 4
        request = coap.parse(sent)
        kind = self.kind
        if kind == coap.ACK and request and request.kind == coap.NON:
            kind = coap.NON  # what is piggybacked for a CON comes as it is for a NON
        if got.code != self.code or (kind is not None and got.kind != kind):
            return False
        if got.kind == coap.ACK and answer[2:4] != asked:
            return False
        if request and got.token != request.token:
            return False
        return all(got.option(name) for name in self.options) and not any(got.option(name) for name in self.absent)


KINDS = {"ACK": coap.ACK, "NON": coap.NON, "CON": coap.CON}


def _qualify(want, words):
    while words:
        word = words.pop(0)
        name = word[1:].lower() if word[0] == "+" else word[3:].lower()
        if word[0] == "+" and name in coap.OPTIONS:
            want.options.append(name)
        elif word.startswith("no-") and name in coap.OPTIONS:
            want.absent.append(name)
        elif word in ("topic-escaped", "no-file-path"):
            want.conditions[word] = True
        elif word == "only-with-event" and words:
            want.conditions[word] = words.pop(0)
        else:
            raise Unknown(f"{word!r} is not understood")


def alternative(text):
    """One Want of its text."""
    words = text.replace(",", " ").split()
    if not words:
        raise Unknown("an alternative is empty")
    first = words.pop(0)
    if first == "silent":
        want = Want("silent")
    elif first == "RST":
        want = Want("rst")
    elif first == "same-ACK":
        want = Want("same")
    else:
        kind = KINDS.get(first)
        if kind is not None:
            first = words.pop(0) if words else ""
        if not re.fullmatch(r"[2-57]\.\d\d", first):
            raise Unknown(f"{text!r} is not understood")
        want = Want("code", kind, coap.code(first))
    _qualify(want, words)
    return want


def parse(text):
    """Steps, each a list of Want; Unknown where a word is not of the grammar."""
    return [[alternative(part) for part in step.split("|")] for step in text.split(";")]
