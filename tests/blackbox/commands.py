# SPDX-License-Identifier: Apache-2.0
"""Cases of layer mqtt-command: what somebody publishes on a device's command topic."""

import json
import re

import words
from verdict import SLOW, Failed, Skipped

QUIET = 0.5  # seconds in which something would have come that must not come
GOOD = {"op": "read", "path": "/3/0/9"}


def expectation(text):
    """(set of error names or None, may pass to the device, must be ignored) of an expectation."""
    named = re.search(r'"code":"([^"]*)"', text)
    errors, passes = None, bool(re.search(r"reaches the device|passed to the device|2nd|done", text))
    if named:
        errors = set()
        for name in named[1].split("|"):
            errors |= words.errors(name) if re.fullmatch(r"\w+", name) else set()
    return errors, passes, text.startswith("ignored")


def run_case(world, case):
    """Raises Failed, Skipped."""
    device = world.new_device(world.fresh_ep())
    try:
        text = case.body().decode("utf-8", "surrogatepass") if case.has_text else ""
        if re.match(r"same id twice", text):
            _twice(world, device)
        elif re.match(r"command for an? (endpoint|device) that is not", text):
            _one(world, case, device, json.dumps(dict(GOOD, id="1")).encode(), False, world.fresh_ep())
        else:
            retain = text.startswith("retained ")
            payload = text[9:].encode() if retain else case.body()
            _one(world, case, device, payload, retain, device.ep)
        world.check_alive()
        world.good_read(device)
    finally:
        device.close()


def _twice(world, device):
    ident, mark = world.command(device.ep, GOOD)
    request = device.receive(SLOW)
    if not request:
        raise Failed("the first one does not reach the device")
    device.answer(request, "2.05", 0, b"87")
    first = world.result(device.ep, ident, mark)
    again, mark = world.command(device.ep, dict(GOOD, id=ident))
    second = world.result(device.ep, again, mark)
    if not first or not second or first["state"] != second["state"]:
        raise Failed(f"the second is answered with {second}, the first with {first}")
    if device.receive(QUIET):
        raise Failed("the device sees a second request")


def _one(world, case, device, payload, retain, ep):
    errors, passes, ignored = expectation(case.expect)
    mark = world.broker.mark()
    world.broker.publish(f"tidegate/dev/{ep}/cmd", payload, retain)
    if ignored:
        if device.receive(QUIET) or world.result(ep, None, mark, QUIET):
            raise Failed("it is not ignored")
        return
    seen = device.receive(QUIET if errors and not passes else SLOW)
    if seen and errors and not passes:
        raise Failed(f"the device sees a request for {seen.path()}")
    if seen:
        _check_exact(payload, seen)
        device.answer(seen, "4.00" if errors else "2.04" if seen.code == 3 else "2.05", None if seen.code == 3 else 0, b"" if seen.code == 3 else b"87")
    facts = world.result(ep, None, mark)
    if not facts:
        raise Failed("there is no result")
    if errors is not None and not seen and (facts["state"] not in ("failed", "expired") or facts.get("error", facts["state"]) not in errors):
        raise Failed(f"its result is {facts['state']}, {facts.get('error')} ({facts.get('message')}), wanted {' or '.join(sorted(errors))}")
    if errors is None and not passes and "id echoed" not in case.expect:
        raise Skipped(f"its expectation is not understood: {case.expect[:60]}")
    _check_echo(world, payload, ep, mark)


def _check_exact(payload, seen):
    """A whole number that is written arrives as it was given."""
    wanted = re.search(rb'"value":\s*(-?\d+)[,}\s]', payload)
    if not wanted or seen.code != 3:
        return
    number, body = int(wanted[1]), seen.payload
    forms = [str(number).encode()] + [number.to_bytes(size, "big", signed=True) for size in (1, 2, 4, 8) if -(1 << size * 8 - 1) <= number < 1 << size * 8 - 1]
    if not any(form in body for form in forms):
        raise Failed(f"the device gets {body.hex()}, not {number}")


def _check_echo(world, payload, ep, mark):
    """The id of a command is in payloads only."""
    try:
        ident = json.loads(payload).get("id")
    except (ValueError, AttributeError, RecursionError):
        return
    for topic, _ in world.broker.since(mark):
        if isinstance(ident, str) and len(ident) > 2 and ident in topic and ident not in ep:
            raise Failed(f"its id is in the topic {topic}")
    if isinstance(ident, str) and "/" in ident and any(ident.strip("./") == name.rsplit("/", 1)[-1] for name in world.gateway.files()):
        raise Failed("its id is a file's name")
