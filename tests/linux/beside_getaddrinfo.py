"""Names as this host's getaddrinfo finds them, and as Bowline does: the same addresses, or a reason that has a name.

Configurations of resolv.conf, the hosts file and a scripted server are drawn from a seed, in namespaces of our own:
  beside_getaddrinfo.py BOWLINE [--count 300] [--seed 1] [--musl PROGRAM]
PROGRAM is one that prints the addresses of its argument, linked with musl: see beside_musl.c.
"""
import argparse
import json
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading

PATIENCE_S = 40
LOOKUP = ("import socket, sys\n"
          "try:\n"
          "    found = socket.getaddrinfo(sys.argv[1], None, type=socket.SOCK_STREAM)\n"
          "except socket.gaierror:\n"
          "    found = []\n"
          "print(*sorted({one[4][0] for one in found}))\n")
NAMES = ["web", "web.a", "db.corp.test", "web.corp.test", "deep.er.corp.test", "nas.local", "svc.cluster.local",
         "www.svc.cluster.local", "ads.example", "localhost", "gone.test", "four.test", "six.test", "alias.test",
         "wild", "web.", "db.corp.test."]
SUFFIXES = ["corp.test", "lab.test", "cluster.local", "svc.cluster.local", "test", "."]
OPTIONS = ["ndots:0", "ndots:2", "ndots:5", "rotate", "no-aaaa", "single-request", "single-request-reopen", "use-vc",
           "edns0", "trust-ad", "timeout:1", "attempts:2", "no-tld-query", "inet6"]
HOSTS_ADDRESSES = {"0.0.0.0", "10.9.9.9", "fd00::9", "10.9.9.8"}
QUIRKS = ["none", "none", "none", "additional count", "junk", "drops edns", "refuses edns", "servfail edns", "formerr edns",
          "truncates", "many"]


class Server:
    """Answers on port 53, UDP and TCP; `zone` is {name: [addresses] or alias}."""

    def __init__(self, address):
        self.zone, self.quirk = {}, "none"
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((address, 53))
        self.tcp = socket.create_server((address, 53))
        for serve in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    def serve_udp(self):
        while True:
            query, peer = self.udp.recvfrom(4096)
            if reply := self.reply(query, False):
                self.udp.sendto(reply, peer)

    def serve_tcp(self):
        while True:
            connection, _ = self.tcp.accept()
            threading.Thread(target=self.serve_stream, args=(connection,), daemon=True).start()

    def serve_stream(self, connection):
        with connection:
            while len(head := connection.recv(2, socket.MSG_WAITALL)) == 2:
                query = connection.recv(struct.unpack("!H", head)[0], socket.MSG_WAITALL)
                if reply := self.reply(query, True):
                    connection.sendall(struct.pack("!H", len(reply)) + reply)

    def reply(self, query, over_tcp):
        labels, at = [], 12
        while at < len(query) and query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1").lower())
            at += 1 + query[at]
        if at + 5 > len(query):
            # musl asks for what is no name where the search list has the root.
            return query[:2] + struct.pack("!HHHHH", 0x8181, 0, 0, 0, 0)
        name, kind, end = ".".join(labels), struct.unpack("!H", query[at + 1:at + 3])[0], at + 5
        edns = query[10:12] != b"\0\0"
        if edns and self.quirk == "drops edns":
            return None
        codes = {"refuses edns": 5, "servfail edns": 2, "formerr edns": 1}
        if edns and self.quirk in codes:
            return query[:2] + struct.pack("!HHHHH", 0x8180 | codes[self.quirk], 0, 0, 0, 0)
        answers, owner = b"", b"\xc0\x0c"
        count = 0
        found = self.zone.get(name)
        if isinstance(found, str):
            target = b"".join(bytes([len(one)]) + one.encode() for one in found.split(".")) + b"\0"
            answers += owner + struct.pack("!HHIH", 5, 1, 60, len(target)) + target
            owner, count, found = target, 1, self.zone.get(found)
        for address in found or []:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            if kind == (28 if family == socket.AF_INET6 else 1):
                data = socket.inet_pton(family, address)
                answers += owner + struct.pack("!HHIH", kind, 1, 60, len(data)) + data
                count += 1
        code = 0 if name in self.zone else 3
        extra, flags = 0, 0x8180
        if not over_tcp and (self.quirk == "truncates" or len(answers) > 480):
            answers, count, flags = b"", 0, 0x8380
        if self.quirk == "additional count":
            extra = 3
        if self.quirk == "junk":
            answers, extra = answers + b"\xff\x00junk", 1
        return query[:2] + struct.pack("!HHHHH", flags | code, 1, count, 0, extra) + query[12:end] + answers


