#!/usr/bin/env python3
"""Measures Bowline against plain programs: interleaved rounds, medians of ratios (see bench/README.md)."""

import argparse
import dataclasses
import json
import os
import pathlib
import socket
import statistics
import struct
import sys
import typing

import lab
from lab import CLIENT_CORE, SERVER_CORE, Others, Program

PEER = "raw"
# Who takes part: kind -> name -> command below the build's bench folder, if that program is there.
CANDIDATES = {
    "tcp_server": {PEER: "tcp_server_epoll", "asio": "tcp_server_asio", "bowline": "bowline_tcp_server"},
    "tcp_client": {PEER: "tcp_client_epoll", "bowline": "bowline_tcp_client"},
    "udp": {PEER: "udp_peer", "bowline": "bowline_udp"},
    "race": {"bowline": "bench_race"},
    "start": {PEER: "tcp_client_epoll --mode churn --port {port}",
              "bowline": "../src/cli/bowline connect 127.0.0.1 {port}"},
}
CANDIDATES["tcp_latency"] = CANDIDATES["tcp_server"] | {"busy": "bowline_tcp_server --busy-poll 50"}
MIB = 1 << 20
CPU_OF = {"server": "watched_cpu_us", "client": "cpu_us"}  # in a client's result
TCP, SYN, SYN_ACK = 6, 2, 18
SO_TIMESTAMPNS = 35


class Bench:
    """The programs and the times of one run."""

    def __init__(self, arguments):
        self.folder = pathlib.Path(arguments.build).resolve() / "bench"
        self.times = ["--seconds", arguments.seconds, "--warmup", arguments.warmup]
        self.seconds = arguments.seconds
        self.quick = arguments.quick
        self.idle_count = 2100 if arguments.quick else 10100
        self.candidates = {kind: dict(programs) for kind, programs in CANDIDATES.items()}
        for text in arguments.add:
            place, command = text.split("=", 1)
            kind, name = place.split(":", 1)
            self.candidates[kind][name] = command
        self.chosen = arguments.only.split(",") if arguments.only else None

    def command(self, text):
        program, *rest = text.split()
        return [str(self.folder / program)] + rest

    def programs(self, kind):
        """name -> command of those that are built and chosen; the peer first."""
        found = {name: self.command(text) for name, text in self.candidates[kind].items()
                 if name == PEER or self.chosen is None or name in self.chosen}
        return {name: command for name, command in found.items() if os.access(command[0], os.X_OK)}

    def peer(self, kind):
        return self.command(self.candidates[kind][PEER])

    def load(self):
        return self.command("tcp_load")


def rate(result, scale):
    return result["operations"] / result["seconds"] / scale


def cost(result, key, scale=1.0):
    return scale * result[key] / max(1, result["operations"])


def gigabits(result):
    return result["bytes"] * 8 / result["seconds"] / 1e9


# --- What is measured. Each function gives (value, the candidate's CPU time per operation). ---


def pair(server, client, core=CLIENT_CORE):
    """Runs a client to its end against a server; gives the client's result."""
    with Program(server, SERVER_CORE) as s:
        with Program(client + ["--port", s.line()["port"], "--watch", s.pid], core) as c:
            return c.line()


def echo(bench, server, connections, mode, core=CLIENT_CORE):
    load = bench.load() + ["--mode", mode, "--connections", connections] + bench.times
    result = pair(server + ["--mode", "echo"], load, core)
    return rate(result, 1000), cost(result, "watched_cpu_us")


def bulk(bench, server, server_mode, client, client_mode, subject):
    result = pair(server + ["--mode", server_mode, "--buffer", MIB],
                  client + ["--mode", client_mode, "--size", MIB] + bench.times)
    return gigabits(result), result[CPU_OF[subject]] / max(1.0, result["bytes"] / MIB)


