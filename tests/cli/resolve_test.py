"""bowline resolve: one answer per type, and what they come to."""
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import unittest

import schema
from harness import BOWLINE, PATIENCE_S, DnsServer, environment, port_of, run, run_alone, run_json

ZONE = {("a.test", "A"): ["192.0.2.1", "192.0.2.2"], ("a.test", "AAAA"): ["2001:db8::1"],
        ("four.test", "A"): ["192.0.2.4"], ("text.test", "TXT"): [b"v=1 \x1b[31mred"],
        ("broken.test", "A"): 2, ("broken.test", "AAAA"): 2,
        ("a.test", "MX"): [b"\0\x0a\4mail\xc0\x0c"], ("a.test", "CAA"): [b"\0\5issueca.test"],
        ("a.test", "TYPE65400"): [b"\1\2"], ("bad.test", "HTTPS"): [b"\0\1\0\0\1\0\0"],
        ("any.test", "ANY"): [(13, b"\7RFC8482\0")], ("refuses.test", "ANY"): 5,
        ("1.2.0.192.in-addr.arpa", "PTR"): [b"\4host\4test\0"],
        ("xn--bcher-kva.test", "A"): ["192.0.2.7"]}


class Resolve(unittest.TestCase):
    def setUp(self):
        self.dns = DnsServer(ZONE)
        self.dns.__enter__()
        self.addCleanup(self.dns.__exit__)

    def resolve(self, *words):
        return run("resolve", "--server", self.dns.address, *words)

    def test_prints_a_line_for_each_record(self):
        done = self.resolve("a.test")
        lines = sorted(done.stdout.decode().splitlines())
        self.assertEqual(done.returncode, 0)
        self.assertEqual([line.split()[:4] for line in lines],
                         [["A", "192.0.2.1", "ttl", "300"], ["A", "192.0.2.2", "ttl", "300"],
                          ["AAAA", "2001:db8::1", "ttl", "300"]])
        self.assertIn(f"from udp {self.dns.address} in ", lines[0])

    def test_fits_the_column_of_types_to_the_longest(self):
        done = self.resolve("four.test", "a", "type65280")
        lines = done.stdout.decode().splitlines()
        self.assertEqual(sorted(line.split("  from ")[0] for line in lines),
                         ["A          192.0.2.4  ttl 300", "TYPE65280  nodata for four.test"])

    def test_some_data_is_success(self):
        done = self.resolve("four.test")
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"AAAA  nodata for four.test", done.stdout)

    def test_no_data_at_all_is_a_negative_result(self):
        self.assertEqual(self.resolve("four.test", "aaaa").returncode, 1)
        self.assertEqual(self.resolve("missing.test.").returncode, 1)

    def test_a_server_that_fails_is_an_error(self):
        done = self.resolve("broken.test.")
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stderr, rb"^bowline: (.|\n)+\n  try    ")

    def test_a_server_that_cannot_be_reached_is_no_timeout(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
            unused.bind(("127.0.0.1", 0))
            server = f"127.0.0.1:{port_of(unused)}"
        done = run("resolve", "--server", server, "a.test", "A")
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stdout.decode(), f"^A     no answer for a.test  from udp {server} in ")
        self.assertIn(b"ECONNREFUSED", done.stderr)
        alone = run_alone("resolve", "a.test", "A")
        self.assertEqual(alone.returncode, 3)
        self.assertIn(b"no answer for a.test", alone.stdout)
        self.assertIn(b"ENETUNREACH", alone.stderr)

    def test_prints_one_object(self):
        status, result = run_json("resolve", "--server", self.dns.address, "a.test", "A", "AAAA", "TXT")
        self.assertEqual((status, result["result"], result["error"]), (0, "ok", None))
        rules = schema.load()
        for one in result["resolutions"]:
            self.assertEqual(schema.problems(one, rules["$defs"]["resolution"], rules), [])
        found = {one["type"]: one for one in result["resolutions"]}
        self.assertEqual(sorted(found["A"]["answers"]), ["192.0.2.1", "192.0.2.2"])
        self.assertEqual(found["TXT"]["status"], "nodata")

    def test_the_total_covers_every_answer(self):
        for name in ("a.test", "localhost"):
            _, result = run_json("resolve", "--server", self.dns.address, name)
            ends = [one["started_ms"] + one["duration_ms"] for one in result["resolutions"]]
            self.assertGreaterEqual(result["total_ms"] + 0.001, max(ends), "three decimals may round")

    def test_json_tells_negative_from_failed(self):
        server = ["--server", self.dns.address]
        self.assertEqual(run_json("resolve", *server, "missing.test.")[1]["result"], "negative")
        status, result = run_json("resolve", *server, "broken.test.")
        self.assertEqual((status, result["result"]), (3, "failed"))
        self.assertEqual(result["error"]["kind"], "resolution_failed")

    def test_escapes_what_a_server_says(self):
        done = self.resolve("text.test", "TXT")
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"v=1", done.stdout)
        self.assertNotIn(b"\x1b", done.stdout)

    def test_knows_the_hosts_file(self):
        done = run("resolve", "localhost", "A")
        self.assertEqual((done.returncode, done.stdout.split()[:2]), (0, [b"A", b"127.0.0.1"]))

    def test_refuses_what_cannot_be_asked(self):
        for words in (["a.test", "BOGUS"], ["a..b"], ["x" * 300], [""], ["--server", "name.test", "a"],
                      ["--server", "fe80::1", "a"], []):
            with self.subTest(words=words):
                done = run("resolve", *words)
                self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr)
        self.assertIn(b"'BOGUS'", run("resolve", "a.test", "BOGUS").stderr)

    def test_refuses_what_looks_like_an_address_as_connect_does(self):
        for name in ("192.0.2.999", "1.2.3", "0x7f.1", "123", "1.2.3.4.5.", "::1%", "::g", "[192.0.2.1]"):
            with self.subTest(name=name):
                done = self.resolve(name)
                self.assertEqual((done.returncode, done.stdout), (2, b""))
                says = done.stderr.splitlines()[0]
                self.assertEqual(says, run("connect", name, "1").stderr.splitlines()[0])
        self.assertEqual(self.resolve("4.3.2.1.in-addr.arpa.").returncode, 1, "not meant as an address")

    def test_knows_every_type_by_name_or_number(self):
        for word, text in (("MX", "MX 10 mail.a.test"), ("15", "MX 10 mail.a.test"), ("type15", "MX 10 mail.a.test"),
                           ("CAA", 'CAA 0 issue "ca.test"'), ("TYPE257", 'CAA 0 issue "ca.test"'),
                           ("TYPE65400", "TYPE65400 \\# 2 0102"), ("65400", "TYPE65400 \\# 2 0102")):
            with self.subTest(word=word):
                done = self.resolve("a.test", word)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(done.stdout.decode().split("  ttl ")[0].split(), text.split())
        for word in ("NAPTR", "DS", "DNSKEY", "TLSA", "SSHFP", "LOC"):
            done = self.resolve("a.test", word)
            self.assertEqual(done.stdout.decode().split("  from ")[0].split(), [word, "nodata", "for", "a.test"])
        for word in ("AXFR", "OPT", "0", "TYPE65536"):
            self.assertEqual(self.resolve("a.test", word).returncode, 2, word)

    def test_turns_an_address_round(self):
        for words in (["192.0.2.1"], ["192.0.2.1", "PTR"], ["1.2.0.192.in-addr.arpa", "PTR"]):
            done = self.resolve(*words)
            self.assertEqual(done.returncode, 0, words)
            self.assertTrue(done.stdout.startswith(b"PTR"), done.stdout)
            self.assertEqual(done.stdout.split()[1], b"host.test")
        self.assertEqual(self.resolve("2001:db8::1").returncode, 1)

    def test_explains_a_polite_refusal_of_any(self):
        done = self.resolve("any.test", "ANY")
        self.assertEqual(done.returncode, 0)
        self.assertTrue(done.stdout.startswith(b'HINFO  "RFC8482" ""') or b'HINFO "RFC8482" ""' in done.stdout)
        self.assertIn(b"RFC 8482", done.stdout)
        done = self.resolve("refuses.test.", "ANY")
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"RFC 8482", done.stdout)

    def test_shows_a_malformed_set_as_malformed(self):
        done = self.resolve("bad.test", "HTTPS")
        self.assertRegex(done.stdout.decode(), r"HTTPS  malformed for bad.test: .* at offset \d+")
        self.assertEqual(done.returncode, 3)
        _, result = run_json("resolve", "--server", self.dns.address, "bad.test", "HTTPS")
        self.assertEqual(result["resolutions"][0]["status"], "malformed")
        self.assertEqual(schema.problems(result["resolutions"][0], schema.load()["$defs"]["resolution"],
                                         schema.load()), [])

    def test_shows_header_edns_and_what_was_out_of_the_ordinary(self):
        done = self.resolve("-v", "broken.test.", "A")
        text = done.stdout.decode()
        self.assertIn("SERVFAIL  flags rd ra  without EDNS", text)
        self.assertIn("SERVFAIL to a question with EDNS: asked without", text)
        self.assertNotIn("flags", self.resolve("broken.test.", "A").stdout.decode())
        _, result = run_json("resolve", "--server", self.dns.address, "broken.test.", "A")
        one = result["resolutions"][0]
        self.assertEqual(one["reply"], {"code": "SERVFAIL", "flags": "rd ra", "edns": None, "records_left_out": 0})
        self.assertEqual(len(one["remarks"]), 1)

    def test_converts_internationalized_names(self):
        done = self.resolve("b\u00fccher.test", "A")
        self.assertEqual(done.stdout.split()[:2], [b"A", b"192.0.2.7"], done.stderr)
        self.assertEqual(self.resolve("b\u00fc\u2024cher..test").returncode, 2)

    def test_an_address_is_its_own_answer(self):
        for name in ("::1", "[::1]", "::1%lo"):
            done = self.resolve(name, "AAAA")
            self.assertEqual((done.returncode, done.stdout), (0, b"AAAA  ::1  ttl 0  from literal\n"))


