"""No file has more lines than one can keep in mind, and no function more than a screen."""
import re

from tree import is_test, line_of

FILE_LINES, HEADER_LINES, TEST_LINES, FUNCTION_LINES = 450, 400, 450, 70
NOT_A_FUNCTION = re.compile(
    r"\b(if|for|while|switch|catch|do|else|namespace|class|struct|enum|union)\b|[=,\[]\s*$")


def functions(text):
    """(name, first line, lines) of each brace block at namespace or class level whose head has parameters."""
    inside = []  # for each open brace: where a function's head starts, or None if it opens something else
    head_start = 0
    for match in re.finditer(r"[{};]", text):
        mark, offset = match[0], match.start()
        if mark == "{":
            head = text[head_start:offset]
            in_function = any(start is not None for start in inside)
            is_function = not in_function and "(" in head and not NOT_A_FUNCTION.search(head)
            inside.append(head_start + len(head) - len(head.lstrip()) if is_function else None)
        elif mark == "}" and inside:
            start = inside.pop()
            if start is not None:
                first = line_of(text, start)
                name = re.search(r"([\w:~]+)\s*\(", text[start:offset])
                yield name[1] if name else "?", first, line_of(text, offset) - first + 1
        head_start = match.end()


def oversized(tree, path):
    text = tree.stripped(path)
    lines = text.count("\n")
    limit = TEST_LINES if is_test(path) else HEADER_LINES if path.suffix == ".h" else FILE_LINES
    if lines > limit:
        yield f"{path}: {lines} lines (limit {limit})"
    for name, first, count in functions(text):
        if count > FUNCTION_LINES and not is_test(path):
            yield f"{path}:{first}: {name} has {count} lines (limit {FUNCTION_LINES})"


def check(tree, _build):
    for path in tree.code():
        yield from oversized(tree, path)


LONG = "  work();\n" * FUNCTION_LINES
BAIT = [
    ({"src/a.cpp": "namespace n {\n" + "int f() {\n  if (x) {\n  }\n}\n" * 100 + "}\n"}, None),
    ({"src/a.cpp": "namespace n {\nint f(int a) {\n" + LONG + "}\n}\n"}, "src/a.cpp:2: f has 72 lines"),
    ({"src/a.cpp": "struct S {\n  S() : a(1) {\n" + LONG + "}\n};\n"}, "S has 72 lines"),
    ({"src/a.h": "int x;\n" * (HEADER_LINES + 1)}, "401 lines"),
]
