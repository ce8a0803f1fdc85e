# SPDX-License-Identifier: Apache-2.0
"""The runner's own parts: catalogues that are malformed, expectations, messages, templates, and that a program which does wrong fails."""

import json
import os
import stat
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
import answers
import broker
import catalogue
import coap_wire as coap
import commands
import expect
import files
import scef
import verdict
import wire
import words

GOOD = {"id": "a", "layer": "coap-message", "expect": "silent", "hex": "40"}


class Catalogues(unittest.TestCase):
    def read(self, *lines):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", delete=False) as file:
            file.write("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n")
        try:
            cases, errors = catalogue.read(file.name)
        finally:
            os.unlink(file.name)
        return cases, [error.replace(file.name, "f") for error in errors]

    def test_good_lines_are_cases(self):
        cases, errors = self.read(GOOD, "", {"id": "b", "layer": "coap-block", "expect": "RST; RST", "hex_seq": ["40", "4142"]})
        self.assertEqual([], errors)
        self.assertEqual([[b"\x40"], [b"\x40", b"\x41\x42"]], [case.data for case in cases])

    def test_text_may_be_repeated(self):
        cases, errors = self.read({"id": "t", "layer": "senml-json", "expect": "request: ACK 4.00", "text": "[ü", "repeat": 3})
        self.assertEqual([], errors)
        self.assertEqual("[ü[ü[ü".encode(), cases[0].body())

    def test_what_is_wrong_is_told_with_file_and_line(self):
        rows = [
            ("{", "Expecting"), ("[1]", "a case is a JSON object"), ("7", "a case is a JSON object"), ("[" * 100000, ""),
            ({**GOOD, "id": ""}, "id is missing"), ({"id": "x", "layer": "coap-message", "hex": ""}, "expect is missing"),
            ({**GOOD, "layer": "carrier-pigeon"}, "layer 'carrier-pigeon' is not known"), ({**GOOD, "layer": 7}, "layer is not text"),
            ({**GOOD, "text": "x"}, "one of hex, hex_seq and text"), ({"id": "x", "layer": "lua", "expect": "y"}, "one of hex, hex_seq and text"),
            ({**GOOD, "hex": "4"}, "'4' is not hexadecimal"), ({**GOOD, "hex": "zz"}, "'zz' is not hexadecimal"), ({**GOOD, "hex": 40}, "hex is not text"),
            ({**GOOD, "repeat": 0}, "repeat is"), ({**GOOD, "repeat": "x"}, "repeat is"), ({**GOOD, "repeat": True}, "repeat is"),
            ({"id": "x", "layer": "coap-block", "expect": "RST", "hex_seq": "40"}, "hex_seq is a list"),
            ({"id": "x", "layer": "coap-block", "expect": "RST", "hex_seq": [4]}, "hex_seq is a list"),
        ]
        for line, said in rows:
            cases, errors = self.read("", line)
            self.assertEqual([], cases, line)
            self.assertEqual(1, len(errors), line)
            self.assertTrue(errors[0].startswith("f:2: ") and said in errors[0], errors)

    def test_an_id_is_given_once(self):
        cases, errors = self.read(GOOD, GOOD)
        self.assertEqual((1, ["f:2: id 'a' is on line 1 already"]), (len(cases), errors))

    def test_bytes_that_are_no_text_are_an_error_of_their_line(self):
        with tempfile.NamedTemporaryFile("wb", delete=False) as file:
            file.write(b"\xff\xfe\n" + json.dumps(GOOD).encode() + b"\n")
        cases, errors = catalogue.read(file.name)
        os.unlink(file.name)
        self.assertEqual((1, 1), (len(cases), len(errors)))
        self.assertTrue(errors[0].startswith(file.name + ":1: "))


