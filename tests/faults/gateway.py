# SPDX-License-Identifier: Apache-2.0
"""A broker, a subscriber that keeps everything, and a gateway that is killed and started again: children of this process, each ended by its own id.

The broker answers at once (set_tcp_nodelay) unless told otherwise: with mosquitto's default a PUBACK may wait for our next message, and what is
not acknowledged comes again after a crash.
"""

import json
import os
import random
import re
import signal
import socket
import subprocess
import time

FINAL = {"done", "failed", "expired", "cancelled", "unknown"}
VALUE = re.compile(r"^tidegate/dev/([^/]+)/v(/\S+) (\{.*\})$")
RESULT = re.compile(r"^tidegate/dev/([^/]+)/result (\{.*\})$")


def free_port():
    """One that nobody has, TCP and UDP, outside of those that the kernel gives away: it must stay ours while the gateway is dead."""
    while True:
        port = random.randrange(10000, 32000)
        try:
            with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
            return port
        except OSError:
            continue


def wait_for(seconds, condition):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


class Lab:
    """@param program the gateway; @param work a folder of its own"""

    def __init__(self, program, work, nagle=False):
        self.program, self.work, self.nagle = program, work, nagle
        self.udp, self.port = free_port(), free_port()
        self.config = os.path.join(work, "tidegate.lua")
        self.messages = os.path.join(work, "messages.log")
        self.children, self.gateway, self.marks, self.read_at = [], None, 0, 0
        self.values, self.results = [], []  # [(gw, seq, ep, path, value)], [(id, state)], as they came
        self.start_broker()

    def spawn(self, name, command, **more):
        log = open(os.path.join(self.work, name + ".log"), "ab")
        child = subprocess.Popen(command, stdout=log, stderr=log, **more)
        log.close()
        self.children.append(child)
        return child

    def start_broker(self):
        conf = os.path.join(self.work, "broker.conf")
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        with open(conf, "w") as out:
            out.write("user %s\nlistener %d 127.0.0.1\nallow_anonymous true\nmax_queued_messages 1000000\n" % (user, self.port))
            out.write("set_tcp_nodelay %s\n" % ("false" if self.nagle else "true"))
        self.spawn("broker", ["mosquitto", "-c", conf])
        to = ["-h", "127.0.0.1", "-p", str(self.port)]
        with open(self.messages, "w") as out:
            if not wait_for(10, lambda: subprocess.run(["mosquitto_pub"] + to + ["-r", "-t", "probe", "-m", "0"], capture_output=True).returncode == 0):
                raise RuntimeError("mosquitto does not start")
            sub = ["mosquitto_sub"] + to + ["-q", "1", "-c", "-i", "sub", "-t", "tidegate/#", "-t", "probe", "-F", "%t %p"]
            self.children.append(subprocess.Popen(sub, stdout=out, stderr=subprocess.DEVNULL))
        self.publisher = subprocess.Popen(["mosquitto_pub"] + to + ["-q", "1", "-t", "tidegate/dev/d0/cmd", "-l"], stdin=subprocess.PIPE)
        self.children.append(self.publisher)
        self.to = to
        self.mark()

    def configure(self, more=""):
        with open(self.config, "w") as out:
            out.write('return { name = "gw", data_dir = "data", links = { { kind = "udp", name = "udp0", host = "127.0.0.1", port = %d } },\n'
                      '  mqtt = { { uri = "mqtt://127.0.0.1:%d", reconnect_min = 0.1, reconnect_max = 0.5 } },\n'
                      '  server = { observe = { "/3303/0/5700" } }, %s }\n' % (self.udp, self.port, more))

    def start(self, *more, wait=True):
        """Starts the gateway; @return the time at which it was started."""
        at = time.monotonic()
        log = open(os.path.join(self.work, "gateway.log"), "ab")
        self.log_from = log.tell()
        self.gateway = subprocess.Popen([self.program, "run", "-c", self.config, *more], stdout=log, stderr=subprocess.STDOUT)
        log.close()
        if wait and not wait_for(30, lambda: self.says(b" host ready ") or self.gateway.poll() is not None):
            raise RuntimeError("the gateway is not ready")
        if wait and self.gateway.poll() is not None:
            raise RuntimeError("the gateway did not start: exit %d" % self.gateway.poll())
        return at

    def says(self, words):
        with open(os.path.join(self.work, "gateway.log"), "rb") as log:
            log.seek(self.log_from)
            return words in log.read()

    def kill(self, number=signal.SIGKILL):
        self.gateway.send_signal(number)
        return self.gateway.wait(30)

    def command(self, words):
        """An Execute at the first device, with an id and arguments of its own."""
        line = json.dumps({"id": words, "op": "execute", "path": "/3303/0/5605", "args": "0='%s'" % words, "timeout": 20})
        self.publisher.stdin.write(line.encode() + b"\n")
        self.publisher.stdin.flush()

    def status(self):
        out = subprocess.run([self.program, "status", "--json", "-c", self.config], capture_output=True, text=True)
        return json.loads(out.stdout) if out.returncode == 0 else {}

    def mark(self):
        """Waits until the subscriber has what the broker had."""
        self.marks += 1
        word = "probe m%d" % self.marks

        def came():
            subprocess.run(["mosquitto_pub"] + self.to + ["-q", "1", "-t", "probe", "-m", word[6:]], capture_output=True)
            with open(self.messages) as messages:
                messages.seek(max(0, os.path.getsize(self.messages) - 4096))
                return word in messages.read()

        if not wait_for(20, came):
            raise RuntimeError("the subscriber does not hear")

    def drain(self):
        """Until the outbox is empty and the subscriber has it all; reads what is new."""
        empty = wait_for(60, lambda: self.status().get("outbox_rows") == 0)
        self.mark()
        with open(self.messages, "rb") as messages:
            messages.seek(self.read_at)
            text = messages.read()
        whole = text.rfind(b"\n") + 1
        self.read_at += whole
        for line in text[:whole].decode(errors="replace").splitlines():
            self.take(line)
        return empty

    def take(self, line):
        value, result = VALUE.match(line), RESULT.match(line)
        if value:
            body = json.loads(value.group(3))
            self.values.append((body["gw"], body["seq"], value.group(1), value.group(2), body["v"]))
        elif result:
            body = json.loads(result.group(2))
            self.results.append((body["id"], body["state"]))

    def close(self):
        if self.gateway and self.gateway.poll() is None:
            self.kill(signal.SIGTERM)
        for child in self.children:
            if child.stdin:
                child.stdin.close()
            child.terminate()
            child.wait(10)


