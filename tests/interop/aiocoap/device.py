# SPDX-License-Identifier: Apache-2.0
"""A minimal LwM2M 1.1 client on aiocoap: a bare CoAP server with resources of its own, which registers. It tells on standard output what arrives, byte
by byte, and what its own requests were answered with; commands come on standard input.

device.py --ep NAME --server HOST:PORT [--port N] [--lifetime S] [--queue] [--echo] [--long]
  --echo  requests of the server without a fresh Echo are answered with 4.01 and one (RFC 9175), each time anew
  --long  /3/0/17 is 3,000 bytes long
  --firmware  it has object 5, whose images it fetches when it is told to
  --many N  it registers with so many more instances of 3303, in blocks with a Request-Tag
commands: register, update, deregister, move (an Update from another port), set PATH VALUE, send PATH..., send-quietly NUMBER PATH... and
  update-quietly NUMBER (No-Response), send-map PATH... (LwM2M CBOR), fetch here|elsewhere (what /5/0/1 names, from its own or from another port), announce COUNT (an Update with so many instances of 3303, in blocks with a Request-Tag), quit
"""

import argparse
import asyncio
import hashlib
import json
import os
import secrets
import sys

import aiocoap
import senml
from aiocoap import Code, Message
from aiocoap.resource import ObservableResource, PathCapable

SILENCE = 4  # seconds after which a request counts as unanswered
OBJECTS = {1: "1.1", 3: None, 13: None, 3303: None}
EXECUTABLE = ("/1/0/4", "/1/0/8", "/3/0/4", "/3303/0/5605")


def initial_values(options):
    values = {"/1/0/0": 1, "/1/0/1": options.lifetime, "/1/0/2": 1, "/1/0/3": 10, "/1/0/5": 86400, "/1/0/6": False, "/1/0/7": "U"}
    values |= {"/3/0/0": "aiocoap", "/3/0/1": "bare", "/3/0/3": "0.4.17", "/3/0/9": 92, "/3/0/11/0": 0, "/3/0/16": "U"}
    values |= {"/3/0/13": 1367491215, "/3/0/14": "+00:00", "/3/0/15": "Etc/UTC"}
    values |= {"/3303/0/5700": 21.5, "/3303/0/5701": "Cel"}
    if options.firmware:
        values |= {"/5/0/1": "", "/5/0/3": 0, "/5/0/5": 0, "/5/0/8/0": 0, "/5/0/9": 0}
    if options.long:
        values["/3/0/17"] = "long " * 600
    return values


def say(*words):
    print(*words, flush=True)