def churn(bench, server, client, host, subject, mode="echo"):
    """With 64 in flight. For a name the server listens on both families, as localhost may mean either."""
    listen = "::" if host == "localhost" else host
    result = pair(server + ["--mode", mode, "--host", listen],
                  client + ["--mode", "churn", "--connections", 64, "--host", host] + bench.times)
    if result["failures"]:
        print(f"{result['program']} churn: {result['failures']} failures", file=sys.stderr)
    return rate(result, 1000), cost(result, CPU_OF[subject])


def idle(server, client, count_option, count):
    """Bytes per idle connection or flow: what those after the first hundred added."""
    client = client + ["--mode", "idle", "--first", 100, count_option, count]
    with Program(server + ["--mode", "echo"], SERVER_CORE) as s:
        with Program(client + ["--port", s.line()["port"]], CLIENT_CORE) as c:
            before, small = c.line()["open"], s.anonymous_bytes()
            c.go_on()
            after, large = c.line()["open"], s.anonymous_bytes()
            c.go_on()
    return (large - small) / (after - before), None


def datagrams(mode, flows):
    return ["--mode", mode, "--flows", flows, "--size", 1200, "--burst", 64 if flows == 1 else 10]


def receiving(bench, receiver, flows):
    """What arrives from a sender that sends more than that, and longer."""
    with Program(receiver + datagrams("receive", flows) + bench.times, SERVER_CORE) as r:
        sender = bench.peer("udp") + datagrams("send", flows) + ["--seconds", bench.seconds + 5]
        with Program(sender + ["--port", r.line()["port"]], CLIENT_CORE):
            result = r.line()
    return rate(result, 1000), cost(result, "cpu_us", 1000)


def sending(bench, sender, flows):
    """What is sent to a receiver that is there longer; datagrams that it drops count too."""
    receiver = bench.peer("udp") + datagrams("receive", flows) + ["--seconds", bench.seconds + 5]
    result = pair(receiver, sender + datagrams("send", flows) + bench.times)
    return rate(result, 1000), cost(result, "cpu_us", 1000)


def datagram_echo(bench, server, flows):
    client = bench.peer("udp") + datagrams("request", flows) + bench.times
    result = pair(server + datagrams("echo", flows), client)
    return rate(result, 1000), cost(result, "watched_cpu_us", 1000)


def race(bench, program):
    with Program(program + bench.times, SERVER_CORE) as p:
        result = p.line()
    return rate(result, 1000) * 60, cost(result, "cpu_us")


def start(bench, command):
    """From the start of the process to its first SYN on the wire; the median of some tries."""
    tries = [first_syn_ms(command) for _ in range(3 if bench.quick else 15)]
    return statistics.median(tries), None


def first_syn_ms(command):
    with socket.create_server(("127.0.0.1", 0)) as listener, \
         socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800)) as wire:
        port = listener.getsockname()[1]
        wire.bind(("lo", 0x0800))
        wire.settimeout(lab.PATIENCE_S)
        wire.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        with Program([part.replace("{port}", str(port)) for part in command], CLIENT_CORE) as p:
            while True:
                packet, control, _, _ = wire.recvmsg(2048, 64)
                header = 4 * (packet[0] & 15)
                flags = packet[header + 13]
                to = struct.unpack_from("!H", packet, header + 2)[0]
                if packet[9] == TCP and to == port and flags & SYN_ACK == SYN:
                    seconds, nanoseconds = struct.unpack("qq", control[0][2])
                    return (seconds * 10**9 + nanoseconds - p.started_ns) / 1e6


# --- The rows ---


@dataclasses.dataclass
class Row:
    title: str
    unit: str
    cpu_unit: str  # "" = not of interest
    kind: str  # of candidate
    how: typing.Callable
    must_reach: str  # what Bowline must reach
    cores: tuple = (SERVER_CORE, CLIENT_CORE)  # where others disturb


