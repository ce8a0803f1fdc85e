# SPDX-License-Identifier: Apache-2.0
"""Cases that are datagrams: coap-message, coap-option, coap-block, lwm2m-register, lwm2m-send."""

import random
import re

import coap_wire as coap
import expect
import peer
from verdict import SLOW, Failed, Skipped

ANOTHER = re.compile(r"(?:datagram|message) (\d+)\b.*?\b(127\.\d+\.\d+\.\d+)", re.I | re.S)


def other_source(case):
    """(number of the first datagram that comes from elsewhere, that address), or None: said by the note."""
    found = ANOTHER.search(case.note)
    return (int(found[1]), found[2]) if found else None


def _is_answer(data):
    """Requests of the gateway's own are none."""
    return not (len(data) >= 4 and data[0] >> 4 & 3 < 2 and 0 < data[1] < 32)


def exchange(sock, port, data, wants):
    """Sends a datagram; returns what came back, None where nothing did. A ping behind it ends the wait for silence: what comes before its
    answer is the answer. Only what is acknowledged when it is on disk may come after it."""
    sock.sendto(data, ("127.0.0.1", port))
    if all(want.verdict != "silent" for want in wants):
        return peer.receive(sock, SLOW, _is_answer)
    mid = random.randrange(65536).to_bytes(2, "big")
    while mid == data[2:4]:
        mid = random.randrange(65536).to_bytes(2, "big")
    sock.sendto(b"\x40\x00" + mid, ("127.0.0.1", port))
    got = peer.receive(sock, SLOW, _is_answer)
    if got == b"\x70\x00" + mid:
        return peer.receive(sock, 0.1, _is_answer)
    if got is None:
        raise Failed("neither it nor a ping behind it is answered")
    peer.receive(sock, SLOW, lambda later: later == b"\x70\x00" + mid)
    return got


def _describe(answer):
    return "silence" if answer is None else f"{coap.parse(answer) or 'no CoAP'} ({answer[:40].hex()})"


def _judge(sent, answer, before, wants, text):
    for want in wants:
        if want.meets(sent, answer, before):
            return want
    raise Failed(f"{_describe(answer)}, wanted {text}")


def _conditions(world, want, mark, files):
    for name, argument in want.conditions.items():
        if name == "topic-escaped":
            bad = [topic for topic, _ in world.broker.since(mark) if set(topic) & set("+#\0")]
            if bad:
                raise Failed(f"it published on {bad[0]!r}")
        elif name == "no-file-path":
            new = world.gateway.files() - files
            if new:
                raise Failed(f"it made the file {sorted(new)[0]}")
        elif not world.broker.wait(mark, lambda topic, payload: argument.encode() in payload or b'"moved"' in payload, SLOW):
            raise Failed(f"there is no event {argument}")


def run_case(world, case):
    """Raises Failed, Skipped."""
    try:
        steps = expect.parse(case.expect)
    except expect.Unknown as error:
        raise Skipped(f"its expectation is not of the grammar: {error}") from None
    if len(steps) not in (1, len(case.data)):
        raise Skipped(f"{len(case.data)} datagrams and {len(steps)} steps of expectation")
    sock = peer.open_socket()
    if "registered" in case.pre:
        world.new_device(world.fresh_ep(), sock)
    elif case.pre:
        raise Skipped(f"needs what the runner has not: {case.pre}")
    source, other = other_source(case), None
    mark, files, answer = world.broker.mark(), world.gateway.files(), None
    data = case.data * case.repeat
    try:
        for number, datagram in enumerate(data, 1):
            if source and number == source[0]:
                other = peer.open_socket(source[1])
            if len(steps) == 1 and number < len(data):  # only the last one is judged
                exchange(other or sock, world.gateway.port, datagram, [expect.alternative("silent")])
                continue
            wants = steps[0] if len(steps) == 1 else steps[(number - 1) % len(steps)]
            before, answer = answer, exchange(other or sock, world.gateway.port, datagram, wants)
            text = case.expect.split(";")[0 if len(steps) == 1 else (number - 1) % len(steps)].strip()
            _conditions(world, _judge(datagram, answer, before, wants, f"{text} to datagram {number}"), mark, files)
    finally:
        for one in (sock, other):
            if one:
                one.close()


def soak(world, cases, rounds):
    """Sends the datagrams of all cases again and again, from one socket each round, without waiting for more than a ping."""
    for _ in range(rounds):
        with peer.open_socket() as sock:
            for case in cases:
                for datagram in case.data:
                    sock.sendto(datagram, ("127.0.0.1", world.gateway.port))
                if not peer.ping(world.gateway.port, SLOW, sock):
                    raise Failed(f"no answer to a ping after {case.id} came again")
