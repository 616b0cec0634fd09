#!/usr/bin/env bash
# clang-format 19 over our C++ sources; --check only reports.
set -euo pipefail
cd "$(dirname "$0")/.."
format=$(command -v clang-format-19 || command -v clang-format) || { echo "fmt: apt install clang-format-19" >&2; exit 1; }
mode=(-i)
[ "${1:-}" = --check ] && mode=(--dry-run --Werror)
git ls-files -z 'server/*.cpp' 'server/*.hpp' 'fuzz/*.cpp' | xargs -0 -r "$format" "${mode[@]}"
