#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The lossy relay: what its rates say comes out, each client gets its own answers, the same seed does the same. Plain sockets on both sides.
set -uo pipefail
program=${1:-${TG_BUILD_DIR:-$(dirname "$0")/../../../build/dev}/tests/fake/lossy/tg-fake-lossy}
exec python3 - "$program" <<'PYTHON'
import socket, subprocess, sys, time

passed = failed = 0


def check(good, name, got=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("not so:", name, got)


def udp():
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    return made


class Relay:
    def __init__(self, *options):
        self.server = udp()
        self.child = subprocess.Popen([sys.argv[1], "--to", "127.0.0.1:%d" % self.server.getsockname()[1], *options], stdout=subprocess.PIPE, text=True)
        self.at = ("127.0.0.1", int(self.child.stdout.readline().split("port=")[1]))

    def through(self, count):
        """Sends numbers, a few at a time, as much as sockets hold; returns what the server got."""
        client, got = udp(), []
        for i in range(count):
            client.sendto(b"%d" % i, self.at)
            if i % 20 == 19:
                self.collect(got, 0.002)
        self.collect(got, 0.3)
        return got

    def collect(self, got, quiet):
        self.server.settimeout(quiet)
        try:
            while True:
                got.append(int(self.server.recvfrom(99)[0]))
        except TimeoutError:
            pass

    def stop(self):
        self.child.terminate()
        words = dict(word.split("=") for word in self.child.stdout.read().split())
        check(self.child.wait(5) == 0, "it ends with 0")
        return {name: int(value) for name, value in words.items()}


relay = Relay()
check(relay.through(200) == list(range(200)), "without rates all come, in order")
relay.server.settimeout(5)
clients = [udp(), udp()]
for i, client in enumerate(clients):
    client.settimeout(5)
    client.sendto(b"from%d" % i, relay.at)
peers = {}
for _ in clients:
    data, peer = relay.server.recvfrom(99)
    peers[data] = peer
check(len(set(peers.values())) == 2, "each client has a socket of its own", peers)
for data, peer in peers.items():
    relay.server.sendto(b"to " + data, peer)
check([client.recvfrom(99)[0] for client in clients] == [b"to from0", b"to from1"], "and gets its own answers")
clients[0].sendto(b"", relay.at)
check(relay.server.recvfrom(99)[0] == b"", "an empty datagram is one too")
counts = relay.stop()
check((counts["up"], counts["down"], counts["lost"], counts["dropped"]) == (203, 2, 0, 0), "and all are counted", counts)

runs = []
for seed in ("7", "7", "8"):
    relay = Relay("--loss", "30", "--dup", "10", "--reorder", "20", "--late", "5", "--seed", seed)
    got = relay.through(1000)
    counts = relay.stop()
    runs.append((sorted(got), counts))
    check(counts["up"] == 1000 and 240 <= counts["lost"] <= 360, "three in ten are lost", counts)
    check(50 <= len(got) - len(set(got)) <= 110, "one in ten of the others comes twice", len(got) - len(set(got)))
    passed_by = sum(a > b for a, b in zip(got, got[1:]))
    check(30 <= passed_by and 130 <= counts["late"], "some come late, so that others pass them", (passed_by, counts))
check(runs[0] == runs[1], "the same seed does the same")
check(runs[0] != runs[2], "another one does not")

relay = Relay("--delay", "120")
begun = time.monotonic()
relay.server.settimeout(5)
udp().sendto(b"x", relay.at)
relay.server.recvfrom(99)
check(0.1 <= time.monotonic() - begun < 2, "a delay delays", time.monotonic() - begun)
relay.stop()
relay = Relay("--loss", "100")
check(relay.through(20) == [], "all may be lost")
relay.stop()
for wrong in (["--to", "x"], ["--to", "127.0.0.1:9", "--loss", "101"], ["--loss", "1"], ["--to", "127.0.0.1:9", "more"]):
    status = subprocess.run([sys.argv[1], *wrong], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode
    check(status == 2, "%s is refused" % wrong, status)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
PYTHON
