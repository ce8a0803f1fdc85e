#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Firmware, restarts and transports of the simulated device, seen by device_peer.py over loopback. Prints TAP.

    device_fw_test.py PROGRAM
"""

import hashlib
import http.server
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

from device_peer import DELETE, FORMAT, OBSERVE, POST, PUT, QUERY, FileServer, Server, uint

PROGRAM, HERE = sys.argv[1], pathlib.Path(__file__).parent
done, failed = 0, 0


def check(good, name, *more):
    global done, failed
    done, failed = done + 1, failed + (not good)
    print("ok" if good else "not ok", done, "-", name)
    if not good:
        print("# got:", *more)


def same(got, wanted, name):
    check(got == wanted, name, repr(got), "wanted:", repr(wanted))


def until(what, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.02)
    return False


class Device:
    """One simulated device, registered when made."""

    def __init__(self, *options, server=None, folder):
        self.server, self.lines = server or Server(), []
        self.out = pathlib.Path(folder) / f"image{id(self)}"
        command = [PROGRAM, "--server", f"127.0.0.1:{self.server.number}", "--ep", "sim", "--image-out", self.out]
        self.child = subprocess.Popen([*command, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.listen, daemon=True).start()
        check(self.says("registered /rd/x1"), "a device registers")

    def listen(self):
        for line in self.child.stdout:
            self.lines.append(line.rstrip("\n"))

    def tell(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def says(self, line, count=1, seconds=10):
        return until(lambda: self.lines.count(line) >= count, seconds)

    def state(self):
        return self.server.read("/5/0/3"), self.server.read("/5/0/5")

    def write(self, path, text):
        return self.server.status(PUT, path, [(FORMAT, b"")], text.encode())

    def execute(self, path, args=b""):
        return self.server.status(POST, path, [], args)

    def stop(self):
        self.child.stdin.close()
        return self.child.wait(10)


def image(folder, version="2.0", size=5000, kind="good"):
    file = pathlib.Path(folder) / "made"
    subprocess.run([HERE / "make_image", file, version, "sim", str(size), kind], check=True)
    return file.read_bytes()


def digest(data):
    return hashlib.sha256(data).hexdigest()


def push_goes_well(folder):
    dev, good = Device("--firmware", "push", "--fw-version", "1.0", "--fw-install", "0.3", "--restart", "0.2", folder=folder), image(folder)
    server = dev.server
    check("</5>;ver=1.1,</5/0>" in server.calls[0][3], "it announces object 5", server.calls[0])
    same(server.read("/3/0/3"), "1.0", "it tells its version")
    same(dev.state(), ("0", "0"), "it is idle")
    same(server.read("/5/0/9"), "1", "push is the way")
    same(dev.write("/5/0/1", "coap://127.0.0.1/fw"), "4.05", "a URI is refused")
    same(server.block(good, 2)[0], "4.08", "a block without a first one is 4.08")
    same(server.push(good[:2048] + good[2048:], first=0)[:2], ["2.31", "2.31"], "blocks are taken")
    check(until(lambda: dev.out.exists()), "the image is kept")
    same(digest(dev.out.read_bytes()), digest(good), "as it was sent")
    same(dev.state(), ("2", "0"), "it is downloaded")
    same((server.read("/5/0/6"), server.read("/5/0/7")), ("sim", "2.0"), "and named")
    same(server.block(good, 4)[0], "2.04", "the last block once more is answered once more")
    same(server.block(good, 0)[0], "2.31", "so is another that is there")
    same(server.block(image(folder), 0)[0], "4.05", "but no other image")
    dev.tell("restart")
    check(dev.says("registered /rd/x1", 2), "after a restart it registers again")
    same(dev.state(), ("2", "0"), "and still has the image")
    old = server.peer
    same(dev.execute("/5/0/2"), "2.04", "Update is accepted")
    same(dev.execute("/5/0/2"), "4.05", "but only once")
    same(server.read("/5/0/3"), "3", "it is updating")
    check(dev.says("registered /rd/x1", 3), "it comes back")
    same((dev.state(), server.read("/3/0/3")), (("0", "1"), "2.0"), "with the new version")
    check(server.peer != old, "from another port", server.peer)
    same(dev.lines.count("execute /5/0/2"), 1, "one Update was executed")
    same(dev.execute("/5/0/2"), "4.05", "Update without an image is refused")
    same(dev.execute("/5/0/10"), "4.05", "so is Cancel")
    same(dev.stop(), 0, "it ends")


def push_in_trouble(folder):
    dev, good = Device("--firmware", "both", "--fw-block", "512", "--fw-strict-tag", folder=folder), image(folder, size=4096)
    server = dev.server
    status, block, token, mid = server.block(good, 0, 1024, b"a")
    same((status, block & 7), ("2.31", 5), "it asks for smaller blocks")
    server.send(PUT, "/5/0/0", [(FORMAT, uint(42)), (27, uint(8 | 6))], good[:1024], token=token, mid=mid)
    same(server.answer(token).status(), "2.31", "the same message again gets the same answer")
    same(dev.state(), ("1", "0"), "it is downloading")
    same(server.block(good, 4, 512, b"a")[0], "4.08", "a gap is 4.08")
    same(server.block(good, 2, 512, b"b")[0], "4.08", "another Request-Tag is 4.08")
    same(server.block(good, 2, 512, b"a")[0], "2.31", "what fits goes on")
    same(server.block(good, 2, 512, b"a")[0], "2.31", "a block that is there already is answered again")
    same(server.status(PUT, "/5/0/0", [(FORMAT, uint(42)), (27, uint(3 << 4 | 8 | 7))], b"x"), "4.00", "a size that there isn't is 4.00")
    same(server.status(PUT, "/5/0/0", [(FORMAT, b"")], b"x"), "4.15", "text is no firmware")
    same(dev.write("/5/0/1", "coap://127.0.0.1/fw"), "4.05", "no pull meanwhile")
    same(dev.execute("/5/0/2"), "4.05", "no Update meanwhile")
    same(dev.execute("/5/0/10"), "2.04", "it can be cancelled")
    same(dev.state(), ("0", "10"), "with result 10")
    server.push(good, 512)
    same(dev.state(), ("2", "0"), "a new one begins well")
    same(server.status(PUT, "/5/0/0", [(FORMAT, uint(42))], b"\0"), "2.04", "a zero byte drops it")
    same(dev.state(), ("0", "0"), "all is as in the beginning")
    server.push(good[:-1] + bytes([good[-1] ^ 1]), 512)
    same(dev.state(), ("0", "5"), "a wrong checksum is result 5")
    server.push(image(folder, kind="foreign"), 512)
    same(dev.state(), ("0", "6"), "something else is result 6")
    server.block(good, 0, 512)
    dev.tell("restart")
    check(dev.says("registered /rd/x1", 2), "restarted in the middle, it comes back")
    same((dev.state(), server.block(good, 1, 512)[0]), (("0", "0"), "4.08"), "and has nothing of the image")
    dev.stop()


def push_told_to_fail(folder):
    for what, statuses, result in [("space", ["2.31", "2.31", "5.00"], "2"), ("ram", ["5.00"], "3")]:
        dev, good = Device("--firmware", "push", "--fw-fail", what + "*1", folder=folder), image(folder)
        same(dev.server.push(good)[: len(statuses)], statuses, f"{what}: the push ends")
        same(dev.state(), ("0", result), f"{what}: with its result")
        dev.server.push(good)
        same(dev.state(), ("2", "0"), f"{what}: it goes well the next time")
        dev.stop()
    dev = Device("--firmware", "push", "--fw-max", "3000", folder=folder)
    same(dev.server.push(image(folder))[2], "4.13", "too large is 4.13")
    same(dev.state(), ("0", "2"), "and result 2")
    dev.stop()
    dev = Device("--firmware", "push", "--fw-fail", "install*1", "--fw-install", "0.1", "--restart", "0.1", folder=folder)
    dev.server.push(image(folder))
    dev.execute("/5/0/2")
    check(until(lambda: dev.state() == ("2", "8")), "an installation that fails is result 8, state 2")
    same(dev.execute("/5/0/2"), "2.04", "it can be tried again")
    check(dev.says("firmware version 2.0"), "and goes well then")
    dev.stop()
    dev = Device("--firmware", "push", "--fw-fail", "defer*1", "--fw-defer", "0.5", "--fw-install", "0.1", folder=folder)
    dev.server.push(image(folder))
    same(dev.execute("/5/0/2"), "2.04", "an Update that is put off is accepted")
    same(dev.state(), ("2", "11"), "result 11, state 2")
    check(dev.says("firmware version 2.0"), "it comes by itself")
    dev.stop()


class HttpFile(http.server.BaseHTTPRequestHandler):
    """Serves `data`; the first answer breaks off in the middle."""

    data, broken, ranges, status = b"", True, [], None
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        cls = HttpFile
        asked = self.headers.get("Range")
        cls.ranges.append((asked, self.headers.get("If-Range")))
        first = int(asked[6:-1]) if asked else 0
        self.send_response(cls.status or (206 if asked else 200))
        self.send_header("ETag", '"v1"')
        self.send_header("Content-Length", str(len(cls.data) - first))
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{len(cls.data) - 1}/{len(cls.data)}")
        self.end_headers()
        self.wfile.write(cls.data[first : len(cls.data) // 2 if cls.broken else None])
        cls.broken, self.close_connection = False, True

    def log_message(self, *_):
        pass


def pull_by_coap(folder):
    good = image(folder, size=70000)
    files = FileServer(good)
    dev = Device("--firmware", "pull", "--ack-timeout", "50", "--fw-patience", "8", folder=folder)
    uri = f"coap://127.0.0.1:{files.number}/fw"
    same(dev.server.block(good, 0)[0], "4.05", "it takes no push")
    token, _ = dev.server.send(1, "/5/0/3", [(OBSERVE, b"")])
    dev.server.answer(token)
    files.pause = 3
    same(dev.write("/5/0/1", uri), "2.04", "a URI is accepted")
    same((dev.state(), dev.server.read("/5/0/1")), (("1", "0"), uri), "it downloads")
    same(dev.write("/5/0/1", uri), "4.05", "one at a time")
    check(until(lambda: dev.state()[0] == "2"), "and is done")
    same(digest(dev.out.read_bytes()), digest(good), "the image is right")
    same([told[1] for told in dev.server.told if told[0] == token][:2], [b"1", b"2"], "observers were told the states")
    same(dev.write("/5/0/1", ""), "2.04", "an empty URI")
    same((dev.state(), dev.server.read("/5/0/1")), (("0", "0"), ""), "drops it")
    files.missing = True
    dev.write("/5/0/1", uri)
    check(until(lambda: dev.state() == ("0", "7")), "what is not there is result 7", dev.state())
    for text, result in [("coaps://127.0.0.1/fw", "9"), ("nonsense", "7"), ("coap:///fw", "7")]:
        same(dev.write("/5/0/1", text), "2.04", f"{text} is accepted")
        check(until(lambda r=result: dev.state() == ("0", r)), f"and is result {result}", dev.state())
    files.missing, files.pause = False, 10**6
    dev.write("/5/0/1", uri)
    check(until(lambda: dev.state() == ("0", "4"), 20), "silence is result 4", dev.state())
    files.pause = 10**6
    dev.write("/5/0/1", uri)
    same(dev.execute("/5/0/10"), "2.04", "a download can be cancelled")
    same(dev.state(), ("0", "10"), "with result 10")
    dev.write("/5/0/1", uri)
    dev.tell("restart")
    files.pause = 0
    check(dev.says("registered /rd/x1", 2) and until(lambda: dev.state()[0] == "2"), "a download begins anew after a restart")
    dev.stop()


def pull_by_http(folder):
    HttpFile.data = image(folder, size=300000)
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), HttpFile)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    dev = Device("--firmware", "both", "--fw-protocols", "http", folder=folder)
    same(dev.server.status(1, "/5/0/8/0"), "4.04", "it does not say that it has CoAP")
    same(dev.server.read("/5/0/8/1"), "2", "but HTTP")
    uri = f"http://127.0.0.1:{web.server_port}/fw?x=1"
    dev.write("/5/0/1", uri)
    check(until(lambda: dev.state()[0] == "2"), "it fetches by HTTP", dev.state())
    same(digest(dev.out.read_bytes()), digest(HttpFile.data), "the image is right")
    same(HttpFile.ranges, [(None, None), ("bytes=150000-", '"v1"')], "a connection that breaks goes on where it was")
    dev.write("/5/0/1", "")
    HttpFile.status = 404
    dev.write("/5/0/1", uri)
    check(until(lambda: dev.state() == ("0", "7")), "404 is result 7", dev.state())
    dev.write("/5/0/1", "coap://127.0.0.1/fw")
    check(until(lambda: dev.state() == ("0", "9")), "CoAP is result 9 then", dev.state())
    dev.stop()
    dev = Device("--firmware", "pull", "--fw-fail", "uri*1", "--fw-without", "6,7,8,10,12,13", "--fw-protocols", "http", folder=folder)
    HttpFile.status = None
    dev.write("/5/0/1", uri)
    check(until(lambda: dev.state() == ("0", "7")), "told so, it finds a good URI bad", dev.state())
    same([dev.server.read(f"/5/0/{rid}") for rid in (6, 7, 8, 12, 13)], ["4.04"] * 5, "optional resources may be missing")
    same(dev.execute("/5/0/10"), "4.04", "Cancel too")
    dev.write("/5/0/1", uri)
    check(until(lambda: dev.state()[0] == "2"), "and it works without them", dev.state())
    dev.stop()


def transports(folder):
    nidd, udp = Server(), Server()
    options = ["--server-n", f"127.0.0.1:{nidd.number}", "--server-u", f"127.0.0.1:{udp.number}", "--ack-timeout", "50", "--retransmits", "2"]
    dev = Device(*options, server=nidd, folder=folder)
    check("b=UN" in nidd.calls[0][2], "it offers both transports", nidd.calls)
    token, _ = nidd.send(1, "/3303/0/5700", [(OBSERVE, b"")])
    nidd.answer(token)
    same(dev.execute("/1/0/8", b"0='S'"), "4.00", "a transport that it hasn't is refused")
    same(dev.execute("/1/0/8", b"0='N'"), "2.04", "the one it has")
    check(dev.says("updated"), "is an Update")
    same(dev.execute("/1/0/8", b"0='U'"), "2.04", "the other one")
    check(udp.wait(lambda: udp.calls), "makes it speak there")
    same((udp.calls[0][1], len(nidd.calls)), ("/rd/x1", 2), "an Update of the same registration")
    dev.tell("set /3303/0/5700 22.5")
    check(udp.wait(lambda: any(told[0] == token for told in udp.told)), "observations go with it", udp.told)
    dev.server = udp
    same(dev.write("/1/0/22", "X"), "4.00", "a preferred transport that it hasn't is refused")
    same(dev.write("/1/0/22", "N"), "2.04", "the one that it has")
    check(dev.says("moved N") and nidd.wait(lambda: len(nidd.calls) == 3), "takes it back", nidd.calls)
    dev.server = nidd
    same(nidd.read("/1/0/22"), "N", "and can be read")
    for args, query in [(b"U", []), (b"", [(QUERY, b"0=N")]), (b"0=U", [])]:
        before = len(dev.lines)
        same(dev.server.status(POST, "/1/0/8", query, args), "2.04", f"the argument may be {args or query}")
        check(until(lambda n=before: any(line.startswith("moved") for line in dev.lines[n:]) and "updated" in dev.lines[n:]), "and is understood")
        dev.server = udp if dev.server is nidd else nidd
    nidd.silent = True
    dev.execute("/1/0/8", b"0='N'")
    check(dev.says("moved U", 3), "where nobody answers it goes back")
    check(dev.says("updated", 7) or dev.says("registered /rd/x1", 2), "and is there again", dev.lines)
    dev.stop()
    nidd, udp = Server(), Server()
    options[1], options[3] = f"127.0.0.1:{nidd.number}", f"127.0.0.1:{udp.number}"
    dev = Device(*options, "--move-anew", server=nidd, folder=folder)
    dev.execute("/1/0/8", b"0='U'")
    check(udp.wait(lambda: udp.calls and udp.calls[0][1] == "/rd" and "ep=sim" in udp.calls[0][2]), "it may register there", udp.calls)
    dev.stop()


def object_1(folder):
    dev = Device("--mute", folder=folder)
    dev.tell("send /3/0/3")
    check(dev.says("muted"), "muted, it sends nothing")
    same(dev.write("/1/0/23", "0"), "2.04", "it can be unmuted")
    dev.tell("send /3/0/3")
    check(dev.says("sent 2.04"), "and sends then")
    same(dev.write("/1/0/5", "1"), "2.04", "the time of Disable is set")
    begun = time.monotonic()
    same(dev.execute("/1/0/4"), "2.04", "it can be disabled")
    check(dev.says("deregistered") and any(call[0] == DELETE for call in dev.server.calls), "de-registers")
    check(dev.says("registered /rd/x1", 2) and time.monotonic() - begun >= 1, "and comes back when the time is over")
    same(dev.execute("/1/0/9"), "2.04", "Bootstrap-Request Trigger")
    check(dev.says("bootstrap") and dev.says("registered /rd/x1", 3), "brings it back with the same account")
    same(dev.server.status(1, "/5/0"), "4.04", "without --firmware there is no object 5")
    same(dev.server.status(PUT, "/3/0/14", [(FORMAT, b""), (27, uint(8 | 6))], b"x" * 1024), "4.13", "nothing else comes in blocks")
    dev.stop()


def command_line():
    for wrong in (["--firmware", "x"], ["--fw-without", "3"], ["--fw-fail", "x"], ["--fw-fail", "ram*x"], ["--fw-block", "8"], ["--server-u", "x"], ["--fw-protocols", "ftp"]):
        base = [] if wrong[0] == "--server-u" else ["--server", "127.0.0.1:9"]
        status = subprocess.run([PROGRAM, "--ep", "x", *base, *wrong], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode
        same(status, 2, f"{' '.join(wrong)} is refused")


with tempfile.TemporaryDirectory() as work:
    for part in (push_goes_well, push_in_trouble, push_told_to_fail, pull_by_coap, pull_by_http, transports, object_1):
        print("#", part.__name__)
        part(work)
    command_line()
print(f"1..{done}")
sys.stdout.flush()
os._exit(failed > 0)  # threads of servers still listen