class Device(ObservableResource, PathCapable):
    """All resources of the device, as one: paths are LwM2M's."""

    def __init__(self, options):
        super().__init__()
        self.options = options
        self.values = initial_values(options)
        self.expected = {}  # Echo by peer

    # What is there ------------------------------------------------------------------------------------------------------

    def below(self, path):
        return [(name, value) for name, value in sorted(self.values.items()) if name == path or name.startswith(path.rstrip("/") + "/")]

    def instances(self):
        return sorted({tuple(name.split("/")[1:3]) for name in self.values}, key=lambda pair: tuple(map(int, pair)))

    def links(self):
        objects = [f'</>;rt="oma.lwm2m";ct="{senml.SENML_JSON} {senml.SENML_CBOR}"']
        objects += [f"</{oid}>;ver={version}" for oid, version in OBJECTS.items() if version]
        return ",".join(objects + [f"</{oid}/{iid}>" for oid, iid in self.instances()])

    def like(self, path):
        return self.values.get(path, self.values.get(path.rsplit("/", 1)[0] + "/0", 0))

    # What arrives -------------------------------------------------------------------------------------------------------

    async def render(self, request):
        path = "/" + "/".join(request.opt.uri_path)
        words = [str(request.code).lower(), path]
        for name, value in (("observe", request.opt.observe), ("accept", request.opt.accept), ("format", request.opt.content_format)):
            if value is not None:
                words.append(f"{name}={int(value)}")
        if request.opt.request_tag:
            words.append("tag=" + request.opt.request_tag[0].hex())
        if request.opt.uri_query:
            words.append("query=" + "&".join(request.opt.uri_query))
        if request.payload:
            words.append(f"payload={request.payload.hex()}" if len(request.payload) < 512 else f"bytes={len(request.payload)}")
        if self.options.echo and not self.is_fresh(request):
            say("challenged", *words)
            return Message(code=Code.UNAUTHORIZED, echo=self.expected[request.remote.hostinfo])
        say(*words)
        try:
            return await super().render(request)
        except senml.Unsupported:
            code = Code.NOT_ACCEPTABLE if request.code in (Code.GET, Code.FETCH) else Code.UNSUPPORTED_CONTENT_FORMAT
            return Message(code=code)
        except (ValueError, KeyError, TypeError) as error:
            say("bad", path, repr(error))
            return Message(code=Code.BAD_REQUEST)

    def is_fresh(self, request):
        peer = request.remote.hostinfo
        if request.opt.echo is not None and request.opt.echo == self.expected.pop(peer, None):
            return True
        self.expected[peer] = secrets.token_bytes(8)
        return False

    @staticmethod
    def path_of(request):
        return "/" + "/".join(request.opt.uri_path)

    async def render_get(self, request):
        path = self.path_of(request)
        if request.opt.accept == senml.LINK:
            links = [f"<{name}>" for name in [path] + [name for name, _ in self.below(path) if name != path]]
            return Message(payload=",".join(links).encode(), content_format=senml.LINK)
        if path in EXECUTABLE:
            return Message(code=Code.METHOD_NOT_ALLOWED)
        records = self.below(path)
        if not records:
            return Message(code=Code.NOT_FOUND)
        wanted = request.opt.accept if request.opt.accept is not None else senml.SENML_CBOR
        if senml.is_senml(wanted):
            return Message(payload=senml.write_pack(records, wanted), content_format=wanted)
        if wanted == senml.TLV and path.count("/") == 2:
            return Message(payload=senml.write_tlv(records, path), content_format=wanted)
        if path not in self.values:
            raise senml.Unsupported(wanted)
        return Message(payload=senml.write_single(self.values[path], wanted), content_format=wanted)

    async def render_fetch(self, request):
        if not senml.is_senml(request.opt.content_format):
            raise senml.Unsupported(request.opt.content_format)
        wanted = request.opt.accept if request.opt.accept is not None else request.opt.content_format
        found = []
        for path, _ in senml.read_pack(request.payload, request.opt.content_format):
            found += [record for record in self.below(path) if record not in found]
        return Message(payload=senml.write_pack(found, wanted), content_format=wanted)

    def take(self, records):
        for path, value in records:
            if path not in self.values and not path.startswith("/3/0/11/"):
                return Message(code=Code.NOT_FOUND)
        for path, value in records:
            if value is None:
                self.values.pop(path, None)
            else:
                self.values[path] = value
            say("written", path, json.dumps(value if not isinstance(value, bytes) else value.hex()))
        self.updated_state()
        return Message(code=Code.CHANGED)

    async def render_ipatch(self, request):
        if not senml.is_senml(request.opt.content_format):
            raise senml.Unsupported(request.opt.content_format)
        return self.take(senml.read_pack(request.payload, request.opt.content_format))

    async def render_put(self, request):
        if request.opt.uri_query and not request.payload:
            return Message(code=Code.CHANGED)
        return self.take(self.payload_of(request))

    def payload_of(self, request):
        path, content_format = self.path_of(request), request.opt.content_format
        if senml.is_senml(content_format):
            return senml.read_pack(request.payload, content_format)
        if content_format == senml.TLV:
            parts = path.split("/")
            base = "/".join(parts[:3]) if len(parts) > 3 else path  # a resource's TLV has the resource in it
            return senml.read_tlv(request.payload, base, self.like)
        return [(path, senml.read_single(request.payload, content_format, self.like(path)))]

    async def render_post(self, request):
        path = self.path_of(request)
        if path in EXECUTABLE:
            say("executed", path, request.payload.decode())
            return Message(code=Code.CHANGED)
        if path.count("/") == 1:
            records = self.payload_of(request)
            for name, value in records:
                self.values[name] = value
            instance = records[0][0].split("/")[1:3]
            say("created", "/" + "/".join(instance))
            return Message(code=Code.CREATED, location_path=instance)
        return self.take(self.payload_of(request))

    async def render_delete(self, request):
        path = self.path_of(request)
        for name, _ in self.below(path):
            del self.values[name]
        return Message(code=Code.DELETED)


