"""bowline cert: certificates made, shown and judged; and what OpenSSL says of the same files."""
import pathlib
import stat
import subprocess
import tempfile
import unittest

from harness import needs, run, run_json

# What the one flaw of a certificate is called when it is judged.
REASONS = {"expired": "expired", "not_yet_valid": "not_yet_valid", "other_name": "name_mismatch",
           "no_names": "no_names", "nul_in_name": "malformed_name", "wide_wildcard": "name_mismatch",
           "wrong_purpose": "wrong_purpose", "authority_as_peer": "authority_as_peer", "weak_key": "weak_key",
           "oversized_key": "oversized_key", "weak_signature": "weak_signature",
           "broken_signature": "bad_signature", "unknown_critical": "unknown_critical",
           "must_staple": "staple_missing", "not_an_authority": "not_an_authority",
           "name_not_permitted": "name_not_permitted", "path_too_long": "path_too_long"}


class Cert(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.make("root", "My Root", out="ca")

    def path(self, name):
        return str(self.folder / name)

    def make(self, action, *words, out, ca=None, options=()):
        given = ["--ca", self.path(ca)] if ca else []
        done = run("cert", action, *words, *given, "--out", self.path(out), *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def show(self, name, *options, host="host.test"):
        asked = ["--host", host] if host else []
        return run_json("cert", "show", self.path(name), "--ca", self.path("ca.pem"), "--no-system", *asked,
                        *options)

    def test_a_server_below_a_root_is_trusted_and_the_text_says_why(self):
        self.make("server", "host.test", "192.0.2.1", "*.host.test", ca="ca", out="server")
        for host in ("host.test", "HOST.test.", "192.0.2.1", "a.host.test"):
            self.assertEqual(self.show("server.pem", host=host)[0], 0, host)
        done = run("cert", "show", "--ca", self.path("ca"), "--no-system", "--host", "host.test",
                   self.path("server.pem"))
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"for         host.test, 192.0.2.1, *.host.test\n", done.stdout)
        self.assertTrue(done.stdout.endswith(
            b"trusted\n  - the root 'CN=My Root' is one that this program was given\n"), done.stdout)

    def test_the_object_holds_what_a_program_needs(self):
        self.make("server", "host.test", ca="ca", out="server")
        status, shown = self.show("server.pem")
        self.assertEqual(status, 0)
        self.assertEqual((shown["trusted"], shown["problems"], shown["root_origin"]), (True, [], "program"))
        self.assertEqual([one["subject"] for one in shown["chain"]], ["CN=host.test", "CN=My Root"])
        leaf = shown["certificates"][0]
        self.assertEqual(leaf["names"], [{"kind": "dns", "name": "host.test"}])
        self.assertEqual((leaf["key"], leaf["key_bits"], leaf["authority"]), ("ecdsa", 256, False))
        self.assertEqual(self.show("server.pem", "--pin", leaf["pin"])[0], 0)
        self.assertEqual(self.show("server.pem", "--pin", "A" * 43 + "=")[1]["problems"][0]["fault"], "pin_mismatch")

    def test_each_flaw_is_refused_for_its_own_reason(self):
        listed = [flaw["flaw"] for flaw in run_json("cert", "wrong")[1]["flaws"]]
        self.assertEqual(sorted(listed), sorted(REASONS))
        for flaw in listed:
            with self.subTest(flaw=flaw):
                self.make("wrong", flaw, "host.test", ca="ca", out=flaw)
                status, shown = self.show(f"{flaw}.pem")
                self.assertEqual(status, 5)
                self.assertEqual({problem["fault"] for problem in shown["problems"]}, {REASONS[flaw]})

    def test_a_client_is_no_server(self):
        self.make("client", "alice", ca="ca", out="alice")
        self.assertEqual(self.show("alice.pem", "--client", host=None)[0], 0)
        self.assertEqual(self.show("alice.pem", host=None)[1]["problems"][0]["fault"], "wrong_purpose")

    def test_without_its_root_nothing_is_trusted(self):
        self.make("server", "host.test", ca="ca", out="server")
        done = run("cert", "show", "--no-system", self.path("server.pem"))
        self.assertEqual(done.returncode, 5)
        self.assertIn(b"not trusted\n  - no certificate of 'CN=My Root'", done.stdout)
        self.assertIn(b"  try    ", done.stdout)

    def test_only_you_can_read_the_key_and_nothing_is_overwritten(self):
        key = self.folder / "ca.key"
        self.assertEqual(stat.S_IMODE(key.stat().st_mode), 0o600)
        before = key.read_bytes()
        done = run("cert", "root", "Another", "--out", self.path("ca"))
        self.assertEqual(done.returncode, 4)
        self.assertEqual(key.read_bytes(), before)
        (self.folder / "half.pem").write_text("mine")
        self.assertEqual(run("cert", "root", "Another", "--out", self.path("half")).returncode, 4)
        self.assertFalse((self.folder / "half.key").exists())
        self.assertEqual((self.folder / "half.pem").read_text(), "mine")

    def test_says_what_makes_no_sense(self):
        for words in (["cert"], ["cert", "shw", "x"], ["cert", "show"], ["cert", "show", "a", "b"],
                      ["cert", "server", "host.test"], ["cert", "root"], ["cert", "root", "a", "b"],
                      ["cert", "wrong", "nonsense", "host.test", "--ca", self.path("ca")],
                      ["cert", "server", "bad host", "--ca", self.path("ca")],
                      ["cert", "server", "host.test", "--days", "0", "--ca", self.path("ca")],
                      ["cert", "root", "a", "--pin", "x"], ["cert", "show", self.path("ca.pem"), "--pin", "x"]):
            with self.subTest(words=words):
                done = run(*words)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(b"bowline: ", done.stderr)
        self.assertIn(b"did you mean 'show'?", run("cert", "shw", "x").stderr)

    def test_a_file_that_is_no_certificate_is_an_error(self):
        (self.folder / "text").write_text("hello")
        done = run("cert", "show", self.path("text"))
        self.assertEqual(done.returncode, 6)
        self.assertIn(b"there is no certificate in it", done.stderr)

    def test_no_control_character_reaches_the_terminal(self):
        self.make("wrong", "nul_in_name", "host.test", ca="ca", out="nul")
        done = run("cert", "show", "--ca", self.path("ca"), "--host", "host.test", self.path("nul.pem"))
        self.assertNotIn(b"\0", done.stdout)
        self.assertIn(rb"host.test\x00.other.invalid", done.stdout)

    def test_openssl_says_the_same(self):
        needs("openssl")
        self.make("server", "host.test", ca="ca", out="server")
        def verify(name, *options):
            return subprocess.run(["openssl", "verify", "-purpose", "sslserver", "-verify_hostname", "host.test",
                                   "-CAfile", self.path("ca.pem"), "-untrusted", self.path(name), *options,
                                   self.path(name)], capture_output=True, check=False).returncode
        self.assertEqual(verify("server.pem"), 0)
        for flaw in ("expired", "not_yet_valid", "other_name", "wide_wildcard", "wrong_purpose", "broken_signature",
                     "unknown_critical", "not_an_authority", "name_not_permitted", "path_too_long"):
            with self.subTest(flaw=flaw):
                self.make("wrong", flaw, "host.test", ca="ca", out=flaw)
                self.assertNotEqual(verify(f"{flaw}.pem"), 0)


if __name__ == "__main__":
    unittest.main()
