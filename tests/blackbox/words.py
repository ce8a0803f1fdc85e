# SPDX-License-Identifier: Apache-2.0
"""The catalogue's names for outcomes, and what Tidegate calls them (docs/mqtt.md, docs/lua-api.md#class-tgerror). A name that is not here
stands for itself."""

import re

# Of command results: member `error`. A sentence in README.md says why each stands for the other.
ERRORS = {
    "bad_request": {"syntax", "argument"},
    "bad_path": {"argument", "syntax"},
    "bad_op": {"argument"},
    "bad_id": {"argument"},
    "bad_value": {"argument", "type", "range", "syntax"},
    "bad_option": {"bad_option"},
    "bad_block": {"bad_option", "syntax", "range", "state", "peer_error"},
    "bad_format": {"format"},
    "forbidden_object": {"denied"},
    "unknown_endpoint": {"not_found", "gone"},
    "queue_full": {"full"},
    "too_large": {"too_long"},
    "too_many": {"full", "too_long", "argument"},
    "expired": {"expired"},
    "decode_error": {"truncated", "syntax", "encoding", "range", "type", "duplicate", "too_long", "denied", "unsupported", "argument"},
}

# Of script errors: what the text of one is like.
SCRIPT = {
    "budget": r"budget|too long|instruction|time",
    "memory": r"memory|budget",
    "stack overflow": r"overflow|budget|memory",
    "error": r".",
    "bad topic": r"topic",
    "outbox quota": r"quota|budget|full|too many|instruction|time|memory",
    "attempt to index a nil value": r"nil value",
    "module not allowed": r"not allowed|not known|not found|no module|nil value",
    "metatable is protected": r"protected|nil value|metatable|boolean",
    "not allowed": r"not allowed|nil value|not available|invalid option|bad argument",
}

# Of configurations: the catalogue's keys in the form of our file; a key that is not here stands for itself, at the top.
KEYS = {
    "coap.port": 'links = {{ {{ kind = "udp", port = {} }} }}',
    "coap.host": 'links = {{ {{ kind = "udp", host = {} }} }}',
    "outbox.path": "store = {{ path = {} }}",
    "outbox.max": "store = {{ outbox_max = {} }}",
    "topic.template": "dialect = {{ prefix = {} }}",
    "topic.prefix": "dialect = {{ prefix = {} }}",
    "mqtt.uri": "mqtt = {{ {{ uri = {} }} }}",
    "log.level": "log = {{ level = {} }}",
}
# Where the catalogue says 2, Tidegate has 4: a configuration that is wrong; 2 is a wrong command line (tidegate help).
EXITS = {2: (2, 4)}


def errors(name):
    """The set of names of ours that a name of the catalogue's stands for."""
    return ERRORS.get(name, {name})


def script(name):
    """A pattern for the text of a script's error; None where the name is not known."""
    return SCRIPT.get(name)


def entry(line):
    """`key = value` in the form of our file; None where it is not such a line."""
    found = re.fullmatch(r"\s*([A-Za-z_][\w.]*)\s*=\s*(.*?)\s*(?:#.*)?", line)
    if not found:
        return None
    key, value = found[1], found[2]
    if key in KEYS:
        return KEYS[key].format(value)
    return f'["{key}"] = {value}' if "." in key else f"{key} = {value}"
