#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""N13: the wall clock of a gateway under load is set ten years ahead, ten years back, and right again, and it is killed and started anew in
each of these times. Nothing expires early, nothing gets stuck, nothing is done twice, and what is published meanwhile says that the clock
is not to be believed. (Timers' own clock can't be set; see tg-bad-clock.so, which stands in for somebody who sets the other one.)"""

import json
import os
import struct
import threading
import time

import rows
from rows import check, parts

SHIM = os.path.join(rows.BUILD, "tests/faults/tg-bad-clock.so")
YEARS = 10 * 365 * 86400
LIFETIME, PHASE, LATE_S = 60, 1.5, 2.0
JUMPS = [("right", 0), ("ten years ahead", YEARS), ("ten years back", -YEARS), ("right again", 0)]


class Clock:
    def __init__(self, path):
        self.path = path
        with open(path, "wb") as file:
            file.write(bytes(8))

    def set(self, seconds):
        with open(self.path, "r+b", buffering=0) as file:
            file.write(struct.pack("=q", seconds))


class Load(threading.Thread):
    """Devices that say values, one thread for all; a registration is renewed in time."""

    def __init__(self, devices):
        super().__init__(daemon=True)
        self.devices, self.going, self.renewed, self.refused = devices, True, 0, []

    def run(self):
        renewed = time.monotonic()
        while self.going:
            for nth, device in enumerate(self.devices):
                if nth % 2:
                    device.notify(seconds=5)
                else:
                    device.send(seconds=5)
                device.pump(0.01)
            if time.monotonic() - renewed > LIFETIME / 4:
                renewed = time.monotonic()
                for device in self.devices:
                    answer = device.update()
                    self.renewed += 1
                    if not answer or answer.status() != "2.04":
                        self.refused.append(device.ep)


def results(lab, ident):
    return [json.loads(line.split(" ", 1)[1]) for line in lab.said(r"^tidegate/dev/[^/]+/result .*\"id\":\"%s\"" % ident)]


def has_ended(lab, ident, state):
    return any(result["state"] == state for result in results(lab, ident))


def ask(lab, ep, ident, **command):
    """As docs/mqtt.md wants it: again with the same id until something is said of it, for a gateway that is away does not hear it."""
    count = len(results(lab, ident))
    for _ in range(15):
        lab.command(ep, id=ident, **command)
        if parts.wait_for(1, lambda: len(results(lab, ident)) > count):
            return


def short_command(lab, name):
    """One for a device that sleeps, with two seconds to live: it expires then, neither at once nor never. @return after how many"""
    ask(lab, "asleep", name, op="read", path="/3303/0/5700", timeout=2)
    begun = time.monotonic()
    check(parts.wait_for(15, lambda: has_ended(lab, name, "expired")), name + ": a command for a device that sleeps expires")
    return time.monotonic() - begun


def again(lab, driver, name):
    """The same command once more: answered from memory. With a deadline by the right time: carried out."""
    count = len(results(lab, "once"))
    ask(lab, "driver", "once", op="execute", path="/3/0/4", args="0='once'")
    driver.pump(0.3)
    check(len(results(lab, "once")) > count, name + ": a command that comes again is answered")
    ask(lab, "driver", name, op="execute", path="/3/0/4", args=f"0='{name}'", deadline=time.time() + 60)
    end = time.monotonic() + 10
    while not has_ended(lab, name, "done") and time.monotonic() < end:
        driver.pump(0.1)
    check(has_ended(lab, name, "done"), name + ": one with a deadline is in time", results(lab, name))


def marks(lab, since):
    """Of the stamped messages since then: how many are marked, and how many are not."""
    with lab.lock:
        lines = [line for line in lab.messages[since:] if '"seq":' in line]
    marked = sum('"clock_unsynced":true' in line for line in lines)
    return marked, len(lines) - marked


def phase(lab, clock, driver, jump, restarts):
    name, seconds = jump
    lab.settle()
    clock.set(seconds)
    time.sleep(0.2)
    lab.settle()
    since = len(lab.messages)
    if restarts:
        lab.gateway.kill(9)
        lab.start()
    word = name + (", after a restart" if restarts else "")
    took = short_command(lab, word)
    check(2 - 1 <= took <= 2 + LATE_S, word + ": after two seconds", f"{took:.1f} s")
    again(lab, driver, word)
    driver.pump(PHASE)
    lab.settle()
    marked, plain = marks(lab, since)
    wrong = plain if seconds else marked
    check(wrong == 0 and marked + plain > 0, word + ": messages say whether the clock is believed", (marked, plain))
    return wrong


def sleeper(lab):
    """Registered in queue mode and silent since; a command waits for it."""
    device = rows.Device("asleep", lab.port)
    answer = device.ask(rows.coap.POST, "/rd", ("ep=asleep", "lt=86400", "lwm2m=1.1", "b=U", "Q"), 40, b"</1/0>,</3/0>,</3303/0>")
    device.location = "/" + "/".join(part.decode() for part in answer.option("location-path"))
    device.is_observed()
    parts.wait_for(10, lambda: lab.said("^tidegate/dev/asleep/state .*asleep"))
    lab.command("asleep", id="patient", op="execute", path="/3/0/4", args="0='patient'", timeout=3600)
    check(parts.wait_for(10, lambda: has_ended(lab, "patient", "waiting")), "a command waits for a device that sleeps")
    return device


def play(lab, clock):
    lab.start()
    devices = [rows.Device(f"d{nth}", lab.port, LIFETIME) for nth in range(6)]
    driver = rows.Device("driver", lab.port)
    for device in [*devices, driver]:
        check(device.register() and device.is_observed(), device.ep + " registers and is observed")
    asleep = sleeper(lab)
    lab.command("driver", id="once", op="execute", path="/3/0/4", args="0='once'")
    end = time.monotonic() + 10
    while not has_ended(lab, "once", "done") and time.monotonic() < end:
        driver.pump(0.1)
    load = Load(devices)
    load.start()
    wrong = sum(phase(lab, clock, driver, jump, restarts) for jump in JUMPS for restarts in (False, True))
    load.going = False
    load.join(30)
    check(sorted(driver.done_by) == sorted(set(driver.done_by)) and driver.done_by.count("0='once'") == 1, "no Execute reached its device twice", driver.done_by)
    check(not has_ended(lab, "patient", "expired"), "the command still waits")
    asleep.update()
    end = time.monotonic() + 10
    while "0='patient'" not in asleep.done_by and time.monotonic() < end:
        asleep.pump(0.1)
    check(asleep.done_by == ["0='patient'"], "and reaches its device when that wakes", asleep.done_by)
    lab.settle()
    return devices, load, wrong


def main():
    if not os.path.exists(SHIM):
        print("SKIP there is no " + SHIM)
        raise SystemExit(77)
    more = 'server = { awake = 1, learn_awake = false, observe = { "/3303/0/5700" } },'
    with rows.Lab(more) as lab:
        clock = Clock(lab.path("clock"))
        lab.gateway.env.update(LD_PRELOAD=SHIM, TG_BAD_CLOCK=clock.path)
        devices, load, wrong = play(lab, clock)
        expired = lab.said(r"^tidegate/dev/[^/]+/state .*\"(offline|expired)\"")
        check(not expired, "no registration expired", expired[:2])
        check(load.renewed > 0 and not load.refused, "every Update was taken", load.refused[:3])
        check(sum(device.resets for device in devices) == 0, "no observation was forgotten")
        missing = lab.missing(devices)
        check(not missing, "nothing that was acknowledged is missing", missing[:5])
        acked = sum(len(device.acked) for device in devices)
        rows.prove("N13", "the wall clock is set by ten years, and the gateway restarted", [
            ("registrations that expired early", len(expired), "=", 0, ""),
            ("observations forgotten", sum(device.resets for device in devices), "=", 0, ""),
            ("acknowledged values missing", len(missing), "=", 0, ""),
            ("messages with a wrong mark of the clock", wrong, "=", 0, ""),
            ("acknowledged values", acked, "", None, ""),
            ("jumps, each with a kill", len(JUMPS) - 1, "", None, "")])
    rows.done()


if __name__ == "__main__":
    main()
