#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""N20 and N10: many devices, and a gateway that is killed, started again and told to reload. Registrations and observations are there as before, the
first answer comes soon, nothing acknowledged is missing, and memory stays within bounds (the gateway may have 128 MiB of address space).

TG_CROWD=10000 devices; TG_BUILD_DIR=build/release for numbers that are worth something."""

import os
import random
import resource
import signal
import threading
import time

import rows
from crowd import Crowd
from rows import check

DEVICES = int(os.environ.get("TG_CROWD", "10000"))
FIRST_MS = 500 if DEVICES <= 10000 else 1000
RESTARTS, SAMPLE, RELOADS = 3, 300, 20
ADDRESS_SPACE, RSS_KB, IDLE_KB = 128 << 20, 100 << 10, 10 << 10
IS_FAST = "release" in rows.BUILD


def start(lab):
    """With so much address space; when that was, in monotonic seconds."""
    lab.gateway.begin()
    if DEVICES <= 10000:
        resource.prlimit(lab.gateway.process.pid, resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    return lab.gateway.started_at


def restart(lab, crowd, number):
    """Kill or a good end, then start; milliseconds from the start of the process to the first answer to a
    device, and how many of a sample had lost something."""
    time.sleep(1)  # what was granted last is on disk: nobody was promised that it is at once
    lab.gateway.kill(signal.SIGKILL if number % 2 == 0 else signal.SIGTERM)
    begun = start(lab)
    first = crowd.first_answer(random.randrange(DEVICES), begun)
    if first is None:
        check(False, "after a restart a device is answered", lab.gateway.log()[-300:])
        return 1e9, DEVICES
    sample = random.sample(range(DEVICES), min(SAMPLE, DEVICES))
    forgotten, gone = crowd.notify(sample), crowd.update(sample)
    check(not forgotten, "observations are there without a new registration", len(forgotten))
    check(not gone, "so are registrations", len(gone))
    return first * 1000, len(forgotten) + len(gone)


def reload_under_load(lab):
    """SIGHUP again and again while devices speak."""
    devices = [rows.Device(f"r{nth}", lab.port) for nth in range(4)]
    fine = [device.register() and device.is_observed() for device in devices]
    check(all(fine), "devices register for the reloads")
    going = threading.Event()
    going.set()

    def speak(device):
        while going.is_set():
            if device.value % 2:
                device.notify(seconds=5)
            else:
                device.send(seconds=5)

    threads = [threading.Thread(target=speak, args=(device,), daemon=True) for device in devices]
    for thread in threads:
        thread.start()
    before = lab.gateway.log().count("loaded name=own ")
    for _ in range(RELOADS):
        lab.gateway.process.send_signal(signal.SIGHUP)
        time.sleep(0.1)
    going.clear()
    for thread in threads:
        thread.join(30)
    check(sum(device.resets for device in devices) == 0, "no reload forgets an observation")
    loaded = lab.gateway.log().count("loaded name=own ") - before
    check(loaded >= RELOADS * 3 / 4, "scripts were loaded again and again", loaded)  # two signals at once are one
    return devices


def main():
    more = 'server = { observe = { "/3303/0/5700" } }, scripts = { { file = "own.lua" } },'
    with rows.Lab(more) as lab:
        lab.gateway.write("own.lua", 'return { name = "own", rules = { { match = { object = 3303 }, topic = "own/{ep}{path}" } } }')
        start(lab)
        check(rows.parts.wait_for(30, lab.gateway.is_ready), "it starts with 128 MiB of address space")
        time.sleep(0.5)
        idle = lab.gateway.rss()
        crowd = Crowd(DEVICES, lab.port)
        check(crowd.register(), f"{DEVICES} devices register and are observed", crowd.location.count(None))
        full = lab.gateway.rss()
        lives = [restart(lab, crowd, number) for number in range(RESTARTS)]
        took, lost = [ms for ms, _ in lives], sum(count for _, count in lives)
        again = lab.gateway.rss()
        if IS_FAST or DEVICES <= 10000:
            check(max(took) <= FIRST_MS, f"the first answer comes within {FIRST_MS} ms", [f"{ms:.0f}" for ms in took])
        check(max(full, again) <= RSS_KB or DEVICES > 10000, "memory stays below 100 MiB", (full, again))
        devices = reload_under_load(lab)
        lab.settle()
        missing = sorted(crowd.acked - lab.came) + lab.missing(devices)
        check(not missing, "nothing that was acknowledged is missing", missing[:5])
        rows.prove("N20", f"restarts with {DEVICES} registrations", [
            ("start of the process to the first answer, at most", max(took), "<=", FIRST_MS, "ms"),
            ("observations or registrations lost, of 300 asked", lost, "=", 0, ""),
            ("acknowledged values missing, over restarts and reloads", len(missing), "=", 0, ""),
            ("restarts", RESTARTS, "", None, ""), ("reloads under load", RELOADS, "", None, "")])
        if DEVICES == 10000:
            rows.prove("N10", "10,000 registered and observed devices in 128 MiB of address space", [
                ("resident memory", max(full, again) / 1024, "<=", RSS_KB / 1024, "MiB"),
                ("resident memory after the start", idle / 1024, "<=", IDLE_KB / 1024, "MiB")])
    rows.done()


if __name__ == "__main__":
    main()
