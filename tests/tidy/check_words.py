"""Names that name nothing, notes to self, wide lines, words that tie us to one machine or package host."""
import re

from tree import CODE, SCRIPTS

COLUMNS_MAX = 110
# Scripts have no formatter here that would break their lines.
COLUMNS_MAX_OF_SCRIPTS = 127
EMPTY_NAMES = ("manager", "helper", "util", "utils", "common", "misc", "impl")
TEXT = CODE | SCRIPTS | {".md", ".txt", ".in", ".toml", ".json", ".yml", ".yaml", ""}
BANNED = [
    (re.compile(r"\b(TODO|FIXME|XXX|HACK)\b"), "write an issue or do it"),
    (re.compile(r"(?<![\w.}$-])/(work|root|home)/\w|/tmp/b-"), "a path of one machine"),
    (re.compile(r"\b((deb|security|snapshot)\.debian|archive\.ubuntu|pypi|registry\.npmjs)\.(org|com)\b"),
     "a package host"),
]


def is_ours(path):
    return path.name != "LICENSE" and path.suffix in TEXT and path.parts[:2] != ("fuzz", "corpus")


def check(tree, _build):
    for path in tree.files:
        for word in re.split(r"[_\-.]", path.name.lower()):
            if word in EMPTY_NAMES and path.suffix in CODE | SCRIPTS:
                yield f"{path}: '{word}' says nothing; name the question that the file answers"
        if is_ours(path):
            yield from bad_lines(tree, path)


def columns_max(path):
    return COLUMNS_MAX if path.suffix in CODE else COLUMNS_MAX_OF_SCRIPTS


def bad_lines(tree, path):
    is_code = path.suffix in CODE | SCRIPTS or path.name == "CMakeLists.txt"
    for number, line in enumerate(tree.text(path).splitlines(), 1):
        if is_code and len(line) > columns_max(path):
            yield f"{path}:{number}: {len(line)} columns; {columns_max(path)} is the most"
        for pattern, reason in BANNED if path.parts[:2] != ("tests", "tidy") else []:
            if match := pattern.search(line):
                yield f"{path}:{number}: '{match[0]}': {reason}"


BAIT = [
    ({"src/base/bytes.h": "// a todo list; ${x}/work/a\n" + "x" * COLUMNS_MAX + "\n",
      "a.md": "y" * 200 + "\n"}, None),
    ({"src/base/string_utils.h": ""}, "'utils' says nothing"),
    ({"src/base/a.h": "x" * (COLUMNS_MAX + 1)}, "111 columns"),
    ({"src/base/a.h": "// TO" + "DO later"}, "do it"),
    ({"docs/a.md": "see /wo" + "rk/main"}, "one machine"),
    ({"scripts/a.sh": "cd /tm" + "p/b-x"}, "one machine"),
    ({"scripts/a.sh": "curl http://deb.deb" + "ian.org"}, "a package host"),
]
