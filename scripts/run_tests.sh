#!/usr/bin/env bash
# Builds and runs every test: all of them under AddressSanitizer and UBSan, the threaded ones under
# ThreadSanitizer, and all once more in the release build, which also checks the house (tidy) and the
# installation.
#
#   scripts/run_tests.sh                     all three
#   scripts/run_tests.sh asan                one of asan, tsan, release
#   CTEST_ARGS="-R race" scripts/run_tests.sh asan
#
# A test that skips itself is listed with its reason; where CI is set, it fails the run.
set -uo pipefail
cd "$(dirname "$0")/.."

jobs=${JOBS:-$(nproc)}
total=0
failed=0
skips=()
failed_stages=()

main() {
  [ $# -gt 0 ] || set -- asan tsan release
  local stage
  for stage in "$@"; do
    case $stage in
      asan | tsan | release) ;;
      *) die "no stage named '$stage' (asan, tsan, release)" ;;
    esac
  done
  for stage in "$@"; do
    heading "$stage"
    "stage_$stage"
  done
  summary
}

stage_asan() {
  build asan Debug address,undefined
  export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}
  export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
  run_ctest asan
}

stage_tsan() {
  build tsan Debug thread --target threaded_tests
  export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}
  run_ctest tsan -L threads
}

stage_release() {
  build release Release ""
  run_ctest release
}

die() { echo "run_tests: $*" >&2; exit 1; }

heading() { printf '\n== %s (%s)\n' "$1" "$(date +%H:%M:%S)"; }

build() {
  local name=$1 type=$2 sanitize=$3
  shift 3
  scripts/configure.sh "build/$name" -DCMAKE_BUILD_TYPE="$type" -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g1" \
    -DBOWLINE_SANITIZE="$sanitize" -DBOWLINE_BUILD_TESTS=ON -DBOWLINE_BUILD_EXAMPLES=ON \
    -DBOWLINE_BUILD_CLI=ON -DBOWLINE_BUILD_FUZZ=OFF -DBOWLINE_BUILD_BENCH=OFF || exit 1
  cmake --build "build/$name" --parallel "$jobs" "$@" || exit 1
}

run_ctest() {
  local folder=build/$1
  shift
  # Older ThreadSanitizers cannot cope with as many random address bits as newer kernels use.
  local without_aslr=()
  if setarch "$(uname -m)" -R true 2>/dev/null; then without_aslr=(setarch "$(uname -m)" -R); fi
  # shellcheck disable=SC2086  # CTEST_ARGS is a list of words
  "${without_aslr[@]}" ctest --test-dir "$folder" --output-on-failure --no-tests=error --parallel "$jobs" \
    --output-junit report.xml "$@" ${CTEST_ARGS:-} | tee "$folder/ctest.log" || failed_stages+=("$folder")
  count "$folder"
}

# Adds the stage's figures and its skipped tests to the summary, from what ctest left behind.
count() {
  local line
  if [[ $(cat "$1/ctest.log") =~ ([0-9]+)\ tests?\ failed\ out\ of\ ([0-9]+) ]]; then
    failed=$((failed + BASH_REMATCH[1]))
    total=$((total + BASH_REMATCH[2]))
  fi
  while IFS= read -r line; do
    skips+=("$1: $line")
  done < <(scripts/list_skips.py "$1/Testing/Temporary/LastTest.log" "$1/report.xml")
}

summary() {
  heading summary
  local line
  for line in "${skips[@]}"; do echo "skipped in $line"; done
  if [ -n "${CI:-}" ] && [ ${#skips[@]} -gt 0 ]; then
    echo "no test may skip where CI is set: that is one failure more"
    failed=$((failed + 1))
    total=$((total + 1))
    failed_stages+=(skipped)
  fi
  [ "$total" -gt 0 ] || die "no test has run"
  echo "$(((total - failed) * 100 / total))% tests passed, $failed tests failed out of $total"
  if [ ${#failed_stages[@]} -gt 0 ]; then
    echo "failed: ${failed_stages[*]}"
    exit 1
  fi
}

main "$@"
