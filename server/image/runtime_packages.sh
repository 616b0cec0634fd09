#!/usr/bin/env bash
# Prints the distribution's packages that hold the shared libraries which the programs under PREFIX need: the runtime
# images install exactly these, whatever the distribution calls them.
#   server/image/runtime_packages.sh PREFIX
set -euo pipefail
prefix="$1"
find "$prefix/bin" "$prefix/lib" -type f -exec sh -c 'LD_LIBRARY_PATH="$1/lib" ldd "$2"' _ "$prefix" {} \; 2>/dev/null |
  awk '$2 == "=>" && $3 ~ /^\// {print $3}' | sort -u | while read -r library; do
  case "$library" in "$prefix"/*) continue ;; esac
  # The package may have recorded /lib where the file is under /usr/lib: look for the file's own name.
  owner=$(dpkg-query -S "*/$(basename "$(realpath "$library")")" | head -n 1 | cut -d: -f1)
  [ -n "$owner" ] || { echo "runtime_packages: no package holds $library" >&2; exit 1; }
  echo "$owner"
done | sort -u
