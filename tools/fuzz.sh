#!/usr/bin/env bash
# Builds the fuzz preset and runs one libFuzzer target, or all of them, for SECONDS each.
set -euo pipefail
cd "$(dirname "$0")/.."
target="${1:-}"
seconds="${2:-60}"
command -v clang++-19 >/dev/null || { echo "fuzz: apt install clang-19 libclang-rt-19-dev" >&2; exit 1; }
tools/build_silero.sh
cmake --preset fuzz >build/configure-fuzz.log 2>&1 || { tail -20 build/configure-fuzz.log >&2; exit 1; }
names=("$target")
[ -n "$target" ] || mapfile -t names < <(cd fuzz && ls ./*_fuzz.cpp | sed 's|.*/||; s|\.cpp$||')
cmake --build --preset fuzz --target "${names[@]}"
for name in "${names[@]}"; do
  echo "== $name for ${seconds:-60} s"
  mkdir -p "build/fuzz/corpus/$name" "tests/corpus/${name%_fuzz}"
  "build/fuzz/bin/$name" -max_total_time="${seconds:-60}" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/$name-" "build/fuzz/corpus/$name" "tests/corpus/${name%_fuzz}" 2>&1 | tail -12
done
