#!/usr/bin/env python3
"""Small programs in Bowline (examples/programs) beside the same ones in Asio (bench/twins).

  bench/programs.py --build build/bench
Lines without comments and empty ones; seconds that one compiler takes (-O2, no precompiled header), the median of three;
KiB of the stripped program, linked statically with libbowline (Asio is headers only, and either takes the C++ library from
the system); KiB that the running chat holds for each of 500 idle guests, of its own memory.
"""
import argparse
import pathlib
import socket
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
NAMES = ["chat", "scan", "forward", "names", "question"]


def lines_of(source):
    lines = (line.strip() for line in source.read_text(encoding="utf-8").splitlines())
    return sum(1 for line in lines if line and not line.startswith("//"))


def seconds_to_compile(source, output, flags):
    took = []
    for _ in range(3):
        begun = time.monotonic()
        subprocess.run(["c++", "-std=c++23", "-O2", "-DNDEBUG", *flags, "-c", source, "-o", output], check=True)
        took.append(time.monotonic() - begun)
    return statistics.median(took)


def link(output, program, libraries):
    subprocess.run(["c++", "-O2", "-s", "-Wl,--gc-sections", output, "-o", program, *libraries, "-pthread"], check=True)
    return program.stat().st_size / 1024


def private_kib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("RssAnon:")[1].split()[0])


def kib_per_guest(program, guests=500):
    with subprocess.Popen([program], stdout=subprocess.PIPE, text=True) as chat:
        try:
            port = int(chat.stdout.readline())
            with socket.create_connection(("127.0.0.1", port)) as first, \
                    socket.create_connection(("127.0.0.1", port)) as second:
                first.sendall(b"warm\n")
                second.recv(5)
                before = private_kib(chat.pid)
                others = [socket.create_connection(("127.0.0.1", port)) for _ in range(guests)]
                second.sendall(b"all here?\n")
                for other in others:
                    other.recv(100)
                after = private_kib(chat.pid)
        finally:
            chat.kill()
    return (after - before) / guests


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    build = parser.parse_args().build.resolve()
    archive = next(build.rglob("libbowline.a"))
    needed = ["gnutls", "nettle", "idn2", "mnl", "nghttp2", "z", "brotlidec", "zstd", "psl", "sqlite3"]
    kinds = [("Bowline", ROOT / "examples" / "programs", ["-I", ROOT / "include"],
              [archive, *(f"-l{name}" for name in needed)]),
             ("Asio", ROOT / "bench" / "twins", ["-DASIO_STANDALONE"], [])]
    print("| program | lines | seconds to compile | KiB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        chats = []
        for name in NAMES:
            cells = []
            for kind, place, flags, libraries in kinds:
                output, program = pathlib.Path(folder, "a.o"), pathlib.Path(folder, f"{name}-{kind}")
                seconds = seconds_to_compile(place / f"{name}.cpp", output, flags)
                cells.append((lines_of(place / f"{name}.cpp"), seconds, link(output, program, libraries)))
                if name == "chat":
                    chats.append(kib_per_guest(program))
            ours, theirs = cells
            print(f"| {name} | {ours[0]} / {theirs[0]} | {ours[1]:.1f} / {theirs[1]:.1f} | {ours[2]:,.0f} / "
                  f"{theirs[2]:,.0f} |", flush=True)
    print(f"\nAn idle guest of the chat: {chats[0]:.2f} / {chats[1]:.2f} KiB")


if __name__ == "__main__":
    main()
