"""Other people's clients, with the command as their server."""
import pathlib
import socket
import ssl
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "cli"))
from harness import PATIENCE_S, needs, run, run_json  # noqa: E402
from peers import KEY, OTHER_KEY, PYTHON, BowlineListener, Interop  # noqa: E402

VERSIONS = ("1.2", "1.3")
PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n"


def client(*words, sent=b""):
    return subprocess.run(words, input=sent, capture_output=True, timeout=PATIENCE_S, check=False)


class Clients(Interop):
    def listener(self, *options, answer=b"", keeps=True):
        shown = ["--cert", self.files["web.pem"], "--key", self.files["web.key"]]
        return BowlineListener(*(["-k"] if keeps else []), *shown, *options, answer=answer)

    def openssl_words(self, port, version="1.3"):
        """Ends as soon as it has heard of the other end's end."""
        return [needs("openssl"), "s_client", "-connect", f"127.0.0.1:{port}", f"-tls{version.replace('.', '_')}",
                "-CAfile", self.files["ca.pem"], "-verify_return_error", "-verify_ip", "127.0.0.1", "-ign_eof",
                "-servername", "localhost"]

    def gnutls_words(self, port, version="1.3"):
        return [needs("gnutls-cli"), "--port", str(port), "--x509cafile", self.files["ca.pem"], "--priority",
                f"NORMAL:-VERS-ALL:+VERS-TLS{version}", "localhost"]

    def openssl(self, port, *words, version="1.3"):
        return client(*self.openssl_words(port, version), *words, sent=b"hello\n")

    def gnutls(self, port, *words, version="1.3"):
        return client(*self.gnutls_words(port, version), *words, sent=b"hello\n")

    def curl(self, port, *words, version="1.3"):
        return client(needs("curl"), "--silent", "--show-error", "--cacert", self.files["ca.pem"],
                      f"--tlsv{version}", "--tls-max", version, "--resolve", f"localhost:{port}:127.0.0.1", *words,
                      f"https://localhost:{port}/")

    def python_context(self, version="1.3"):
        context = ssl.create_default_context(cafile=self.files["ca.pem"])
        context.minimum_version = context.maximum_version = PYTHON[version]
        return context

    def python(self, port, context, session=None):
        """What it got, and the socket's facts. It ends its side first, as TLS 1.3 lets it."""
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as plain:
            with context.wrap_socket(plain, server_hostname="localhost", session=session) as secure:
                secure.sendall(b"hello\n")
                got = secure.recv(65536)
                return got, secure.version(), secure.selected_alpn_protocol(), secure.session, secure.session_reused

    def test_openssl_and_gnutls_come_by_both_versions(self):
        for version in VERSIONS:
            for words in (self.openssl_words, self.gnutls_words):
                with self.subTest(kind=words.__name__, version=version), self.listener(keeps=False) as listener, \
                        subprocess.Popen(words(listener.port, version), stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as peer:
                    peer.stdin.write(b"hello\n")
                    peer.stdin.flush()
                    listener.wait_for(rb"connection from .* by TLS " + version.encode())
                    listener.wait_for(b"hello\n")
                    # Either may end as soon as it is answered, so that comes last.
                    listener.process.stdin.write(b"welcome\n")
                    listener.process.stdin.close()
                    self.assertIn(b"welcome\n", b"".join(iter(peer.stdout.readline, b"")))

    def test_curl_comes_by_both_versions(self):
        for version in VERSIONS:
            with self.subTest(version=version), self.listener(answer=PAGE, keeps=False) as listener:
                done = self.curl(listener.port, version=version)
                self.assertEqual((done.returncode, done.stdout), (0, b"hello\n"), done.stderr)
                listener.wait_for(b"GET / HTTP/1.1")

    def test_python_comes_by_both_versions(self):
        for version in VERSIONS:
            with self.subTest(version=version), self.listener(answer=b"welcome\n", keeps=False) as listener:
                got, spoken, *_ = self.python(listener.port, self.python_context(version))
                self.assertEqual((got, spoken), (b"welcome\n", f"TLSv{version}"))

    def test_clients_agree_on_an_application_protocol(self):
        with self.listener("--alpn", "http/1.1", answer=PAGE, keeps=False) as listener:
            done = self.curl(listener.port, "--http1.1", "--verbose")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b"server accepted http/1.1", done.stderr)
            listener.wait_for(rb"alpn http/1\.1")
        with self.listener("--alpn", "h2,http/1.1", answer=b"welcome\n", keeps=False) as listener:
            done = self.openssl(listener.port, "-alpn", "http/1.1,h2")
            self.assertRegex(done.stdout, rb"ALPN protocol: (h2|http/1\.1)")
        with self.listener("--alpn", "spoken", answer=b"welcome\n", keeps=False) as listener:
            context = self.python_context()
            context.set_alpn_protocols(["unknown", "spoken"])
            self.assertEqual(self.python(listener.port, context)[2], "spoken")

    def test_clients_have_to_show_who_they_are(self):
        ca = ["--client-ca", self.files["ca.pem"], "--require-client"]
        for version in VERSIONS:
            for person, is_welcome in (("alice", True), ("mallory", False), (None, False)):
                pem, key = self.files[f"{person}.pem"], self.files[f"{person}.key"]
                for name in ("openssl", "gnutls", "curl"):
                    with self.subTest(client=name, version=version, person=person), \
                            self.listener(*ca, answer=PAGE, keeps=False) as listener:
                        if name == "openssl":
                            words = ["-cert", pem, "-key", key] if person else []
                            done = self.openssl(listener.port, *words, version=version)
                        elif name == "gnutls":
                            words = ["--x509certfile", pem, "--x509keyfile", key] if person else []
                            done = self.gnutls(listener.port, *words, version=version)
                        else:
                            words = ["--cert", pem, "--key", key] if person else []
                            done = self.curl(listener.port, *words, version=version)
                        self.assertEqual(b"hello\n" in done.stdout, is_welcome, (done.stdout, done.stderr))
                        listener.wait_for(b"; trusted: " if is_welcome else rb"not connected: .*tls ")

    def test_a_client_certificate_may_be_wanted_and_not_needed(self):
        with self.listener("--client-ca", self.files["ca.pem"], answer=PAGE, keeps=False) as listener:
            self.assertEqual(self.curl(listener.port).stdout, b"hello\n")
            listener.wait_for(b"a client without a certificate, which is allowed")

    def test_a_pre_shared_key_is_enough(self):
        for version in VERSIONS:
            for key, is_welcome in ((KEY, True), (OTHER_KEY, False)):
                with self.subTest(version=version, key=key), \
                        BowlineListener("--psk", f"lamp-7:{KEY}", answer=b"welcome\n") as listener:
                    words = ["-psk", key, "-psk_identity", "lamp-7"]
                    if version == "1.2":
                        words += ["-cipher", "PSK"]
                    done = client(needs("openssl"), "s_client", "-connect", f"127.0.0.1:{listener.port}",
                                  f"-tls{version.replace('.', '_')}", "-ign_eof", *words, sent=b"hello\n")
                    self.assertEqual(b"welcome\n" in done.stdout, is_welcome, (done.stdout, done.stderr))
                if version == "1.2":
                    continue  # gnutls-cli 3.7.9 crashes when a server sends no hint
                with self.subTest(version=version, key=key, client="gnutls-cli"), \
                        BowlineListener("--psk", f"lamp-7:{KEY}", answer=b"welcome\n") as listener:
                    done = client(needs("gnutls-cli"), "--port", str(listener.port), "--pskusername", "lamp-7",
                                  "--pskkey", key, "--priority",
                                  f"NORMAL:-VERS-ALL:+VERS-TLS{version}:-KX-ALL:+ECDHE-PSK:+DHE-PSK:+PSK",
                                  "localhost", sent=b"hello\n")
                    self.assertEqual(b"welcome\n" in done.stdout, is_welcome, (done.stdout, done.stderr))

    def test_sessions_continue(self):
        for version in VERSIONS:
            with self.subTest(client="openssl", version=version), self.listener(answer=b"welcome\n") as listener:
                session = self.files[f"session-{version}"]
                # A session of TLS 1.3 can be kept once its tickets have come: so they read to the end.
                for words, expected in ((["-sess_out", session], b"New, TLS"), (["-sess_in", session], b"Reused, TLS")):
                    done = client(needs("openssl"), "s_client", "-connect", f"127.0.0.1:{listener.port}",
                                  f"-tls{version.replace('.', '_')}", "-CAfile", self.files["ca.pem"], "-servername",
                                  "localhost", "-ign_eof", *words, sent=b"hello\n")
                    self.assertIn(expected, done.stdout, done.stderr)
                listener.wait_for(b", resumed")
            with self.subTest(client="gnutls-cli", version=version), self.listener() as listener:
                done = self.gnutls(listener.port, "--resume", version=version)
                self.assertIn(b"This is a resumed session", done.stdout, (done.stdout, done.stderr))

    def test_a_listener_that_has_nothing_to_show_says_so(self):
        for words in (["--tls"], ["--client-ca", "x"], ["--alpn", "h2"]):
            self.assertEqual(run("cat", "-l", *words, "0").returncode, 2)
        done = run("cat", "-l", "127.0.0.1", "8443")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"clients of port 8443 speak TLS: give --cert and --key, or --plain", done.stderr)
        for words in (["--ca", "x"], ["--insecure"], ["--pin", "x"], ["--server-name", "x"]):
            self.assertEqual(run("cat", "-l", *words, "0").returncode, 2)
        self.assertEqual(run("cat", "-l", "--cert", "/nonexistent", "0").returncode, 2)
        status, failure = run_json("connect", "--psk", "x", "--plain", "h", "1")
        self.assertEqual((status, failure["error"]["kind"]), (2, "invalid_argument"))


if __name__ == "__main__":
    unittest.main()
