"""--proxy and --no-proxy: what they take, what they refuse, and that a proxy is really used."""
import socket
import threading
import unittest

from harness import PATIENCE_S, run, run_json


class Proxy:
    """Answers every request by itself, once; remembers the first line of each."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                peer, _ = self.listening.accept()
            except OSError:
                return
            peer.settimeout(PATIENCE_S)
            with peer:
                head = b""
                while b"\r\n\r\n" not in head:
                    if not (octets := peer.recv(4096)):
                        break
                    head += octets
                self.asked.append(head.split(b"\r\n")[0].decode())
                peer.sendall(self.answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listening.shutdown(socket.SHUT_RDWR)
        self.thread.join(PATIENCE_S)
        self.listening.close()


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nproxy"
NO = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Proxies(unittest.TestCase):
    def test_plain_http_is_passed_on(self):
        with Proxy(OK) as proxy:
            done = run("get", "-x", f"http://127.0.0.1:{proxy.port}", "http://www.example.com/a")
            self.assertEqual((done.returncode, done.stdout), (0, b"proxy"), done.stderr)
            self.assertEqual(proxy.asked, ["GET http://www.example.com/a HTTP/1.1"])

    def test_the_environment_counts(self):
        with Proxy(OK) as proxy:
            environment = {"http_proxy": f"127.0.0.1:{proxy.port}"}
            self.assertEqual(run("get", "http://www.example.com/", **environment).stdout, b"proxy")
            # This host itself is asked directly; nobody listens at that port.
            self.assertNotEqual(run("get", "http://127.0.0.1:9/", **environment).returncode, 0)
            self.assertEqual(proxy.asked, ["GET http://www.example.com/ HTTP/1.1"])

    def test_a_tunnel_that_is_refused_is_an_error(self):
        with Proxy(NO) as proxy:
            at = f"http://127.0.0.1:{proxy.port}"
            done = run("get", "--proxy", at, "https://www.example.com/")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(b"the proxy answered 403", done.stderr)
            self.assertEqual(done.stdout, b"")
            status, report = run_json("connect", "--plain", "--proxy", at, "www.example.com", "80")
            self.assertNotEqual(status, 0)
            self.assertEqual(report["error"]["kind"], "refused")
            self.assertEqual(proxy.asked, ["CONNECT www.example.com:443 HTTP/1.1", "CONNECT www.example.com:80 HTTP/1.1"])

    def test_what_is_no_proxy_is_a_mistake_of_the_command_line(self):
        for command in (["get", "--proxy", "ftp://a", "http://b.example/"], ["get", "--proxy", "http://a/b", "http://b/"],
                        ["connect", "--proxy", "socks4://a", "b.example", "80"],
                        ["connect", "--udp", "--proxy", "http://a", "b.example", "80"],
                        ["cat", "-l", "--proxy", "http://a", "0"]):
            self.assertEqual(run(*command).returncode, 2, command)


if __name__ == "__main__":
    unittest.main()
