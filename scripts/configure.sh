#!/usr/bin/env bash
# scripts/configure.sh FOLDER [cmake options]: configures a build in FOLDER with Ninja, and ccache if present.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$1
shift
launcher=()
if command -v ccache >/dev/null && mkdir -p "$(ccache --get-config cache_dir)" 2>/dev/null; then
  # Precompiled headers hide from ccache which macros they looked at and when they were written. Checkouts in
  # other folders share what was compiled.
  settings="CCACHE_SLOPPINESS=pch_defines,time_macros;CCACHE_BASEDIR=$PWD;CCACHE_NOHASHDIR=1"
  launcher=("-DCMAKE_CXX_COMPILER_LAUNCHER=env;$settings;ccache")
fi
cmake -S . -B "$folder" -G Ninja -DCMAKE_EXPORT_COMPILE_COMMANDS=ON --log-level=WARNING "${launcher[@]}" "$@"
