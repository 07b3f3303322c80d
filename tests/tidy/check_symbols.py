"""base, wire and core ask the host for nothing: no clock, socket, thread, file or chance is undefined."""
import re
import subprocess

ROOMS = ("base", "wire", "core")
FORBIDDEN = {
    "clock": r"""std::chrono::.*::now\(\) | clock_gettime | clock_nanosleep | gettimeofday | time | clock
        | (local|gm)time(_r)? | nanosleep | usleep | sleep | timerfd_\w+ | timer_\w+""",
    "socket": r"""socket | socketpair | connect | bind | listen | accept4? | send(to|m?msg)?
        | recv(from|m?msg)? | shutdown | [gs]etsockopt | getaddrinfo | getnameinfo | gethostby\w+ | if_\w+
        | getifaddrs | p?poll | p?select | epoll_\w+ | eventfd""",
    "thread": r"""pthread_\w+ | thrd_\w+ | mtx_\w+ | cnd_\w+ | std::j?thread::.* | std::this_thread::.*
        | std::condition_variable.* | v?fork | execv\w* | posix_spawn\w*
        | sigaction | signal | raise | kill""",
    "random": r"""getrandom | getentropy | arc4random\w* | s?rand(om)?(_r)? | [delmnjs]rand48
        | std::random_device::.*""",
    "file": r"""open(at)?(64)? | creat | close | p?(read|write)v?(64)? | [fl]?stat(x|at)?(64)? | unlink
        | rename | f(re)?open(64)? | fdopen | fread | fwrite | fclose | fputs | puts | v?f?printf
        | putchar | mmap(64)? | ioctl | fcntl(64)? | syscall | std::filesystem::.*
        | std::basic_[io]?f(ile|stream).* | std::c(out|err|log|in) | std::ios_base::Init::.*""",
    "environment": r"""(secure_)?getenv | setenv | putenv | (__)?environ | gethostname | uname
        | getpid | getuid | sysconf | setlocale""",
}
PATTERNS = {kind: re.compile(pattern, re.VERBOSE) for kind, pattern in FORBIDDEN.items()}


def undefined(path):
    nm = subprocess.run(["nm", "-u", "--demangle", path], check=True, capture_output=True, text=True)
    member = ""
    for line in nm.stdout.splitlines():
        if line.endswith(":"):
            member = line[:-1]
        elif match := re.match(r"\s+[UwvW] (.+)", line):
            yield member, re.sub(r"@+GLIBC\w*[\w.]*$", "", match[1])


def check(_tree, build):
    for room in ROOMS:
        archive = build / f"libbowline_{room}.a"
        if not archive.exists():
            yield f"{archive} is not built"
            continue
        for member, symbol in undefined(archive):
            for kind, pattern in PATTERNS.items():
                if pattern.fullmatch(symbol):
                    yield f"{archive.name}({member}) uses {symbol}: {kind}"


def prepare(root):
    """Makes the archives that a bait's source stands for."""
    subprocess.run(["c++", "-std=c++23", "-c", "a.cpp"], cwd=root, check=True)
    for room in ROOMS:
        members = ["a.o"] if room == "core" else []
        subprocess.run(["ar", "rcs", f"libbowline_{room}.a", *members], cwd=root, check=True)


BAIT = [
    ({"a.cpp": "#include <string>\nstd::string twice(std::string s) { return s + s; }"}, None),
    ({"a.cpp": "#include <chrono>\nauto f() { return std::chrono::steady_clock::now(); }"}, ": clock"),
    ({"a.cpp": "#include <ctime>\nauto f() { return std::time(nullptr); }"}, "uses time: clock"),
    ({"a.cpp": "#include <sys/socket.h>\nint f() { return socket(1, 2, 3); }"}, "uses socket: socket"),
    ({"a.cpp": "#include <mutex>\nstd::mutex m;\nvoid f() { m.lock(); }"}, ": thread"),
    ({"a.cpp": "#include <random>\nunsigned f() { return std::random_device()(); }"}, ": random"),
    ({"a.cpp": "#include <fstream>\nstd::ifstream f() { return std::ifstream(\"x\"); }"}, ": file"),
    ({"a.cpp": "#include <iostream>\nvoid f() { std::cerr << 1; }"}, ": file"),
    ({"a.cpp": "#include <cstdlib>\nauto f() { return std::getenv(\"x\"); }"}, ": environment"),
]