class Trace(unittest.TestCase):
    """--trace, in the name space of trace_servers.py."""

    def trace(self, *words):
        alone = ["unshare", "--user", "--map-root-user", "--net", "--mount"]
        if shutil.which("unshare") is None or subprocess.run([*alone, "true"], check=False).returncode != 0:
            print("SKIPPED no namespaces here", flush=True)
            raise unittest.SkipTest("no namespaces here")
        servers = str(pathlib.Path(__file__).with_name("trace_servers.py"))
        return subprocess.run([*alone, sys.executable, "-B", servers, BOWLINE, "resolve", "--trace", *words],
                              capture_output=True, timeout=PATIENCE_S, env=environment(), check=False)

    def steps(self, *words):
        done = self.trace("--json", *words)
        result = json.loads(done.stdout)
        rules = schema.load()
        for step in result["steps"]:
            self.assertEqual(schema.problems(step["resolution"], rules["$defs"]["resolution"], rules), [])
        return done.returncode, result["result"], [(one["zone"], one["next_zone"]) for one in result["steps"]]

    def test_walks_from_the_root_to_the_answer(self):
        status, result, steps = self.steps("www.example.test")
        self.assertEqual((status, result), (0, "ok"))
        self.assertEqual(steps, [(".", "."), (".", "test"), ("test", None), ("test", "example.test"),
                                 ("example.test", None)])

    def test_prints_who_said_what(self):
        lines = self.trace("www.example.test").stdout.decode().splitlines()
        self.assertEqual(lines[0], ".  NS  a.root.test")
        self.assertIn("    from a.root.test (127.0.1.1:53) in ", lines[3])
        self.assertEqual(lines[-2], "www.example.test  A  192.0.2.80  ttl 60")
        self.assertRegex(lines[-1], r"^    from ns.example.test \(127.0.1.4:53\) in .* ms  flags aa$")

    def test_ends_where_the_name_does(self):
        for words, end in ((["gone.example.test"], (1, "negative")), (["www.example.test", "MX"], (1, "negative")),
                           (["nothing"], (1, "negative")), (["loop.test"], (3, "failed"))):
            with self.subTest(words=words):
                self.assertEqual(self.steps(*words)[:2], end)

    def test_finds_servers_without_addresses_and_shows_aliases(self):
        self.assertEqual(self.steps("www.bare")[:2], (0, "ok"))
        self.assertIn("alias.example.test  CNAME  www.example.test", self.trace("alias.example.test").stdout.decode())

    def test_takes_one_type(self):
        self.assertEqual(run("resolve", "--trace", "a.test", "A", "AAAA").returncode, 2)


if __name__ == "__main__":
    unittest.main()
