# SPDX-License-Identifier: Apache-2.0
"""A broker that ends the connection with a DISCONNECT of MQTT 5, and messages that it takes none of: what is behind them goes on."""

import glob
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests/faults"), os.path.join(ROOT, "tests/lib")]

import parts  # noqa: E402
from long_report import CBOR, CONFIG, Device, texts  # noqa: E402
from rows import BUILD, check, done, skip  # noqa: E402

PLUGIN = glob.glob("/usr/lib/*/mosquitto_dynamic_security.so")
RIGHTS = ("publishClientSend", "publishClientReceive", "subscribePattern", "unsubscribePattern")
MOST = 50000  # bytes of a packet


class Place:
    """A broker with lines of its own, a subscriber, a gateway, a device."""

    def __init__(self, work, extra, mqtt="", prepare=None):
        self.lengths = []  # of the values that came, in order
        self.broker = parts.Mosquitto(work, extra=extra)
        if prepare:
            prepare(self.broker)
        self.subscriber = parts.Subscriber(self.broker, "tidegate/#", self.take)
        self.gateway = parts.Gateway(os.path.join(BUILD, "tidegate"), work)
        self.gateway.write("tidegate.lua", (CONFIG % self.broker.port).replace('" } } }', '", reconnect_min = 0.2, reconnect_max = 0.5%s } } }' % mqtt))
        check(self.gateway.start(), "a gateway starts", self.gateway.log())
        check(parts.wait_for(10, lambda: "mqtt connected" in self.gateway.log()), "and is connected")
        self.device = Device(self.gateway.port)
        check(self.device.register() == "2.01", "a device registers")

    def take(self, line):
        if "/d/v/" in line:
            self.lengths.append(line.count("\\u0001"))

    def send(self, *sizes):
        check(self.device.send(texts(*sizes), CBOR) == "2.04", "texts of %s are taken" % ", ".join(map(str, sizes)))

    def settled(self):
        """The lengths that came, once nothing waits any more."""
        parts.wait_for(15, lambda: self.gateway.status().get("outbox_rows") == 0)
        self.subscriber.mark()
        return self.lengths

    def close(self):
        self.gateway.close()
        self.subscriber.stop()
        self.broker.stop()


def with_place(run, *arguments, **more):
    with tempfile.TemporaryDirectory(prefix="ends.") as work:
        place = Place(work, *arguments, **more)
        try:
            run(place)
        finally:
            place.close()


def too_large(place):
    place.send(10, 20)
    place.send(MOST, 30)
    place.send(40, 50)
    came = place.settled()
    check(came == [10, 20, 30, 40, 50], "what is larger than the broker takes is given up, the rest arrives", came)
    refused = place.gateway.status()["brokers"][0]["refused"]
    check(refused == 1, "that is counted", refused)
    check("message_refused" in place.gateway.log(), "and logged", place.gateway.log())


def controller(broker):
    """mosquitto_ctrl of its plugin."""
    def control(*words):
        command = ["mosquitto_ctrl", *broker.to(), "-u", "admin", "-P", "secret", "dynsec", *words]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        if found.returncode:
            raise RuntimeError("mosquitto_ctrl %s: %s" % (words, found.stderr))
    return control


def let_in(broker):
    control = controller(broker)
    control("createRole", "all")
    for right in RIGHTS:
        control("addRoleACL", "all", right, "#", "allow")
    control("createClient", "gw", "-p", "gw")
    control("addClientRole", "gw", "all")
    control("createGroup", "anybody")
    control("addGroupRole", "anybody", "all")
    control("setAnonymousGroup", "anybody")


def dismissed(place):
    control = controller(place.broker)
    place.send(1, 2)
    check(place.settled() == [1, 2], "values arrive", place.lengths)
    control("disableClient", "gw")
    noticed = parts.wait_for(10, lambda: "connection_lost broker=main why=\"Administrative action\"" in place.gateway.log())
    check(noticed, "the gateway notices that the broker has ended the connection, and why", place.gateway.log())
    place.send(3, 4)
    control("enableClient", "gw")
    came = place.settled()
    check(came == [1, 2, 3, 4], "it connects again, and what waited arrives", came)


def main():
    with_place(too_large, "max_packet_size %d" % MOST)
    with_place(too_large, "message_size_limit %d" % MOST)
    if not PLUGIN:
        skip("a broker that ends the connection with a reason", "mosquitto's dynamic security is not there")
        return
    with tempfile.TemporaryDirectory(prefix="ends.") as folder:
        rights = os.path.join(folder, "rights.json")
        subprocess.run(["mosquitto_ctrl", "dynsec", "init", rights, "admin", "secret"], stdout=subprocess.DEVNULL, check=True)
        with_place(dismissed, "plugin %s\nplugin_opt_config_file %s" % (PLUGIN[0], rights), mqtt=', username = "gw", password = "gw"', prepare=let_in)


if __name__ == "__main__":
    main()
    done()
