# SPDX-License-Identifier: Apache-2.0
"""A DNS that does not answer, when one of two brokers and when an operator's network is looked up: nobody else waits for it."""

import os
import time

import rows
from rows import BUILD, check, parts

SHIM = os.path.join(BUILD, "tests/faults/tg-slow-names.so")
QUICK = 2.0  # seconds: an answer meanwhile
NIDD = """{{ kind = "nidd", name = "nb", api_root = "http://scef.slow", scs_as_id = "gw", devices = {{ "d1@iot.example" }}, callback = {{ port = {port} }} }}"""
CONFIG = """return {{ name = "gw", data_dir = "data", links = {{ {{ kind = "udp", name = "udp0", host = "127.0.0.1", port = {port} }}, {more} }},
  mqtt = {{ {{ uri = "mqtt://localhost:{mqtt}" }},
    {{ name = "second", uri = "mqtt://broker.slow:1883", reconnect_min = 0.1, reconnect_max = 0.1 }} }} }}
"""


def values_for(device, seconds):
    """Says values for a while; how long one took at most."""
    longest, begun = 0.0, time.monotonic()
    while time.monotonic() - begun < seconds:
        said = time.monotonic()
        device.send(seconds=60)
        longest = max(longest, time.monotonic() - said)
        time.sleep(0.05)
    return longest


def run(what, takes, seconds, more=""):
    """@param takes seconds of a lookup; @return the log"""
    with rows.Lab(env={"LD_PRELOAD": SHIM, "TG_SLOW_NAMES": str(takes)}) as lab:
        lab.gateway.write("tidegate.lua", CONFIG.format(port=lab.port, mqtt=lab.broker.port, more=more))
        lab.start()
        device = rows.Device("hall", lab.port)
        check(device.register(), "a device registers")
        longest = values_for(device, seconds)
        check(longest < QUICK, "every value is acknowledged while %s is looked up" % what, "%.1f s" % longest)
        lab.settle()
        check(not lab.missing([device]) and device.acked, "and is with the broker, whose name has an address", lab.missing([device]))
        begun = time.monotonic()
        lab.gateway.kill(15)
        took = time.monotonic() - begun
        check(took < QUICK, "the gateway stops without waiting for the DNS", "%.1f s" % took)
        return lab.gateway.log()


def main():
    if not os.path.exists(SHIM):
        print("SKIP there is no " + SHIM)
        raise SystemExit(77)
    told = run("a broker", 4, 10).count('connect_refused broker=second why="the name has no address')
    check(told >= 2, "what is wrong with the other one is told", told)
    log = run("an operator's network", 40, 13, NIDD.format(port=parts.free_port()))
    check("scef_paused link=nb rc=timeout" in log, "what is given up meanwhile is told", log)
    rows.done()


if __name__ == "__main__":
    main()
