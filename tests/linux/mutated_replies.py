"""Good replies, mutated, as dnspython and dig read them, and as Bowline does: the same addresses, or none for a reason.

  mutated_replies.py BOWLINE [--count 300] [--seed 1]
Needs python3-dnspython; dig (bind9-dnsutils) takes part if it is there.
"""
import argparse
import json
import random
import shutil
import socket
import struct
import subprocess
import sys
import threading

PATIENCE_S = 40
GOOD = {"192.0.2.1", "192.0.2.2"}
QUESTION = b"\3www\4test\0" + struct.pack("!HH", 1, 1)
SOA = b"\4test\0" + struct.pack("!HHIH", 2, 1, 60, 5) + b"\2ns\xc0\x10"
OPT = b"\0" + struct.pack("!HHIH", 41, 1232, 0, 0)


def answer(address):
    return b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + socket.inet_aton(address)


def good_reply(number, question, chance):
    """A reply without its id, and where its answers end."""
    records = [answer(address) for address in sorted(GOOD)]
    extra = chance.choice([(b"", 0, 0), (OPT, 0, 1), (SOA + OPT, 1, 1), (answer("192.0.2.9"), 0, 1)])
    head = struct.pack("!HHHHH", 0x8180, 1, len(records), extra[1], extra[2])
    body = head + question + b"".join(records)
    return body + extra[0], len(body), number


def mutate(reply, answers_end, chance):
    """The reply with one to three changes; half of the time all are behind the answers."""
    changed = bytearray(reply)
    for _ in range(chance.randint(1, 3)):
        behind = chance.random() < 0.5
        at = chance.randrange(answers_end, len(changed) + 1) if behind else chance.randrange(len(changed))
        kind = chance.choice(["flip", "flip", "insert", "cut", "count"])
        if kind == "flip" and at < len(changed):
            changed[at] = chance.randrange(256)
        elif kind == "insert":
            changed[at:at] = chance.randbytes(chance.randint(1, 6))
        elif kind == "cut" and at > 10:
            del changed[at:]
        elif kind == "count":
            changed[chance.choice([7, 9]) if behind else chance.choice([3, 5, 7, 9])] = chance.randrange(8)
        answers_end = min(answers_end, len(changed))
    return bytes(changed)


class Server:
    """Sends `reply` behind the id of each question over UDP; over TCP the good one."""

    def __init__(self):
        self.reply = self.good = b""
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self.tcp.getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        for serve in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    def serve_udp(self):
        while True:
            query, peer = self.udp.recvfrom(4096)
            self.udp.sendto(query[:2] + self.reply, peer)

    def serve_tcp(self):
        while True:
            connection, _ = self.tcp.accept()
            with connection:
                while len(head := connection.recv(2, socket.MSG_WAITALL)) == 2:
                    query = connection.recv(struct.unpack("!H", head)[0], socket.MSG_WAITALL)
                    message = query[:2] + self.good
                    connection.sendall(struct.pack("!H", len(message)) + message)


def of_dnspython(message, dns):
    """The addresses, or None if it refuses the message or does not take it for the answer."""
    query = dns.message.make_query("www.test", "A")
    query.id = 1
    try:
        reply = dns.message.from_wire(b"\0\1" + message, ignore_trailing=True)
        if not query.is_response(reply) or reply.rcode() != 0:
            return None
        found = reply.get_rrset(dns.message.ANSWER, query.question[0].name, 1, 1)
        return {one.address for one in found} if found else set()
    except dns.exception.DNSException:
        return None


def of_dig(port):
    words = ["@127.0.0.1", "-p", str(port), "+short", "+tries=1", "+time=1", "+ignore", "www.test", "A"]
    done = subprocess.run(["dig", *words], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    return {line for line in done.stdout.split("\n") if line[:1].isdigit()} if done.returncode == 0 else None


def ours(bowline, port):
    done = subprocess.run([bowline, "resolve", "--json", "--server", f"127.0.0.1:{port}", "www.test.", "A"],
                          capture_output=True, timeout=PATIENCE_S, check=False)
    one = json.loads(done.stdout)["resolutions"][0]
    return set(one["answers"]), one


def judge(mine, one, library, answers_alone):
    """What two of them make of one reply: "same", a reason, or "WRONG". `answers_alone` is what dnspython finds when
    nothing is counted behind the answers."""
    if one.get("transport") == "tcp":
        return "broken or truncated by UDP, so asked by TCP" if mine == GOOD else "WRONG"
    if library is None:
        if mine and mine == answers_alone:
            return "an intact answer counts here, whatever stands around it"
        return "same" if not mine else "WRONG"
    return "same" if mine == library else "WRONG"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bowline")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    try:
        import dns.exception
        import dns.message
    except ImportError:
        print("SKIPPED python3-dnspython is not installed")
        return 77
    chance, server, tally, wrong = random.Random(arguments.seed), Server(), {}, 0
    has_dig = shutil.which("dig") is not None
    for number in range(arguments.count):
        server.good, answers_end, _ = good_reply(number, QUESTION, chance)
        server.reply = mutate(server.good, answers_end, chance)
        mine, one = ours(arguments.bowline, server.port)
        library = of_dnspython(server.reply, dns)
        verdict = judge(mine, one, library, of_dnspython(server.reply[:6] + bytes(4) + server.reply[10:], dns))
        tally[verdict] = tally.get(verdict, 0) + 1
        if verdict == "WRONG":
            wrong += 1
            print("WRONG", number, server.reply.hex(), "ours", sorted(mine), one["status"], "dnspython", library)
        if has_dig and one.get("transport") == "udp":
            theirs = of_dig(server.port)
            key = "same" if (theirs or set()) == mine else "other" if theirs else "refuses it, or sees nothing"
            key = "dig: " + key
            tally[key] = tally.get(key, 0) + 1
    for verdict, count in sorted(tally.items()):
        print(f"{count:5} {verdict}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