class Expectations(unittest.TestCase):
    REQUEST = bytes.fromhex("420110205152b27264")

    def meets(self, text, answer, sent=None, before=None):
        answer = bytes.fromhex(answer) if answer is not None else None
        return any(want.meets(sent or self.REQUEST, answer, before) for want in expect.parse(text)[0])

    def test_each_verdict(self):
        rows = [
            ("silent", None, True), ("silent", "70001020", False), ("RST", "70001020", True), ("RST", "70001021", False), ("RST", None, False),
            ("RST", "7000102000", False), ("ACK 4.05", "628510205152", True), ("ACK 4.05", "628410205152", False), ("ACK 4.05", "628510205153", False),
            ("ACK 4.05", "628510215152", False), ("ACK 4.05", "528510205152", False), ("4.05", "528510205152", True), ("ACK 4.04|ACK 4.05", "628510205152", True),
            ("silent|RST", None, True), ("ACK 4.13 +Size1", "628d10205152d12f05", True), ("ACK 4.13 +Size1", "628d10205152", False),
            ("ACK 2.05 no-observe", "624510205152", True), ("ACK 2.05 no-observe", "6245102051526105", False), ("ACK 4.05", "00", False),
        ]
        for text, answer, wanted in rows:
            self.assertEqual(wanted, self.meets(text, answer), (text, answer))

    def test_a_non_is_answered_in_a_non(self):
        self.assertTrue(self.meets("ACK 4.00", "528077775152", bytes.fromhex("520210205152b27264")))

    def test_the_same_again(self):
        self.assertTrue(self.meets("same-ACK", "60451020", before=bytes.fromhex("60451020")))
        self.assertFalse(self.meets("same-ACK", "60441020", before=bytes.fromhex("60451020")))

    def test_steps_and_conditions(self):
        steps = expect.parse("ACK 2.01; ACK 4.03|ACK 2.01 only-with-event registration_moved")
        self.assertEqual([1, 2], [len(step) for step in steps])
        self.assertEqual({"only-with-event": "registration_moved"}, steps[1][1].conditions)

    def test_what_is_not_of_the_grammar_is_said(self):
        for text in ("", "ACK", "ACK 9.05", "perhaps", "ACK 4.00 +NoSuch", "RST; ", "ACK 2.01 only-with-event"):
            with self.assertRaises(expect.Unknown, msg=text):
                expect.parse(text)


class Messages(unittest.TestCase):
    def test_what_is_encoded_reads_back(self):
        options = [(6, b""), (11, b"rd"), (15, b"x" * 20), (292, b"y" * 300), (2049, b"z")]
        data = coap.encode(coap.Message(coap.CON, 2, 77, b"tok", options, b"body"))
        got = coap.parse(data)
        self.assertEqual((coap.CON, 2, 77, b"tok", options, b"body"), (got.kind, got.code, got.mid, got.token, got.options, got.payload))

    def test_what_is_none_is_none(self):
        for text in ("", "40", "00010203", "40010203d0", "40010203b272", "40010203f0"):
            self.assertIsNone(coap.parse(bytes.fromhex(text)), text)

    def test_numbers_have_no_leading_zeros(self):
        self.assertEqual([b"", b"\1", b"\1\0"], [coap.number(value) for value in (0, 1, 256)])


class Templates(unittest.TestCase):
    def test_a_template_takes_the_requests_token_and_id(self):
        request = coap.Message(coap.CON, 1, 0x1234, b"12345678")
        self.assertEqual("684512343132333435363738ff31", answers.fill("6245MMMMTTTTff31", request, 9).hex())
        self.assertEqual("48450009", answers.fill("4245MMMMTTTT", request, 9).hex()[:8])
        self.assertEqual("70001234", answers.fill("7000MMMM", request, 9).hex())

    def test_repetition_and_size_are_read(self):
        self.assertEqual(("6245MMMMTTTTd10a0eff", 1024, True, 1, 0), answers.parse_template("6245MMMMTTTTd10a0eff + 1024 bytes, M=1 for ever"))
        self.assertEqual(("5245MMMMTTTT", 0, False, 10000, 1), answers.parse_template("5245MMMMTTTT x 10000 in 1 s"))
        for text in ("", "6", "6245 or so", "6245MMMMTTTT x many"):
            with self.assertRaises(verdict.Skipped, msg=text):
                answers.parse_template(text)

    def test_expectations_of_payloads(self):
        self.assertEqual(({"4.00"}, False), answers.expectation("request: ACK 4.00; response: decode-error event"))
        self.assertEqual((None, True), answers.expectation("accepted, value 5"))
        self.assertEqual(({"4.00", "4.15"}, None), answers.expectation("request: ACK 4.00|ACK 4.15"))
        self.assertEqual((None, None), answers.expectation("something else"))


