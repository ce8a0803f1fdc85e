# SPDX-License-Identifier: Apache-2.0
"""The parts of tests/faults by themselves: slopes, kills, full disks, bad input."""

import os
import random
import sys
import types
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "load"), os.path.join(HERE, "..", "lib")]
import coap_wire
import junk
import leak
import soak


class Sums(unittest.TestCase):
    def test_slope(self):
        self.assertAlmostEqual(2, soak.slope([(0, 1), (1, 3), (2, 5)]))
        self.assertEqual([0, 0], [soak.slope([(1, 1)]), soak.slope([(1, 1), (1, 9)])])

    def test_share(self):
        self.assertEqual([None, 7, 99], [soak.share(values, 0.99) for values in ([], [7], range(100))])

    def test_lows(self):
        self.assertEqual([[0], [3], [1, 2]], [soak.lows(counts) for counts in ([], [5, 3], [1] + [9] * 9 + [2] * 19)])

    def test_growth_is_that_of_the_second_half(self):
        points = [(at * 1000, 5000000 - 1000 * at, 4000000, None, 20, 0) for at in range(50)]  # what fills up or goes at first is not looked at
        points += [(at * 1000, 8000000 + 20 * at, 4000000 + 10 * at, 3000000 + 30 * at + at % 7 * 5000, 30 + at % 3, 5 + at % 3) for at in range(50, 101)]
        found = leak.growth(points)
        self.assertEqual((50000, 2, 1), (found["looked_at"], found["rss_bytes_per_100"], found["own_bytes_per_100"]))
        self.assertEqual((0, 7, 8002000 // 1024), (found["files_change"], found["connections"], found["rss_kb"]))
        self.assertAlmostEqual(3, found["live_bytes_per_100"], delta=0.5)  # what goes again is not counted
        points += [(at * 1000, 8000000, 4000000, 3000000, 31, 5) for at in range(101, 121)]
        self.assertEqual(1, leak.growth(points)["files_change"])

    def test_commands_come_often_until_all_that_is_remembered_is_full(self):
        values = leak.REMEMBERED * leak.OFTEN
        self.assertEqual([0, 100, leak.REMEMBERED, leak.REMEMBERED + 1],
                         [leak.commands_after(after, 3 * values) for after in (leak.OFTEN - 1, 100 * leak.OFTEN, values + 99, values + 100)])
        self.assertEqual([0, 2], [leak.commands_after(after, 3 * values - 1) for after in (999, 2999)])  # too short a run to fill that


class Starts(unittest.TestCase):
    """How long a start took, of a gateway that was started at 10 s."""

    def setUp(self):
        gateway = types.SimpleNamespace(started_at=10.0, ready_at=10.05, is_ready=lambda: True)
        self.fleet = types.SimpleNamespace(acked_at=None)
        self.kills = soak.Kills(types.SimpleNamespace(gateway=gateway), self.fleet, random.Random(1))
        self.kills.is_open = True

    def test_it_is_over_with_the_first_acknowledgement(self):
        self.kills.look()
        self.assertEqual(([], True), (self.kills.ack_ms, self.kills.is_open))
        self.fleet.acked_at = 10.25
        self.kills.look()
        self.kills.look()
        self.assertEqual(([50], [250]), ([round(ms) for ms in self.kills.ready_ms], [round(ms) for ms in self.kills.ack_ms]))

    def test_a_disk_that_is_full_before_it_makes_it_say_nothing(self):
        self.kills.leave_out()
        self.fleet.acked_at = 14.0
        self.kills.look()
        self.assertEqual([], self.kills.ack_ms)

    def test_a_disk_that_is_full_after_it_changes_nothing(self):
        self.fleet.acked_at = 10.25
        self.kills.leave_out()
        self.assertEqual(1, len(self.kills.ack_ms))

    def test_the_disk_says_when_it_is_full(self):
        sizes, calls = [], []
        gateway = types.SimpleNamespace(limit_files=sizes.append)
        disk = soak.FullDisk(types.SimpleNamespace(gateway=gateway), random.Random(1), lambda: calls.append(len(sizes)))
        disk.tick(disk.due - 1)
        disk.tick(disk.due)
        disk.tick(disk.until)
        self.assertEqual(([4096, None], [0], 1), (sizes, calls, disk.count))


class Bad(unittest.TestCase):
    def test_the_same_seed_makes_the_same(self):
        cases = junk.catalogue(soak.CASES)
        self.assertGreater(len(cases), 20)
        one, other = junk.Maker(7, cases), junk.Maker(7, cases)
        self.assertEqual([one.next() for _ in range(200)], [other.next() for _ in range(200)])

    def test_as_many_are_wanted_as_the_rate_says(self):
        bad = junk.Junk(("127.0.0.1", 9), 100, 7, soak.CASES, 3)
        bad.begun = 1000.0
        self.assertEqual([0, 150, 3], [bad.wanted(1000.0), bad.wanted(1001.5), len(bad.sockets)])

    def test_there_are_good_ones_broken_ones_and_noise(self):
        made = [coap_wire.parse(data) for data in map(lambda _: junk.Maker(_, []).next(), range(300))]
        self.assertGreater(sum(msg is None for msg in made), 30)
        self.assertGreater(sum(msg is not None for msg in made), 30)


if __name__ == "__main__":
    unittest.main()
