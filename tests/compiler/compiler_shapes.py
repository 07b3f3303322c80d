#!/usr/bin/env python3
"""Tells which coroutine shapes a compiler translates rightly: compiler_shapes.py [--trusted] COMPILER.

Every compiler must get the named forms right, which our rule asks for; a trusted one the short forms as well.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SHAPES = ("condition", "braces")
LEVELS = ("-O0", "-O2")
SECONDS_MAX = 10


def is_right(compiler, shape, level, named):
    """A wrong program may give a wrong answer, trap, or never end."""
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / shape
        options = ["-std=c++23", level] + (["-DNAMED"] if named else [])
        subprocess.run([compiler, *options, HERE / f"{shape}.cpp", "-o", program], check=True)
        try:
            return subprocess.run([program], timeout=SECONDS_MAX).returncode == 0
        except subprocess.TimeoutExpired:
            return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("compiler")
    parser.add_argument("--trusted", action="store_true", help="the short forms must be right as well")
    args = parser.parse_args()
    print(subprocess.run([args.compiler, "--version"], capture_output=True, text=True).stdout.splitlines()[0])
    failed = False
    for shape in SHAPES:
        for level in LEVELS:
            for named in (True, False):
                right = is_right(args.compiler, shape, level, named)
                must = named or args.trusted
                failed = failed or (must and not right)
                verdict = "right" if right else "MISCOMPILED" + (" (must be right)" if must else "")
                print(f"{shape:10} {'named' if named else 'short':6} {level}  {verdict}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
