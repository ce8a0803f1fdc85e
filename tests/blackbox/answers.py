# SPDX-License-Identifier: Apache-2.0
"""Cases that a device says when it is asked: coap-response (a whole message), tlv, senml-json, senml-cbor (a payload; also in a Send)."""

import re
import time

import coap_wire as coap
import peer
import words
from verdict import SLOW, Failed, Skipped
from world import TYPES, typed_object

BODY_MAX = 65536  # bytes that a Send may have in all its blocks
GONE = 0.5  # seconds in which something would have come that must not come


# Whole messages --------------------------------------------------------------------------------------------------------

def parse_template(text):
    """(hex with MMMM and TTTT, bytes of payload to append, for ever, times, seconds) of a template such as `6245MMMMTTTTff31`, `… + 1024 bytes,
    M=1 for ever`, `… x 10000 in 1 s`. Skipped where it is something else."""
    found = re.fullmatch(r"([0-9a-fA-FMT]+)(?: \+ (\d+) bytes)?(, M=1 for ever)?(?: x (\d+)(?: in (\d+) s)?)?", text)
    if not found or len(found[1].replace("MMMM", "0000").replace("TTTT", "0000")) % 2:
        raise Skipped(f"its template is not understood: {text[:60]}")
    return found[1], int(found[2] or 0), bool(found[3]), int(found[4] or 1), int(found[5] or 0)


def fill(template, request, fresh):
    """The bytes of a template as the answer to a request: the token with its length; the request's message id, in a CON or NON a fresh one."""
    kind = int(template[:2], 16) >> 4 & 3
    mid = request.mid if kind >= coap.ACK else fresh
    head = int(template[:2], 16)
    if "TTTT" in template:
        head = head & 0xF0 | len(request.token)
    text = f"{head:02x}" + template[2:].replace("MMMM", f"{mid:04x}").replace("TTTT", request.token.hex())
    return bytes.fromhex(text)


def _flood(device, data, extra, times, seconds):
    """Sends it so often, with rising numbers where each is to be a message of its own."""
    started = time.monotonic()
    for number in range(times):
        if times > 1:
            data = data[:2] + device.next_mid().to_bytes(2, "big") + data[4:]
        device.send(data + b"A" * extra)
        ahead = number * seconds / times - (time.monotonic() - started)
        if ahead > 0:
            time.sleep(ahead)


def _for_ever(device, request, data, extra):
    """Block after block, as asked, until the gateway stops asking. The option's value is the last before the payload marker."""
    at = data.rfind(b"\xd1\x0a")
    for number in range(1 << 16):
        value = coap.number(number << 4 | data[at + 2] & 15)
        option = bytes([0xD0 | len(value), 0x0A]) + value
        device.send(data[:2] + request.mid.to_bytes(2, "big") + request.token.join((b"", option)) + b"\xff" + b"A" * extra)
        request = device.receive(2)
        if request is None:
            return
    raise Failed("it takes 64 MiB and still asks for more")


def run_response(world, case):
    """A case of layer coap-response."""
    template, extra, ever, times, seconds = parse_template(case.hex)
    device = world.new_device(world.fresh_ep())
    is_observe = "observ" in case.expect.lower() and "notification" in (case.why + case.expect).lower()
    ident, mark = world.command(device.ep, {"op": "observe" if is_observe else "read", "path": "/3303/0/5700" if is_observe else "/3/0/9"})
    request = device.receive(SLOW)
    if not request:
        raise Failed("the command does not reach the device")
    if is_observe:
        device.answer(request, "2.05", 0, b"21", [(6, b"\1")])
        if not world.result(device.ep, ident, mark):
            raise Failed("the observation does not begin")
        mark = world.broker.mark()
    data = fill(template, request, device.next_mid())
    try:
        if "from any other address" in case.expect:
            _other_address(world, device, data, ident, mark)
        elif ever:
            _for_ever(device, request, data, extra)
        else:
            _flood(device, data, extra, times, seconds)
        _judge_response(world, case, device, request, (ident, mark), is_observe)
        world.check_alive()
        world.good_read(device)
    finally:
        device.close()


def _other_address(world, device, data, ident, mark):
    with peer.open_socket() as stranger, peer.open_socket("127.0.0.2") as other:
        for sock in (stranger, other):
            device.send(data, sock)
            if peer.receive(sock, GONE):
                raise Failed("an answer from another address is answered")
    if world.result(device.ep, ident, mark, GONE):
        raise Failed("an answer from another address is taken")
    device.send(data)


def _seen(device, kind, seconds):
    """Whether the device gets a message of that kind without a code."""
    return peer.receive(device.sock, seconds, lambda got: len(got) == 4 and got[0] >> 4 & 3 == kind and got[1] == 0) is not None


