#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""N5 for the whole process: a disk that gives EIO, ENOSPC and EROFS at writes, at syncs and at everything, while a gateway runs, stops and
starts. Devices are told, nothing that was acknowledged is missing at the subscriber, and it goes on when the disk is well."""

import errno
import os
import time

import rows
from rows import check

OPEN, WRITE, SYNC, TRUNCATE, DELETE, ALL, FOR_EVER = 1, 2, 4, 8, 16, 31, 2**63
SHIM = os.path.join(rows.BUILD, "tests/faults/tg-bad-disk.so")
RECOVERY_MS = 2000
NAMES = {ALL: "everything", WRITE: "writes", SYNC: "syncs"}


class Disk:
    def __init__(self, lab):
        self.control = lab.path("disk")
        self.heal()

    def order(self, kinds, error, skip=0, count=FOR_EVER):
        with open(self.control + ".new", "w", encoding="ascii") as file:
            file.write(f"{kinds} {error} {skip} {count}")
        os.replace(self.control + ".new", self.control)

    def heal(self):
        self.order(0, 0, 0, 0)

    def failures(self):
        try:
            with open(self.control + ".failed", encoding="utf-8") as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []


def until_sent(device, seconds=10):
    """Sends until one is taken; milliseconds until the device knew it."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        answer = device.send(seconds=seconds)
        if answer and answer.status() == "2.04":
            return (time.monotonic() - begun) * 1000
    return seconds * 1000


def fault(lab, disk, device, kinds, error):
    """One kind of failure for a while; how long the gateway needed to be itself again."""
    what = f"{errno.errorcode[error]} at {NAMES[kinds]}"
    disk.order(kinds, error)
    answers = [device.send(seconds=4) for _ in range(2)]
    codes = [answer.status() if answer else "none" for answer in answers]
    check(codes == ["5.03", "5.03"], what + ": a Send gets 5.03", codes)
    check(all(answer and (answer.uint("max-age") or 0) > 0 for answer in answers), what + ": with Max-Age")
    check(not device.notify(seconds=1.2, again=2), what + ": a notification is not acknowledged")
    check(lab.gateway.status().get("failed_commits", 0) > 0, what + ": it is counted, and the gateway answers")
    disk.heal()
    took = until_sent(device)
    check(took <= RECOVERY_MS, what + ": soon after the disk is well a Send is taken", f"{took:.0f} ms")
    check(device.notify(seconds=5), what + ": and a notification acknowledged")
    return took


def running(lab, disk):
    device = rows.Device("hall", lab.port)
    check(device.register(), "a device registers")
    check(device.is_observed(), "and is observed")
    check(until_sent(device) < 10000, "a Send is taken while the disk is well")
    took = [fault(lab, disk, device, kinds, error) for error in (errno.EIO, errno.ENOSPC, errno.EROFS) for kinds in NAMES]
    check(lab.gateway.log().count(" write_failed ") == len(took), "each failure is logged once", lab.gateway.log().count(" write_failed "))
    return device, took


def stopping(lab, disk, device):
    """The end of a gateway on a bad disk, and its next life."""
    disk.order(ALL, errno.EIO)
    device.send(seconds=2)
    status = lab.gateway.kill(15)
    check(status in (0, 1), "on a bad disk it ends, too", status)
    check(not lab.gateway.start(), "on a bad disk it does not start")
    check(" not_started " in lab.gateway.log(), "and says why")
    disk.order(OPEN, errno.EROFS)
    check(not lab.gateway.start(), "nor on one that is read-only")
    disk.heal()
    lab.start()
    check(device.notify(seconds=5), "then it knows what it knew: a notification is acknowledged")


def main():
    if not os.path.exists(SHIM):
        print("SKIP there is no " + SHIM)
        raise SystemExit(77)
    more = 'server = { observe = { "/3303/0/5700" } },'
    with rows.Lab(more) as lab:
        lab.gateway.env.update(LD_PRELOAD=SHIM, TG_BAD_DISK=lab.path("disk"), TG_BAD_DISK_FOLDER=lab.path("data"))
        disk = Disk(lab)
        lab.start()
        device, took = running(lab, disk)
        stopping(lab, disk, device)
        lab.settle()
        missing = lab.missing([device])
        check(not missing, "nothing that was acknowledged is missing", missing[:5])
        failures = disk.failures()
        check(len(failures) > 2 * len(took), "the disk did fail", len(failures))
        check("damaged" not in lab.gateway.log(), "no database was set aside")
        rows.prove("N5", "a disk that fails under a running gateway", [
            ("acknowledged messages missing", len(missing), "=", 0, ""),
            ("from a disk that is well to a Send that is taken, at most", max(took), "<=", RECOVERY_MS, "ms"),
            ("the same in the median", rows.middle(took), "", None, "ms"),
            ("kinds of failures", len(took), "", None, ""),
            ("operations that failed", len(failures), "", None, "")])
    rows.done()


if __name__ == "__main__":
    main()
