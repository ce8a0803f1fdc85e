# SPDX-License-Identifier: Apache-2.0
"""Everything at once, for as long as is wanted: see soak() and README.md here.

Three quarters of the time (--rough) are rough: the gateway is killed and started again, the broker is restarted, flaps and stays away, the disk takes
nothing for a while. In the last quarter neither is touched, so that memory can be looked at; it begins with one long absence of the broker.
All the time some devices have a bad network, others come by NIDD, bad input comes as often as good, and commands go to everybody.
"""

import os
import random
import statistics
import threading
import time

import proof
from fleet import Fleet, Patience
from junk import Junk
from lab import Lab
from parts import wait_for

LOSSY = ("--loss", "5", "--dup", "5", "--reorder", "10")
ENOUGH = 200000  # messages, before which growth says nothing
CHANCE = 4 * 4096  # bytes that come or go by chance while that is looked at: memory comes in pages
CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "blackbox", "cases")


def slope(points):
    """By how much y grows for each x, least squares; 0 without points."""
    if len(points) < 2:
        return 0.0
    mean_x = statistics.fmean(x for x, _ in points)
    mean_y = statistics.fmean(y for _, y in points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def share(values, part):
    """The value below which `part` of them lie; None of nothing."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] if values else None


def lows(counts):
    """The least of each ten in a row: what is open for a moment only is none of them."""
    return [min(counts[at : at + 10]) for at in range(0, len(counts) - 9, 10)] or [min(counts, default=0)]


def in_ms(seconds):
    return None if seconds is None else round(1000 * seconds, 1)


class Kills:
    """kill -9 after 3 to 15 seconds, every fifth time within the first half second of a life."""

    def __init__(self, lab, fleet, rng):
        self.lab, self.fleet, self.rng, self.count = lab, fleet, rng, 0
        self.ready_ms, self.ack_ms, self.is_open = [], [], False
        self.due = time.monotonic() + 5

    def plan(self):
        rng = self.rng
        self.due = time.monotonic() + (rng.uniform(0.05, 0.5) if rng.random() < 0.2 else rng.uniform(3, 15))

    def look(self):
        """How long the last start took, once that is known."""
        gateway = self.lab.gateway
        if self.is_open and gateway.is_ready() and self.fleet.acked_at is not None:
            self.ready_ms.append(1000 * (gateway.ready_at - gateway.started_at))
            self.ack_ms.append(1000 * (self.fleet.acked_at - gateway.started_at))
            self.is_open = False

    def leave_out(self):
        """How long this start takes says nothing: the disk is full before it has answered."""
        self.look()
        self.is_open = False

    def tick(self, now):
        self.look()
        if now < self.due:
            return
        self.lab.check_alive()
        self.lab.gateway.kill()
        self.fleet.forget_ack()
        self.lab.gateway.begin()
        self.count, self.is_open = self.count + 1, True
        self.plan()

    def calm(self):
        pass


class Absences:
    """The broker goes for a moment every half minute or so; every fourth time it flaps, a second down and a second up, and every tenth
    it stays away."""

    def __init__(self, lab, rng, long):
        self.lab, self.rng, self.long, self.count, self.flaps, self.longs = lab, rng, long, 0, 0, 0
        self.steps, self.is_up = [], True
        self.plan(time.monotonic())

    def plan(self, now):
        """steps: [(when, whether it is up then)]"""
        self.count += 1
        at = now + (self.rng.uniform(15, 45) if self.count > 1 else self.rng.uniform(3, 15))
        if self.count % 10 == 0:
            self.longs += 1
            self.steps = [(at, False), (at + self.long, True)]
        elif self.count % 4 == 0:
            self.flaps += 1
            self.steps = [(at + half, half % 2 == 1) for half in range(20)]
        else:
            self.steps = [(at, False), (at + self.rng.uniform(0.2, 5), True)]

    def turn(self, is_up):
        if is_up != self.is_up:
            (self.lab.broker.start if is_up else self.lab.broker.stop)()
        self.is_up = is_up

    def tick(self, now):
        if now < self.steps[0][0]:
            return
        self.turn(self.steps.pop(0)[1])
        if not self.steps:
            self.plan(now)

    def calm(self):
        self.turn(True)


class FullDisk:
    """Every minute or so no file can grow for some seconds. @param on_full is called before"""

    def __init__(self, lab, rng, on_full):
        self.lab, self.rng, self.on_full, self.count, self.until = lab, rng, on_full, 0, None
        self.due = time.monotonic() + rng.uniform(10, 25)

    def limit(self, size):
        try:
            self.lab.gateway.limit_files(size)
        except ProcessLookupError:
            pass  # killed meanwhile

    def tick(self, now):
        if self.until is None and now >= self.due:
            self.on_full()
            self.limit(4096)
            self.count, self.until = self.count + 1, now + self.rng.uniform(1, 5)
        elif self.until is not None and now >= self.until:
            self.limit(None)
            self.until, self.due = None, now + self.rng.uniform(30, 90)

    def calm(self):
        if self.until is not None:
            self.limit(None)


class Commands(threading.Thread):
    """Executes at any of the devices. @param rate a second"""

    def __init__(self, lab, names, rng, rate):
        super().__init__(daemon=True)
        self.lab, self.names, self.rng, self.asked, self.stopping = lab, names, rng, 0, False
        self.pause = 1 / rate

    def run(self):
        number = 0
        while not self.stopping:
            number += 1
            self.asked += self.lab.command(self.rng.choice(self.names), "s-%d" % number)
            time.sleep(self.pause)


class Samples:
    """Memory and descriptors once a second, by the number of messages good and bad so far."""

    def __init__(self, lab, fleet, junk):
        self.lab, self.fleet, self.junk, self.points, self.due = lab, fleet, junk, [], 0.0

    def tick(self, now):
        if now < self.due:
            return
        self.due = now + 1
        gateway, messages = self.lab.gateway, len(self.fleet.took) + self.junk.sent
        if gateway.rss():
            self.points.append((messages, gateway.rss() * 1024, *gateway.descriptors()))


class Soak:
    def __init__(self, lab, arguments):
        self.lab, self.arguments, self.rng = lab, arguments, random.Random(arguments.seed)
        self.stopping, self.begun = False, time.monotonic()
        self.phases, self.drain = {}, {}
        devices = arguments.devices
        names = ["d%d" % n for n in range(devices)]
        far, bad = names[: devices // 10], names[devices // 10 : devices * 3 // 10]
        lab.start_scef(far)
        lossy = ("127.0.0.1", lab.start_lossy(arguments.seed, *LOSSY))
        lab.configure()
        self.fleet = Fleet(lab.ledger, devices, arguments.rate, arguments.register_every)
        for name in names:
            if name in far:
                self.fleet.add(name, ("127.0.0.1", lab.relays[name]), Patience(1, 2, 4))
            elif name in bad:
                self.fleet.add(name, lossy, Patience(0.2, 2, 2))
            else:
                self.fleet.add(name, ("127.0.0.1", lab.udp), Patience(0.05, 1.5, 0.5))
        self.junk = Junk(("127.0.0.1", lab.udp), arguments.rate * arguments.junk, arguments.seed, CASES)
        self.commands = Commands(lab, names, random.Random(arguments.seed + 1), arguments.commands)
        self.samples = Samples(lab, self.fleet, self.junk)
        long = min(60.0, arguments.minutes * 60 / 20)
        self.kills = Kills(lab, self.fleet, self.rng)
        self.absences, self.disk = Absences(lab, self.rng, long), FullDisk(lab, self.rng, self.kills.leave_out)
        self.long, self.told = long, 0

    def tell(self):
        minute = int(time.monotonic() - self.begun) // 60
        if minute == self.told:
            return
        self.told = minute
        lab = self.lab
        print("# %d min: %d acknowledged, %d came, %d twice; %d kills, broker away %d times, %d disks full; %d bad; %d commands, %d ended; outbox %s; %d kB"
              % (minute, lab.ledger.acked_count, lab.ledger.messages, lab.ledger.duplicates, self.kills.count, self.absences.count, self.disk.count,
                 self.junk.sent, self.commands.asked, len(lab.ledger.ends), lab.gateway.status().get("outbox_rows"), lab.gateway.rss()), flush=True)

    def spend(self, until, faults):
        while time.monotonic() < until and not self.stopping and not self.lab.unexpected:
            now = time.monotonic()
            for one in [*faults, self.samples]:
                one.tick(now)
            self.tell()
            time.sleep(0.02)
        if not faults:
            self.lab.check_alive()

    def rough(self, until):
        first = len(self.fleet.took)
        faults = [self.kills, self.absences, self.disk]
        self.spend(until, faults)
        for one in faults:
            one.calm()
        self.phases["rough"] = self.fleet.took[first:]

    def outbox(self):
        return self.lab.gateway.status().get("outbox_rows", 0)

    def absence(self):
        """One long one, and how fast what waits goes afterwards."""
        if not wait_for(30, lambda: self.lab.gateway.is_ready() or not self.lab.gateway.alive()) or not wait_for(60, lambda: self.outbox() < 100):
            self.lab.unexpected.append("the outbox does not run empty after the rough part: %d" % self.outbox())
        self.absences.turn(False)
        self.spend(time.monotonic() + self.long, [])
        rows, came, begun = self.outbox(), self.lab.ledger.messages, time.monotonic()
        self.absences.turn(True)
        wait_for(60, lambda: self.outbox() < 100)
        took = time.monotonic() - begun
        self.drain = {"seconds": self.long, "rows": rows, "drained_per_s": round((self.lab.ledger.messages - came) / took)}

    def calm(self, until):
        self.absence()
        first, at = len(self.fleet.took), len(self.samples.points)
        self.spend(until, [])
        self.phases["calm"] = self.fleet.took[first:]
        points = self.samples.points[at:]
        return points[len(points) // 2 :]

    def run(self):
        self.lab.start()
        self.fleet.start()
        self.junk.start()
        if not wait_for(60, lambda: all(device.registered for device in self.fleet.devices)):
            raise RuntimeError("not all devices could register")
        self.commands.start()
        self.begun = time.monotonic()
        seconds = self.arguments.minutes * 60
        self.rough(self.begun + seconds * self.arguments.rough)
        points = self.calm(self.begun + seconds)
        spent = time.monotonic() - self.begun
        self.commands.stopping = self.junk.paused = True
        self.commands.join(20)
        status = self.lab.gateway.status()
        found = self.lab.settle(self.fleet, 60)
        found.update(self.summary(points, spent), status={name: status.get(name) for name in ("failed_commits", "commits", "outbox_rows")})
        return found

    def summary(self, points, spent):
        growth = 100 * slope([point[:2] for point in points])
        files = lows([files - connections for _, _, files, connections in points])
        connections = [connections for _, _, _, connections in points] or [0]
        rough, calm = self.phases["rough"], self.phases["calm"]
        found = {
            "seconds": round(spent), "good_per_s": round(len(self.fleet.took) / spent), "bad": self.junk.sent, "refused": dict(self.fleet.refused),
            "kills": self.kills.count, "broker_away": self.absences.count, "broker_flaps": self.absences.flaps, "broker_long": self.absences.longs,
            "disk_full": self.disk.count, "commands": self.commands.asked, "ack_ms": {}, "absence": self.drain,
            "rss_kb": points[-1][1] // 1024 if points else 0, "rss_messages": points[-1][0] - points[0][0] if points else 0,
            "rss_bytes_per_100": round(growth, 2), "rss_most": round(1 + 100 * CHANCE / max(1, points[-1][0] - points[0][0]) if points else 1, 2), "files": files[-1], "files_change": max(files) - min(files),
            "connections": [min(connections), max(connections)]}
        for name, took in (("rough", rough), ("calm", calm)):
            found["ack_ms"][name] = {"p50": in_ms(share(took, 0.5)), "p99": in_ms(share(took, 0.99)), "max": in_ms(max(took, default=None)), "count": len(took)}
        for name, took in (("ready_ms", self.kills.ready_ms), ("first_ack_ms", self.kills.ack_ms)):
            found[name] = {"p50": round(share(took, 0.5), 1), "p99": round(share(took, 0.99), 1), "max": round(max(took), 1)} if took else None
        return found


def record(arguments, found):
    command = "tests/faults/faults soak --minutes %g --rate %g --rough %g --seed %d" % (arguments.minutes, arguments.rate, arguments.rough, arguments.seed)
    build = os.path.basename(arguments.build.rstrip("/"))
    percent = 100 * found["duplicates"] / max(1, found["messages"])
    proof.record("N18", "everything at once", command, [
        ("minutes", found["seconds"] / 60, "", None, ""), ("values acknowledged", found["acked"], "", None, ""),
        ("acknowledged values missing", found["missing_count"], "=", 0, ""), ("values that came twice", percent, "<=", 1, "%"),
        ("kills", found["kills"], "", None, ""), ("absences of the broker", found["broker_away"], "", None, ""),
        ("spells of a full disk", found["disk_full"], "", None, ""), ("bad datagrams", found["bad"], "", None, ""),
        ("commands", found["commands"], "", None, ""), ("commands without an end, or with two", len(found["endless"]) + len(found["two_ends"]), "=", 0, ""),
        ("Executes that came twice", len(found["twice"]), "=", 0, ""),
        ("growth of memory for each 100 messages, the last eighth", found["rss_bytes_per_100"], "", None, "bytes"),
        ("acknowledged within, 99 % of the values, faults on", found["ack_ms"]["rough"]["p99"], "", None, "ms"),
        ("acknowledged within, 99 % of the values, the last quarter", found["ack_ms"]["calm"]["p99"], "", None, "ms"),
        ("start to first acknowledgement, median", (found["first_ack_ms"] or {}).get("p50"), "", None, "ms"),
        ("start to ready, at most", (found["ready_ms"] or {}).get("max"), "", None, "ms"),
        ("start to first acknowledgement, at most", (found["first_ack_ms"] or {}).get("max"), "<=", 300, "ms")], build)
    proof.record("N6", "broker away", command, [
        ("seconds", found["absence"]["seconds"], "", None, "s"), ("messages that waited", found["absence"]["rows"], "", None, ""),
        ("taken by the broker afterwards", found["absence"]["drained_per_s"], ">=", 5000, "/s"),
        ("acknowledged values missing", found["missing_count"], "=", 0, "")], build)


def soak(arguments, work):
    """@return what was found: see Soak.summary() and ledger.py; `good` says whether all of it is as it must be"""
    lab = Lab(arguments.build, work, arguments.nagle)
    lab.ledger.drop = arguments.drop
    try:
        run = Soak(lab, arguments)
        found = run.run()
        record(arguments, found)
        return found
    finally:
        lab.close()