def _judge_response(world, case, device, request, command, is_observe):
    wanted, (ident, mark) = case.expect, command
    for kind, pattern in ((coap.RST, r"\bRST\b"), (coap.ACK, r"\bACK\b")):
        if re.search(pattern, wanted) and "|" not in wanted and not _seen(device, kind, SLOW):
            raise Failed(f"the device gets no {pattern[2:-2]}")
    if is_observe:
        if "removed" in wanted or "cancel" in wanted:
            ended = world.broker.wait(mark, lambda topic, payload: topic.endswith(f"/{device.ep}/event") and b"observing" in payload, SLOW)
            if not ended:
                raise Failed("no event tells that the observation has ended")
            code = re.search(r"\b[45]\.\d\d\b", wanted)
            if code and code[0].encode() not in ended[1]:
                raise Failed(f"its event has no {code[0]}: {ended[1].decode()}")
        return
    if re.match(r"(silent|ignored)\b", wanted):
        if world.result(device.ep, ident, mark, GONE):
            raise Failed("the command ends, though the answer is to be ignored")
        device.answer(request, "2.05", 0, b"87")
    named = re.search(r"(?:command )?fails(?: with)? \"?(\w+)\"?", wanted)
    facts = world.result(device.ep, ident, mark, SLOW * 8)
    if not facts:
        raise Failed("the command does not end")
    if named and facts["state"] != "failed":
        raise Failed(f"the command ends as {facts}")
    if named and "with" in named[0] and facts.get("error") not in words.errors(named[1]):
        raise Failed(f"the command fails with {facts.get('error')}, wanted {named[1]}: {facts.get('message')}")
    # Taken as the answer, whatever comes of what it holds: the result has its code.
    if not named and re.match(r"accepted|silent|ignored", wanted) and "code" not in facts:
        raise Failed(f"the command ends as {facts}")


# Payloads ---------------------------------------------------------------------------------------------------------------

def target(case):
    """What is read: what the case says, an object of the type that it is about, or the device object."""
    named = re.search(r"\bRead (/[\d/]+)", case.why + " " + case.note)
    if named:
        return named[1]
    kind = re.search(r"\b(" + "|".join(TYPES) + r")\b", case.why, re.I)
    return f"/{typed_object(kind[1].lower())}/0" if kind and case.layer == "tlv" else "/3/0"


def expectation(text):
    """({status of a Send} or None, whether an answer is to be taken, or None where nothing is said of answers)."""
    sends = re.search(r"request: ((?:ACK )?[2-5]\.\d\d(?:\s*\|\s*(?:ACK )?[2-5]\.\d\d)*)", text)
    codes = set(re.findall(r"[2-5]\.\d\d", sends[1])) if sends else None
    rest = text.split("response:", 1)[1] if "response:" in text else ("" if sends else text)
    if re.search(r"decode-error|fail|reject|refus", rest):
        return codes, False
    if re.search(r"accept|taken|done|value|decoded|ok\b", rest):
        return codes, True
    return codes, None


def run_payload(world, case):
    """A case of layer tlv, senml-json, senml-cbor."""
    codes, taken = expectation(case.expect)
    if codes is None and taken is None:
        raise Skipped(f"its expectation is not understood: {case.expect[:60]}")
    content_format = int((re.search(r"ct=(\d+)", case.transport) or [0, {"tlv": 11542, "senml-json": 110, "senml-cbor": 112}[case.layer]])[1])
    device, body = world.new_device(world.fresh_ep()), case.body()
    try:
        if taken is not None:
            _answer_with(world, case, device, content_format, body, taken)
        if codes is not None:
            answer = device.post("/dp", content_format, body)
            if len(body) > BODY_MAX:
                codes = {"4.13"}  # before anything else, security.md 6
            if answer is None or f"{answer.code >> 5}.{answer.code & 31:02}" not in codes:
                raise Failed(f"a Send of it is answered with {answer}, wanted {' or '.join(sorted(codes))}")
        world.check_alive()
        world.good_read(device)
    finally:
        device.close()


def _answer_with(world, case, device, content_format, body, taken):
    ident, mark = world.command(device.ep, {"op": "read", "path": target(case)})
    request = device.receive(SLOW)
    if not request:
        raise Failed("the command does not reach the device")
    device.answer_body(request, content_format, body, SLOW)
    facts = world.result(device.ep, ident, mark)
    if not facts:
        raise Failed("the operation does not end")
    if taken != (facts["state"] == "done"):
        raise Failed(f"read {target(case)} ends as {facts['state']}, {facts.get('values', facts.get('error'))}")
    values = [topic for topic, _ in world.broker.since(mark) if topic.startswith(f"tidegate/dev/{device.ep}/v/")]
    if not taken and values:
        raise Failed(f"it published {values[0]}")
    if not taken and facts.get("error") not in words.errors("decode_error"):
        raise Failed(f"it failed with {facts.get('error')}, which is not about what it holds")
