#!/usr/bin/env bash
# clang-format over all of ours, each header by itself, then clang-tidy (.clang-tidy).
#
#   scripts/run_lint.sh                  everything
#   scripts/run_lint.sh src/cli          what clang-tidy says about a folder, or any beginning of a path
#
# Tests are spared clang's analyzer, which would take most of the time, and advice on performance.
set -euo pipefail
cd "$(dirname "$0")/.."

jobs=${JOBS:-$(nproc)}
below=${1:-}
test_file='tests/|.*_test\.cpp'
failed=0

if [ -z "$(git ls-files "$below*.cpp")" ]; then
  echo "run_lint.sh: no source begins with $below" >&2
  exit 2
fi

tidy() {
  local files=$1
  shift
  run-clang-tidy-19 -quiet -j "$jobs" -p build/lint -warnings-as-errors='*' "$@" \
    "^$PWD/$files$below.*\.cpp\$" || failed=1
}

git ls-files --cached --others --exclude-standard '*.h' '*.cpp' | xargs clang-format-19 --dry-run --Werror
scripts/configure.sh build/lint -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER=clang++-19 \
  -DBOWLINE_PCH=OFF -DBOWLINE_UNITY=OFF -DBOWLINE_WERROR=OFF -DBOWLINE_BUILD_BENCH=ON
[ -n "$below" ] || python3 -B tests/tidy/tidy.py room_headers || failed=1
tidy "(?!$test_file)"
tidy "(?=$test_file)" -checks='-clang-analyzer-*,-performance-*'
exit $failed
