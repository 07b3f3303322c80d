"""base, wire and core ask the host for nothing: what they leave undefined holds no clock, socket, file or chance."""
import re
import subprocess

ROOMS = ("base", "wire", "core")
FORBIDDEN = {
    "clock": r"std::chrono::.*::now\(\)|clock_gettime|clock_nanosleep|gettimeofday|time|clock|localtime(_r)?|gmtime(_r)?"
             r"|nanosleep|usleep|sleep|timerfd_\w+|timer_\w+",
    "socket": r"socket|socketpair|connect|bind|listen|accept4?|send|sendto|sendmm?sg|recv|recvfrom|recvmm?sg|shutdown"
              r"|[gs]etsockopt|getaddrinfo|getnameinfo|gethostby\w+|if_\w+|getifaddrs|poll|ppoll|select|epoll_\w+|eventfd",
    "thread": r"pthread_\w+|thrd_\w+|mtx_\w+|cnd_\w+|std::thread::.*|std::jthread::.*|std::this_thread::.*"
              r"|std::condition_variable.*|fork|vfork|execv\w*|posix_spawn\w*|sigaction|signal|raise|kill",
    "random": r"getrandom|getentropy|arc4random\w*|s?rand(om)?(_r)?|[delmn]rand48|std::random_device::.*",
    "file": r"open(at)?(64)?|creat|close|p?read(64)?|p?write(64)?|readv|writev|f?stat(64|x|at)?|lstat|unlink|rename|fopen(64)?"
            r"|fdopen|fread|fwrite|fclose|fputs|puts|v?f?printf|putchar|mmap(64)?|ioctl|fcntl(64)?|std::filesystem::.*"
            r"|std::basic_[io]?f(ile|stream).*|std::c(out|err|log|in)|std::ios_base::Init::.*|syscall",
    "environment": r"(secure_)?getenv|setenv|putenv|environ|__environ|gethostname|uname|getpid|getuid|sysconf|setlocale",
}
PATTERNS = {kind: re.compile(pattern) for kind, pattern in FORBIDDEN.items()}


def undefined(path):
    output = subprocess.run(["nm", "-u", "--demangle", str(path)], check=True, capture_output=True, text=True).stdout
    member = ""
    for line in output.splitlines():
        if line.endswith(":"):
            member = line[:-1]
        elif match := re.match(r"\s+[UwvW] (.+)", line):
            yield member, re.sub(r"@+GLIBC\w*[\w.]*$", "", match[1])


def check(_tree, build):
    archives = [path for room in ROOMS for path in sorted(build.glob(f"**/libbowline_{room}.a"))]
    if not archives:
        yield f"no libbowline_{{{','.join(ROOMS)}}}.a below {build}"
    for archive in archives:
        for member, symbol in undefined(archive):
            for kind, pattern in PATTERNS.items():
                if pattern.fullmatch(symbol):
                    yield f"{archive.name}({member}) uses {symbol}: {kind}"


def prepare(root):
    """Makes the archive that a bait's source stands for."""
    subprocess.run(["c++", "-std=c++23", "-c", "a.cpp"], cwd=root, check=True)
    subprocess.run(["ar", "rc", "libbowline_core.a", "a.o"], cwd=root, check=True)


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
