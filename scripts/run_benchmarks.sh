#!/usr/bin/env bash
# scripts/run_benchmarks.sh FOLDER: runs the benchmarks built below FOLDER. `bench/run` knows the peers and
# the network they need; without it every program named bench_* is run as it is.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$1
if [ -x bench/run ]; then exec bench/run "$folder"; fi
find "$folder" -type f -name 'bench_*' -perm -u+x -print0 | sort -z | xargs -0 -r -n1 sh -c
