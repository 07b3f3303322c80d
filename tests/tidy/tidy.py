#!/usr/bin/env python3
"""Architecture and style as tests: tidy.py CHECK [--root R] [--build B]; with --can-fail, on its own bait.

Each check is a module `check_CHECK` with `check(tree, build)`, which gives the problems as lines, and `BAIT`:
small trees, each with what the check must say about it (nothing, for a tree that is in order). Where
`prepare(root)` exists, it makes of a bait's files what the check looks at. What a check prints by itself is
for readers only.
"""
import argparse
import contextlib
import importlib
import io
import pathlib
import sys
import tempfile

from tree import Tree


def problems(name, root, build):
    return list(importlib.import_module(f"check_{name}").check(Tree(root), build))


def write_tree(root, files):
    for name, text in files.items():
        path = pathlib.Path(root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def failed_baits(name):
    module = importlib.import_module(f"check_{name}")
    baits = module.BAIT
    if not any(expected for _, expected in baits) or all(expected for _, expected in baits):
        yield "needs a bait that is wrong and one that is in order"
    for files, expected in baits:
        with tempfile.TemporaryDirectory() as root:
            write_tree(root, files)
            if hasattr(module, "prepare"):
                module.prepare(root)
            with contextlib.redirect_stdout(io.StringIO()):
                found = problems(name, root, pathlib.Path(root))
        taken = any(expected in line for line in found) if expected else not found
        if not taken:
            yield f"bait {list(files)}: expected {expected or 'nothing'!r}, found {found}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("check")
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--build", type=pathlib.Path)
    parser.add_argument("--can-fail", action="store_true")
    args = parser.parse_args()
    found = list(failed_baits(args.check)) if args.can_fail else problems(args.check, args.root, args.build)
    for line in found:
        print(line)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
