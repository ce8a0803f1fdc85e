# SPDX-License-Identifier: Apache-2.0
"""A gateway that is killed and started again, with a real broker, a subscriber that keeps everything, devices, and on request an operator's
network (tests/fake/scef) and a bad one (tests/fake/lossy)."""

import json
import os
import re
import subprocess
import threading

import parts
from fleet import EXECUTE_PATH
from ledger import NOTIFY_PATH, Ledger, is_good
from parts import wait_for

NIDD = ', {{ kind = "nidd", name = "nb", api_root = "http://127.0.0.1:{port}", scs_as_id = "gw", devices = {{ {devices} }}, callback = {{ port = {callback} }} }}'


def execute(word):
    """An Execute as a command: an id and arguments of its own."""
    return json.dumps({"id": word, "op": "execute", "path": EXECUTE_PATH, "args": "0='%s'" % word, "timeout": 20})


class Lab:
    """@param build a build folder; @param work a folder of its own"""

    def __init__(self, build, work, nagle=False):
        self.build, self.work, self.keeps = os.path.abspath(build), work, os.environ.get("TG_KEEP") == "yes"
        self.udp, self.children, self.relays, self.links = parts.free_port(), [], {}, ""
        self.gateway = parts.Gateway(os.path.join(self.build, "tidegate"), work)
        self.ledger, self.unexpected = Ledger(), []
        self.broker = parts.Mosquitto(work, nagle)
        kept = os.path.join(work, "messages.log") if self.keeps else None
        self.subscriber = parts.Subscriber(self.broker, "tidegate/#", self.ledger.take, kept)

    def spawn(self, name, command, first):
        """A child of the build's fakes, with what is found in its first lines: [match] for each of the patterns `first`."""
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.children.append(child)
        found = []
        for pattern in first:
            line = child.stdout.readline()
            found.append(re.search(pattern, line))
            if not found[-1]:
                raise RuntimeError("%s does not start: %r" % (name, line))
        threading.Thread(target=child.stdout.read, daemon=True).start()
        return found

    def start_scef(self, names):
        """An operator's network; relays has the ports of its devices."""
        ids = ["%s@iot.example" % name for name in names]
        command = [os.path.join(self.build, "tests/fake/scef/tg-fake-scef")]
        for ident in ids:
            command += ["--relay", ident]
        found = self.spawn("scef", command, [r"listening http=(\d+)"] + [r"port=(\d+)"] * len(ids))
        self.relays = {name: int(match[1]) for name, match in zip(names, found[1:])}
        quoted = ", ".join('"%s"' % ident for ident in ids)
        self.links = NIDD.format(port=found[0][1], devices=quoted, callback=parts.free_port())

    def start_lossy(self, seed, *more):
        """A bad network in front of the gateway; @return its port."""
        command = [os.path.join(self.build, "tests/fake/lossy/tg-fake-lossy"), "--to", "127.0.0.1:%d" % self.udp, "--seed", str(seed), *more]
        return int(self.spawn("lossy", command, [r"listening port=(\d+)"])[0][1])

    def configure(self, more=""):
        self.gateway.write("tidegate.lua", (
            'return {{ name = "gw", data_dir = "data", links = {{ {{ kind = "udp", name = "udp0", host = "127.0.0.1", port = {udp} }}{links} }},\n'
            '  mqtt = {{ {{ uri = "mqtt://127.0.0.1:{mqtt}", reconnect_min = 0.1, reconnect_max = 0.5 }} }},\n'
            '  server = {{ observe = {{ "{path}" }} }}, {more} }}\n').format(udp=self.udp, links=self.links, mqtt=self.broker.port, path=NOTIFY_PATH, more=more))

    def start(self, *more):
        """Starts the gateway and waits until it is ready."""
        self.gateway.begin(*more)
        if not wait_for(30, lambda: self.gateway.is_ready() or not self.gateway.alive()) or not self.gateway.alive():
            raise RuntimeError("the gateway does not start: " + self.gateway.log()[-500:])

    def check_alive(self):
        """It may be killed, but not end by itself: then another may have its port, and what devices are told is no word of ours."""
        if not self.gateway.alive():
            self.unexpected.append("it has ended with %s: %s" % (self.gateway.process.returncode, self.gateway.log()[-300:]))
        return self.gateway.alive()

    def failures(self):
        """What scripts failed at: what they should have published then is gone."""
        return [line for line in self.gateway.log().splitlines() if " script failed " in line]

    def command(self, ep, word):
        """An Execute at a device."""
        return self.broker.publish("tidegate/dev/%s/cmd" % ep, execute(word))

    def asker(self, ep):
        """A child whose input takes such commands for a device, one a line."""
        command = ["mosquitto_pub", *self.broker.to(), "-q", "1", "-l", "-t", "tidegate/dev/%s/cmd" % ep]
        self.children.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True))
        return self.children[-1]

    def drain(self, seconds=60):
        """Whether the outbox becomes empty; the subscriber has it all."""
        empty = wait_for(seconds, lambda: self.gateway.status().get("outbox_rows") == 0)
        self.subscriber.mark()
        return empty

    def settle(self, fleet, seconds=20):
        """Lets everything arrive while the gateway runs, and compares."""
        fleet.paused = True
        quiet = wait_for(seconds, fleet.is_quiet)
        empty = self.drain()
        found = self.ledger.compare(fleet.executed())
        if found["endless"]:  # a command whose device did not answer has its deadline
            wait_for(30, lambda: self.drain() and not self.ledger.compare(fleet.executed())["endless"])
            found = self.ledger.compare(fleet.executed())
        fleet.paused = False
        found["quiet"], found["empty"], found["unexpected"] = quiet, empty, self.unexpected + self.failures()[:5]
        found["good"] = is_good(found) and quiet and empty and not found["unexpected"]
        return found

    def close(self):
        if self.gateway.alive():
            self.gateway.kill(15)
        self.subscriber.stop()
        for child in self.children:
            parts.end(child)
        self.broker.stop()
