#!/usr/bin/env python3
"""TLS: Bowline beside GnuTLS alone and beside Asio with OpenSSL, both ends in one thread over loopback, in
interleaved rounds; and what an established connection feels while a thousand strangers come.

  bench/secure.py --build build/bench [--rounds 7]
Ratios are medians over the rounds; above 1 Bowline is quicker. All speak TLS 1.3 with AES-128-GCM, X25519 and a P-256
certificate that the client checks. Idle memory is what malloc has given out for both ends, per pair,
without what OpenSSL's and GnuTLS's certificates share.
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


def storm(program, files):
    words = [program, "--chain", files / "localhost.pem", "--key", files / "localhost.key", "--root",
             files / "root.pem", "--count", "1000"]
    return json.loads(subprocess.run(words, capture_output=True, check=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    programs = [build / "bench" / name for name in ("bowline_tls", "tls_gnutls", "tls_asio")]
    with tempfile.TemporaryDirectory() as folder:
        files = pathlib.Path(folder)
        for words in (["root", "--out", "root", "bench"], ["server", "--ca", "root", "--out", "localhost", "localhost"]):
            subprocess.run([build / "src/cli/bowline", "cert", *words], cwd=files, check=True, stdout=subprocess.DEVNULL)
        print("| what | Bowline | GnuTLS alone | ratio | Asio, OpenSSL | ratio |\n|---|---|---|---|---|---|")
        for what, mode, count in CASES:
            rounds = [[run(program, mode, count, files) for program in programs] for _ in range(arguments.rounds)]
            ours, bare, asio = (statistics.median(column) for column in zip(*rounds))
            ratios = [statistics.median(one[0] / one[peer] for one in rounds) for peer in (1, 2)]
            print(f"| {what} | {ours:,.0f} | {bare:,.0f} | {ratios[0]:.2f} | {asio:,.0f} | {ratios[1]:.2f} |", flush=True)
        storms = [storm(build / "bench" / "bowline_tls_storm", files) for _ in range(arguments.rounds)]
        print("\nA storm of 1,000 handshakes: " + ", ".join(
            f"{name} {statistics.median(one[name] for one in storms):.1f}"
            for name in ("seconds", "median_ms", "p99_ms", "worst_ms")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
