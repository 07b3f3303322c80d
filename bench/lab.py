"""Where benchmarks run: a network namespace of their own, pinned programs, and what others did meanwhile."""

import fcntl
import json
import os
import resource
import shutil
import socket
import struct
import subprocess
import sys
import time

SERVER_CORE, CLIENT_CORE = 0, min(1, (os.cpu_count() or 1) - 1)
INSIDE = "BOWLINE_BENCH_INSIDE"
GIVE_BACK = "BOWLINE_BENCH_GIVE_BACK"
IPV4 = "/proc/sys/net/ipv4/"
PATIENCE_S = 10


def enter_namespace():
    """Starts this script again in a new network namespace, then sets that up. Gives notes for the reader."""
    if INSIDE not in os.environ:
        unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
        tried = shutil.which("unshare") and subprocess.run(unshare + ["true"], stderr=subprocess.DEVNULL)
        if tried and tried.returncode == 0:
            os.environ[INSIDE] = "namespace"
            allow_cubic()
            os.execvp("unshare", unshare + [sys.executable] + sys.argv)
        os.environ[INSIDE] = "host"
    if os.environ[INSIDE] == "host":
        return ["no network namespace (needs root or user namespaces): the host's settings apply"]
    raise_loopback()
    return set_limits() + set_cubic() + set_priority()


def raise_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        interface = struct.pack("16sh22x", b"lo", 1)  # IFF_UP
        fcntl.ioctl(s, 0x8914, interface)  # SIOCSIFFLAGS


def write(path, text):
    try:
        with open(path, "w", encoding="ascii") as f:
            f.write(text)
    except OSError as error:
        return f"{path}: {error.strerror}"
    return None


def read(path):
    with open(path, encoding="ascii") as f:
        return f.read()


def set_limits():
    """Ports for many short connections: with TIME_WAIT a client would run out of them within seconds."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    tried = [write(IPV4 + "ip_local_port_range", "1024 65535"), write(IPV4 + "tcp_max_tw_buckets", "0")]
    return [note for note in tried if note]


def allow_cubic():
    """Only what the host allows can become a namespace's default. Done outside; the descriptor to give it
    back with goes inside, where the host's setting cannot be reached otherwise."""
    path = IPV4 + "tcp_allowed_congestion_control"
    allowed = read(path).strip()
    if "cubic" not in allowed.split() and write(path, allowed + " cubic") is None:
        descriptor = os.open(path, os.O_WRONLY)
        os.set_inheritable(descriptor, True)
        os.environ[GIVE_BACK] = f"{descriptor} {allowed}"


def set_cubic():
    """BBR without the fq queue cuts loopback bulk up to five times."""
    failed = write(IPV4 + "tcp_congestion_control", "cubic")
    if GIVE_BACK in os.environ:
        descriptor, allowed = os.environ.pop(GIVE_BACK).split(" ", 1)
        os.write(int(descriptor), allowed.encode())
        os.close(int(descriptor))
    now = read(IPV4 + "tcp_congestion_control").strip()
    return [f"congestion control stays {now}: do not trust bulk figures"] if failed else []


def set_priority():
    try:
        os.nice(-20)
    except PermissionError:
        return ["not at nice -20: others' load disturbs more"]
    return []


class Program:
    """A running program, pinned to a core, that talks JSON lines on stdout."""

    def __init__(self, command, core):
        self.command = [str(part) for part in command]
        reader, writer = os.pipe()

        def prepare():
            os.sched_setaffinity(0, {core})
            write("/proc/self/autogroup", "-20")  # a scheduler that groups by session ignores nice
            os.write(writer, time.time_ns().to_bytes(8, "little"))

        self.process = subprocess.Popen(self.command, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, start_new_session=True, preexec_fn=prepare)
        self.started_ns = int.from_bytes(os.read(reader, 8), "little")
        os.close(reader)
        os.close(writer)

    @property
    def pid(self):
        return self.process.pid

    def line(self):
        """The next line that it prints; ends the run if it has none."""
        text = self.process.stdout.readline()
        if not text:
            sys.exit(f"{' '.join(self.command)}: ended with {self.process.wait()} and no result")
        return json.loads(text)

    def go_on(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def anonymous_bytes(self):
        """User memory that is not a file's: what connections cost, without code that is new to them."""
        for line in read(f"/proc/{self.pid}/smaps_rollup").splitlines():
            if line.startswith("Anonymous:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no Anonymous line in smaps_rollup")


class Others:
    """The share of some cores that others used, or that was stolen from the virtual machine, meanwhile."""

    def __init__(self, cores):
        self.cores = {f"cpu{core}" for core in cores}
        self.started, self.busy, self.ours = time.monotonic(), self.busy_s(), self.ours_s()

    def busy_s(self):
        total = 0
        for line in read("/proc/stat").splitlines():
            name, *ticks = line.split()
            if name in self.cores:
                user, nice, system, _, _, irq, softirq, steal, *_ = map(int, ticks)
                total += user + nice + system + irq + softirq + steal
        return total / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def ours_s():
        usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(u.ru_utime + u.ru_stime for u in usage)

    def share(self):
        """Call when all programs that were started in between have been stopped."""
        elapsed = (time.monotonic() - self.started) * max(1, len(self.cores))
        return max(0.0, (self.busy_s() - self.busy - (self.ours_s() - self.ours)) / elapsed)
