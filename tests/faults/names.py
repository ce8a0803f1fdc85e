# SPDX-License-Identifier: Apache-2.0
"""A DNS that does not answer when one of two brokers is looked up: nobody else waits for it."""

import os
import time

import rows
from rows import BUILD, check

SHIM = os.path.join(BUILD, "tests/faults/tg-slow-names.so")
TAKES, QUICK, ROUND = 4, 2.0, 10  # seconds: a lookup, an answer meanwhile, all of it
CONFIG = """return {{ name = "gw", data_dir = "data", links = {{ {{ kind = "udp", name = "udp0", host = "127.0.0.1", port = {port} }} }},
  mqtt = {{ {{ uri = "mqtt://localhost:{mqtt}" }},
    {{ name = "second", uri = "mqtt://broker.slow:1883", reconnect_min = 0.1, reconnect_max = 0.1 }} }} }}
"""


def main():
    if not os.path.exists(SHIM):
        print("SKIP there is no " + SHIM)
        raise SystemExit(77)
    with rows.Lab(env={"LD_PRELOAD": SHIM, "TG_SLOW_NAMES": str(TAKES)}) as lab:
        lab.gateway.write("tidegate.lua", CONFIG.format(port=lab.port, mqtt=lab.broker.port))
        lab.start()
        device = rows.Device("hall", lab.port)
        check(device.register(), "a device registers")
        longest, begun = 0.0, time.monotonic()
        while time.monotonic() - begun < ROUND:
            said = time.monotonic()
            device.send(seconds=TAKES * 2)
            longest = max(longest, time.monotonic() - said)
            time.sleep(0.05)
        check(longest < QUICK, "every value is acknowledged while names are looked up", "%.1f s" % longest)
        lab.settle()
        check(not lab.missing([device]) and device.acked, "and is with the broker, whose name has an address", lab.missing([device]))
        told = lab.gateway.log().count('connect_refused broker=second why="the name has no address')
        check(told >= 2, "what is wrong with the other one is told", told)
        begun = time.monotonic()
        lab.gateway.kill(15)
        took = time.monotonic() - begun
        check(took < QUICK, "the gateway stops without waiting for the DNS", "%.1f s" % took)
    rows.done()


if __name__ == "__main__":
    main()
