# SPDX-License-Identifier: Apache-2.0
"""What devices were told has arrived, and what a subscriber got: the two books that must agree.

A device numbers its values from 1 on and says each once, as a Send or as a notification. An hour of them fits: a byte a value, a bit a message.
"""

import json
import re

SEND, NOTIFY = 1, 2  # how a value was said
SEND_PATH, NOTIFY_PATH = "/3303/0/5602", "/3303/0/5700"
WAY = {SEND_PATH: SEND, NOTIFY_PATH: NOTIFY}
FINAL = {"done", "failed", "expired", "cancelled", "unknown"}
VALUE = re.compile(r"^[^ ]*/dev/([^/ ]+)/v(/\S+) (\{.*\})$")
RESULT = re.compile(r"^[^ ]*/dev/([^/ ]+)/result (\{.*\})$")
UNCOUNTED = "junk"  # begins the names of devices that say what comes to their mind
PART = 16  # bits of a number that are within one part of Numbers


class Numbers:
    """A set of numbers of which many stand close together."""

    def __init__(self):
        self.parts = {}

    def add(self, number):
        """False where it was there already."""
        part = self.parts.setdefault(number >> PART, bytearray(1 << PART >> 3))
        at, bit = (number & (1 << PART) - 1) >> 3, 1 << (number & 7)
        is_new = not part[at] & bit
        part[at] |= bit
        return is_new


def note(book, ep, value, way):
    marks = book.setdefault(ep, bytearray())
    if value >= len(marks):
        marks.extend(bytes(value + 64 - len(marks)))
    marks[value] |= way


class Ledger:
    """`acked` belongs to the thread of the devices, the rest to that of the subscriber; compare() comes when both are quiet."""

    def __init__(self):
        self.acked, self.acked_count = {}, 0  # ep -> marks
        self.came = {}
        self.seen, self.last, self.order = {}, {}, {}  # of messages: numbers by gateway, the last of each, the last value by device
        self.messages, self.duplicates, self.disorder, self.unread = 0, 0, [], 0
        self.drop = 0  # how many of the values that came are left out of the book: to see that whoever compares tells
        self.accepted, self.ends = set(), {}  # commands: id -> {state: how many numbers}

    def acknowledge(self, ep, way, value):
        note(self.acked, ep, value, way)
        self.acked_count += 1

    def take(self, line):
        """A line `TOPIC PAYLOAD` of the subscriber."""
        value, result = VALUE.match(line), RESULT.match(line)
        try:
            if value and value[1].startswith(UNCOUNTED):
                return
            if value:
                self.take_value(value[1], value[2], json.loads(value[3]))
            elif result:
                self.take_result(json.loads(result[2]))
        except (ValueError, KeyError, TypeError):
            self.unread += 1

    def take_value(self, ep, path, body):
        gw, seq, value = body["gw"], body["seq"], body["v"]
        if path not in WAY or value != int(value):
            return
        self.messages += 1
        self.duplicates += not self.seen.setdefault(gw, Numbers()).add(seq)
        note(self.came, ep, int(value), WAY[path])
        if seq <= self.last.get(gw, 0):  # as docs/mqtt.md tells consumers to
            return
        self.last[gw] = seq
        if value == 0:  # the answer to an Observe, which may come at any time
            return
        if value < self.order.get(ep, 0) and len(self.disorder) < 5:
            self.disorder.append((ep, path, int(value)))
        self.order[ep] = max(self.order.get(ep, 0), int(value))

    def take_result(self, body):
        word, state = body["id"], body["state"]
        if state == "accepted":
            self.accepted.add(word)
        elif state in FINAL:
            self.ends.setdefault(word, {}).setdefault(state, set()).add(body.get("seq"))

    def leave_out(self):
        """Takes `drop` of the values that were acknowledged and came out of what came: a kill decides only which came, never how many are left out."""
        for ep, marks in self.acked.items():
            came = self.came.get(ep, b"")
            for value, way in enumerate(marks[: len(came)]):
                if self.drop and way and came[value] & way == way:
                    came[value] = 0
                    self.drop -= 1

    def missing(self):
        """[(ep, way, value)] that were acknowledged and did not come."""
        found = []
        for ep, marks in self.acked.items():
            came = self.came.get(ep, b"")
            lost = int.from_bytes(marks, "little") & ~int.from_bytes(bytes(came[: len(marks)]), "little")
            rest = lost.to_bytes(len(marks), "little") if lost else b""
            found += [(ep, "send" if way == SEND else "notify", value) for value, way in enumerate(rest) if way]
        return found

    def compare(self, executed):
        """What became of what was acknowledged: numbers, and lists of what must be empty. @param executed {arguments: times}"""
        self.leave_out()
        missing = self.missing()
        return {
            "acked": self.acked_count,
            "missing": missing[:5],
            "missing_count": len(missing),
            "messages": self.messages,
            "duplicates": self.duplicates,
            "disorder": self.disorder,
            "twice": sorted(words for words, times in executed.items() if times > 1),
            "executed": len(executed),
            "accepted": len(self.accepted),
            "endless": sorted(self.accepted - set(self.ends))[:5],
            "two_ends": sorted(word for word, states in self.ends.items() if len(states) > 1)[:5],
            "unread": self.unread,
        }


def is_good(found):
    return not any(found[name] for name in ("missing_count", "disorder", "twice", "endless", "two_ends", "unread"))
