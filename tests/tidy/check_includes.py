"""Each room includes only what DESIGN's arrows allow; public headers show neither rooms nor third parties."""
import re

from tree import is_test

SEES = {
    "base": {"base"},
    "wire": {"wire", "base"},
    "core": {"core", "wire", "base"},
    "ports": {"ports", "base"},
    "drive": {"drive", "core", "wire", "ports", "base"},
    "linux": {"linux", "ports", "base"},
    "crypto": {"crypto", "ports", "base"},
    "api": {"api", "drive", "core", "wire", "ports", "base"},
    "stores": {"stores", "ports", "base"},
    "session": {"session", "core", "wire", "ports", "base"},
    "peers": {"peers", "base"},
    "cli": {"cli"},
    "sim": {"sim", "wire", "ports", "base"},
    "compose_sim": {"compose_sim", "sim", "drive", "core", "wire", "ports", "base"},
}
PURE = {"base", "wire", "core"}
NOT_IN_PURE = {"<thread>", "<mutex>", "<shared_mutex>", "<condition_variable>", "<future>", "<stop_token>",
               "<random>", "<iostream>", "<fstream>", "<filesystem>", "<ctime>", "<csignal>"}
NO_COROUTINES = PURE | {"ports", "drive", "linux", "crypto", "stores"}
# The one place that names linux, crypto and stores.
# Tests of the api on a host whose system calls fail name that host too.
COMPOSE = re.compile(r"src/api/(?:secure/)?(compose\w*\.(h|cpp)|\w+_test\.cpp)")
# <sys/auxv.h> says whether the processor encrypts AES by itself.
CRYPTO_LIBRARIES = re.compile(r"<(gnutls/|nettle/|idn2\.h|sys/auxv\.h)")
# Libraries that ask the host for nothing, each in the one room that knows it.
LIBRARIES = {"wire": {"<idn2.h>"}, "core": {"<nghttp2/nghttp2.h>", "<zlib.h>"},
             # Codings and public suffixes; files that are sent and downloaded.
             "session": {"<zlib.h>", "<brotli/decode.h>", "<zstd.h>", "<libpsl.h>", "<fcntl.h>", "<sys/stat.h>",
                         "<unistd.h>"},
             # A database in a file, which is made, locked and set aside.
             "stores": {"<sqlite3.h>", "<fcntl.h>", "<sys/file.h>", "<sys/stat.h>", "<unistd.h>"}}
CLI_LIBRARIES = re.compile(r"<(fmt|CLI|nlohmann)/|<idn2\.h>|<qrencode\.h>")
# Only the command talks to a terminal and to signals.
CLI_SYSTEM = {"<unistd.h>", "<signal.h>", "<termios.h>", "<sys/ioctl.h>", "<fcntl.h>", "<poll.h>",
              # Files that are served.
              "<dirent.h>", "<sys/stat.h>", "<sys/syscall.h>", "<linux/openat2.h>"}


def room_of(path):
    return path.parts[1] if path.parts[0] == "src" else path.parts[0]


def serving_tests(tree, paths):
    """Headers that only tests include, or headers that do."""
    includers = {}
    for path in paths:
        for _, include in tree.includes(path):
            includers.setdefault(include.strip('<>"'), set()).add(path)
    found = set()
    while True:
        more = {path for path in paths if path.suffix == ".h" and path not in found and
                (above := includers.get(str(path).removeprefix("src/"))) and
                all(is_test(one) or one in found for one in above)}
        if not more:
            return found
        found |= more


def refusal(path, include, is_test):
    """Why `path` may not include `include`, or None."""
    room = room_of(path)
    name = include.strip('<>"')
    if is_test:
        return f"{room} may not see linux" if include.startswith('"linux/') and room not in ("linux", "api") else None
    if room == "examples":
        return "examples see what users see" if include.startswith('"') and "/" in name else None
    if room == "include":
        return refusal_public(path, include, name)
    if include.startswith('"'):
        return refusal_room(path, room, name)
    if include.startswith("<bowline/"):
        return None
    if "." in name or "/" in name:
        of_cli = CLI_LIBRARIES.match(include) or include in CLI_SYSTEM
        of_crypto = CRYPTO_LIBRARIES.match(include)
        allowed = (room == "linux" or (room == "cli" and of_cli) or (room == "crypto" and of_crypto)
                   or include in LIBRARIES.get(room, ()))
        return None if allowed else f"{include} belongs in src/linux"
    if room in PURE and include in NOT_IN_PURE:
        return f"{room} asks the host for nothing, so it has no use for {include}"
    if room in NO_COROUTINES and include == "<coroutine>":
        return f"no coroutines in {room}"
    return None


