#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""N9: no file descriptors. A gateway that may have a few more than it needs, 200 connections to its HTTP callback and 100 clients of its
control socket. Devices are served, nothing turns in circles, scripts get errors, a reload leaves what runs, and afterwards all is as before."""

import os
import re
import resource
import signal
import socket
import time

import rows
from rows import check, parts

ROOM, TCP, CONTROL, ANSWER_MS, CPU = 6, 200, 100, 200, 0.15
SCRIPT = """
local tg, uv = require "tidegate", require "uv"
local said = 0
local function try()
  said = said + 1
  local tcp = uv.new_tcp()
  local ok, why = tcp:connect("127.0.0.1", 9, function() end)
  local udp = uv.new_udp()
  local bound, why_not = udp:bind("127.0.0.1", 0)
  tg.rule.publish("tidegate/test/VERSION", { n = said, tcp = ok and "fine" or tostring(why), udp = bound and "fine" or tostring(why_not) })
  tcp:close()
  udp:close()
end
return { name = "sockets", init = function() tg.timer.every(0.2, try) end }
"""


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def limit(pid, number):
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (number, resource.prlimit(pid, resource.RLIMIT_NOFILE)[1]))


def connect_all(lab, port):
    """As many as can be; a server that takes none is as good as one that closes them."""
    sockets = []
    for family, address, count in ((socket.AF_INET, ("127.0.0.1", port), TCP), (socket.AF_UNIX, lab.path("data/control.sock"), CONTROL)):
        for _ in range(count):
            one = socket.socket(family, socket.SOCK_STREAM)
            one.settimeout(0.5)
            try:
                one.connect(address)
                sockets.append(one)
            except OSError:
                one.close()
    return sockets


def closed_by_peer(sockets):
    count = 0
    for one in sockets:
        one.setblocking(False)
        try:
            count += one.recv(1) == b""
        except BlockingIOError:
            pass
        except OSError:
            count += 1
    return count


def slowest(device, count):
    """Of so many Updates, in milliseconds; a request that is lost costs what it costs."""
    worst = 0.0
    for _ in range(count):
        begun = time.monotonic()
        answer = device.update()
        worst = max(worst, (time.monotonic() - begun) * 1000 if answer and answer.status() == "2.04" else 1e9)
        device.pump(0.03)
    return worst


def write_script(lab, version):
    lab.gateway.write("sockets.lua", SCRIPT.replace("VERSION", version))


def few_to_start_with(lab):
    """With too few it says so; the least with which it starts."""
    mine = resource.getrlimit(resource.RLIMIT_NOFILE)
    least, clean = 0, True
    for number in [8, 16, 24, *range(32, 129, 8)]:
        resource.setrlimit(resource.RLIMIT_NOFILE, (number, mine[1]))
        try:
            fine = lab.gateway.start()
        except OSError:  # this process itself could not start another one
            continue
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, mine)
        if fine:
            least = number
            break
        clean = clean and lab.gateway.process.returncode == 1
    check(clean, "with too few descriptors to start it ends with 1", lab.gateway.process.returncode)
    check(least > 0, "it starts with 128", least)
    return least


def full(lab, device, port):
    pid = lab.gateway.process.pid
    limit(pid, len(os.listdir(f"/proc/{pid}/fd")) + ROOM)
    held = connect_all(lab, port)
    time.sleep(0.5)
    before, begun = cpu_seconds(pid), time.monotonic()
    worst = slowest(device, 30)
    idle = time.monotonic()
    while time.monotonic() < idle + 1.5:
        device.pump(0.1)
    share = (cpu_seconds(pid) - before) / (time.monotonic() - begun)
    check(worst <= ANSWER_MS, "a device that is known is answered", f"{worst:.0f} ms")
    check(share <= CPU, "and nothing turns in circles", f"{share * 100:.0f} % of a processor")
    check(closed_by_peer(held) > 0, "who finds no room is told")
    check(device.send().status() == "2.04", "what a device says is taken")
    before = len(lab.said("^tidegate/test/one "))
    write_script(lab, "two")
    lab.gateway.process.send_signal(signal.SIGHUP)
    device.pump(1.0)
    check(parts.wait_for(5, lambda: len(lab.said("^tidegate/test/one ")) > before), "a reload leaves the script that runs")
    check(not lab.said("^tidegate/test/two "), "and begins no other")
    errors = [line for line in lab.said("^tidegate/test/one ") if "EMFILE" in line]
    check(len(errors) > 0, "a script that opens a socket gets an error", lab.said("^tidegate/test/")[-1:])
    return held, worst, share


def main():
    links = 'UDP, { kind = "nidd", name = "nb", api_root = "http://127.0.0.1:9", scs_as_id = "tg", callback = { port = %d }, devices = {} }'
    port = parts.free_port()
    with rows.Lab('server = { observe = { "/3303/0/5700" } }, scripts = { { file = "sockets.lua" } },') as lab:
        with open(lab.gateway.config, encoding="utf-8") as file:
            text = file.read()
        udp = re.search(r'\{ kind = "udp".*?\},', text)[0]
        lab.gateway.write("tidegate.lua", text.replace(udp, (links % port).replace("UDP,", udp)))
        write_script(lab, "one")
        least = few_to_start_with(lab)
        device = rows.Device("hall", lab.port)
        check(device.register() and device.is_observed(), "a device registers and is observed")
        check(parts.wait_for(10, lambda: lab.said("^tidegate/test/one .*fine.*fine")), "a script opens sockets")
        held, worst, share = full(lab, device, port)
        newcomer = rows.Device("late", lab.port)
        check(newcomer.register(), "over UDP a new device registers all the same")
        for one in held:
            one.close()
        check(parts.wait_for(10, lambda: lab.gateway.status() != {}), "when they have gone the control socket answers")
        check(parts.wait_for(10, lambda: http_answers(port)), "and HTTP does")
        lab.gateway.process.send_signal(signal.SIGHUP)
        check(parts.wait_for(10, lambda: lab.said("^tidegate/test/two .*fine.*fine")), "a reload is a reload, and scripts open what they like")
        check(device.notify(), "the observation stands")
        lab.settle()
        check(not lab.missing([device, newcomer]), "nothing is missing")
        check(lab.gateway.kill(15) == 0, "it ends with 0")
        rows.prove("N9", "no file descriptors", [
            ("a device that is known is answered, at most", worst, "<=", ANSWER_MS, "ms"),
            ("of a processor used meanwhile", share * 100, "<=", CPU * 100, "%"),
            ("descriptors to start with, of those tried", least, "<=", 128, ""),
            ("connections that tried", TCP + CONTROL, "", None, "")])
    rows.done()


def http_answers(port):
    with socket.socket() as probe:
        probe.settimeout(2)
        try:
            probe.connect(("127.0.0.1", port))
            probe.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            return probe.recv(16).startswith(b"HTTP/1.1")
        except OSError:
            return False


if __name__ == "__main__":
    main()
