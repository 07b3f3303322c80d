#!/bin/sh
# How long a hello-world program with the public headers takes to compile: the median of five, as JSON.
# usage: scripts/compile_time.sh [-I DIR | FLAG]... [-- SOURCE]     environment: CXX, RUNS
# Without -I it uses include/; without SOURCE a program that includes every public header and says hello.
set -eu
cd "$(dirname "$0")/.."
compiler=${CXX:-c++}
runs=${RUNS:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

flags=
source=
while [ $# -gt 0 ]; do
  case $1 in
    --) source=$2; break ;;
    *) flags="$flags $1"; shift ;;
  esac
done
case $flags in
  *-I*) ;;
  *) flags="$flags -Iinclude" ;;
esac

if [ -z "$source" ]; then
  source=$work/hello.cpp
  headers=$(cd include && find bowline -maxdepth 1 -name '*.h' ! -name 'asio*' | sort)
  [ -f include/bowline/bowline.h ] && headers=bowline/bowline.h
  for header in $headers; do echo "#include <$header>"; done >"$source"
  printf '#include <cstdio>\nint main() { std::puts("hello"); }\n' >>"$source"
fi

i=0
while [ "$i" -lt "$runs" ]; do
  start=$(date +%s%N)
  # shellcheck disable=SC2086  # flags are words
  "$compiler" -std=c++23 $flags -c "$source" -o "$work/out.o"
  echo $((($(date +%s%N) - start) / 1000000))
  i=$((i + 1))
done | sort -n >"$work/times"
[ "$(wc -l <"$work/times")" -eq "$runs" ] || exit 1

pick() { sed -n "$1p" "$work/times"; }
version=$("$compiler" --version | head -n 1)
printf '{"compiler": "%s", "source": "%s", "runs": %d, "min_ms": %d, "median_ms": %d, "max_ms": %d}\n' \
  "$version" "$(basename "$source")" "$runs" "$(pick 1)" "$(pick $(((runs + 1) / 2)))" "$(pick "$runs")"
