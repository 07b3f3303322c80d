"""A name space of its own in a network namespace: root, a zone below it, and one below that; and the host's resolver,
which knows the root. Runs the command line given to it there. Every server answers without recursion.

    .              127.0.1.1  a.root.test, refers to `test` with and to `bare` without addresses
    test           127.0.1.2  refers to `example.test`; the first of its servers is silent
    example.test   127.0.1.4
"""
import socket
import struct
import subprocess
import sys
import tempfile
import threading


def wire(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def record(owner, kind, data):
    if kind == 1:
        data = socket.inet_aton(data)
    elif kind in (2, 5):
        data = wire(data)
    return wire(owner) + struct.pack("!HHIH", kind, 1, 60, len(data)) + data


ROOT_SERVERS = [record(".", 2, "a.root.test")], [], [record("a.root.test", 1, "127.0.1.1")]
TO_TEST = [], [record("test", 2, "ns1.test"), record("test", 2, "ns2.test")], [
    record("ns1.test", 1, "127.0.1.9"), record("ns2.test", 1, "127.0.1.2")]
TO_EXAMPLE = [], [record("example.test", 2, "ns.example.test")], [record("ns.example.test", 1, "127.0.1.4")]
UPWARDS = [], [record(".", 2, "a.root.test")], []


def resolver(name, kind):
    if (name, kind) == ("", 2):
        return 0, ROOT_SERVERS
    return (0, ([record(name, 1, "127.0.1.4")], [], [])) if (name, kind) == ("elsewhere.test", 1) else (3, ([], [], []))


def root(name, _):
    if name.endswith("bare"):
        return 0, ([], [record("bare", 2, "elsewhere.test")], [])
    return (0, TO_TEST) if name.endswith("test") else (3, ([], [], []))


def test(name, _):
    if name == "loop.test":
        return 0, UPWARDS
    return (0, TO_EXAMPLE) if name.endswith("example.test") else (3, ([], [], []))


def example(name, kind):
    if name == "alias.example.test":
        return 0, ([record(name, 5, "www.example.test")], [], [])
    if name in ("www.example.test", "www.bare") and kind == 1:
        return 0, ([record(name, 1, "192.0.2.80")], [], [])
    return (0 if name == "www.example.test" else 3), ([], [record("example.test", 6, wire("a") + wire("b") + bytes(20))], [])


def serve(address, zone):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, 53))

    def answer():
        while True:
            query, peer = sock.recvfrom(4096)
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
                at += 1 + query[at]
            code, sections = zone(".".join(labels), struct.unpack("!H", query[at + 1:at + 3])[0])
            flags = 0x8000 | code | (query[2] & 1) << 8 | (0x400 if sections[0] or code else 0)
            counts = struct.pack("!HHHH", 1, *(len(one) for one in sections))
            sock.sendto(query[:2] + struct.pack("!H", flags) + counts + query[12:at + 5]
                        + b"".join(b"".join(one) for one in sections), peer)
    threading.Thread(target=answer, daemon=True).start()
    return sock


def main():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.NamedTemporaryFile() as conf:
        conf.write(b"nameserver 127.0.0.1\n")
        conf.flush()
        subprocess.run(["mount", "--bind", conf.name, "/etc/resolv.conf"], check=True)
        for address, zone in (("127.0.0.1", resolver), ("127.0.1.1", root), ("127.0.1.2", test), ("127.0.1.4", example)):
            serve(address, zone)
        return subprocess.run(sys.argv[1:], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
