"""Every folder with code has a README.md of at most 15 lines; a parent's may speak for it, by `folder/`."""
LINES_MAX = 15
PLACES = ("include", "src", "sim", "tests", "fuzz", "bench", "examples", "scripts")
CODE = {".h", ".cpp", ".py", ".sh"}


def has_readme(tree, folder):
    if (tree.root / folder / "README.md").exists():
        return True
    above = tree.root / folder.parent / "README.md"
    return above.exists() and f"{folder.name}/" in above.read_text(encoding="utf-8")


def check(tree, _build):
    folders = {path.parent for path in tree.files if path.suffix in CODE and path.parts[0] in PLACES}
    for folder in sorted(folders):
        if not has_readme(tree, folder):
            yield f"{folder} has no README.md"
    for path in tree.files:
        if path.name == "README.md" and path.parts[0] in PLACES:
            lines = len(tree.text(path).splitlines())
            if lines > LINES_MAX:
                yield f"{path} has {lines} lines; {LINES_MAX} is the most"


BAIT = [
    ({"src/base/a.h": "", "src/base/README.md": "# base\n"}, None),
    ({"src/base/detail/a.h": "",
      "src/base/README.md": "`detail/` holds\n", "docs/README.md": "\n" * 99}, None),
    ({"src/base/a.h": ""}, "src/base has no README.md"),
    ({"src/base/a.h": "", "src/base/README.md": "line\n" * (LINES_MAX + 1)}, "16 lines"),
]