class Client:
    """The other half: what the device asks of its server."""

    def __init__(self, options, device, context):
        self.options, self.device, self.context = options, device, context
        self.base = f"coap://{options.server}"
        self.location = None

    async def ask(self, what, message, context=None):
        """Sends a request; where an Echo is asked for, once more with it (RFC 9175, 2.3). Tells the answer."""
        echoes = 0
        while True:
            pending = (context or self.context).request(message.copy())
            try:
                answer = await asyncio.wait_for(pending.response, SILENCE)
            except (asyncio.TimeoutError, aiocoap.error.Error) as error:
                say(what, "silent" if isinstance(error, asyncio.TimeoutError) else repr(error))
                return None
            if answer.code == Code.UNAUTHORIZED and answer.opt.echo is not None and echoes < 2:
                echoes += 1
                message = message.copy(echo=answer.opt.echo)
                continue
            size = [f"bytes={len(answer.payload)}", f"sha256={hashlib.sha256(answer.payload).hexdigest()}"] if len(answer.payload) > 512 else []
            say(what, answer.code.dotted, f"echoes={echoes}", *size)
            return answer

    async def register(self):
        query = [f"ep={self.options.ep}", f"lt={self.options.lifetime}", "lwm2m=1.1", "b=U"] + (["Q"] if self.options.queue else [])
        links = self.links_and(self.options.many)
        message = Message(code=Code.POST, uri=self.base + "/rd", payload=links.encode(), content_format=senml.LINK)
        message.opt.uri_query = query
        if self.options.many:
            message.opt.request_tag = [secrets.token_bytes(4)]
        answer = await self.ask("register", message)
        if answer is not None and answer.code == Code.CREATED:
            self.location = answer.opt.location_path
            say("registered", "/" + "/".join(self.location))

    def at_location(self, code, **more):
        message = Message(code=code, uri=self.base, **more)
        message.opt.uri_path = self.location
        return message

    async def update(self):
        await self.ask("update", self.at_location(Code.POST))

    async def deregister(self):
        await self.ask("deregister", self.at_location(Code.DELETE))

    async def move(self):
        other = await aiocoap.Context.create_client_context(transports=["udp6"])
        await self.ask("moved", self.at_location(Code.POST), other)
        await other.shutdown()

    def links_and(self, count):
        return self.device.links() + "".join(f",</3303/{number}>" for number in range(1, count + 1))

    async def update_quietly(self, number):
        message = self.at_location(Code.POST)
        message.opt.no_response = int(number)
        await self.ask("update-quietly", message)

    async def announce(self, count):
        message = self.at_location(Code.POST, payload=self.links_and(int(count)).encode(), content_format=senml.LINK)
        message.opt.request_tag = [secrets.token_bytes(4)]
        await self.ask("announced", message)

    def pack(self, paths):
        records = [(path, self.device.values[path]) for path in paths]
        return Message(code=Code.POST, uri=self.base + "/dp", payload=senml.write_pack(records, senml.SENML_CBOR), content_format=senml.SENML_CBOR)

    async def send(self, *paths):
        await self.ask("sent", self.pack(paths))

    async def send_map(self, *paths):
        body = senml.write_map([(path, self.device.values[path]) for path in paths])
        await self.ask("sent-map", Message(code=Code.POST, uri=self.base + "/dp", payload=body, content_format=senml.LWM2M_CBOR))

    async def fetch(self, where):
        message = Message(code=Code.GET, uri=self.device.values["/5/0/1"])
        if where == "here":
            return await self.ask("fetched", message)
        other = await aiocoap.Context.create_client_context(transports=["udp6"])
        await self.ask("fetched", message, other)
        return await other.shutdown()

    async def send_quietly(self, number, *paths):
        message = self.pack(paths)
        message.opt.no_response = int(number)
        await self.ask("sent-quietly", message)

    async def run(self, line):
        name, *words = line.split()
        if name == "set":
            self.device.values[words[0]] = type(self.device.values[words[0]])(words[1])
            self.device.updated_state()
            return say("set", *words)
        if name != "register" and not self.location:
            return say("not registered:", line)
        verbs = {"register": self.register, "update": self.update, "deregister": self.deregister, "move": self.move}
        verbs |= {"update-quietly": self.update_quietly, "announce": self.announce, "send": self.send, "send-quietly": self.send_quietly}
        verbs |= {"send-map": self.send_map, "fetch": self.fetch}
        if name not in verbs:
            return say("unknown", name)
        return await verbs[name](*words)


async def lines():
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(sys.stdin.fileno()))
    while line := (await reader.readline()).decode().strip():
        if line == "quit":
            return
        yield line


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ep", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--lifetime", type=int, default=300)
    parser.add_argument("--many", type=int, default=0)
    for flag in ("queue", "echo", "long", "firmware"):
        parser.add_argument("--" + flag, action="store_true")
    options = parser.parse_args()
    device = Device(options)
    context = await aiocoap.Context.create_server_context(device, bind=("127.0.0.1", options.port), transports=["udp6"])
    client = Client(options, device, context)
    await client.register()
    async for line in lines():
        try:
            await client.run(line)
        except (KeyError, ValueError, TypeError) as error:
            say("bad command", line, repr(error))
    if client.location:
        await client.deregister()
    say("bye")
    await context.shutdown()


asyncio.run(main())
