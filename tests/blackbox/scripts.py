# SPDX-License-Identifier: Apache-2.0
"""Cases of layer lua: what a script does wrong. The text runs as a rule's map, woken by a value; where its expectation is a load error, it is
the script, and takes the place of a version that works."""

import itertools
import re
import time

import coap_wire as coap
import words
from verdict import SLOW, Failed, Skipped

NUMBERS = itertools.count(1)
RULE = """local tg = require "tidegate"
local function publish(topic, value)
  local ok, err = tg.rule.publish(topic, value)
  if not ok then error(tostring(err), 2) end
end
return {{ name = "case", version = "{version}", rules = {{ {{ match = {{ path = "/3303/0/5700" }}, topic = "case/{{ep}}", map = function(rec, dev)
{text}
end }} }} }}
"""


def wait_for(world, wanted, seconds=SLOW * 2):
    """What is known of the script `case` when wanted(facts) holds; None when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        facts = world.gateway.scripts().get("case", {})
        if wanted(facts):
            return facts
        time.sleep(0.1)
    return None


def install(world, content, version):
    """Puts a version in place that is good, and waits for it."""
    world.gateway.write("rules/case.lua", content)
    return wait_for(world, lambda facts: str(facts.get("version")) == version and facts.get("state") == "running")


def run_case(world, case):
    """Raises Failed, Skipped."""
    if not re.search(r"error|abort", case.expect):
        raise Skipped(f"its expectation is not understood: {case.expect[:60]}")
    version = f"good{next(NUMBERS)}"
    if not install(world, RULE.format(version=version, text="return { v = rec.value }"), version):
        raise Failed("a good script before it is not loaded")
    before = world.gateway.scripts()["case"]
    text = case.body().decode("utf-8", "surrogatepass")
    if case.expect.startswith("load error"):
        _load(world, text, version, before)
    else:
        _call(world, case, text, before)
    world.check_alive()
    world.good_value(f"after-{case.id}-{next(NUMBERS)}")
    world.gateway.write("rules/case.lua", 'return { name = "case", version = "0" }\n')


def _load(world, text, version, before):
    world.gateway.write("rules/case.lua", text)
    facts = wait_for(world, lambda facts: facts.get("last_error") and facts["last_error"] != before.get("last_error"))
    if not facts:
        raise Failed("it is not refused")
    if not re.search(r"case\.lua:\d+", facts["last_error"] + world.gateway.log()[-2000:]):
        raise Failed(f"no file and line: {facts['last_error']}")
    if str(facts.get("version")) != version or facts.get("state") != "running":
        raise Failed(f"the version before does not run on: {facts}")


def _call(world, case, text, before):
    version = f"bad{next(NUMBERS)}"
    if not text.rstrip().startswith("return") and re.search(r"^return\b", text.strip()) is None:
        text = f"do {text} end return nil"
    facts = install(world, RULE.format(version=version, text=text), version)
    if not facts:
        refused = world.gateway.scripts().get("case", {})
        if refused.get("last_error") != before.get("last_error"):
            return  # what can't be loaded can't hurt: told with file and line
        raise Failed("it is neither loaded nor refused")
    errors, mark = facts.get("errors", 0), world.broker.mark()
    answer = world.device.post("/dp", 110, b'[{"n":"/3303/0/5700","v":1}]')
    if answer is None or answer.code != coap.code("2.04"):
        raise Failed(f"the Send that wakes it is answered with {answer}")
    facts = wait_for(world, lambda now: now.get("errors", 0) > errors)
    if not facts:
        raise Failed(f"no error is counted; published: {world.broker.since(mark)[:3]}")
    named = re.search(r'error event "([^"]+)"', case.expect) or re.search(r"^error: (.+)$", case.expect)
    pattern = words.script(named[1]) if named else None
    if pattern and not re.search(pattern, facts.get("last_error", ""), re.I):
        raise Failed(f"its error is {facts.get('last_error')!r}, wanted {named[1]}")
    if not re.search(r"case\.lua", facts.get("last_error", "")):
        raise Failed(f"its error does not name the file: {facts.get('last_error')!r}")