def draw(chance):
    """One configuration: the files, the zone, the server's quirk and the names to ask for."""
    lines = ["nameserver 127.0.0.1"]
    if chance.random() < 0.8:
        lines.append(chance.choice(["search ", "search ", "domain "]) +
                     " ".join(chance.sample(SUFFIXES, chance.randint(1, 3))))
    for option in chance.sample(OPTIONS, chance.randint(0, 3)):
        lines.append("options " + option)
    chance.shuffle(lines)
    hosts = ["127.0.0.1 localhost", "::1 localhost"]
    if chance.random() < 0.5:
        hosts += [f"0.0.0.0 ads{i}.example" for i in range(300)] + ["0.0.0.0 ads.example"]
    if chance.random() < 0.5:
        hosts += ["10.9.9.9 web.corp.test WEB", "fd00::9 six.test # six", "10.9.9.8\tnas.local nas"]
    zone = {}
    for name in NAMES:
        for suffix in ["", *SUFFIXES[:-1]]:
            owner = (name.rstrip(".") + "." + suffix).strip(".")
            if chance.random() < 0.35:
                zone[owner] = chance.choice([["10.0.0.1"], ["fd00::1"], ["10.0.0.2", "fd00::2"], [], ["10.0.0.3", "10.0.0.4"]])
    zone.pop("gone.test", None)
    zone["alias.test"], zone["target.test"] = "target.test", ["10.0.0.5", "fd00::5"]
    quirk = chance.choice(QUIRKS)
    if quirk == "many":
        zone["db.corp.test"] = [f"10.1.{i // 250}.{i % 250}" for i in range(900)]
    return "\n".join(lines) + "\n", "\n".join(hosts) + "\n", zone, quirk, chance.sample(NAMES, 3)


def ours(bowline, name):
    done = subprocess.run([bowline, "resolve", "--json", name, "A", "AAAA"], capture_output=True, timeout=PATIENCE_S,
                          check=False)
    found = json.loads(done.stdout)["resolutions"] if done.stdout else []
    return {address for one in found for address in one["answers"]}, found


def theirs(command, name):
    done = subprocess.run([*command, name], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    return set(done.stdout.split())


def reason(name, library, resolv, quirk, mine, other):
    """Why the two may differ; empty if they may not."""
    if name.endswith(".") and mine & HOSTS_ADDRESSES:
        return f"{library} does not look for a name that ends in a dot in the hosts file"
    if name.rstrip(".") == "localhost":
        return "localhost is the loopback of both families (RFC 6761)"
    if library == "glibc" and not other and quirk == "formerr edns" and "edns0" in resolv:
        return "glibc does not ask again without EDNS when the question is not repeated"
    if library == "glibc" and not other and quirk.endswith(" edns") and ("edns0" in resolv or "trust-ad" in resolv):
        return "glibc with edns0 has no way back to a server that cannot EDNS"
    if not other and quirk in ("additional count", "junk"):
        return f"{library} refuses a reply for what stands behind its answers"
    if library == "musl":
        if mine & HOSTS_ADDRESSES and not other & HOSTS_ADDRESSES:
            return "musl compares the names of the hosts file by case"
        if "no-aaaa" in resolv or "no-tld-query" in resolv:
            return "musl does not know no-aaaa and no-tld-query"
        if not other or other < mine:
            return "musl ends its search at a name without addresses, and knows no root in the search list"
    return ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bowline")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--musl")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.inside:
        alone = ["unshare", "--user", "--map-root-user", "--net", "--mount", "--uts"]
        if shutil.which("unshare") is None or subprocess.run([*alone, "true"], check=False).returncode != 0:
            print("SKIPPED no namespaces here")
            return 77
        return subprocess.run([*alone, sys.executable, "-B", *sys.argv, "--inside"], check=False).returncode
    socket.sethostname("host")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        return compare(arguments, folder)


def compare(arguments, folder):
    files = {"resolv.conf": "", "hosts": "", "nsswitch.conf": "hosts: files dns\n"}
    for name, text in files.items():
        path = os.path.join(folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        subprocess.run(["mount", "--bind", path, f"/etc/{name}"], check=True)
    libraries = {"glibc": [sys.executable, "-c", LOOKUP]}
    if arguments.musl:
        libraries["musl"] = [arguments.musl]
    server, chance = Server("127.0.0.1"), random.Random(arguments.seed)
    same, reasons, wrong = 0, {}, []
    for number in range(arguments.count):
        resolv, hosts, server.zone, server.quirk, names = draw(chance)
        for name, text in (("resolv.conf", resolv), ("hosts", hosts)):
            with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                file.write(text)
        for name in names:
            mine, found = ours(arguments.bowline, name)
            for library, command in libraries.items():
                other = theirs(command, name)
                if mine == other:
                    same += 1
                elif why := reason(name, library, resolv, server.quirk, mine, other):
                    reasons[why] = reasons.get(why, 0) + 1
                else:
                    wrong.append((number, library, name, server.quirk, resolv, sorted(mine), sorted(other),
                                  [(one["name"], one["status"]) for one in found]))
    print(f"{arguments.count} configurations: {same} the same, {sum(reasons.values())} for a reason, {len(wrong)} wrong")
    for why, count in sorted(reasons.items()):
        print(f"  {count:4} {why}")
    for row in wrong[:10]:
        print("WRONG", *row, sep="\n    ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
