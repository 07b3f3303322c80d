"""Scans all ports of a host over and over for a while: port_scan.py FROM TO.

By SYNs alone, whose answers the kernel resets, and then by whole connections that are closed at once.
"""
import random
import socket
import struct
import sys

ROUNDS, OPEN_PORT = 2, 7000


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def syn(source, target, from_port, to_port):
    header = struct.pack("!HHIIBBHHH", from_port, to_port, random.getrandbits(32), 0, 5 << 4, 2, 64240, 0, 0)
    pseudo = socket.inet_aton(source) + socket.inet_aton(target) + struct.pack("!HH", socket.IPPROTO_TCP, len(header))
    return header[:16] + struct.pack("!H", checksum(pseudo + header)) + header[18:]


def main(source, target):
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
    for _ in range(ROUNDS):
        # Every port once, and the open one again and again.
        for port in range(1, 20000):
            raw.sendto(syn(source, target, random.randint(1024, 65535), port), (target, 0))
            if port % 20 == 0:
                raw.sendto(syn(source, target, random.randint(1024, 65535), OPEN_PORT), (target, 0))
    for port in range(OPEN_PORT - 500, OPEN_PORT + 501):
        with socket.socket() as visitor:
            visitor.connect_ex((target, port))
    print("done")


main(*sys.argv[1:])
