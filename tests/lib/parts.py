# SPDX-License-Identifier: Apache-2.0
"""What the tests' Python puts around a gateway: ports, a real broker, a subscriber, and the gateway itself. Each child is ended by its own id.

tests/lib/parts.sh is the same for shell tests.
"""

import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

READY, LISTENING = " host ready ", re.compile(r"listening link=udp0 \S*:(\d+)")


def program(binary):
    """The tidegate of a build folder, or the file itself; None where there is none."""
    path = os.path.join(binary, "tidegate") if os.path.isdir(binary) else binary
    return os.path.abspath(path) if os.access(path, os.X_OK) and os.path.isfile(path) else None


def free_port():
    """One that nobody has, TCP and UDP, outside of those that the kernel gives away: it must stay ours while its owner is dead."""
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
    """Whether it came true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def connections():
    """All TCP connections of this machine, by the names that they have among the files of their process."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return {f"socket:[{row[9]}]" for row in rows if row[3] != "0A"}  # that is: listens


def end(child, number=signal.SIGTERM):
    """Ends a child, by force where it does not heed; its exit code."""
    if child.poll() is None:
        child.send_signal(number)
    try:
        return child.wait(30)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


class Gateway:
    """One process in a folder of its own, a new one when none is given. Its log is a file there; lines come through a pipe, so that a limit
    on the size of files does not stop them."""

    def __init__(self, path, folder=None, env=None):
        self.path, self.env = path, env
        self.temporary = None if folder else tempfile.TemporaryDirectory(prefix="gw.")
        self.folder = folder or self.temporary.name
        self.config = os.path.join(self.folder, "tidegate.lua")
        self.log_path = os.path.join(self.folder, "log")
        self.process, self.port, self.reader = None, 0, None
        self.started_at, self.ready_at = 0.0, None  # monotonic seconds, of this life

    def write(self, name, content):
        """A file in its folder; returns its path."""
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".new", "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.replace(path + ".new", path)
        return path

    def run(self, *words, seconds=30):
        """Another command of the program with the same configuration, until it ends."""
        return subprocess.run([self.path, *words, "-c", self.config], capture_output=True, timeout=seconds, env=self.env, check=False)

    def begin(self, *more):
        """Starts it without waiting; `more` options of `run`."""
        self.started_at, self.ready_at = time.monotonic(), None
        # Python ignores SIGXFSZ; so does the child, and a write beyond a limit of size is an error as on a full disk.
        self.process = subprocess.Popen([self.path, "run", "-c", self.config, *more], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, env=self.env, restore_signals=False)
        self.reader = threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        self.reader.start()

    def _read(self, pipe):
        with pipe, open(self.log_path, "ab", buffering=0) as log:
            for line in pipe:
                log.write(line)
                found = LISTENING.search(line.decode("utf-8", "replace"))
                self.port = int(found[1]) if found else self.port
                if self.ready_at is None and READY.encode() in line:
                    self.ready_at = time.monotonic()

    def is_ready(self):
        return self.ready_at is not None

    def start(self, seconds=30):
        """True when it is ready, False when it has ended instead or the time is over."""
        self.begin()
        wait_for(seconds, lambda: self.is_ready() or not self.alive())
        if not self.alive():
            self.reader.join(10)
        return self.is_ready()

    def log(self):
        if self.reader and not self.alive():
            self.reader.join(10)
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def memory(self):
        """Resident memory in kB: (all of it, what of it is a file's or shared); zeros where it is gone."""
        try:
            with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
                return tuple(int(pages) * resource.getpagesize() // 1024 for pages in file.read().split()[1:3])
        except (OSError, IndexError):
            return 0, 0

    def rss(self):
        """Resident memory in kB, 0 where it is gone."""
        return (self.memory() or (0,))[0]

    def descriptors(self):
        """(files that it has open, TCP connections among them): connections to an operator's network come and go."""
        folder, names, found = f"/proc/{self.process.pid}/fd", [], connections()
        try:
            for name in os.listdir(folder):
                names.append(os.readlink(os.path.join(folder, name)))
        except OSError:
            pass  # gone, or one was closed meanwhile
        found |= connections()
        return len(names), sum(name in found for name in names)

    def limit_files(self, size):
        """From now on no file grows beyond so many bytes; None: as much as it likes."""
        hard = resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (hard if size is None else size, hard))

    def kill(self, number=signal.SIGKILL):
        """Ends it; its exit code, negative where a signal did it. Its log is complete afterwards."""
        status = end(self.process, number)
        self.reader.join(10)
        return status

    def status(self):
        out = self.run("status", "--json")
        return json.loads(out.stdout) if out.returncode == 0 else {}

    def close(self):
        if self.process:
            self.kill()
        if self.temporary:
            self.temporary.cleanup()