def tcp_echo(bench):
    need = ">= 0.97 raw, > asio"
    how = lambda p: echo(bench, p, 1, "pingpong", SERVER_CORE)
    # Over two cores it is the wake-ups of a virtual machine that count.
    yield Row("64-byte echo, 1 connection on one core", "kops/s", "us/op", "tcp_server", how, need,
              (SERVER_CORE,))
    for mode in ("pingpong", "spin"):
        title = f"64-byte echo, 1 connection{', awake client' * (mode == 'spin')}"
        how = lambda p, m=mode: echo(bench, p, 1, m)
        yield Row(title, "kops/s", "us/op", "tcp_latency", how, need)
    for n, mode in ((100, "pingpong"), (1000, "pingpong"), (100, "spin"), (1000, "spin")):
        title = f"64-byte echo, {n} connections{', awake client' * (mode == 'spin')}"
        how = lambda p, n=n, m=mode: echo(bench, p, n, m)
        yield Row(title, "kops/s", "us/op", "tcp_server", how, need)


def tcp_bulk(bench):
    need = ">= 0.97 raw"
    for mode, peer in (("sink", "send"), ("source", "receive")):
        how = lambda p, m=mode, o=peer: bulk(bench, p, m, bench.peer("tcp_client"), o, "server")
        yield Row(f"server: bulk {mode}, 1 MiB", "Gbit/s", "us/MiB", "tcp_server", how, need)
    for mode, peer in (("send", "sink"), ("receive", "source")):
        how = lambda p, m=mode, o=peer: bulk(bench, bench.peer("tcp_server"), o, p, m, "client")
        yield Row(f"client: bulk {mode}, 1 MiB", "Gbit/s", "us/MiB", "tcp_client", how, need)


def tcp_churn(bench):
    how = lambda p: churn(bench, p, bench.peer("tcp_client"), "127.0.0.1", "server")
    yield Row("server: accept, reply, close", "k/s", "us/op", "tcp_server", how, ">= 0.97 raw")
    for host, mode, need in (("127.0.0.1", "echo", ">= 0.97 raw"), ("127.0.0.1", "awake", ">= 0.97 raw"),
                             ("localhost", "echo", "to be named")):
        title = f"client: connect {host}, request, close{', awake server' * (mode == 'awake')}"
        how = lambda p, h=host, m=mode: churn(bench, bench.peer("tcp_server"), p, h, "client", m)
        yield Row(title, "k/s", "us/op", "tcp_client", how, need)


def tcp_idle(bench):
    how = lambda p: idle(p, bench.load(), "--connections", bench.idle_count)
    yield Row("idle TCP connection", "B", "", "tcp_server", how, "< 1024 B, goal 400 B", ())


def udp(bench):
    need = ">= 0.95 raw"
    for flows in (1, 1000):
        name = f"1200 B, {flows} flow{'s' * (flows > 1)}"
        how = lambda p, f=flows: receiving(bench, p, f)
        yield Row(f"receive {name}", "kpps", "ns/packet", "udp", how, need)
        how = lambda p, f=flows: sending(bench, p, f)
        yield Row(f"send {name}", "kpps", "ns/packet", "udp", how, need)
    how = lambda p: datagram_echo(bench, p, 1000)
    yield Row("echo 1200 B, 1000 flows", "kpps", "ns/packet", "udp", how, need)
    how = lambda p: idle(p, bench.peer("udp"), "--flows", bench.idle_count)
    yield Row("idle UDP flow", "B", "", "udp", how, "< 512 B", ())


def races(bench):
    how = lambda p: race(bench, p)
    yield Row("simulated races", "k/min", "us/race", "race", how, ">= 1000 k/min", (SERVER_CORE,))


def starts(bench):
    if os.geteuid() != 0:
        print("start: needs root to see packets", file=sys.stderr)
        return
    yield Row("start to first SYN", "ms", "", "start", lambda p: start(bench, p), "< 10 ms", (CLIENT_CORE,))


SUBCOMMANDS = {"tcp-echo": tcp_echo, "tcp-bulk": tcp_bulk, "tcp-churn": tcp_churn, "tcp-idle": tcp_idle,
               "udp": udp, "race": races, "start": starts}


