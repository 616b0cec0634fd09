#!/usr/bin/env bash
# Builds the web app into web/dist; a second run without changes takes no time.
set -euo pipefail
cd "$(dirname "$0")/../web"
stamp=dist/.stamp
want=$(find . -path ./node_modules -prune -o -path ./dist -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then
  echo "web: already built in web/dist"
  exit 0
fi
echo "web: installing packages and building"
../tools/node.sh npm ci --no-audit --no-fund --loglevel=error
mkdir -p ../build
../tools/node.sh npm run build --silent >../build/web.log 2>&1 || { tail -30 ../build/web.log >&2; exit 1; }
printf '%s' "$want" >"$stamp"
