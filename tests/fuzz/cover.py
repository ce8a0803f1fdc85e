# SPDX-License-Identifier: Apache-2.0
"""Which lines of the parsers the committed corpora reach, replayed one after the other in the cov build (gcov)."""

import concurrent.futures
import glob
import json
import os
import subprocess

import proof
import targets

ROOT = os.path.dirname(os.path.dirname(targets.HERE))
GOAL = 95  # percent of lines


def build_all(build, names, jobs):
    subprocess.run(["cmake", "--preset", "cov"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", build, f"-j{jobs}", "--target", *names], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def replay(build, target):
    program = os.path.join(build, "tests", target.name + "_replay")
    done = subprocess.run([program, target.corpus], cwd=ROOT, capture_output=True, check=False)
    return done.returncode == 0


def lines_of(build, file):
    """(lines reached, lines, numbers of those that are not)."""
    data = glob.glob(os.path.join(build, "**", file + ".gcda"), recursive=True)
    if not data:
        return 0, 1, ["all"]
    done = subprocess.run(["gcov", "--json-format", "--stdout", data[0]], cwd=build, capture_output=True, check=True)
    for found in json.loads(done.stdout)["files"]:
        if found["file"].endswith(file):
            counts = {}
            for line in found["lines"]:
                number = line["line_number"]
                counts[number] = counts.get(number, 0) + line["count"]
            missing = sorted(number for number, count in counts.items() if not count)
            return len(counts) - len(missing), len(counts), missing
    return 0, 1, ["all"]


def run(build, jobs):
    """Prints file and percent; @return how many files are fine and how many are not."""
    table, reasons = targets.read(), targets.reasons()
    build_all(build, [target.name + "_replay" for target in table], jobs)
    for old in glob.glob(os.path.join(build, "**", "*.gcda"), recursive=True):
        os.remove(old)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        broken = [target.name for target, fine in zip(table, pool.map(lambda target: replay(build, target), table)) if not fine]
    passed, failed, reached, lines = 0, len(broken), 0, 0
    for name in broken:
        print(f"FAIL {name}: its corpus can't be replayed")
    for file in sorted({file for target in table for file in target.files}):
        some, all_, missing = lines_of(build, file)
        least, why = reasons.get(file, (GOAL, ""))
        reached, lines = reached + some, lines + all_
        percent = 100 * some / all_
        fine = percent >= least
        passed, failed = passed + fine, failed + (not fine)
        told = "" if not missing else " not: " + " ".join(map(str, missing[:12])) + (" …" if len(missing) > 12 else "")
        print(f"{'    ' if fine else 'FAIL'} {percent:6.1f} %  {file}{told}{f' ({why})' if why else ''}")
    print(f"     {100 * reached / lines:6.1f} %  of {lines} lines in {passed + failed - len(broken)} files")
    proof.record("N14", "lines of parsers reached by replaying the corpora", command="tests/fuzz/run --coverage", build="cov", measured=[
        ("lines reached", round(100 * reached / lines, 1), ">=", GOAL, "%"),
        ("files", passed + failed - len(broken), "", None, ""),
        ("files below 95 % or their own bound with a reason", failed, "=", 0, "")])
    return passed, failed
