"""Each public header compiles alone and twice, with both compilers. Those of the rooms: check_room_headers."""
import concurrent.futures
import os
import shutil
import subprocess

CLANG = "clang++-19"


def compile_alone(root, compiler, header):
    name = str(header).removeprefix("include/").removeprefix("src/")
    include = f"#include <{name}>\n" if header.parts[0] == "include" else f'#include "{name}"\n'
    command = [compiler, "-std=c++23", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
               "-Wno-unused-function", '-DBOWLINE_SOURCE_DIR="."',
               "-I", "include", "-I", "src", "-I", ".", "-x", "c++", "-"]
    done = subprocess.run(command, cwd=root, input=include * 2, text=True, capture_output=True)
    if done.returncode == 0:
        return None
    return f"{header} does not compile alone with {compiler}:\n{done.stderr}"


def compile_all(root, jobs):
    """What the compilers say of (compiler, header) pairs."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for problem in pool.map(lambda job: compile_alone(root, *job), jobs):
            if problem:
                yield problem


def check(tree, _build):
    headers = [path for path in tree.code("include") if path.suffix == ".h"]
    jobs = [("c++", path) for path in headers]
    if shutil.which(CLANG):
        jobs += [(CLANG, path) for path in headers]
    else:
        print(f"SKIPPED headers with {CLANG}: it is not installed")
    yield from compile_all(tree.root, jobs)


BAIT = [
    ({"include/bowline/a.h": "#pragma once\n#include <string>\nstruct A { std::string s; };\n"}, None),
    ({"include/bowline/a.h": "#pragma once\nstruct A { std::string s; };\n"}, "does not compile alone"),
    ({"include/bowline/a.h": "struct A {};\n"}, "does not compile alone"),
    ({"include/bowline/a.h": "#pragma once\n#include <bowline/b.h>\n"},
     f"with {CLANG if shutil.which(CLANG) else 'c++'}"),
]
