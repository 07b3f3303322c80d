#!/usr/bin/env python3
"""Time from a lookup to its answers: Bowline, getaddrinfo and c-ares, in namespaces of our own.

  bench/names.py --build build/bench [--rounds 5] [--count 2000]
One thread asks for both families, one name after the other; medians of the rounds' medians, in microseconds. A server in
C answers on loopback. `cold` is a whole process that looks one name up in a hosts file of 150,000 lines.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

PROGRAMS = {"Bowline": "bowline_names", "getaddrinfo": "names_getaddrinfo", "c-ares": "names_cares"}
CASES = [("the same name again (Bowline: cached)", ["--mode", "fixed", "--host", "www.test"], "short"),
         ("a name of the hosts file", ["--mode", "fixed", "--host", "db.test"], "short"),
         ("a name of a hosts file of 150,000 lines", ["--mode", "fixed", "--host", "ads149000.test"], "long"),
         ("another name each time, by UDP", ["--mode", "fresh", "--host", "test"], "short")]


def write_hosts(path, kind):
    lines = ["127.0.0.1 localhost", "192.0.2.7 db.test"]
    if kind == "long":
        lines += [f"0.0.0.0 ads{i}.test" for i in range(150_000)]
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


def median(command, rounds):
    results = [json.loads(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(rounds)]
    return statistics.median(one["median_us"] for one in results)


def cold(command, rounds):
    times = []
    for _ in range(rounds * 5):
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        times.append((time.perf_counter() - start) * 1e6)
    return statistics.median(times)


def measure(arguments, folder):
    programs = {name: folder / program for name, program in PROGRAMS.items() if (folder / program).exists()}
    with tempfile.TemporaryDirectory() as files:
        hosts = pathlib.Path(files) / "hosts"
        for path, text in ((hosts, ""), (pathlib.Path(files) / "resolv.conf", "nameserver 127.0.0.1\n"),
                           (pathlib.Path(files) / "nsswitch.conf", "hosts: files dns\n")):
            path.write_text(text, encoding="ascii")
            subprocess.run(["mount", "--bind", path, f"/etc/{path.name}"], check=True)
        server = subprocess.Popen([folder / "dns_server"], stdout=subprocess.PIPE)
        server.stdout.readline()
        print("| what, in us |", " | ".join(programs), "|")
        for what, words, kind in CASES:
            write_hosts(hosts, kind)
            count = arguments.count if kind == "short" else min(arguments.count, 50)
            figures = [median([program, *words, "--connections", str(count)], arguments.rounds)
                       for program in programs.values()]
            print("|", what, "|", " | ".join(f"{figure:.1f}" for figure in figures), "|", flush=True)
        words = ["--mode", "fixed", "--host", "ads149000.test", "--connections", "1"]
        figures = [cold([program, *words], arguments.rounds) for program in programs.values()]
        print("| the same, a process for one name (cold) |", " | ".join(f"{figure:.0f}" for figure in figures), "|")
        command = [folder.parent / "src/cli/bowline", "resolve", "ads149000.test", "A"]
        if os.access(command[0], os.X_OK):
            print(f"`bowline resolve` there: {cold(command, arguments.rounds):.0f} us; "
                  f"`getent ahosts`: {cold(['getent', 'ahosts', 'ads149000.test'], arguments.rounds):.0f} us")
        server.terminate()
        server.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.inside:
        if shutil.which("unshare") is None:
            return "unshare is needed"
        alone = ["unshare", "--user", "--map-root-user", "--net", "--mount"]
        return subprocess.run([*alone, sys.executable, "-B", *sys.argv, "--inside"], check=False).returncode
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    measure(arguments, pathlib.Path(arguments.build).resolve() / "bench")
    return 0


if __name__ == "__main__":
    sys.exit(main())
