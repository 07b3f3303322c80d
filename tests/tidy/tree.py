"""The files of a source tree, and their text without what is not code."""
import functools
import os
import pathlib
import re

CODE = {".h", ".cpp"}
SCRIPTS = {".py", ".sh", ".cmake"}
SKIPPED_FOLDERS = {".git", ".cache", "build", "__pycache__"}

COMMENT_OR_LITERAL = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.DOTALL)


class Tree:
    def __init__(self, root):
        self.root = pathlib.Path(root)

    @functools.cached_property
    def files(self):
        """Every file of ours as a path relative to the root, sorted."""
        found = []
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS)
            found += [(pathlib.Path(folder) / name).relative_to(self.root) for name in names]
        return sorted(found)

    def code(self, *folders):
        """The C++ files below the folders, or all."""
        return [path for path in self.files if path.suffix in CODE and is_below(path, folders)]

    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8", errors="replace")

    def stripped(self, path):
        """The text with comments and literals blanked; lines stay where they are."""
        return strip(self.text(path))

    def includes(self, path):
        """(line number, "<x>" or '"x"') of each include."""
        for number, line in enumerate(self.text(path).splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*(<[^>]+>|"[^"]+")', line)
            if match:
                yield number, match[1]


def is_below(path, folders):
    return not folders or any(str(path).startswith(folder.rstrip("/") + "/") for folder in folders)


def strip(text):
    def blank(match):
        return re.sub(r"[^\n]", " " if match[0].startswith("/") else "_", match[0])
    return COMMENT_OR_LITERAL.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def is_test(path):
    return path.stem.endswith("_test") or path.parts[0] == "tests"
