# SPDX-License-Identifier: Apache-2.0
"""The program under test: its configuration, its life, its memory, its log."""

import json
import os
import re
import socket
import subprocess
import tempfile
import time

READY = re.compile(r"listening link=udp0 \S*:(\d+)")
COMPLAINT = re.compile(r"ERROR: (Address|Leak|Thread)Sanitizer|runtime error:|Sanitizer: |detected memory leaks")
# A sanitizer keeps freed memory to find its use: little of it here, so that growth is the program's own.
SANITIZERS = {
    "ASAN_OPTIONS": "quarantine_size_mb=4:malloc_context_size=8:detect_leaks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}


def program(binary):
    """The tidegate of a build folder, or the file itself; None where there is none."""
    path = os.path.join(binary, "tidegate") if os.path.isdir(binary) else binary
    return os.path.abspath(path) if os.access(path, os.X_OK) and os.path.isfile(path) else None


def free_port():
    """A UDP port that was free a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Gateway:
    """One process in a folder of its own. `fields` are lines of its configuration besides name, data_dir and links."""

    def __init__(self, path, folder=None):
        self.path = path
        self.temporary = None if folder else tempfile.TemporaryDirectory(prefix="bb.")
        self.folder = folder or self.temporary.name
        self.config = os.path.join(self.folder, "tidegate.lua")
        self.log_path = os.path.join(self.folder, "log")
        self.process, self.port = None, 0
        self.env = dict(os.environ, **SANITIZERS)

    def write(self, name, content):
        """A file in its folder; returns its path."""
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".new", "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.replace(path + ".new", path)
        return path

    def configure(self, fields="", links=""):
        self.write("tidegate.lua", 'return {\n  name = "gw", data_dir = "data",\n  links = { { kind = "udp", name = "udp0", '
                   f'host = "127.0.0.1", port = 0 }},{links} }},\n{fields}\n}}\n')

    def run(self, *words, seconds=30):
        """Another command of the program with the same configuration, until it ends."""
        return subprocess.run([self.path, *words, "-c", self.config], capture_output=True, timeout=seconds, env=self.env, check=False)

    def start(self, seconds=30):
        """True when it is ready, False when it has ended instead or the time is over."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([self.path, "run", "-c", self.config], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=self.env)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            text = self.log()
            if " host ready " in text:
                found = READY.findall(text)
                self.port = int(found[-1]) if found else 0
                return True
            if self.process.poll() is not None:
                return False
            time.sleep(0.02)
        return False

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def rss(self):
        """Resident memory in kB, 0 where it is gone."""
        try:
            with open(f"/proc/{self.process.pid}/status", encoding="ascii", errors="replace") as file:
                found = re.search(r"VmRSS:\s+(\d+)", file.read())
            return int(found.group(1)) if found else 0
        except OSError:
            return 0

    def stop(self):
        """Ends it; returns what was wrong with its end, or None."""
        if not self.process:
            return None
        if self.process.poll() is None:
            self.process.terminate()
        try:
            status = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return "it does not end when told to"
        found = COMPLAINT.search(self.log())
        if found:
            return "a sanitizer complains: " + self.log()[found.start() : found.start() + 1500]
        return None if status == 0 else f"it ended with {status}"

    def scripts(self):
        """What `tidegate scripts` tells: {name: facts}."""
        lines = self.run("scripts", "--json").stdout.decode("utf-8", "replace").splitlines()
        return {facts["name"]: facts for facts in map(json.loads, lines) if "name" in facts}

    def files(self):
        """Names of all files below its folder, but those of the database's own."""
        return {os.path.relpath(os.path.join(top, name), self.folder) for top, _, names in os.walk(self.folder) for name in names
                if not name.endswith(("-wal", "-shm", "-journal"))}

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.temporary:
            self.temporary.cleanup()
