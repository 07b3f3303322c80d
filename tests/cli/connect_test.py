"""bowline connect: its report, its JSON and its exit status."""
import json
import re
import signal
import socket
import subprocess
import unittest

import schema
from harness import (BOWLINE, PATIENCE_S, DnsServer, Silent, environment, listener, port_of, read_until,
                     refusing, run, run_json, start)


class Connect(unittest.TestCase):
    def report(self, *words, **more):
        status, report = run_json("connect", *words, **more)
        self.assertEqual(schema.problems(report, schema.load()), [])
        return status, report

    def test_connects_to_an_address(self):
        with listener() as server:
            status, report = self.report("127.0.0.1", port_of(server))
        self.assertEqual((status, report["result"]), (0, "ready"))
        self.assertEqual(report["connected"]["address"], "127.0.0.1")
        self.assertEqual(report["connected"]["interface"], "lo")
        self.assertEqual([one["outcome"] for one in report["attempts"]], ["won"])
        self.assertEqual(report["stack"], ["tcp"])
        self.assertGreater(report["handshakes"][0]["rtt_ms"], 0)

    def test_prints_a_report_for_people(self):
        with listener() as server:
            done = run("connect", "127.0.0.1", port_of(server))
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, rb"C1\.1\.1 tcp 127\.0\.0\.1:\d+ .* won\nconnected to 127\.0\.0\.1:")
        self.assertNotIn(b"\x1b", done.stdout)
        self.assertEqual(done.stderr, b"")

    def test_connects_to_a_url(self):
        with listener() as server:
            status, report = self.report(f"http://127.0.0.1:{port_of(server)}/")
        self.assertEqual(status, 0)
        self.assertEqual(report["endpoint"]["host"], "127.0.0.1")

    def test_times_are_numbers_with_three_decimals(self):
        with listener() as server:
            done = run("connect", "--json", "127.0.0.1", port_of(server))
        times = re.findall(rb'_ms": ([^,}]*)', done.stdout)
        self.assertGreaterEqual(len(times), 5)
        for time in times:
            self.assertRegex(time, rb"^\d+\.\d{3}$")

    def test_resolves_a_name_by_the_server_given(self):
        with listener() as server, DnsServer({("demo.test", "A"): ["127.0.0.1"]}) as dns:
            status, report = self.report("-4", "--server", dns.address, "demo.test", port_of(server))
        self.assertEqual(status, 0)
        [answer] = report["resolutions"]
        self.assertEqual((answer["type"], answer["answers"], answer["ttl"]), ("A", ["127.0.0.1"], 300))
        self.assertEqual((answer["source"], answer["transport"]), ("query", "udp"))
        self.assertEqual(answer["server"], dns.address)

    def test_takes_the_address_that_works(self):
        zone = {("demo.test", "A"): ["127.0.0.2", "127.0.0.1"]}
        with listener() as server, DnsServer(zone) as dns:
            status, report = self.report("-4", "--server", dns.address, "demo.test", port_of(server))
        self.assertEqual((status, report["connected"]["address"]), (0, "127.0.0.1"))
        self.assertEqual([one["outcome"] for one in report["attempts"]][-1], "won")

    def test_sends_from_the_source_given(self):
        with listener() as server:
            status, report = self.report("--source", "127.0.0.9", "127.0.0.1", port_of(server))
        self.assertEqual(status, 0)
        self.assertTrue(report["connected"]["local"].startswith("127.0.0.9:"))

    def test_speaks_udp(self):
        status, report = self.report("--udp", "127.0.0.1", "9")
        self.assertEqual((status, report["result"], report["stack"]), (0, "ready", ["udp"]))

    def test_fails_at_once(self):
        with refusing() as sock:
            status, report = self.report("127.0.0.1", port_of(sock))
            text = run("connect", "127.0.0.1", port_of(sock))
        self.assertEqual((status, report["result"]), (4, "failed"))
        self.assertEqual(report["error"]["kind"], "refused")
        self.assertEqual(report["error"]["attempts"][0]["code"], 111)
        self.assertIsNone(report["connected"])
        self.assertEqual(text.returncode, 4)
        self.assertRegex(text.stderr, rb"refused \(ECONNREFUSED\)(.|\n)*  tried  (.|\n)*  try    ")

    def test_says_that_it_was_waiting_when_the_time_was_up(self):
        with refusing() as sock:
            status, report = self.report("--wait", "--timeout", "0.2", "127.0.0.1", port_of(sock))
        self.assertEqual((status, report["result"]), (4, "waiting"))
        self.assertEqual(report["error"]["kind"], "refused")

    def test_connects_to_a_server_that_comes_later(self):
        with refusing() as sock:
            process = start("connect", "--wait", "--json", "127.0.0.1", port_of(sock), BOWLINE_LOG="trace")
            read_until(process.stderr, rb"refused")
            sock.listen()
            output, _ = process.communicate(timeout=PATIENCE_S)
        report = json.loads(output)
        self.assertEqual((process.returncode, report["result"]), (0, "ready"))
        self.assertGreaterEqual(report["previous_attempts"], 1)

    def test_gives_up_on_a_silent_peer(self):
        with Silent() as peer:
            status, report = self.report("--timeout", "0.2", "127.0.0.1", peer.port)
        self.assertEqual((status, report["result"], report["error"]["kind"]), (7, "failed", "timed_out"))
        self.assertEqual(report["attempts"][0]["outcome"], "cancelled")

    def test_says_which_dns_server_was_silent(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{port_of(server)}"
            words = ["--timeout", "0.2", "--server", address, "silent.test", "1"]
            status, report = self.report(*words)
            texts = [run(command, *words) for command in ("connect", "cat")]
        self.assertEqual((status, report["error"]["kind"], report["resolutions"]), (7, "timed_out", []))
        [silence] = report["error"]["attempts"]
        self.assertEqual(silence["kind"], "resolution_failed")
        self.assertIn(address, silence["message"])
        for text in texts:
            self.assertEqual(text.returncode, 7)
            says = f"tried  resolve silent.test: .* no answer yet from {address}\n  try    `bowline path`"
            self.assertRegex(text.stderr.decode(), says)

    def test_reports_what_it_has_when_interrupted(self):
        with Silent() as peer:
            process = start("connect", "--json", "127.0.0.1", peer.port, BOWLINE_LOG="trace")
            read_until(process.stderr, rb"attempt_started")
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=PATIENCE_S)
        report = json.loads(output)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(schema.problems(report, schema.load()), [])
        self.assertEqual(report["error"]["kind"], "cancelled")
        self.assertEqual([one["outcome"] for one in report["attempts"]], ["cancelled"])

    def test_tells_names_that_do_not_exist_from_servers_that_fail(self):
        with DnsServer({("bad.test", "A"): 2, ("bad.test", "AAAA"): 2}) as dns:
            missing, report = self.report("--server", dns.address, "missing.test.", "1")
            broken, failure = self.report("--server", dns.address, "bad.test.", "1")
        self.assertEqual((missing, report["error"]["kind"]), (3, "name_not_found"))
        self.assertIn("nxdomain", [one["status"] for one in report["resolutions"]])
        self.assertEqual((broken, failure["error"]["kind"]), (3, "resolution_failed"))

    def test_refuses_a_command_line_that_makes_no_sense(self):
        for words in (["h"], ["h", "99999"], ["-4", "::1", "1"], ["fe80::1", "1"], ["a..b", "1"],
                      ["h\x1b", "1"], ["--interface", "nonexistent0", "h", "1"], ["--timeot", "1", "h", "1"],
                      ["x" * 5000, "1"], ["1.2.3.4.5", "1"], ["[::1", "1"]):
            with self.subTest(words=words):
                done = run("connect", *words)
                self.assertEqual((done.returncode, done.stdout), (2, b""))
                self.assertRegex(done.stderr, rb"^bowline: .+\n  try    bowline connect --help\n$")
                self.assertNotIn(b"\x1b", done.stderr)
                status, failure = run_json("connect", *words)
                self.assertEqual((status, failure["error"]["kind"]), (2, "invalid_argument"))

    def test_says_when_its_output_could_not_be_written(self):
        with listener() as server, open("/dev/full", "wb") as full:
            done = subprocess.run([BOWLINE, "connect", "127.0.0.1", port_of(server)], stdout=full,
                                  stderr=subprocess.PIPE, env=environment(), check=False)
        self.assertEqual(done.returncode, 4)
        self.assertIn(b"write standard output", done.stderr)

    def test_says_when_much_output_could_not_be_written(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([BOWLINE, "help", "--json"], stdout=full, stderr=subprocess.PIPE,
                                  env=environment(), check=False)
        self.assertEqual(done.returncode, 4)
        self.assertIn(b"write standard output", done.stderr)

    def test_connects_over_ipv6(self):
        if not socket.has_ipv6:
            self.skipTest("no IPv6")
        with listener(socket.AF_INET6) as server:
            status, report = self.report("-6", "::1", port_of(server))
        self.assertEqual((status, report["connected"]["family"]), (0, "ipv6"))


if __name__ == "__main__":
    unittest.main()
