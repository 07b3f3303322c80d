#!/usr/bin/env bash
# scripts/run_fuzz.sh [SECONDS] [TARGET...]: builds the fuzz targets with clang, runs each for SECONDS (30).
# Starts from fuzz/corpus/TARGET; finds go to build/fuzz/found/TARGET, crashes to build/fuzz/crashes.
set -euo pipefail
cd "$(dirname "$0")/.."

die() { echo "run_fuzz: $*" >&2; exit 1; }

seconds=${1:-30}
shift || true
[[ $seconds =~ ^[0-9]+$ ]] || die "'$seconds' is not a number of seconds"
for name in "$@"; do
  [[ $name == fuzz_* && -d fuzz/corpus/${name#fuzz_} ]] || die "no target named '$name'"
done
scripts/configure.sh build/fuzz -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_COMPILER=clang++-19 \
  -DCMAKE_C_COMPILER=clang-19 -DBOWLINE_BUILD_FUZZ=ON -DBOWLINE_BUILD_TESTS=OFF -DBOWLINE_BUILD_CLI=OFF \
  -DBOWLINE_BUILD_EXAMPLES=OFF -DBOWLINE_SANITIZE=address,undefined -DBOWLINE_PCH=OFF -DBOWLINE_WERROR=OFF
cmake --build build/fuzz --parallel "${JOBS:-$(nproc)}"

programs=()
for program in build/fuzz/fuzz/fuzz_*; do
  if [ -f "$program" ] && [ -x "$program" ]; then programs+=("$(basename "$program")"); fi
done
[ ${#programs[@]} -gt 0 ] || die "no target was built"
[ $# -gt 0 ] || set -- "${programs[@]}"

mkdir -p build/fuzz/crashes
for name in "$@"; do
  found=build/fuzz/found/$name
  seeds=fuzz/corpus/${name#fuzz_}
  mkdir -p "$found"
  printf '\n== %s, %s s\n' "$name" "$seconds"
  "build/fuzz/fuzz/$name" -max_total_time="$seconds" -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="build/fuzz/crashes/$name-" "$found" $([ -d "$seeds" ] && echo "$seeds")
done