class OtherLayers(unittest.TestCase):
    def test_http_requests(self):
        callback = urllib.parse.urlsplit("http://127.0.0.1:9/t8/secret")
        self.assertTrue(scef.build_request("GET /t8/nidd", b"", callback).startswith(b"GET /t8/secret HTTP/1.1\r\n"))
        self.assertIn(b"\r\nContent-Length: 1000\r\n", scef.build_request("Content-Length: 1000", b"", callback))
        self.assertGreater(len(scef.build_request("one 100 KiB header line", b"", callback)), 102400)
        self.assertTrue(scef.build_request("not json", b"not json", callback).endswith(b"Content-Length: 8\r\n\r\nnot json"))

    def test_configurations_are_put_in_our_form(self):
        self.assertIn('links = { { kind = "udp", port = 70000 } }', files.translate("coap.port = 70000"))
        self.assertIn("  nmae = 1,\n", files.translate("nmae = 1  # a comment"))
        self.assertEqual("return { x = 1 }", files.translate("return { x = 1 }"))
        self.assertIsNone(files.translate("no configuration at all"))

    def test_the_names_of_outcomes(self):
        self.assertEqual({"expired"}, words.errors("expired"))
        self.assertEqual({"what_ever"}, words.errors("what_ever"))
        self.assertEqual(({"denied"}, False, False), commands.expectation('response topic: {"id":..,"ok":false,"code":"forbidden_object"}; nothing sent'))
        self.assertTrue(commands.expectation("ignored, counter +1")[2])

    def test_the_broker_tells_what_came(self):
        here = broker.Broker()
        try:
            import socket
            with socket.create_connection(("127.0.0.1", here.port)) as client:
                client.sendall(bytes.fromhex("100c00044d5154540402001e0000"))
                self.assertEqual(b"\x20\x02\x00\x00", client.recv(4))
                client.sendall(b"\x32\x08\x00\x01t\x00\x07abc")
                self.assertEqual(b"\x40\x02\x00\x07", client.recv(4))
                self.assertEqual(("t", b"abc"), here.wait(0, lambda topic, payload: payload == b"abc", 5))
                self.assertIsNone(here.wait(1, lambda *_: True, 0.01))
        finally:
            here.close()

    def test_another_source_is_found_in_the_note(self):
        case = catalogue.Case({**GOOD, "note": "send datagram 2 from a second socket bound to 127.0.0.2"}, "f:1")
        self.assertEqual((2, "127.0.0.2"), wire.other_source(case))
        self.assertIsNone(wire.other_source(catalogue.Case(GOOD, "f:1")))


class Whole(unittest.TestCase):
    """The runner as a program, with programs that are no gateway."""

    def run_with(self, script, *lines, extra=()):
        with tempfile.TemporaryDirectory() as folder:
            program, list_of = os.path.join(folder, "tidegate"), os.path.join(folder, "c.jsonl")
            with open(program, "w", encoding="ascii") as file:
                file.write("#!/bin/sh\n" + script)
            os.chmod(program, os.stat(program).st_mode | stat.S_IXUSR)
            with open(list_of, "w", encoding="ascii") as file:
                file.writelines(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines)
            done = subprocess.run([sys.executable, os.path.join(HERE, "run"), list_of, "--binary", folder, *extra], capture_output=True, text=True, check=False)
            return done.returncode, done.stdout.replace(folder, "F").splitlines(), done.stderr

    CONFIG = {"id": "c", "layer": "config", "expect": "exit 2, one line: file:line: reason; no socket opened", "text": "nmae = 1"}

    def test_a_program_that_refuses_well_passes(self):
        status, out, _ = self.run_with('echo "$3:3: unknown key" >&2; exit 4', self.CONFIG)
        self.assertEqual((0, "1 passed, 0 failed"), (status, out[-1]))

    def test_a_state_that_cannot_be_made_is_skipped(self):
        _, out, _ = self.run_with("exit 4", {**self.CONFIG, "text": "key file of somebody else"})
        self.assertIn("tells of a state that the runner can't make", out[0])

    def test_one_that_names_no_line_or_starts_or_crashes_fails(self):
        for script in ("exit 4", 'echo "$3:3: x" >&2; exit 1', "kill -SEGV $$", 'echo "x host ready x listening link=udp0 a:1"; sleep 1'):
            status, out, _ = self.run_with(script, self.CONFIG)
            self.assertEqual((1, "0 passed, 1 failed"), (status, out[-1]), script)

    def test_a_gateway_that_does_not_start_is_a_failure_of_its_cases(self):
        status, out, _ = self.run_with("exit 1", GOOD, extra=["--rounds", "0"])
        self.assertEqual(1, status)
        self.assertIn("does not start", out[0])

    def test_layers_to_come_are_skipped_by_name(self):
        status, out, _ = self.run_with("exit 1", {"id": "d1", "layer": "dtls", "expect": "silent", "hex": "16"})
        self.assertEqual((0, "SKIP d1 (dtls): the gateway has no DTLS yet", "0 passed, 0 failed, 1 skipped"), (status, out[0], out[-1]))

    def test_lines_that_are_no_cases_fail_with_file_and_line(self):
        status, out, _ = self.run_with("exit 1", "{\n")
        self.assertEqual(1, status)
        self.assertTrue(out[0].startswith("FAIL F/c.jsonl:1: "), out)
        self.assertEqual("0 passed, 1 failed", out[-1])

    def test_an_empty_catalogue_proves_nothing(self):
        self.assertEqual((1, ["0 passed, 0 failed"]), self.run_with("exit 1")[:2])

    def test_wrong_words_are_told(self):
        self.assertEqual(2, self.run_with("exit 1", GOOD, extra=["--layer", "nothing"])[0])


if __name__ == "__main__":
    unittest.main()
