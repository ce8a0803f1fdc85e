# SPDX-License-Identifier: Apache-2.0
"""N7: whether memory grows by what comes. As much bad input as good, commands beside it, and no faults: see leak() and README.md here.

Much is bounded and fills up at first: what is remembered of commands, caches of the database, garbage of scripts. So the first half of the messages is
for that; memory and descriptors are looked at in the second. The pace is one that the broker keeps up with: what waits for it is memory, too. In the first half the
gateway is also stopped for a second again and again (SIGSTOP): a machine that stands still for a moment makes a crowd of what comes afterwards, and
the heap keeps the pages of the largest one. What is allocated is looked at beside it (live_memory.c), since a leak could hide in the free memory of such a heap.
"""

import mmap
import os
import signal
import struct
import threading
import time

import proof
from fleet import Fleet, Patience
from junk import Junk
from lab import Lab, execute
from parts import wait_for
from soak import CASES, ENOUGH, lows, slope

RATE = 1000  # good messages a second
SOCKETS = 100  # of bad input: each may ask 20 times a second
ASKED = 16  # devices that commands go to
REMEMBERED = 2048 + 512  # commands, and some more: after these all that is kept of commands is full
OFTEN, SELDOM = 4, 100  # a command for each so many acknowledged values until then, and afterwards
RARELY = 1000  # in a run that is too short for that: each costs 2 kB until then
NIDD = 10  # every so manyth device comes by NIDD
TELL = 10  # seconds
STOP_EVERY, STOP_FOR = 6.0, 1.0  # seconds
LIVE_PARTS = 5
LIVE_MOST = 50  # bytes for each 100 messages: garbage that is collected at any time makes it uncertain
LIVE_MEMORY = "tests/faults/tg-live-memory.so"


class LiveMemory:
    """The bytes that are allocated in a program, garbage apart: the least since they were last asked for."""

    NOTHING = struct.pack("=Q", 2**64 - 1)

    def __init__(self, build, work, env):
        """@param env gets what the program is to be started with"""
        shim, path = os.path.join(build, LIVE_MEMORY), os.path.join(work, "live")
        with open(path, "w+b") as file:
            file.write(self.NOTHING)
            file.flush()
            self.least = mmap.mmap(file.fileno(), 0)
        env.update(LD_PRELOAD=shim, TG_LIVE_MEMORY=path)

    def take(self):
        """None where the program has not said it since."""
        found, self.least[:] = bytes(self.least), self.NOTHING
        return None if found == self.NOTHING else struct.unpack("=Q", found)[0]


