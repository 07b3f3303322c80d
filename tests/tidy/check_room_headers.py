"""Each header of a room compiles alone and twice. It takes minutes, so that only `make lint` asks for it."""
from check_headers import compile_all


def check(tree, _build):
    headers = [path for path in tree.code("src", "sim") if path.suffix == ".h"]
    yield from compile_all(tree.root, [("c++", path) for path in headers])


BAIT = [
    ({"src/base/a.h": "#pragma once\n#include <string>\nstruct A { std::string s; };\n"}, None),
    ({"src/base/a.h": "#pragma once\nstruct A { std::string s; };\n"}, "does not compile alone"),
    ({"sim/a.h": "struct A {};\n"}, "does not compile alone"),
]
