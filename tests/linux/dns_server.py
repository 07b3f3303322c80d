"""A DNS server that misbehaves as told: dns_server.py ADDRESS TYPE=HOW...

HOW     address[,address...]    answers with these
        late:MS:address         answers after so many milliseconds
        truncated:address       over UDP an empty answer with TC, over TCP the whole
        half:address            the same, but over TCP half of the answer, and then the server is gone
        dies:address            answers, and is gone
        silent | servfail
Every name has the same records; types that are not named have none. Prints `ready` once it listens.
"""
import os
import socket
import struct
import sys
import threading

TYPES = {"A": 1, "AAAA": 28, "HTTPS": 65}
NOERROR, SERVFAIL, TRUNCATED = 0, 2, 0x0200


def rdata(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def reply(query, flags, addresses=()):
    """The question as it came, and an answer with a pointer to its name for each address."""
    end = query.index(b"\0", 12) + 5
    qtype = query[end - 4:end - 2]
    answers = b"".join(b"\xc0\x0c" + qtype + struct.pack("!HIH", 1, 60, len(data)) + data
                       for data in map(rdata, addresses))
    return query[:2] + struct.pack("!HHHHH", 0x8180 | flags, 1, len(addresses), 0, 0) + query[12:end] + answers


def respond(query, rules, over_tcp, send):
    end = query.index(b"\0", 12) + 5
    how, *rest = rules.get(int.from_bytes(query[end - 4:end - 2], "big"), ("",))
    if how == "silent":
        return
    if how == "servfail":
        return send(reply(query, SERVFAIL))
    if how == "late":
        whole = reply(query, NOERROR, rest[1:])
        return threading.Timer(int(rest[0]) / 1000, send, [whole]).start()
    if how in ("truncated", "half") and not over_tcp:
        return send(reply(query, TRUNCATED))
    whole = reply(query, NOERROR, rest)
    send(whole[:len(whole) // 2] if how == "half" else whole)
    if how in ("half", "dies"):
        os._exit(0)


def serve_tcp(listener, rules):
    while True:
        peer = listener.accept()[0]
        with peer, peer.makefile("rb") as file:
            while size := file.read(2):
                query = file.read(int.from_bytes(size, "big"))
                whole = len(reply(query, NOERROR, rules_for(query, rules))).to_bytes(2, "big")
                respond(query, rules, True, lambda answer: peer.sendall(whole + answer))


def rules_for(query, rules):
    end = query.index(b"\0", 12) + 5
    return rules.get(int.from_bytes(query[end - 4:end - 2], "big"), ("",))[1:]


def parse(rule):
    name, how = rule.split("=", 1)
    word = how.split(":", 1)[0]
    if word == "late":
        _, ms, address = how.split(":", 2)
        return TYPES[name], (word, ms, address)
    if word in ("truncated", "half", "dies"):
        return TYPES[name], (word, how.split(":", 1)[1])
    if word in ("silent", "servfail"):
        return TYPES[name], (word,)
    return TYPES[name], ("", *how.split(","))


def main(address, *texts):
    rules = dict(map(parse, texts))
    listener = socket.create_server((address, 53))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((address, 53))
    threading.Thread(target=serve_tcp, args=(listener, rules), daemon=True).start()
    print("ready")
    while True:
        query, peer = udp.recvfrom(4096)
        respond(query, rules, False, lambda answer, peer=peer: udp.sendto(answer, peer))


main(*sys.argv[1:])
