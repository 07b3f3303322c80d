#!/usr/bin/env python3
"""Checks an installation of Bowline the way its users meet it: consumer.py CHECK, with the options below.

`install` installs the build and moves the tree away; every other check but `subdirectory` needs that tree.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

INSIDES = re.compile(r"\bbowline::(base|wire|core|ports|drive|linux|dns)::")
EXPECTED_OUTPUT = "hello from tcp\n"
PROJECT = pathlib.Path(__file__).resolve().parent / "project"


def run(*command, **environment):
    """Runs a command and gives its output; its failure is ours, with all that it said."""
    done = subprocess.run([str(part) for part in command], env=os.environ | environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nexit status {done.returncode}\n{done.stdout}")
    return done.stdout


def installed(args):
    tree = args.work / "moved"
    return tree if tree.is_dir() else sys.exit(f"{tree} is not there; run the check `install` first")


def library_folder(args):
    found = sorted(installed(args).glob("**/libbowline.a"))
    return found[0].parent if found else sys.exit("libbowline.a is not installed")


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def check_install(args):
    fresh(args.work)
    run("cmake", "--install", args.build, "--prefix", args.work / "first", DESTDIR="")
    (args.work / "first").rename(args.work / "moved")


def check_files(args):
    public = args.source / "include"
    wanted = [f"include/{path.relative_to(public)}" for path in public.glob("**/*.h")]
    wanted += ["**/libbowline.a", "**/libbowline.so", "**/cmake/bowline/bowlineConfig.cmake",
               "**/cmake/bowline/bowlineConfigVersion.cmake", "**/pkgconfig/bowline.pc"]
    missing = [pattern for pattern in wanted if not any(installed(args).glob(pattern))]
    if missing:
        sys.exit("not installed: " + ", ".join(missing))
    for command in installed(args).glob("bin/bowline"):
        run(command, "--version")


def check_paths(args):
    """Nothing installed knows where it was built, installed first, or checked out."""
    places = [str(place).encode() for place in (args.source, args.build, args.work)]
    bad = []
    for path in installed(args).glob("**/*"):
        if path.is_file() and path.suffix in (".cmake", ".pc", ".h"):
            bad += [f"{path} names {place.decode()}" for place in places if place in path.read_bytes()]
    for path in installed(args).glob("**/*"):
        if path.is_file() and path.read_bytes()[:4] == b"\x7fELF":
            dynamic = run("readelf", "-d", path)
            bad += [f"{path} has a run path: {line}" for line in dynamic.splitlines() if "PATH)" in line]
    if bad:
        sys.exit("\n".join(bad))


def check_symbols(args):
    """The shared library shows bowline's names and none of its dependencies' or rooms' insides."""
    names = run("nm", "-DC", "--defined-only", library_folder(args) / "libbowline.so").splitlines()
    shown = [line.split(" ", 2)[2] for line in names if re.match(r"[0-9a-f]+ [TBDR] ", line)]
    foreign = [name for name in shown if "bowline" not in name]
    inner = [name for name in shown if INSIDES.search(name.split("(")[0])]  # parameters may be of inner types
    print(f"{len(shown)} strong symbols shown")
    if not shown or foreign or inner:
        sys.exit("\n".join(["the shared library must show bowline's public names only:"] + foreign + inner))


def build_project(args, name, *options):
    folder = fresh(args.work / name) / "build"
    run("cmake", "-S", PROJECT, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
        f"-DCMAKE_CXX_COMPILER={args.compiler}", *launcher(), *options)
    run("cmake", "--build", folder, "--target", "consumer")
    expect_output(folder / "consumer")


def launcher():
    return ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []


def expect_output(program, **environment):
    output = run(program, **environment)
    if output != EXPECTED_OUTPUT:
        sys.exit(f"{program} printed {output!r}, not {EXPECTED_OUTPUT!r}")


def links_shared(program):
    return "libbowline.so" in run("readelf", "-d", program)


def expect_linkage(program, shared):
    if links_shared(program) != shared:
        sys.exit(f"{program}: expected {'the shared' if shared else 'the static'} library")


def check_package_static(args):
    build_project(args, "package_static", f"-DCMAKE_PREFIX_PATH={installed(args)}")
    expect_linkage(args.work / "package_static/build/consumer", shared=False)


def check_package_shared(args):
    build_project(args, "package_shared", f"-DCMAKE_PREFIX_PATH={installed(args)}", "-DBUILD_SHARED_LIBS=ON")
    expect_linkage(args.work / "package_shared/build/consumer", shared=True)


def check_subdirectory(args):
    build_project(args, "../subdirectory", f"-DCONSUMER_BOWLINE_SOURCE={args.source}",
                  "-DBOWLINE_UNITY=ON", "-DBOWLINE_BUILD_SIM=OFF")


def pkgconfig(args, *options):
    # Only our own folder comes first; libmnl's file is the system's.
    folder = str(library_folder(args) / "pkgconfig")
    return run("pkg-config", *options, "bowline", PKG_CONFIG_PATH=folder).split()


def compile_with(args, program, flags):
    run(args.compiler, "-std=c++23", PROJECT / "consumer.cpp", "-o", program, *flags)


def check_pkgconfig_shared(args):
    program = fresh(args.work / "pkgconfig_shared") / "consumer"
    compile_with(args, program, pkgconfig(args, "--cflags", "--libs"))
    expect_output(program, LD_LIBRARY_PATH=str(library_folder(args)))
    expect_linkage(program, shared=True)


def check_pkgconfig_static(args):
    program = fresh(args.work / "pkgconfig_static") / "consumer"
    flags = pkgconfig(args, "--static", "--cflags", "--libs")
    compile_with(args, program, [flag.replace("-lbowline", "-l:libbowline.a") for flag in flags])
    expect_output(program)
    expect_linkage(program, shared=False)


def main():
    checks = {name.removeprefix("check_"): check for name, check in globals().items()
              if name.startswith("check_")}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("check", choices=checks)
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--compiler", default="c++")
    args = parser.parse_args()
    checks[args.check](args)


if __name__ == "__main__":
    main()
