#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks JSON against docs/schemas and prints TAP.

    schema_check.py SCHEMAS doc FILE.md...         fenced blocks ```json NAME against SCHEMAS/NAME.json
    schema_check.py SCHEMAS messages FILE PREFIX   lines `TOPIC PAYLOAD` of the default dialect, as mosquitto_sub -v prints them
    schema_check.py SCHEMAS refuse NAME            each line of standard input is refused by SCHEMAS/NAME.json
    schema_check.py SCHEMAS examples FILE.md NAME  no check: prints the blocks ```json NAME, one a line

Stricter than the schemas in one thing: members that a schema does not name are findings, so that a new member is described too.
"""

import json
import pathlib
import re
import sys
import warnings

warnings.simplefilter("ignore", DeprecationWarning)
import jsonschema  # noqa: E402

# Topic below the prefix -> schema.
TOPICS = [
    (r"gw/[^/]+/state", "gateway-state"),
    (r"gw/[^/]+/event", "event"),
    (r"dev/[^/]+/state", "state"),
    (r"dev/[^/]+/v(/\d+){3,4}", "value"),
    (r"dev/[^/]+/cmd", None),  # ours, some wrong on purpose
    (r"dev/[^/]+/result", "result"),
    (r"dev/[^/]+/event", "event"),
    (r"dev/[^/]+/firmware", "firmware"),
    (r"gw/[^/]+/campaign/[^/]+", "campaign"),
    (r"gw/[^/]+/cmd", None),
    (r"gw/[^/]+/result", "result"),
]

count = 0
failed = 0


def report(name, findings):
    global count, failed
    count += 1
    print(f"{'not ok' if findings else 'ok'} {count} - {name}")
    if findings:
        failed += 1
        for finding in findings:
            print(f"# {finding}")


class Schemas:
    """The schemas of a folder, which may refer to each other."""

    def __init__(self, folder, are_checked):
        self.by_name = {p.stem: json.loads(p.read_text("utf-8")) for p in sorted(pathlib.Path(folder).glob("*.json"))}
        self.store = {schema["$id"]: schema for schema in self.by_name.values()}
        for name, schema in self.by_name.items() if are_checked else ():
            try:
                jsonschema.Draft202012Validator.check_schema(schema)
                wrong = []
            except jsonschema.SchemaError as error:
                wrong = [error.message]
            if not schema["$id"].endswith(f"/{name}.json"):
                wrong.append(f"$id {schema['$id']} does not end in the file's name")
            report(f"schemas/{name}.json is a schema", wrong)

    def validator(self, schema):
        try:
            from referencing import Registry, Resource

            resources = [(uri, Resource.from_contents(each)) for uri, each in self.store.items()]
            return jsonschema.Draft202012Validator(schema, registry=Registry().with_resources(resources))
        except ImportError:  # jsonschema before 4.18
            resolver = jsonschema.RefResolver.from_schema(schema, store=self.store)
            return jsonschema.Draft202012Validator(schema, resolver=resolver)

    def findings(self, name, text):
        """What is wrong with JSON text; a list of sentences."""
        schema = self.by_name.get(name)
        if schema is None:
            return [f"there is no schema {name}"]
        try:
            value = json.loads(text)
        except ValueError as error:
            return [f"no JSON: {error}"]
        errors = self.validator(schema).iter_errors(value)
        found = [f"{'/'.join(map(str, error.absolute_path)) or 'the whole'}: {error.message}" for error in errors]
        if isinstance(value, dict):
            found += [f"the schema does not name {key}" for key in value if key not in schema["properties"]]
        return [f"{finding}, in {text.strip()}" for finding in found]


def blocks_of(path):
    """Fenced JSON of a page: (line, name, text)."""
    text = pathlib.Path(path).read_text("utf-8")
    for match in re.finditer(r"^```json *(\S*)\n(.*?)^```$", text, re.M | re.S):
        yield text.count("\n", 0, match.start()) + 1, match[1], match[2]


def check_doc(schemas, path):
    used = set()
    for line, name, text in blocks_of(path):
        used.add(name)
        report(f"{path}:{line}: {name or 'a block'} is as its schema says", schemas.findings(name, text))
    missing = sorted(set(schemas.by_name) - used)
    report(f"{path} has an example for each schema", [f"none for {name}" for name in missing])


def schema_of(topic, prefix):
    """The schema for a topic, None where there is nothing to check, KeyError where the topic is no topic of the dialect."""
    if topic.startswith(prefix + "/"):
        for pattern, name in TOPICS:
            if re.fullmatch(pattern, topic[len(prefix) + 1 :]):
                return name
    raise KeyError(topic)


def check_messages(schemas, path, prefix):
    """One test a schema: all messages that it is for."""
    seen, wrong = {}, {}
    for line in pathlib.Path(path).read_text("utf-8").splitlines():
        topic, _, payload = line.partition(" ")
        try:
            name = schema_of(topic, prefix)
        except KeyError:
            report(f"{topic} is a topic of the dialect", [line])
            continue
        if name is None:
            continue
        seen[name] = seen.get(name, 0) + 1
        wrong.setdefault(name, []).extend(f"{topic}: {finding}" for finding in schemas.findings(name, payload))
    for name in sorted(schemas.by_name):
        if name in seen:
            report(f"{seen[name]} messages are as {name}.json says", wrong[name])


def check_refused(schemas, name, lines):
    for line in lines:
        report(f"{name}.json refuses {line.strip()}", [] if schemas.findings(name, line) else ["it does not"])


def print_examples(path, name):
    for _, found, text in blocks_of(path):
        if found == name:
            print(json.dumps(json.loads(text)))


def main(arguments):
    if len(arguments) < 3 or arguments[1] not in ("doc", "messages", "refuse", "examples"):
        print(__doc__, file=sys.stderr)
        return 2
    if arguments[1] == "examples":
        print_examples(arguments[2], arguments[3])
        return 0
    schemas = Schemas(arguments[0], arguments[1] == "doc")
    if arguments[1] == "doc":
        for path in arguments[2:]:
            check_doc(schemas, path)
    elif arguments[1] == "refuse":
        check_refused(schemas, arguments[2], sys.stdin)
    else:
        check_messages(schemas, arguments[2], arguments[3])
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
