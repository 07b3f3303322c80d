#!/usr/bin/env bash
# Builds and runs every test, each in the stage that answers it best, and says how long each stage took:
#
#   asan       every test of behaviour, under AddressSanitizer and UBSan
#   tsan       the tests with threads, under ThreadSanitizer; nothing else is built
#   release    what only a release build can show: the installation, the command, the examples, the compiler, steady
#              memory, time and stack limits, the house (tidy); and test_core and the fuzz corpus once more, for the
#              sake of the optimiser. The other rooms' own tests are left to asan.
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
times=()
stage_line=
noted_at=0
noted_used=0

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
    stage_line=$stage:
    "stage_$stage"
    times+=("$stage_line")
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
  build tsan Debug thread
  export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}
  run_ctest tsan -L threads
}

stage_release() {
  build release Release "" -DBOWLINE_RELEASE_TESTS=ON
  run_ctest release
}

die() { echo "run_tests: $*" >&2; exit 1; }

heading() { printf '\n== %s (%s)\n' "$1" "$(date +%H:%M:%S)"; }

build() {
  local name=$1 type=$2 sanitize=$3
  shift 3
  scripts/configure.sh "build/$name" -DCMAKE_BUILD_TYPE="$type" -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g1" \
    -DBOWLINE_SANITIZE="$sanitize" -DBOWLINE_BUILD_TESTS=ON -DBOWLINE_BUILD_EXAMPLES=ON \
    -DBOWLINE_BUILD_CLI=ON -DBOWLINE_BUILD_FUZZ=OFF -DBOWLINE_BUILD_BENCH=OFF "$@" || exit 1
  note_time configure
  local target=all
  if [ "$name" = tsan ]; then target=threaded_tests; fi
  cmake --build "build/$name" --parallel "$jobs" --target "$target" || exit 1
  note_time build
}

# note_time PART: adds "PART 12 s (20 s of processors)" to the stage's line, counted from the note before. The second
# figure is what this and all earlier commands used, so that a busy machine can be told from slow work.
note_time() {
  local now=$SECONDS used
  used=$(times | awk 'NR == 2 { gsub("s", ""); split($1, u, "m"); split($2, s, "m")
                                print int(u[1] * 60 + u[2] + s[1] * 60 + s[2]) }')
  stage_line+=" $1 $((now - noted_at)) s ($((used - noted_used)) s of processors)"
  noted_at=$now
  noted_used=$used
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
  note_time test
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
  for line in "${times[@]}"; do echo "$line"; done
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
