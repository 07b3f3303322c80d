"""bowline demo: both networks, and the table."""
import time
import unittest

import schema
from harness import run, run_alone, run_json


class Demo(unittest.TestCase):
    def test_shows_both_networks_and_a_table(self):
        begin = time.monotonic()
        done = run("demo")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertLess(time.monotonic() - begin, 30)
        text = done.stdout.decode()
        self.assertNotIn("\x1b", text)
        self.assertIn("www.example.com:443 over tcp", text)
        self.assertIn("demo.bowline.test:", text)
        self.assertIn("www.example.com:443 over tls over tcp", text)
        self.assertIn("secured by TLS 1.3, ", text)
        self.assertRegex(text, r"\n +simulated +loopback\n")
        self.assertRegex(text, r"\n  connected after +\d+\.\d{3} ms +\d+\.\d{3} ms\n$")

    def test_says_what_it_needs(self):
        done = run_alone("demo")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"ENETUNREACH", done.stderr)
        self.assertRegex(done.stderr, rb"\n  try    the demo needs the loopback interface: .*\n$")

    def test_ipv4_takes_over_where_ipv6_is_broken(self):
        status, both = run_json("demo")
        self.assertEqual(status, 0)
        for report in (both[name] for name in ("simulated", "loopback", "secure")):
            self.assertEqual(schema.problems(report, schema.load()), [])
            self.assertEqual((report["result"], report["connected"]["family"]), ("ready", "ipv4"))
        attempts = both["simulated"]["attempts"]
        self.assertEqual([(one["address"], one["outcome"]) for one in attempts],
                         [("2001:db8::80", "lost"), ("192.0.2.80", "won")])

    def test_a_server_that_is_somebody_else_loses_to_the_next(self):
        secure = run_json("demo")[1]["secure"]
        self.assertEqual([(one["address"], one["outcome"]) for one in secure["attempts"]],
                         [("2001:db8::66", "tls_failed"), ("192.0.2.80", "won")])
        self.assertIn("elsewhere.example", secure["attempts"][0]["error"]["message"])
        self.assertEqual((secure["security"]["trusted"], secure["security"]["root_origin"]), (True, "program"))

    def test_a_page_that_is_stored_is_not_asked_for_again(self):
        web = run_json("demo")[1]["web"]
        self.assertEqual([(one["status"], one["source"], one["reused"]) for one in web["transactions"]],
                         [(302, "network", True), (200, "cache", False)])

    def test_messages_are_echoed_until_the_server_vanishes(self):
        messages = run_json("demo")[1]["messages"]
        self.assertEqual(messages, {"subprotocol": "echo", "round_trip_ms": 20.0, "echoes": ["hello", "again"],
                                    "close_code": 1006})

    def test_a_choosy_connection_waits_for_the_network_it_may_use(self):
        text = run("demo").stdout.decode()
        self.assertIn("\n  not satisfied: wlan0: it has no carrier; ", text)
        self.assertIn("wwan0: it is expensive, which is prohibited\n  satisfied: ipv4, dns\n", text)
        paths = run_json("demo")[1]["paths"]
        self.assertGreaterEqual(paths["total_ms"], 2000)
        self.assertEqual(paths["connected"]["interface"], "wlan0")

    def test_the_simulation_is_the_same_each_time(self):
        self.assertEqual(run_json("demo")[1]["simulated"], run_json("demo")[1]["simulated"])


if __name__ == "__main__":
    unittest.main()
