# SPDX-License-Identifier: Apache-2.0
"""The table of fuzz targets, targets.txt, and the files that belong to each."""

import glob
import os

HERE = os.path.dirname(os.path.abspath(__file__))


class Target:
    """One row of the table."""

    def __init__(self, name, kind, max_len, files):
        self.name, self.kind, self.max_len, self.files = name, kind, int(max_len), files.split()
        self.corpus = os.path.join(HERE, "corpus", name)
        self.dictionary = os.path.join(HERE, "dictionaries", name + ".dict")


def rows(mark):
    with open(os.path.join(HERE, "targets.txt"), encoding="utf-8") as file:
        for line in file:
            parts = [part.strip() for part in line.split("|")]
            if len(parts) == 5 and parts[0] == mark:
                yield parts[1:]


def read():
    """All targets in the order of the table; one without a row, or a row without one, is an error."""
    found = [Target(*row) for row in rows("target")]
    named = {target.name for target in found}
    built = {os.path.basename(path)[:-len("_fuzz.c")] for path in glob.glob(os.path.join(HERE, "*_fuzz.c"))}
    if named != built:
        raise SystemExit(f"tests/fuzz/targets.txt and the targets differ: {', '.join(sorted(named ^ built))}")
    return found


def reasons():
    """Files of which a part can't be reached by replaying: {file: (least percent, why)}."""
    return {file: (float(least), why) for file, least, why, _ in rows("part")}
