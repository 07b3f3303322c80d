#!/usr/bin/env bash
# scripts/configure.sh FOLDER [cmake options]: configures a build in FOLDER with Ninja, and ccache if present.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$1
shift
launcher=()
if command -v ccache >/dev/null; then
  launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_C_COMPILER_LAUNCHER=ccache)
fi
cmake -S . -B "$folder" -G Ninja -DCMAKE_EXPORT_COMPILE_COMMANDS=ON --log-level=WARNING "${launcher[@]}" "$@"