class Mosquitto:
    """A real broker at a port of its own, which it has again after a restart, and so have sessions what they had. It answers at once
    (set_tcp_nodelay) unless told otherwise: with its default a PUBACK may wait for our next message."""

    def __init__(self, folder, nagle=False, extra=""):
        """@param extra lines of its configuration"""
        self.port, self.folder = free_port(), folder
        self.conf = os.path.join(folder, "broker.conf")
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        with open(self.conf, "w", encoding="utf-8") as out:
            out.write(f"user {user}\nlistener {self.port} 127.0.0.1\nallow_anonymous true\nlog_dest stderr\nlog_type error\n"
                      f"persistence true\npersistence_location {folder}/\nmax_inflight_messages 1000\nmax_queued_messages 0\n"
                      f"max_queued_bytes 0\nset_tcp_nodelay {'false' if nagle else 'true'}\n{extra}\n")
        self.process = None
        self.start()

    def start(self):
        path = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
        with open(os.path.join(self.folder, "broker.log"), "ab") as log:
            self.process = subprocess.Popen([path, "-c", self.conf], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        if not wait_for(20, self.listens):
            raise RuntimeError("mosquitto does not start")

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def to(self):
        """Options of mosquitto_pub and mosquitto_sub."""
        return ["-h", "127.0.0.1", "-p", str(self.port)]

    def publish(self, topic, text):
        """Hands one message over, QoS 1; whether the broker took it."""
        return subprocess.run(["mosquitto_pub", *self.to(), "-q", "1", "-t", topic, "-m", text], capture_output=True, check=False).returncode == 0

    def stop(self):
        """It writes its sessions down."""
        end(self.process)


class Subscriber:
    """mosquitto_sub with a session of its own, so that it misses nothing while the broker is away. Each line `TOPIC PAYLOAD` goes to
    `take`, on a thread of its own; and into `file` where there is one."""

    def __init__(self, broker, topic, take, file=None):
        self.broker, self.take, self.file, self.marks, self.heard = broker, take, file, 0, None
        command = ["mosquitto_sub", *broker.to(), "-q", "1", "-c", "-i", "sub", "-t", topic, "-t", "probe", "-F", "%t %p"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        self.mark()

    def _read(self):
        out = open(self.file, "ab") if self.file else None
        for line in self.process.stdout:
            if out:
                out.write(line)
                out.flush()
            text = line.decode("utf-8", "replace").rstrip("\n")
            if text.startswith("probe "):
                self.heard = text[6:]
            else:
                self.take(text)

    def mark(self, seconds=60):
        """Waits until it has what the broker had."""
        self.marks += 1
        word, again = f"m{self.marks}", [0.0]

        def came():
            if self.heard != word and time.monotonic() > again[0]:
                self.broker.publish("probe", word)
                again[0] = time.monotonic() + 1
            return self.heard == word

        if not wait_for(seconds, came):
            raise RuntimeError("the subscriber does not hear")

    def stop(self):
        end(self.process)
        self.thread.join(10)