def compare(lab, fleet):
    """What became of what was acknowledged: numbers, and lists of what must be empty."""
    acked = fleet.acked()
    came = {(ep, path, int(value)) for _, _, ep, path, value in lab.values}
    numbers = [(gw, seq) for gw, seq, _, _, _ in lab.values]
    last, order, disorder = {}, {}, []
    for gw, seq, ep, path, value in lab.values:  # as docs/mqtt.md tells consumers to
        if seq <= last.get(gw, 0):
            continue
        last[gw] = seq
        if value == 0:  # the answer to an Observe, which may come at any time
            continue
        if value < order.get(ep, 0):
            disorder.append((ep, path, value))
        order[ep] = max(order.get(ep, 0), value)
    states = {}
    for word, state in lab.results:
        states.setdefault(word, []).append(state)
    return {
        "acked": len(acked),
        "missing": sorted(acked - came)[:5],
        "missing_count": len(acked - came),
        "messages": len(numbers),
        "duplicates": len(numbers) - len(set(numbers)),
        "disorder": disorder[:5],
        "twice": sorted(words for words, times in fleet.executed().items() if times > 1),
        "executed": len(fleet.executed()),
        "accepted": sum("accepted" in found for found in states.values()),
        "endless": sorted(word for word, found in states.items() if "accepted" in found and not FINAL & set(found)),
    }
