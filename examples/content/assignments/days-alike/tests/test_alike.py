import unittest

import alike


class TestDifference(unittest.TestCase):
    def test_is_a_distance(self):
        self.assertEqual(alike.difference(3, 5), 2)
        self.assertEqual(alike.difference(5, 3), 2)

    def test_crosses_zero(self):
        self.assertAlmostEqual(alike.difference(-1.5, 2.25), 3.75)


class TestReadings(unittest.TestCase):
    def test_reads_days(self):
        self.assertEqual(alike.readings(["Monday;17.5", "Tuesday;-2"]), [("Monday", 17.5), ("Tuesday", -2.0)])

    def test_leaves_out_empty_lines(self):
        self.assertEqual(alike.readings(["", "Friday;1", "   "]), [("Friday", 1.0)])
