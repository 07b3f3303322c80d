"""bowline drop: what a browser does, done by hand."""
import base64
import contextlib
import json
import os
import pathlib
import signal
import socket
import ssl
import struct
import tempfile
import unittest

import harness
from harness import run, start


class Browser:
    """A page's WebSocket, without its page."""

    def __init__(self, port, path="/ws"):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        plain = socket.create_connection(("127.0.0.1", port), harness.PATIENCE_S)
        self.socket = context.wrap_socket(plain, server_hostname="localhost")
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: https://127.0.0.1:{port}\r\n"
                             "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                             f"Sec-WebSocket-Key: {key}\r\n\r\n").encode())
        self.kept = b""
        self.head = self.take_until(b"\r\n\r\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def more(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise EOFError(self.kept)
        self.kept += piece

    def take(self, count):
        while len(self.kept) < count:
            self.more()
        taken, self.kept = self.kept[:count], self.kept[count:]
        return taken

    def take_until(self, mark):
        while mark not in self.kept:
            self.more()
        return self.take(self.kept.index(mark) + len(mark))

    def send(self, payload, opcode=None):
        if opcode is None:
            opcode = 1 if isinstance(payload, str) else 2
        octets = payload.encode() if isinstance(payload, str) else payload
        length = struct.pack("!B", 0x80 | len(octets)) if len(octets) < 126 else struct.pack("!BQ", 0xff, len(octets))
        self.socket.sendall(bytes([0x80 | opcode]) + length + bytes(4) + octets)

    def message(self):
        first, second = self.take(2)
        length = second
        if second == 126:
            length = struct.unpack("!H", self.take(2))[0]
        elif second == 127:
            length = struct.unpack("!Q", self.take(8))[0]
        payload = self.take(length)
        return payload.decode() if first & 15 == 1 else (first & 15, payload)


class DropTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.place = pathlib.Path(self.folder.name)

    def drop(self, *words):
        process = start("drop", "--json", "--listen", "127.0.0.1", "--into", self.folder.name, *words)
        self.addCleanup(self.end, process)
        waiting = json.loads(process.stdout.readline())
        self.port = int(waiting["url"].rsplit(":", 1)[1].rstrip("/"))
        self.pin = waiting["pin"]
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=harness.PATIENCE_S)

    def welcome(self, browser):
        browser.send("pin " + self.pin)
        said = []
        while not said or said[-1] != "ready":
            said.append(browser.message())
        return said[:-1]

    def test_files_go_both_ways_and_then_it_is_gone(self):
        (self.place / "picture.jpg").write_bytes(os.urandom(700_000))
        process = self.drop(str(self.place / "picture.jpg"))
        with Browser(self.port) as browser:
            self.assertIn(b" 101 ", browser.head)
            self.assertEqual(self.welcome(browser), ["offer 700000 picture.jpg"])
            browser.send("get 0")
            self.assertEqual(browser.message(), "file 0 700000 picture.jpg")
            got = b""
            while not isinstance(piece := browser.message(), str):
                got += piece[1]
            self.assertEqual(piece, "end")
            self.assertEqual(got, (self.place / "picture.jpg").read_bytes())
            for _ in range(2):
                browser.send("put 11 ../notes.txt")
                browser.send(b"hello ")
                browser.send(b"there")
                browser.send("end")
                self.assertEqual(browser.message(), "got 11 notes.txt")
            browser.send(struct.pack("!H", 1000), opcode=8)
        process.communicate(timeout=harness.PATIENCE_S)
        self.assertEqual(process.returncode, 0)
        self.assertEqual((self.place / "notes.txt").read_bytes(), b"hello there")
        self.assertEqual((self.place / "notes (2).txt").read_bytes(), b"hello there")
        self.assertEqual(len(list(self.place.iterdir())), 3)

    def test_half_a_file_leaves_nothing(self):
        process = self.drop()
        with Browser(self.port) as browser:
            self.welcome(browser)
            browser.send("put 100 half")
            browser.send(b"only this")
        process.communicate(timeout=harness.PATIENCE_S)
        self.assertEqual(list(self.place.iterdir()), [])

    def test_more_than_was_announced_is_refused(self):
        process = self.drop()
        with Browser(self.port) as browser:
            self.welcome(browser)
            browser.send("put 3 small")
            browser.send(b"four")
            self.assertTrue(browser.message().startswith("no "))
            self.assertEqual(browser.message()[1][:2], struct.pack("!H", 1008))
        process.communicate(timeout=harness.PATIENCE_S)
        self.assertEqual(list(self.place.iterdir()), [])

    def test_a_pin_can_be_guessed_five_times(self):
        process = self.drop()
        for _ in range(5):
            with Browser(self.port) as browser:
                browser.send("pin 1234567")
                with contextlib.suppress(EOFError, OSError):  # with the last one it is gone
                    self.assertTrue(browser.message().startswith("no the PIN is wrong"))
        process.communicate(timeout=harness.PATIENCE_S)
        self.assertEqual(process.returncode, 5)

    def test_without_the_pin_nothing_is_said(self):
        self.drop()
        with Browser(self.port) as browser:
            browser.send("get 0")
            self.assertIn("PIN comes first", browser.message())

    def test_its_page_is_whole(self):
        self.drop()
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.port), harness.PATIENCE_S) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as secure:
                secure.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                page = b""
                while piece := secure.recv(65536):
                    page += piece
        self.assertTrue(page.startswith(b"HTTP/1.1 200 OK\r\n"), page[:200])
        self.assertIn(b"Content-Security-Policy: default-src 'none'", page)
        self.assertTrue(page.endswith(b"</html>\n"))
        with Browser(self.port, "/other") as browser:
            self.assertIn(b" 404 ", browser.head)

    def test_what_cannot_be_dropped(self):
        self.assertEqual(run("drop", self.folder.name).returncode, 2)
        self.assertEqual(run("drop", str(self.place / "missing")).returncode, 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
