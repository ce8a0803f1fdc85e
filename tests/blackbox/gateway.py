# SPDX-License-Identifier: Apache-2.0
"""The program under test as the cases use it: its configuration, its end, what it says of scripts, its files."""

import json
import os
import re
import signal

import parts

COMPLAINT = re.compile(r"ERROR: (Address|Leak|Thread)Sanitizer|runtime error:|Sanitizer: |detected memory leaks")
# A sanitizer keeps freed memory to find its use: little of it here, so that growth is the program's own.
SANITIZERS = {
    "ASAN_OPTIONS": "quarantine_size_mb=4:malloc_context_size=8:detect_leaks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}
program = parts.program


class Gateway(parts.Gateway):
    """`fields` are lines of its configuration besides name, data_dir and links."""

    def __init__(self, path, folder=None):
        super().__init__(path, folder, dict(os.environ, **SANITIZERS))

    def configure(self, fields="", links=""):
        self.write("tidegate.lua", 'return {\n  name = "gw", data_dir = "data",\n  links = { { kind = "udp", name = "udp0", '
                   f'host = "127.0.0.1", port = 0 }},{links} }},\n{fields}\n}}\n')

    def stop(self):
        """Ends it; returns what was wrong with its end, or None."""
        if not self.process:
            return None
        status = self.kill(signal.SIGTERM)
        if status == -signal.SIGKILL:
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
