"""bowline ws: a client and a server of the command, and words that make no sense."""
import json
import signal
import socket
import unittest

import harness
from harness import read_until, run, start


class Server:
    """`bowline ws -l`, which is interrupted with the test."""

    def __init__(self, *words):
        self.process = start("ws", "-l", *words, "0")
        self.port = int(read_until(self.process.stderr, rb"listening on wss?://127\.0\.0\.1:(\d+)/")[1])
        self.url = f"ws://127.0.0.1:{self.port}/"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=harness.PATIENCE_S)


def events_of(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


class WsTest(unittest.TestCase):
    def test_lines_go_there_and_back(self):
        with Server("--echo") as server:
            done = run("ws", server.url, stdin="one\ntwo \u20ac\r\n\nlast".encode())
            self.assertEqual(done.stdout.decode(), "one\ntwo \u20ac\n\nlast\n")
            self.assertEqual(done.returncode, 0)
            self.assertIn(b"closed with 1000", done.stderr)

    def test_events_are_json_lines(self):
        with Server("--echo", "--subprotocol", "b", "--compress") as server:
            done = run("ws", "--json", "--subprotocol", "a", "--subprotocol", "b", "--compress", "--ping", "0.01",
                       server.url, stdin=b"hello\n")
            events = events_of(done)
            self.assertEqual(events[0]["event"], "open")
            self.assertEqual(events[0]["subprotocol"], "b")
            self.assertEqual(events[0]["compression"], "permessage-deflate")
            self.assertIn({"event": "message", "kind": "text", "bytes": 5, "text": "hello"}, events)
            self.assertEqual(events[-1], {"event": "closed", "code": 1000, "reason": "", "error": None})

    def test_binary_messages_are_sent_as_such(self):
        with Server("--echo") as server:
            done = run("ws", "--json", "--binary", server.url, stdin=b"\xff\n")
            self.assertIn({"event": "message", "kind": "binary", "bytes": 1, "hex": "ff"}, events_of(done))

    def test_pings_are_answered(self):
        with Server("--echo") as server:
            client = start("ws", "--ping", "0.05", server.url)
            self.assertTrue(read_until(client.stderr, rb"pong after \d"))
            client.send_signal(signal.SIGINT)
            client.communicate(timeout=harness.PATIENCE_S)
            self.assertEqual(client.returncode, 130)

    def test_a_server_talks_to_all_clients(self):
        with Server() as server:
            clients = [start("ws", server.url) for _ in range(2)]
            for client in clients:
                read_until(client.stderr, rb"connected to")
            server.process.stdin.write(b"to all\n")
            for client in clients:
                self.assertTrue(read_until(client.stdout, rb"to all"))
            clients[0].stdin.write(b"from one\n")
            self.assertTrue(read_until(server.process.stdout, rb"C\d+: from one"))
            server.process.send_signal(signal.SIGINT)
            for client in clients:
                self.assertTrue(read_until(client.stderr, rb"closed with 1001"))
                client.communicate(timeout=harness.PATIENCE_S)
                self.assertEqual(client.returncode, 0)

    def test_who_does_not_speak_websocket_is_told_so(self):
        with Server("--echo") as server:
            with socket.create_connection(("127.0.0.1", server.port), harness.PATIENCE_S) as plain:
                plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                answer = b""
                while piece := plain.recv(65536):
                    answer += piece
            self.assertTrue(answer.startswith(b"HTTP/1.1 426 "), answer)
            self.assertTrue(read_until(server.process.stderr, rb"not connected: .*none for a WebSocket"))

    def test_pages_of_others_are_kept_out(self):
        with Server("--echo") as server:
            done = run("ws", "--origin", "https://example.com", server.url)
            self.assertEqual(done.returncode, 4)
            self.assertIn(b"403", done.stderr)
        with Server("--echo", "--any-origin") as server:
            self.assertEqual(run("ws", "--origin", "https://example.com", server.url).returncode, 0)

    def test_a_line_that_is_no_text_is_told(self):
        with Server("--echo") as server:
            done = run("ws", server.url, stdin=b"\xff\ngood\n")
            self.assertEqual(done.stdout, b"good\n")
            self.assertIn(b"UTF-8", done.stderr)

    def test_words_that_make_no_sense(self):
        for words, why in ((["http://localhost/"], b"ws or wss"), (["--echo", "ws://localhost/"], b"needs -l"),
                           (["-l", "-H", "a: b", "0"], b"says nothing to a listener"),
                           (["-H", "nothing", "ws://localhost/"], b"colon"),
                           (["--subprotocol", "a b", "ws://localhost:1/"], b"token"),
                           (["-l", "localhost", "1"], b"needs an address")):
            done = run("ws", *words)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(why, done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
