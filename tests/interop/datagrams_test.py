"""DTLS both ways: other people's servers and clients, and the command's own."""
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "cli"))
import schema  # noqa: E402
from harness import PATIENCE_S, needs, run, run_json  # noqa: E402
from peers import KEY, BowlineListener, Interop, Process, listening_port  # noqa: E402


class GnutlsDatagramServer(Process):
    """Sends back what comes."""

    def __init__(self, *words):
        super().__init__(needs("gnutls-serv"), "--udp", "--echo", "--port", "0", *words, ready=rb"IPv4 .*done")
        self.port = listening_port(self.process.pid, "udp")


class OpensslDatagramServer(Process):
    """It takes one client, and asks for its cookie first."""

    def __init__(self, *words):
        super().__init__(needs("openssl"), "s_server", "-dtls1_2", "-listen", "-accept", "127.0.0.1:0", *words,
                         ready=rb"ACCEPT 127\.0\.0\.1:(\d+)")
        self.port = int(self.found[1])


class Datagrams(Interop):
    def shown(self, openssl):
        names = ("-cert", "-key") if openssl else ("--x509certfile", "--x509keyfile")
        return [names[0], self.files["web.pem"], names[1], self.files["web.key"]]

    def connect(self, port, trusting="ca.pem"):
        status, report = run_json("connect", "--dtls", "--no-system", "--ca", self.files[trusting],
                                  "127.0.0.1", str(port))
        self.assertEqual(schema.problems(report, schema.load()), [])
        return status, report

    def test_connects_to_everybody_and_says_what_was_agreed(self):
        for name, server in (("openssl", lambda: OpensslDatagramServer(*self.shown(True))),
                             ("gnutls", lambda: GnutlsDatagramServer(*self.shown(False)))):
            with self.subTest(server=name), server() as peer:
                status, report = self.connect(peer.port)
                self.assertEqual((status, report["stack"]), (0, ["dtls", "udp"]), report)
                security = report["security"]
                self.assertEqual((security["protocol"], security["version"], security["trusted"]),
                                 ("DTLS", "1.2", True))
            with self.subTest(server=name, trusting="another root"), server() as peer:
                status, report = self.connect(peer.port, trusting="other.pem")
                self.assertEqual((status, report["security"]["problems"][0]["fault"]), (5, "unknown_authority"))

    def test_data_comes_back(self):
        with GnutlsDatagramServer(*self.shown(False)) as server:
            done = run("cat", "--dtls", "--no-system", "--ca", self.files["ca.pem"], "127.0.0.1", str(server.port),
                       stdin=b"hello\n")
            self.assertEqual((done.returncode, done.stdout), (0, b"hello\n"), done.stderr)

    def test_clients_come(self):
        for name in ("openssl", "gnutls"):
            with self.subTest(client=name), BowlineListener("--dtls", "--cert", self.files["web.pem"], "--key",
                                                            self.files["web.key"]) as listener:
                if name == "openssl":
                    words = [needs("openssl"), "s_client", "-dtls1_2", "-connect", f"127.0.0.1:{listener.port}", "-CAfile",
                             self.files["ca.pem"], "-verify_return_error", "-verify_ip", "127.0.0.1"]
                else:
                    words = [needs("gnutls-cli"), "--udp", "--port", str(listener.port), "--x509cafile",
                             self.files["ca.pem"], "localhost"]
                client = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                client.stdin.write(b"hello\n")
                client.stdin.flush()
                listener.wait_for(rb"connection from .* by DTLS 1\.2, ")
                listener.wait_for(b"hello\n")
                listener.process.stdin.write(b"welcome\n")
                listener.process.stdin.flush()
                seen = b""
                while b"welcome\n" not in seen:
                    line = client.stdout.readline()
                    self.assertTrue(line, seen)
                    seen += line
                client.stdin.close()
                client.terminate()
                client.wait(PATIENCE_S)
                client.stdout.close()
                self.assertTrue(re.search(rb"Verify return code: 0|The certificate is trusted|Status: The", seen), seen)

    def test_two_commands_that_share_a_key(self):
        key = self.files.write("lamp.key", KEY)
        with BowlineListener("--dtls", "--psk", f"lamp-7:@{key}") as listener:
            status, report = run_json("connect", "--dtls", "--psk", f"lamp-7:@{key}", "127.0.0.1",
                                      str(listener.port))
            self.assertEqual((status, report["security"]["psk"]), (0, "lamp-7"), report)

    def test_what_makes_no_sense_is_said(self):
        for words in (["--dtls", "--tls"], ["--dtls", "--tcp"], ["--dtls", "--plain"], ["--dtls", "--min-tls", "1.3"]):
            self.assertEqual(run("connect", *words, "127.0.0.1", "1").returncode, 2)
        self.assertEqual(run("cat", "-l", "--dtls", "0").returncode, 2)


if __name__ == "__main__":
    unittest.main()
