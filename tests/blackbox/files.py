# SPDX-License-Identifier: Apache-2.0
"""Cases that are files: object-xml and config. Each has a gateway of its own."""

import os
import re

import gateway
import words
from verdict import Failed, Skipped

HAS_REASON = r"^[^\s:]*{name}:\d+: \S"


def run_xml(path, case):
    """A definition in the folder of objects: refused by name, line and reason, and the gateway starts with the others."""
    own = gateway.Gateway(path)
    try:
        own.write("objects/case.xml", case.body())
        own.write("objects/other.lua", 'return { id = 33200, name = "Other", version = "1.0", urn = "urn:oma:lwm2m:x:33200", lwm2m = "1.0", multiple = true, '
                  'mandatory = false, description = "Good.", resources = { [1] = { name = "A", type = "integer", ops = "R", mandatory = false } } }')
        own.configure('  objects = { "objects" },')
        if not own.start():
            raise Failed("the gateway does not start: " + own.log()[-500:])
        told = re.search(r"not_loaded at=\S*case\.xml:(\d+) .*?why=(.+)", own.log())
        is_refused = "reject" in case.expect or "refus" in case.expect
        if is_refused and not told:
            raise Failed("the file is not refused")
        if told and not is_refused:
            raise Failed(f"the file is refused: {told[0]}")
        if re.search(r"not_loaded at=\S*other\.lua", own.log()):
            raise Failed("the other object is not loaded")
        wrong = own.stop()
        if wrong:
            raise Failed(wrong)
    finally:
        own.close()


def translate(text):
    """The text of a case as a file of our form: lines `key = value` become entries of the table; what begins with `return` stays as it is.
    None where it is neither."""
    body = text.lstrip("\ufeff")
    if re.match(r"\s*(return\b|--)", body):
        return text
    newline = "\r\n" if "\r\n" in body else "\n"
    entries = [words.entry(line) for line in body.splitlines() if line.strip()]
    if not entries or None in entries:
        return None
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    if not any("data_dir" in entry for entry in entries):
        entries.insert(0, 'data_dir = "data"')
    return mark + "return {" + newline + "".join(f"  {entry},{newline}" for entry in entries) + "}" + newline


def _prepare(own, case):
    """Puts the configuration in place; returns what must not change, a file's name or None."""
    if case.has_text and re.match(r"(outbox|database|store) file from a newer version", case.text):
        import sqlite3

        own.configure()
        if not own.start():
            raise Failed("a good configuration does not start")
        own.stop()
        kept = os.path.join(own.folder, "data", "tidegate.db")
        with sqlite3.connect(kept) as database:
            database.execute("PRAGMA user_version = 100000")
        database.close()
        os.truncate(own.log_path, 0)
        return kept
    include = re.match(r'include "(\S+)" that includes itself', case.text)
    if include:
        own.write(include[1], f'return dofile("{include[1]}")\n')
        own.write("tidegate.lua", f'return dofile("{include[1]}")\n')
        return None
    text = translate(case.body().decode("utf-8", "surrogatepass")) if case.has_text else None
    if text is None and re.fullmatch(r"[A-Za-z][\w',.-]*(?: [\w',.-]+){2,}", case.text):
        raise Skipped(f"tells of a state that the runner can't make: {case.text[:60]}")
    own.write("tidegate.lua", case.body() if text is None else text)
    return None


def run_config(path, case):
    """A configuration: refused before anything is opened, with file, line and reason; or the gateway starts."""
    own = gateway.Gateway(path)
    try:
        kept = _prepare(own, case)
        before = open(kept, "rb").read() if kept else None
        started = own.start(15)
        log = own.log()
        if re.match(r"starts\b", case.expect):
            if not started:
                raise Failed("it does not start: " + log[-300:])
            wrong = own.stop()
            if wrong:
                raise Failed(wrong)
            return
        wanted = re.match(r"exit (\d+)", case.expect)
        if not wanted:
            raise Skipped(f"its expectation is not understood: {case.expect[:60]}")
        if started or own.process.poll() is None:
            raise Failed("it starts")
        status = own.process.wait()
        if status not in words.EXITS.get(int(wanted[1]), (int(wanted[1]),)) and not (kept and status > 0):
            raise Failed(f"it ends with {status}: {log[-300:]}")
        if "file:line" in case.expect and not re.search(HAS_REASON.format(name=r"\.lua"), log, re.M):
            raise Failed(f"file and line are not named: {log[-300:]}")
        if "no socket" in case.expect and " listening " in log:
            raise Failed("it opened a socket")
        if kept and open(kept, "rb").read() != before:
            raise Failed("the file was changed")
        if gateway.COMPLAINT.search(log):
            raise Failed("a sanitizer complains: " + log[-500:])
    finally:
        own.close()
