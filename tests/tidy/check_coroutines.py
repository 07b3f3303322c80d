"""Two shapes that GCC 12 miscompiles stay out of all that awaits, and coroutines out of the rooms below api.

See tests/compiler. The rule is: name the awaited result, name the options.
"""
import re

from tree import line_of

WITHOUT = tuple(f"src/{room}" for room in ("base", "wire", "core", "ports", "drive", "linux"))
WITH = ("tests", "examples", "src/cli", "src/api", "sim", "include")
# The shapes themselves, on purpose.
EXEMPT = "tests/compiler"


def balanced(text, start):
    """The text from the bracket at `start` to its partner."""
    depth = 0
    for offset in range(start, len(text)):
        depth += (text[offset] in "([{") - (text[offset] in ")]}")
        if depth == 0:
            return text[start:offset + 1]
    return text[start:]


def full_expression(text, start):
    """From `start` to the semicolon or bracket that ends the expression."""
    depth = 0
    for offset in range(start, len(text)):
        depth += (text[offset] in "([{") - (text[offset] in ")]}")
        if depth < 0 or (depth == 0 and text[offset] == ";"):
            return text[start:offset]
    return text[start:]


def has_braced_temporary(expression):
    """A brace after `(`, a comma or a type's name; one after `)` or `]` opens a lambda."""
    for match in re.finditer(r"([\w>(,])\s*\{", expression):
        word = re.search(r"\w+$", expression[:match.start() + 1])
        if not word or word[0] not in ("mutable", "noexcept", "const"):
            return True
    return False


def check(tree, _build):
    for path in tree.code(*WITHOUT):
        text = tree.stripped(path)
        for match in re.finditer(r"\bco_(await|return|yield)\b", text):
            yield f"{path}:{line_of(text, match.start())}: no coroutines in this room"
    for path in tree.code(*WITH):
        if not str(path).startswith(EXEMPT):
            yield from bad_shapes(path, tree.stripped(path))


def bad_shapes(path, text):
    for match in re.finditer(r"\b(if|switch|while)\s*(constexpr\s*)?(?=\()", text):
        if "co_await" in balanced(text, match.end()):
            yield f"{path}:{line_of(text, match.start())}: name the awaited result before the {match[1]}"
    for match in re.finditer(r"\bco_await\b", text):
        if has_braced_temporary(full_expression(text, match.end())):
            yield f"{path}:{line_of(text, match.start())}: name the options before awaiting"


GOOD = """// if (co_await f())
Task g() {
  auto r = co_await f(options);
  if (r) co_return;
  co_await run([] { return 1; });
  co_await run([]() mutable { return 1; });
  for (;;) { co_await g(); }
}
"""
BAIT = [
    ({"tests/a.cpp": GOOD, "src/core/a.cpp": "// co_await is explained here\n"}, None),
    ({"src/drive/a.cpp": "Task f() { co_return; }\n"}, "src/drive/a.cpp:1: no coroutines"),
    ({"examples/a.cpp": "Task f() {\n  if (co_await g()) {}\n}\n"}, "a.cpp:2: name the awaited result"),
    ({"src/cli/a.cpp": "Task f() { switch ((co_await g()).kind()) {} }\n"}, "before the switch"),
    ({"tests/a.cpp": "Task f() { co_await open({.host = h}); }\n"}, "name the options"),
    ({"tests/a.cpp": "Task f() { auto c = co_await open(1,\n  Options{h}); }\n"}, "name the options"),
]
