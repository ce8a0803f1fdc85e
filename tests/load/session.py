# SPDX-License-Identifier: Apache-2.0
"""One run of a tool around a Lab: checks told line by line, a folder that is gone afterwards, an exit code."""

import json
import os
import shutil
import signal
import sys
import tempfile
import traceback

failures = 0


def check(good, name, *facts):
    """`ok NAME` or `not ok NAME`, and then the facts."""
    global failures
    failures += not good
    print("%s %s" % ("ok" if good else "not ok", name), flush=True)
    if not good:
        for fact in facts:
            print("# %s" % (fact,), flush=True)
    return good


def run(work_on, arguments, name, always=False):
    """Calls work_on(arguments, folder), which returns what it found; the exit code: 0 all is well, 1 something is not, 2 a mistake of the tool's
    own. What was found is told at the end with --json, where something is not well, and `always`."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))  # children are ended all the same
    work = tempfile.mkdtemp(prefix=name + ".")
    try:
        found = work_on(arguments, work)
        telling = arguments.json or failures or always
        print("# %s" % json.dumps(dict(found or {}, seed=arguments.seed)) if telling else "# seed %d" % arguments.seed, flush=True)
    except Exception:  # 1 is for what is wrong with the gateway, never for a mistake in here
        traceback.print_exc()
        return 2
    finally:
        if failures and os.path.exists(os.path.join(work, "log")):
            with open(os.path.join(work, "log"), errors="replace") as log:
                print("".join("# " + line for line in log.readlines()[-30:]), end="")
        if os.environ.get("TG_KEEP") == "yes":
            print("# kept: %s" % work)
        else:
            shutil.rmtree(work, ignore_errors=True)
    return failures > 0
