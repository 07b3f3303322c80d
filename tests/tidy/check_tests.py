"""Tests look at outputs and never wait for real time to pass."""
import re

from tree import is_test, line_of

FRIEND = re.compile(r"\bfriend\s+(class|struct)\s+\w*(Test|Peer)\w*|\bFRIEND_TEST\b")
# `loop.sleep(...)` is ours: under the simulator it takes no time.
SLEEP = re.compile(r"(?<![\w.>])(?:this_thread::|::)*(sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\(")


def check(tree, _build):
    for path in tree.code():
        text = tree.stripped(path)
        for match in FRIEND.finditer(text):
            yield f"{path}:{line_of(text, match.start())}: no test is a friend: look at outputs"
        if is_test(path):
            for match in SLEEP.finditer(text):
                yield f"{path}:{line_of(text, match.start())}: wait for what you expect, not with {match[1]}"


BAIT = [
    ({"src/core/a.h": "class A { friend class B; };\n",
      "tests/a.cpp": "// sleep_for(1)\nvoid f() { asleep(); loop.sleep(1s); }\n"}, None),
    ({"src/core/a.h": "class A {\n friend class RaceTest;\n};\n"}, "src/core/a.h:2: no test is a friend"),
    ({"src/core/a_test.cpp": "void f() { std::this_thread::sleep_for(x); }\n"}, "not with sleep_for"),
    ({"tests/linux/a.cpp": "void f() { usleep(5); }\n"}, "not with usleep"),
]
