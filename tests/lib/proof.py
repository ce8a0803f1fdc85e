#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Takes down what a proof measured, for docs/reliability.md (tools/gen_reliability_doc).

A test or tool calls record() at its end. Where the environment variable TG_PROOFS names a file of tab-separated values, such as
tests/proofs/results.tsv, its rows take the place of those of the same id and name there; otherwise nothing happens. What was measured is
never judged here: the test does that.

    proof.record("N3", "kill -9 at random points", command="tests/faults/faults kills", measured=[("values missing", 0, "=", 0, "")])
    tests/lib/proof.py N4 "power cuts" --command "build/dev/tests/store_cut_test" --measured "commits lost|0|=|0|"
"""
import argparse
import fcntl
import os
import subprocess
import sys
import time

HEAD = """\
# SPDX-License-Identifier: Apache-2.0
# What the last run of each proof measured. Written by tests/lib/proof.py.
#
# id | name | command | build | date | load of the machine | commit | what | value | relation | goal | unit; separated by tabs
"""
RELATIONS = ("", "=", "<=", ">=")


def cell(value):
    if isinstance(value, float):
        value = f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"
    text = "" if value is None else str(value)
    if "\t" in text or "\n" in text:
        raise ValueError(f"neither tabs nor new lines: {text!r}")
    return text


def commit():
    here = os.path.dirname(os.path.abspath(__file__))
    found = subprocess.run(["git", "-C", here, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return found.stdout.strip() or "-"


def rows(ident, name, command, measured, build):
    build = build or os.path.basename(os.environ.get("TG_BUILD_DIR", "build/dev").rstrip("/"))
    run = [ident, name, command, build, time.strftime("%Y-%m-%d"), f"{os.getloadavg()[0]:.1f}", commit()]
    for what, value, relation, goal, unit in measured:
        if relation not in RELATIONS or (relation != "") != (goal is not None):
            raise ValueError(f"{what}: a goal has one of {RELATIONS[1:]}, and a relation has a goal")
        yield "\t".join(cell(part) for part in [*run, what, value, relation, goal, unit])


def key(line):
    """Rows stand in the order of their numbers, those of a run as they were measured."""
    ident, name = line.split("\t")[:2]
    return int(ident[1:]) if ident[1:].isdigit() else 0, ident, name


def record(ident, name, command, measured, build=None):
    """Takes down one run. measured: (what, value, relation, goal, unit); relation "" and goal None where there is no goal."""
    new = list(rows(ident, name, command, measured, build))
    path = os.environ.get("TG_PROOFS")
    if not path:
        return
    with open(path, "a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        old = [line for line in file.read().splitlines() if line and not line.startswith("#")]
        old = [line for line in old if line.split("\t")[:2] != [ident, name]]
        file.truncate(0)
        file.write(HEAD + "".join(line + "\n" for line in sorted(old + new, key=key)))


def main():
    parser = argparse.ArgumentParser(description="Takes down what a proof measured in the file TG_PROOFS.")
    parser.add_argument("id")
    parser.add_argument("name")
    parser.add_argument("--command", required=True)
    parser.add_argument("--build")
    parser.add_argument("--measured", action="append", required=True, metavar="WHAT|VALUE|RELATION|GOAL|UNIT")
    given = parser.parse_args()
    measured = []
    for text in given.measured:
        parts = text.split("|")
        if len(parts) != 5:
            parser.error(f"not five parts: {text}")
        what, value, relation, goal, unit = parts
        measured.append((what, value, relation, goal if relation else None, unit))
    try:
        record(given.id, given.name, given.command, measured, given.build)
    except ValueError as wrong:
        parser.error(str(wrong))


if __name__ == "__main__":
    sys.exit(main())
