"""The command as a client of other people's servers."""
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "cli"))
import schema  # noqa: E402
from harness import PATIENCE_S, environment, run, run_json, start  # noqa: E402
from peers import (KEY, OTHER_KEY, PYTHON, GnutlsServer, Interop, Nginx, OpensslServer,  # noqa: E402
                   PythonServer, python_server_context)

VERSIONS = ("1.2", "1.3")
PRIORITY = {"1.2": "NORMAL:-VERS-ALL:+VERS-TLS1.2", "1.3": "NORMAL:-VERS-ALL:+VERS-TLS1.3"}
PSK_PRIORITY = ":-KX-ALL:+ECDHE-PSK:+DHE-PSK:+PSK"


class Servers(Interop):
    def openssl(self, *words, version="1.3"):
        shown = [] if "-nocert" in words else ["-cert", self.files["web.pem"], "-key", self.files["web.key"],
                                               "-cert_chain", self.files["web.pem"]]
        return OpensslServer(f"-tls{version.replace('.', '_')}", *shown, *words)

    def gnutls(self, *words, version="1.3", more=""):
        shown = [] if "--pskpasswd" in words else ["--x509certfile", self.files["web.pem"],
                                                   "--x509keyfile", self.files["web.key"]]
        return GnutlsServer("--priority", PRIORITY[version] + more, *shown, *words)

    def nginx(self, *settings, version="1.3"):
        return Nginx(self.files, f"ssl_protocols TLSv{version}", *settings)

    def python(self, version="1.3"):
        return PythonServer(python_server_context(self.files, PYTHON[version], PYTHON[version]))

    def connect(self, port, *options, trusting="ca.pem"):
        status, report = run_json("connect", "--no-system", "--ca", self.files[trusting], *options,
                                  "127.0.0.1", str(port))
        self.assertEqual(schema.problems(report, schema.load()), [])
        return status, report

    def cat(self, port, sent, *options):
        return run("cat", "--no-system", "--ca", self.files["ca.pem"], *options, "127.0.0.1", str(port),
                   stdin=sent)

    def test_speaks_both_versions_with_everybody_and_says_what_was_agreed(self):
        for kind in (self.openssl, self.gnutls, self.nginx, self.python):
            for version in VERSIONS:
                with self.subTest(kind=kind.__name__, version=version), kind(version=version) as server:
                    status, report = self.connect(server.port)
                    self.assertEqual((status, report["result"], report["stack"]), (0, "ready", ["tls", "tcp"]), report)
                    security = report["security"]
                    self.assertEqual((security["version"], security["trusted"], security["root_origin"]),
                                     (version, True, "program"))
                    self.assertEqual(security["chain"][0]["names"][0], {"kind": "dns", "name": "localhost"})
                    self.assertEqual([one["protocol"] for one in report["handshakes"]], ["tcp", "tls"])

    def test_data_goes_both_ways_and_ends_in_order(self):
        text = b"".join(b"%05d abcdefghijklmnopqrstuvwxyz\n" % i for i in range(2000))
        for kind, expected in ((self.openssl, b"\n".join(line[::-1] for line in text.split(b"\n"))),
                               (self.gnutls, text), (self.python, text.upper())):
            for version in VERSIONS:
                with self.subTest(kind=kind.__name__, version=version), kind(version=version) as server:
                    done = self.cat(server.port, text)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertEqual(done.stdout, expected)
                    self.assertRegex(done.stderr, b"connected to .* by TLS " + version.encode() + b", .*; trusted: ")

    def test_a_web_server_answers(self):
        for version in VERSIONS:
            with self.subTest(version=version), self.nginx(version=version) as server:
                status, page, said = self.ask(server.port, b"GET / HTTP/1.0\r\n\r\n")
                self.assertEqual(status, 0, said)
                self.assertTrue(page.endswith(Nginx.PAGE.encode()), page)

    def ask(self, port, request, *options):
        """Keeps its own side open, as browsers do: nginx takes the end of a client's side for its going away."""
        process = start("cat", "--no-system", "--ca", self.files["ca.pem"], *options, "127.0.0.1",
                        str(port))
        process.stdin.write(request)
        process.stdin.flush()
        answer, said = process.stdout.read(), process.stderr.read()
        process.stdin.close()
        process.stdout.close()
        process.stderr.close()
        return process.wait(PATIENCE_S), answer, said

    def test_agrees_on_an_application_protocol(self):
        with self.openssl("-alpn", "h2,http/1.1") as openssl, self.gnutls("--alpn", "http/1.1") as gnutls, \
                self.nginx() as nginx:
            for name, port, expected in (("openssl", openssl.port, "h2"), ("gnutls", gnutls.port, "http/1.1"),
                                         ("nginx", nginx.port, "h2")):
                with self.subTest(server=name):
                    status, report = self.connect(port, "--alpn", "h2,http/1.1")
                    self.assertEqual((status, report["security"]["alpn"]), (0, expected))

    def test_shows_a_client_certificate_where_one_is_wanted(self):
        ca = self.files["ca.pem"]
        with self.openssl("-Verify", "3", "-verify_return_error", "-CAfile", ca) as openssl, \
                self.gnutls("--require-client-cert", "--verify-client-cert", "--x509cafile", ca) as gnutls, \
                self.nginx(f"ssl_client_certificate {ca}", "ssl_verify_client on") as nginx:
            for name, port in (("openssl", openssl.port), ("gnutls", gnutls.port), ("nginx", nginx.port)):
                request = b"GET / HTTP/1.0\r\n\r\n" if name == "nginx" else b"hello\n"
                for person, is_welcome in (("alice", True), ("mallory", False), (None, False)):
                    with self.subTest(server=name, person=person):
                        shown = ["--cert", self.files[f"{person}.pem"], "--key", self.files[f"{person}.key"]]
                        # TLS 1.3: a client hears of it only afterwards, from nginx as a page.
                        if name == "nginx":
                            status, answer, said = self.ask(port, request, *(shown if person else []))
                            self.assertEqual(b"200 OK" in answer, is_welcome, (status, answer, said))
                        else:
                            done = self.cat(port, request, *(shown if person else []))
                            answered = done.returncode == 0 and len(done.stdout) == 6
                            self.assertEqual(answered, is_welcome, (done.stdout, done.stderr))

    def test_does_not_trust_a_root_that_it_was_not_told_of(self):
        for kind in (self.openssl, self.gnutls, self.nginx, self.python):
            with self.subTest(kind=kind.__name__), kind() as server:
                status, report = self.connect(server.port, trusting="other.pem")
                self.assertEqual((status, report["result"]), (5, "failed"))
                self.assertEqual(report["attempts"][0]["outcome"], "tls_failed")
                security = report["security"]
                self.assertEqual((security["version"], security["trusted"]), (None, False))
                self.assertEqual(security["problems"][0]["fault"], "unknown_authority")
                self.assertEqual(security["chain"][0]["subject"], "CN=localhost")

    def test_does_not_trust_another_name(self):
        with self.python() as server:
            status, report = self.connect(server.port, "--server-name", "bowline.test")
            self.assertEqual((status, report["security"]["problems"][0]["fault"]), (5, "name_mismatch"))
            self.assertEqual(self.connect(server.port, "--server-name", "localhost")[0], 0)

    def test_pins_a_key(self):
        with self.python() as server:
            pin = self.connect(server.port)[1]["security"]["chain"][0]["pin"]
            self.assertEqual(self.connect(server.port, "--pin", pin)[0], 0)
            status, report = self.connect(server.port, "--pin", "A" * 43 + "=")
            self.assertEqual((status, report["security"]["problems"][0]["fault"]), (5, "pin_mismatch"))
            # One of several is enough.
            self.assertEqual(self.connect(server.port, "--pin", "A" * 43 + "=", "--pin", pin)[0], 0)

    def test_speaks_no_older_version_than_it_was_told(self):
        with self.openssl(version="1.2") as server:
            status, report = self.connect(server.port, "--min-tls", "1.3")
        self.assertEqual((status, report["result"]), (6, "failed"))
        self.assertEqual(report["error"]["domain"], "tls")

    def test_insecure_is_loud_and_stands_in_the_report(self):
        with self.openssl() as server:
            done = run("connect", "--insecure", "--no-system", "127.0.0.1", str(server.port))
            status, report = run_json("connect", "--insecure", "--no-system", "127.0.0.1", str(server.port))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"WARNING: --insecure", done.stderr)
        self.assertIn(b"  exception  trust_anybody: ", done.stdout)
        self.assertEqual(status, 0)
        self.assertIn("trust_anybody", report["security"]["exceptions"][0])
        self.assertEqual(report["security"]["problems"][0]["fault"], "unknown_authority")

    def test_a_pre_shared_key_is_enough(self):
        keys = self.files.write("keys.psk", f"lamp-7:{KEY}\n")
        key = self.files.write("lamp.key", KEY + "\n")
        for version in VERSIONS:
            openssl = ["-nocert", "-psk", KEY, "-psk_identity", "lamp-7"]
            if version == "1.2":
                openssl += ["-cipher", "ECDHE-PSK-AES128-CBC-SHA256:ECDHE-PSK-CHACHA20-POLY1305"]
            with self.openssl(*openssl, version=version) as first, \
                    self.gnutls("--pskpasswd", keys, version=version, more=PSK_PRIORITY) as second:
                for name, port in (("openssl", first.port), ("gnutls", second.port)):
                    with self.subTest(server=name, version=version):
                        status, report = self.psk(port, f"lamp-7:@{key}")
                        self.assertEqual(status, 0, report)
                        security = report["security"]
                        self.assertEqual((security["version"], security["psk"], security["chain"], security["trusted"]),
                                         (version, "lamp-7", [], None))
                        self.assertNotEqual(self.psk(port, f"lamp-7:{OTHER_KEY}")[0], 0)

    def psk(self, port, word):
        return run_json("connect", "--timeout", "20", "--psk", word, "127.0.0.1", str(port))

    def test_continues_a_session(self):
        program = os.environ["BOWLINE_RESUMING"]
        for kind in (self.openssl, self.gnutls, self.python):
            # A ticket is used once, and TLS 1.2 brings no new one with a session that continues.
            for version, expected in (("1.2", ["full", "resumed"]), ("1.3", ["full", "resumed", "resumed"])):
                with self.subTest(kind=kind.__name__, version=version), kind(version=version) as server:
                    done = subprocess.run([program, str(server.port), self.files["ca.pem"], version,
                                           str(len(expected))],
                                          capture_output=True, timeout=PATIENCE_S, env=environment(), check=False)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    kinds = [line.split()[1] for line in done.stdout.decode().splitlines() if " " in line]
                    self.assertEqual(kinds, expected)

    def test_a_question_that_may_arrive_twice_leaves_with_the_handshake(self):
        with self.nginx("ssl_early_data on") as server:
            done = subprocess.run([os.environ["BOWLINE_RESUMING"], str(server.port), self.files["ca.pem"], "1.3", "3",
                                   "early"], capture_output=True, timeout=PATIENCE_S, env=environment(), check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.decode(), "".join(f"1.3 {kind} {Nginx.PAGE}" for kind in
                                                       ("full", "early", "early")))

    def test_python_sees_the_same(self):
        with self.python() as server:
            server.context.set_alpn_protocols(["spoken"])
            self.assertEqual(self.connect(server.port, "--alpn", "spoken")[0], 0)
            met = server.met.get(timeout=PATIENCE_S)
        self.assertEqual((met["version"], met["alpn"]), ("TLSv1.3", "spoken"))

    def test_a_port_that_means_tls_needs_no_option_and_a_url_neither(self):
        with self.python() as server:
            url = f"https://127.0.0.1:{server.port}/"
            status, report = run_json("connect", url)
            self.assertEqual((status, report["stack"]), (5, ["tls", "tcp"]))
            status, report = run_json("connect", "--plain", url)
            self.assertEqual((status, report["stack"], report["security"]), (0, ["tcp"], None))

    def test_cert_show_explains_a_server(self):
        with self.python() as server:
            address = f"127.0.0.1:{server.port}"
            done = run("cert", "show", "--no-system", "--ca", self.files["ca.pem"], address)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b"for         localhost, 127.0.0.1\n", done.stdout)
            self.assertIn(b"\ntrusted\n", done.stdout)
            untrusted = run("cert", "show", "--no-system", address)
            self.assertEqual(untrusted.returncode, 5)
            self.assertIn(b"not trusted\n  - no certificate of 'CN=Interop Root'", untrusted.stdout)
            status, shown = run_json("cert", "show", "--no-system", "--ca", self.files["ca.pem"], "--host",
                                     "bowline.test", address)
            self.assertEqual((status, shown["problems"][0]["fault"]), (5, "name_mismatch"))
            self.assertEqual(run("cert", "show", address + "x").returncode, 2)


if __name__ == "__main__":
    unittest.main()
