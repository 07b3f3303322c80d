#!/usr/bin/env python3
"""TLS: Bowline beside GnuTLS alone, both ends in one thread over loopback, in interleaved rounds.

  bench/secure.py --build build/bench [--rounds 7]
Ratios are medians over the rounds; above 1 Bowline is quicker. Both speak TLS 1.3 with AES-128-GCM, X25519 and a P-256
certificate that the client checks. Idle memory is what malloc has given out for both ends, per pair.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

CASES = [("full handshakes per second", "full", 400), ("resumed handshakes per second", "resumed", 400),
         ("MiB per second", "bulk", 400), ("octets of an idle pair", "idle", 200)]


def run(program, mode, count, files):
    words = [program, "--mode", mode, "--chain", files / "localhost.pem", "--key", files / "localhost.key",
             "--root", files / "root.pem", "--count", str(count)]
    got = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    if mode == "idle":
        return got["bytes"]
    return (got["bytes"] / 2**20 if mode == "bulk" else got["operations"]) / got["seconds"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    ours, theirs = build / "bench" / "bowline_tls", build / "bench" / "tls_gnutls"
    with tempfile.TemporaryDirectory() as folder:
        files = pathlib.Path(folder)
        for words in (["root", "--out", "root", "bench"], ["server", "--ca", "root", "--out", "localhost", "localhost"]):
            subprocess.run([build / "src/cli/bowline", "cert", *words], cwd=files, check=True, stdout=subprocess.DEVNULL)
        print("| what | Bowline | GnuTLS alone | ratio |\n|---|---|---|---|")
        for what, mode, count in CASES:
            rounds = [(run(ours, mode, count, files), run(theirs, mode, count, files)) for _ in range(arguments.rounds)]
            our, their = (statistics.median(column) for column in zip(*rounds))
            ratio = statistics.median(a / b for a, b in rounds)
            print(f"| {what} | {our:,.0f} | {their:,.0f} | {ratio:.2f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
