"""Each header of ours compiles alone and twice; the public ones with clang as well."""
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


def check(tree, _build):
    headers = [path for path in tree.code("include", "src", "sim") if path.suffix == ".h"]
    jobs = [("c++", path) for path in headers]
    if shutil.which(CLANG):
        jobs += [(CLANG, path) for path in headers if path.parts[0] == "include"]
    else:
        print(f"SKIPPED headers with {CLANG}: it is not installed")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for problem in pool.map(lambda job: compile_alone(tree.root, *job), jobs):
            if problem:
                yield problem


BAIT = [
    ({"src/base/a.h": "#pragma once\n#include <string>\nstruct A { std::string s; };\n"}, None),
    ({"src/base/a.h": "#pragma once\nstruct A { std::string s; };\n"}, "does not compile alone"),
    ({"src/base/a.h": "struct A {};\n"}, "does not compile alone"),
    ({"include/bowline/a.h": "#pragma once\n#include <bowline/b.h>\n"},
     f"with {CLANG if shutil.which(CLANG) else 'c++'}"),
]
