# SPDX-License-Identifier: Apache-2.0
"""A gateway with all that is around it, for the cases that can share one: broker, operator's network, scripts' folder, devices. Also what
is checked after each case, whatever its layer: that the gateway is there and answers."""

import json
import random

import broker
import coap_wire as coap
import gateway
import peer
import scef
from verdict import SLOW, Failed

T8_DEVICE = "dev1@op"
WITNESS = """return { name = "witness", version = "1", rules = { { match = { path = "/3303/0/5701" }, topic = "witness/{ep}",
  map = function(rec) return { v = rec.value } end } } }
"""
CONFIG = """  mqtt = {{ {{ uri = "mqtt://127.0.0.1:{mqtt}", version = 4, reconnect_min = 0.05, reconnect_max = 0.2 }} }},
  server = {{ observe = {{}}, send = "leave" }}, objects = {{ "objects" }},
  scripts = {{ "rules/witness.lua", "rules/case.lua" }},
  script_limits = {{ memory = "8MB", burst = "50ms" }},"""
LINK = ' {{ kind = "nidd", name = "nidd0", api_root = "http://127.0.0.1:{port}", scs_as_id = "tests", devices = {{ "{device}" }} }}'
# Objects whose resources are all of one type, for payloads that are about a type.
TYPES = ("integer", "float", "string", "boolean", "opaque", "time", "objlnk", "unsigned")
FIRST_TYPED = 33101


def typed_object(kind):
    """The number of the object whose resources are of a type."""
    return FIRST_TYPED + TYPES.index(kind)


def _definition(kind):
    resources = "".join(f'[{n}] = {{ name = "R{n}", type = "{kind}", ops = "RW", mandatory = false }}, ' for n in range(12))
    number = typed_object(kind)
    return (f'return {{ id = {number}, name = "All {kind}", version = "1.0", urn = "urn:oma:lwm2m:x:{number}", lwm2m = "1.0", '
            f'multiple = true, mandatory = false, description = "For tests.", resources = {{ {resources} }} }}\n')


class World:
    """`gateway`, `broker`, `scef`, and `device`, which is registered."""

    def __init__(self, path):
        self.path, self.number = path, 0
        self.broker, self.scef = broker.Broker(), scef.Scef()
        self.gateway = gateway.Gateway(path)
        self.device = None

    def start(self):
        """Raises Failed where the gateway does not come up."""
        own = self.gateway
        for kind in TYPES:
            own.write(f"objects/{kind}.lua", _definition(kind))
        own.write("rules/witness.lua", WITNESS)
        own.write("rules/case.lua", 'return { name = "case", version = "0" }\n')
        own.configure(CONFIG.format(mqtt=self.broker.port), LINK.format(port=self.scef.port, device=T8_DEVICE))
        if not own.start():
            raise Failed("the gateway does not start: " + own.log()[-600:])
        if not self.broker.wait(0, lambda topic, payload: topic.endswith("/gw/gw/state"), 20):
            raise Failed("the gateway does not connect to its broker")
        self.device = self.new_device("witness")

    def new_device(self, ep, sock=None):
        """One that is registered, and known to be so on MQTT."""
        links = peer.REGISTER + b"".join(b",</%d/0>" % typed_object(kind) for kind in TYPES)
        mark, device = self.broker.mark(), peer.Device(self.gateway.port, ep, links, sock)
        if not device.register():
            raise Failed("a good Register is not answered with 2.01")
        if not self.broker.wait(mark, lambda topic, payload: topic == f"tidegate/dev/{ep}/state", SLOW * 2):
            raise Failed("a good Register is not told on MQTT")
        device.answer_curiosity(SLOW)
        return device

    def fresh_ep(self):
        self.number += 1
        return f"bench-{self.number}-{random.randrange(1 << 30)}"

    def command(self, ep, members, retain=False):
        """Publishes a command; returns its id and where its results begin."""
        ident, mark = members.get("id", f"bb{random.randrange(1 << 40)}"), self.broker.mark()
        self.broker.publish(f"tidegate/dev/{ep}/cmd", json.dumps(dict(members, id=ident)).encode(), retain)
        return ident, mark

    def result(self, ep, ident, mark, seconds=SLOW * 2):
        """What ended the command (a dict), or None. ident None: of any command."""
        def ends(topic, payload):
            if topic != f"tidegate/dev/{ep}/result":
                return False
            facts = json.loads(payload)
            return (ident is None or facts.get("id") == ident) and facts.get("state") in (
                "done", "failed", "expired", "cancelled", "unknown")
        found = self.broker.wait(mark, ends, seconds)
        return json.loads(found[1]) if found else None

    def good_read(self, device):
        """Raises Failed unless a read of the device works."""
        ident, mark = self.command(device.ep, {"op": "read", "path": "/3/0/9"})
        request = device.receive(SLOW)
        if not request:
            raise Failed("afterwards a good read does not reach the device")
        device.answer(request, "2.05", 0, b"87")
        facts = self.result(device.ep, ident, mark)
        if not facts or facts["state"] != "done":
            raise Failed(f"afterwards a good read does not end well: {facts}")

    def good_value(self, value):
        """Raises Failed unless a device's value goes through another script to MQTT."""
        mark = self.broker.mark()
        answer = self.device.post("/dp", 110, b'[{"n":"/3303/0/5701","vs":"%s"}]' % value.encode())
        if answer is None or answer.code != coap.code("2.04"):
            raise Failed(f"afterwards a good Send is answered with {answer}")
        if not self.broker.wait(mark, lambda topic, payload: topic == "witness/witness" and value.encode() in payload, SLOW):
            raise Failed("afterwards a good value does not get through another script")

    def check_alive(self):
        """Raises Failed unless the gateway is there, answers a ping and a good request, and has published nothing it must not."""
        if not self.gateway.alive():
            raise Failed(f"the gateway is gone: {self.gateway.log()[-1200:]}")
        if not peer.ping(self.gateway.port, SLOW):
            raise Failed("afterwards a CoAP ping is not answered")
        sock = peer.open_socket()
        answer = peer.Device(self.gateway.port, "", sock=sock).ask(1, "/.well-known/core", SLOW)
        sock.close()
        if answer is None or answer.code != coap.code("2.05"):
            raise Failed(f"afterwards a good request is answered with {answer}")
        for topic, _ in self.broker.messages:
            if "+" in topic or "#" in topic or "\0" in topic:
                raise Failed(f"it published on {topic!r}")

    def close(self):
        """Ends everything; returns what was wrong with the gateway's end, or None."""
        wrong = self.gateway.stop()
        if self.device:
            self.device.close()
        self.gateway.close()
        self.broker.close()
        self.scef.close()
        return wrong