def growth(points):
    """What the second half of the messages says. @param points (messages, bytes, bytes that are no file's, bytes that are allocated, files, connections), by time"""
    half = [point for point in points if point[0] >= points[-1][0] / 2]
    files = lows([files - connections for *_, files, connections in half])
    live = [(point[0], point[3]) for point in half if point[3] is not None]
    part = max(10, len(live) // LIVE_PARTS)  # long enough that garbage has been collected in it
    leasts = [min(live[at : at + part], key=lambda point: point[1]) for at in range(0, len(live) - part + 1, part)]
    return {
        "looked_at": half[-1][0] - half[0][0], "rss_kb": half[-1][1] // 1024, "rss_change_kb": (half[-1][1] - half[0][1]) // 1024,
        "rss_bytes_per_100": round(100 * slope([(point[0], point[1]) for point in half]), 2),
        "own_bytes_per_100": round(100 * slope([(point[0], point[2]) for point in half]), 2),
        "live_bytes_per_100": round(100 * slope(leasts), 2), "live_kb": leasts[-1][1] // 1024 if leasts else 0,
        "files_change": max(files) - min(files), "connections": max(connections for *_, connections in half)}


def commands_after(values, of):
    """How many commands there are to be after so many acknowledged values of all."""
    if of < 3 * REMEMBERED * OFTEN:
        return values // RARELY
    return min(values // OFTEN, REMEMBERED) + max(0, values - REMEMBERED * OFTEN) // SELDOM


class Shadow(Junk):
    """As many bad messages as good ones were acknowledged."""

    def __init__(self, server, fleet, rate, seed):
        super().__init__(server, rate, seed, CASES, SOCKETS)
        self.fleet = fleet

    def wanted(self, now):
        return len(self.fleet.took)


class Asker(threading.Thread):
    """Executes at some devices in turn, over connections that stay: as many as there are to be after so many acknowledged values."""

    def __init__(self, lab, fleet, names, values):
        super().__init__(daemon=True)
        self.fleet, self.values, self.asked, self.stopping = fleet, values, 0, False
        self.ways = [lab.asker(name) for name in names]

    def run(self):
        while not self.stopping:
            while self.asked < commands_after(len(self.fleet.took), self.values):
                way = self.ways[self.asked % len(self.ways)].stdin
                self.asked += 1
                way.write(execute("n-%d" % self.asked) + "\n")
                way.flush()
            time.sleep(0.02)

    def stop(self):
        """What was asked has reached the broker afterwards."""
        self.stopping = True
        self.join(20)
        for way in self.ways:
            way.stdin.close()
            way.wait(20)


class Leak:
    def __init__(self, lab, arguments):
        self.lab, self.messages = lab, arguments.messages
        devices = arguments.devices
        names = ["d%d" % n for n in range(devices)]
        lab.start_scef(names[::NIDD])
        lab.configure()
        self.fleet = Fleet(lab.ledger, devices, arguments.rate, arguments.register_every)
        for name in names:
            if name in lab.relays:
                self.fleet.add(name, ("127.0.0.1", lab.relays[name]), Patience(1, 2, 4))
            else:
                self.fleet.add(name, ("127.0.0.1", lab.udp), Patience(0.5, 1.5, 2))
        self.junk = Shadow(("127.0.0.1", lab.udp), self.fleet, arguments.rate, arguments.seed)
        self.asker = Asker(lab, self.fleet, [name for name in names if name not in lab.relays][:ASKED], self.messages // 2)
        lab.gateway.env = dict(os.environ)
        self.live = LiveMemory(arguments.build, lab.work, lab.gateway.env)
        self.points, self.begun, self.told, self.stopped = [], 0.0, 0.0, 0.0  # points: see growth()

    def count(self):
        return len(self.fleet.took) + self.junk.sent

    def sample(self):
        gateway = self.lab.gateway
        resident, shared = gateway.memory()
        self.points.append((self.count(), resident * 1024, (resident - shared) * 1024, self.live.take(), *gateway.descriptors()))

    def tell(self):
        now = time.monotonic()
        if now - self.told < TELL:
            return
        self.told = now
        at, resident, own, live, files, connections = self.points[-1]
        print("# %d s: %d messages, %d commands; %d kB, %d of it no file's; %d kB allocated; %d files, %d connections"
              % (now - self.begun, at, self.asker.asked, resident // 1024, own // 1024, (live or 0) // 1024, files, connections), flush=True)

    def stop_at_times(self):
        """Lets a crowd come, in the first half only."""
        now = time.monotonic()
        if now - max(self.stopped, self.begun) < STOP_EVERY or self.count() > self.messages / 2:
            return
        self.stopped = now
        self.lab.gateway.process.send_signal(signal.SIGSTOP)
        time.sleep(STOP_FOR)
        self.lab.gateway.process.send_signal(signal.SIGCONT)

    def spend(self):
        while self.count() < self.messages and self.lab.check_alive():
            self.stop_at_times()
            self.sample()
            self.tell()
            time.sleep(1)
        self.sample()

    def run(self):
        self.lab.start()
        self.fleet.start()
        if not wait_for(60, lambda: all(device.registered for device in self.fleet.devices)):
            raise RuntimeError("not all devices could register")
        self.begun = time.monotonic()
        self.junk.start()
        self.asker.start()
        self.spend()
        seconds = time.monotonic() - self.begun
        self.junk.paused = True
        self.asker.stop()
        found = self.lab.settle(self.fleet, 60)
        found.update(self.summary(seconds))
        return found

    def summary(self, seconds):
        return {"seconds": round(seconds), "said": self.count(), "per_s": round(self.count() / seconds), "bad": self.junk.sent, "commands": self.asker.asked,
                "refused": dict(self.fleet.refused), **growth(self.points)}


def record(arguments, found):
    proof.record("N7", "memory, bad input beside good, no faults", "tests/faults/faults leak --messages %d --rate %g" % (arguments.messages, arguments.rate), [
        ("messages, half of them bad", found["said"], ">=", 2 * ENOUGH, ""), ("of these looked at, the last", found["looked_at"], "", None, ""),
        ("messages a second", found["per_s"], "", None, ""), ("commands", found["commands"], "", None, ""),
        ("growth of resident memory for each 100 messages", found["rss_bytes_per_100"], "<=", 1, "bytes"),
        ("growth of what is allocated, likewise (uncertain by some 15)", found["live_bytes_per_100"], "<=", LIVE_MOST, "bytes"), ("files more or fewer", found["files_change"], "=", 0, ""),
        ("acknowledged values missing", found["missing_count"], "=", 0, ""), ("resident memory", found["rss_kb"], "", None, "kB")],
        os.path.basename(arguments.build))


def leak(arguments, work):
    """@return what was found: see Leak.summary() and ledger.py; `good` says whether all of it is as it must be"""
    lab = Lab(arguments.build, work, arguments.nagle)
    lab.ledger.drop = arguments.drop
    try:
        found = Leak(lab, arguments).run()
        record(arguments, found)
        return found
    finally:
        lab.close()
