"""Starts the command, and gives it peers."""
import json
import os
import re
import select
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import unittest

BOWLINE = os.environ.get("BOWLINE", "bowline")
PATIENCE_S = 60


def environment(**more):
    kept = {name: value for name, value in os.environ.items()
            if name not in ("NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "LC_ALL", "LC_CTYPE", "BOWLINE_LOG")}
    return kept | {"LANG": "C", "TERM": "xterm-256color"} | more


def run(*words, stdin=b"", **more):
    """Runs the command to its end. Anything that it writes is bytes."""
    return subprocess.run([BOWLINE, *words], input=stdin, capture_output=True, timeout=PATIENCE_S,
                          env=environment(**more), check=False)


def run_alone(*words):
    """The same on a host without network, not even loopback, and with an empty resolv.conf."""
    alone = ["unshare", "--user", "--map-root-user", "--net", "--mount", "sh", "-c"]
    script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
    with tempfile.NamedTemporaryFile() as empty:
        if shutil.which("unshare") is None or subprocess.run(
                [*alone, script, empty.name, "true"], capture_output=True, check=False).returncode != 0:
            print("SKIPPED no namespaces here", flush=True)
            raise unittest.SkipTest("no namespaces here")
        return subprocess.run([*alone, script, empty.name, BOWLINE, *words], capture_output=True,
                              timeout=PATIENCE_S, env=environment(), check=False)


def run_json(*words, **more):
    """The exit status and the one object that it printed."""
    done = run(*words, "--json", **more)
    return done.returncode, json.loads(done.stdout)


def start(*words, **more):
    return subprocess.Popen([BOWLINE, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, bufsize=0, env=environment(**more))


def read_until(stream, pattern):
    """Reads lines up to one that fits, and returns the match."""
    seen = b""
    while True:
        ready, _, _ = select.select([stream], [], [], PATIENCE_S)
        byte = stream.read(1) if ready else b""
        if not byte:
            raise AssertionError(f"no {pattern!r} in {seen!r}")
        seen += byte
        if byte == b"\n" and (match := re.search(pattern, seen)):
            return match


def listening_port(process):
    return int(read_until(process.stderr, rb"listening on .*:(\d+)\n")[1])


def listener(family=socket.AF_INET):
    server = socket.create_server(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), family=family)
    server.settimeout(PATIENCE_S)
    return server


def port_of(sock):
    return str(sock.getsockname()[1])


def refusing():
    """Holds a port on which nobody listens."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    return sock


class Silent:
    """A port that answers no further SYN: its queue is full."""

    def __enter__(self):
        self.server = socket.socket()
        self.server.bind(("127.0.0.1", 0))
        self.server.listen(0)
        self.fillers = []
        while len(self.fillers) < 8:
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(self.server.getsockname())
            self.fillers.append(filler)
        self.port = port_of(self.server)
        return self

    def __exit__(self, *_):
        for sock in [self.server, *self.fillers]:
            sock.close()


class DnsServer:
    """Answers from {(name, type): [data] or rcode}; a name without entry is NXDOMAIN. Data of other types than
    TYPES tells are octets; a pair is a record of another type than the question's."""
    TYPES = {"A": 1, "PTR": 12, "HINFO": 13, "MX": 15, "TXT": 16, "AAAA": 28, "HTTPS": 65, "ANY": 255, "CAA": 257,
             "TYPE65400": 65400}

    def __init__(self, zone):
        self.zone = zone
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{port_of(self.socket)}"

    def __enter__(self):
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"", self.socket.getsockname())
        self.thread.join(PATIENCE_S)
        self.socket.close()

    def serve(self):
        while query := self.socket.recvfrom(4096):
            if len(query[0]) < 12:
                return
            self.socket.sendto(self.response(query[0]), query[1])

    def response(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
            at += 1 + query[at]
        kind = struct.unpack("!H", query[at + 1:at + 3])[0]
        name = ".".join(labels)
        found = next((data for (owner, word), data in self.zone.items()
                      if owner == name and self.TYPES[word] == kind), None)
        rcode = found if isinstance(found, int) else 0
        if found is None and not any(owner == name for owner, _ in self.zone):
            rcode = 3
        records = found if isinstance(found, list) else []
        head = query[:2] + struct.pack("!HHHHH", 0x8180 | rcode, 1, len(records), 0, 0)
        return head + query[12:at + 5] + b"".join(self.record(kind, data) for data in records)

    @staticmethod
    def record(kind, data):
        if isinstance(data, tuple):
            kind, data = data
        elif kind == 16:
            data = bytes([len(data)]) + data
        elif kind in (1, 28):
            data = socket.inet_pton(socket.AF_INET if kind == 1 else socket.AF_INET6, data)
        return b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 300, len(data)) + data


def needs(program):
    """Skips the test, and says so, if a program is missing."""
    if shutil.which(program) is None:
        print(f"SKIPPED {program} is not installed", flush=True)
        raise unittest.SkipTest(f"{program} is not installed")
    return program