def refusal_public(path, include, name):
    if include.startswith('"'):
        return "public headers write <bowline/...>"
    if name.startswith("bowline/") or not ("." in name or "/" in name):
        return "a stream library is too much for a header" if include == "<iostream>" else None
    if str(path) == "include/bowline/fmt.h" and name.startswith("fmt/"):
        return None
    if str(path) == "include/bowline/json.h" and name.startswith("nlohmann/"):
        return None
    if str(path) == "include/bowline/asio.h" and name.startswith("asio"):
        return None
    return f"{include} is neither C++ nor ours"


def refusal_room(path, room, name):
    target = name.split("/")[0]
    if "/" not in name:
        return f'write "{room}/{name}"'
    if target in SEES.get(room, {room}) or (target in ("linux", "crypto", "stores") and COMPOSE.fullmatch(str(path))):
        return None
    return f"{room} may not see {target}"


def check(tree, _build):
    paths = tree.code("include", "src", "sim", "examples")
    for_tests = serving_tests(tree, tree.code())
    for path in paths:
        for number, include in tree.includes(path):
            if reason := refusal(path, include, is_test(path) or path in for_tests):
                yield f"{path}:{number}: {reason}"


BAIT = [
    ({"src/core/a.cpp": '#include "wire/b.h"\n#include <chrono>\n',
      "src/wire/a.cpp": "#include <idn2.h>\n",
      "src/linux/a.cpp": "#include <sys/epoll.h>\n", "src/crypto/a.h": "#include <gnutls/gnutls.h>\n",
      "include/bowline/asio.h": "#include <asio/async_result.hpp>\n#include <bowline/error.h>\n",
      "src/api/compose.cpp": '#include "linux/host.h"\n', "src/cli/a.cpp": "#include <fmt/format.h>\n",
      "src/core/a_test.cpp": '#include <gtest/gtest.h>\n#include "core/scene.h"\n',
      "src/core/scene.h": "#include <fstream>\n"}, None),
    ({"src/core/a_test.cpp": '#include "core/a.h"\n', "src/core/a.cpp": '#include "core/a.h"\n',
      "src/core/a.h": "#include <fstream>\n"}, "no use for <fstream>"),
    ({"src/wire/a.cpp": '#include "core/b.h"\n'}, "wire may not see core"),
    ({"src/drive/a.cpp": '#include "linux/b.h"\n'}, "drive may not see linux"),
    ({"src/api/open.cpp": '#include "linux/b.h"\n'}, "api may not see linux"),
    ({"src/cli/a.cpp": '#include "drive/b.h"\n'}, "cli may not see drive"),
    ({"src/core/a_test.cpp": '#include "linux/b.h"\n'}, "core may not see linux"),
    ({"examples/a.cpp": '#include "base/b.h"\n'}, "what users see"),
    ({"sim/a.cpp": '#include "linux/b.h"\n'}, "sim may not see linux"),
    ({"src/drive/a.h": "#include <sys/socket.h>\n"}, "belongs in src/linux"),
    ({"src/drive/a.h": "#include <gnutls/gnutls.h>\n"}, "belongs in src/linux"),
    ({"src/crypto/a.h": "#include <sys/socket.h>\n"}, "belongs in src/linux"),
    ({"src/core/a.cpp": "#include <idn2.h>\n"}, "belongs in src/linux"),
    ({"src/core/a.h": "#include <thread>\n"}, "no use for <thread>"),
    ({"include/bowline/a.h": '#include "base/b.h"\n'}, "public headers"),
    ({"include/bowline/a.h": "#include <netinet/in.h>\n"}, "neither C++ nor ours"),
    ({"include/bowline/a.h": "#include <asio.hpp>\n"}, "neither C++ nor ours"),
]
