# SPDX-License-Identifier: Apache-2.0
"""The parts of tests/load by themselves: what the books say of values that are lost, come twice, out of order; how long devices wait."""

import os
import sys
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
from fleet import Patience
from ledger import NOTIFY, SEND, Ledger, Numbers, is_good


def line(ep, path, value, seq, gw="g"):
    return 'tidegate/dev/%s/v%s {"v":%s,"gw":"%s","seq":%d}' % (ep, path, value, gw, seq)


def result(word, state, seq):
    return 'tidegate/dev/d/result {"id":"%s","state":"%s","seq":%d}' % (word, state, seq)


class Books(unittest.TestCase):
    def setUp(self):
        self.ledger = Ledger()

    def take(self, *lines):
        for one in lines:
            self.ledger.take(one)
        return self.ledger.compare({})

    def test_what_came_is_not_missing(self):
        self.ledger.acknowledge("d", SEND, 1)
        self.ledger.acknowledge("d", NOTIFY, 2)
        found = self.take(line("d", "/3303/0/5602", 1, 1), line("d", "/3303/0/5700", 2, 2), line("d", "/3303/0/5602", 300, 3))
        self.assertTrue(is_good(found), found)
        self.assertEqual((2, 3, 0), (found["acked"], found["messages"], found["duplicates"]))

    def test_what_did_not_come_the_same_way_is_missing(self):
        for value in (1, 2, 3, 100):
            self.ledger.acknowledge("d", SEND, value)
        self.ledger.acknowledge("e", NOTIFY, 1)
        found = self.take(line("d", "/3303/0/5602", 1, 1), line("d", "/3303/0/5700", 2, 2), line("d", "/3303/0/5602", 3, 3))
        self.assertEqual([("d", "send", 2), ("d", "send", 100), ("e", "notify", 1)], found["missing"])
        self.assertFalse(is_good(found))

    def test_what_comes_twice_is_counted(self):
        found = self.take(*[line("d", "/3303/0/5602", value, seq) for value, seq in ((1, 5), (2, 6), (1, 5), (2, 6), (3, 7))], line("d", "/3303/0/5602", 4, 5, "h"))
        self.assertEqual(2, found["duplicates"])
        self.assertTrue(is_good(found))

    def test_disorder_is_what_a_consumer_sees_that_drops_old_numbers(self):
        self.assertEqual([("d", "/3303/0/5602", 1)], self.take(line("d", "/3303/0/5602", 2, 5), line("d", "/3303/0/5602", 1, 6))["disorder"])

    def test_commands_end_once(self):
        found = self.take(result("a", "accepted", 1), result("a", "done", 2), result("a", "done", 2), result("b", "accepted", 3), result("c", "failed", 4))
        self.assertEqual((["b"], []), (found["endless"], found["two_ends"]))
        found = self.take(result("c", "done", 5))
        self.assertEqual(["c"], found["two_ends"])
        self.assertEqual(["x"], self.ledger.compare({"x": 2, "y": 1})["twice"])

    def test_what_nobody_counts(self):
        found = self.take(line("junk1", "/3303/0/5700", '"x"', 1), "tidegate/dev/d/state {}", line("d", "/3303/0/9999", 3, 2))
        self.assertEqual((0, 0), (found["messages"], found["unread"]))
        self.assertEqual(1, self.take("tidegate/dev/d/v/3303/0/5700 {not}")["unread"])

    def test_values_can_be_left_out(self):
        self.ledger.drop = 2
        for value in (1, 2, 4):  # 2 did not come: what is left out is left out of what came
            self.ledger.acknowledge("d", SEND, value)
        found = self.take(*[line("d", "/3303/0/5602", value, value) for value in (1, 1, 3, 4)])
        self.assertEqual([("d", "send", 1), ("d", "send", 2), ("d", "send", 4)], found["missing"])
        self.assertEqual(3, self.ledger.compare({})["missing_count"])

    def test_numbers(self):
        numbers = Numbers()
        self.assertEqual([True, True, False, True], [numbers.add(number) for number in (0, 1 << 40, 0, 65535)])


class Waiting(unittest.TestCase):
    def test_patience_grows_to_its_most(self):
        patience = Patience(1, 2, 3)
        self.assertEqual([1, 2, 3, 3], [patience.after(tries) for tries in range(4)])


if __name__ == "__main__":
    unittest.main()