# --- Rounds and the table ---


def one_round(programs, row):
    samples = {}
    for name, command in programs.items():
        others = Others(row.cores)
        value, cpu = row.how(command)
        samples[name] = {"value": value, "cpu": cpu, "others": others.share() if row.cores else 0.0}
    return samples


def rounds_of(programs, row, arguments):
    """Interleaved; a round that others disturbed is tried up to three times: the least disturbed counts."""
    rounds = []
    for _ in range(arguments.rounds):
        tries = []
        while len(tries) < 3 and (not tries or disturbance(tries[-1]) > arguments.others):
            tries.append(one_round(programs, row))
        rounds.append(min(tries, key=disturbance))
    return rounds


def disturbance(samples):
    return max(s["others"] for s in samples.values())


def number(x):
    return f"{x:.0f}" if abs(x) >= 100 else f"{x:.1f}" if abs(x) >= 10 else f"{x:.2f}"


def print_row(row, rounds):
    def median_of(value):
        return statistics.median(value(r) for r in rounds)

    for name in rounds[0]:
        values = sorted(r[name]["value"] for r in rounds)
        spread = " / ".join(number(x) for x in (values[0], statistics.median(values), values[-1]))
        ratio = cpu = others = "-"
        if PEER in rounds[0] and all(r[PEER]["value"] > 0 for r in rounds):
            ratio = f"{median_of(lambda r: r[name]['value'] / r[PEER]['value']):.2f}"
        if row.cpu_unit:
            cpu = f"{number(median_of(lambda r: r[name]['cpu']))} {row.cpu_unit}"
        if row.cores:
            others = f"{100 * max(r[name]['others'] for r in rounds):.0f} %"
        need = row.must_reach if name == "bowline" else ""
        cells = [row.title, name, f"{spread} {row.unit}", ratio, cpu, others, need]
        print(f"| {' | '.join(cells)} |", flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=[*SUBCOMMANDS, "all"], nargs="+")
    parser.add_argument("--build", default="build", help="the build folder (made with BOWLINE_BUILD_BENCH)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="counted time of one measurement")
    parser.add_argument("--warmup", type=float, default=0.5)
    parser.add_argument("--only", help="candidates beside the peer, with commas: asio,bowline")
    parser.add_argument("--add", action="append", default=[], metavar="KIND:NAME=COMMAND",
                        help="another candidate, such as udp:other=../else/udp")
    parser.add_argument("--others", type=float, default=0.1,
                        help="a round is repeated if others used more than this share of the cores")
    parser.add_argument("--quick", action="store_true", help="does it work at all: one short round")
    parser.add_argument("--json", help="writes every sample to this file")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.seconds, arguments.warmup, arguments.others = 1, 0.3, 0.1, 1.0
    return arguments


def main():
    arguments = parse_arguments()
    notes = lab.enter_namespace()
    for note in notes:
        print(f"note: {note}")
    bench = Bench(arguments)
    if not os.access(bench.load()[0], os.X_OK):
        sys.exit(f"no programs in {bench.folder}: build with -DBOWLINE_BUILD_BENCH=ON")
    print("| what | who | min / median / max | x raw | CPU | others, at most | must reach |")
    print("|---|---|---|---|---|---|---|")
    report = []
    for name, rows in SUBCOMMANDS.items():
        if name not in arguments.what and "all" not in arguments.what:
            continue
        for row in rows(bench):
            programs = bench.programs(row.kind)
            if not programs:
                print(f"note: {row.title}: nobody takes part", file=sys.stderr)
                continue
            rounds = rounds_of(programs, row, arguments)
            print_row(row, rounds)
            report.append({"what": row.title, "unit": row.unit, "cpu_unit": row.cpu_unit,
                           "must_reach": row.must_reach, "rounds": rounds})
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps({"notes": notes, "rows": report}, indent=1) + "\n")


if __name__ == "__main__":
    main()
