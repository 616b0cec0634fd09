#!/usr/bin/env bash
# Takes pictures of every screen (light, dark, phone, Chinese) into docs/screens, of a real server with real
# recordings. Needs the built programs, the web app, the model (`make test` makes all of them), ffmpeg and chromium.
#   tools/screens.sh [FOLDER] [arguments of playwright test, such as -g settings]
# ZIMU_BIN_DIR: where zimu is; ZIMU_TEST_MODEL_DIR: where the models are
set -euo pipefail
cd "$(dirname "$0")/.."
most_bytes=150000
target=docs/screens
case "${1:-}" in "" | -*) ;; *) target="$1"; shift ;; esac
target=$(mkdir -p "$target" && cd "$target" && pwd)
bin=$(cd "${ZIMU_BIN_DIR:-build/release/bin}" && pwd)
models=$(cd "${ZIMU_TEST_MODEL_DIR:-build/models}" && pwd)
unset "${!ZIMU_@}" # Settings of the caller are none of these servers.
sample=$PWD/build/whisper/source/node_modules/nodejs-whisper/cpp/whisper.cpp/samples/jfk.mp3
work=$(mktemp -d /tmp/zimu-XXXXXX)
servers=()
stop() {
  for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${servers[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap stop EXIT

export NO_PROXY=127.0.0.1,localhost no_proxy=127.0.0.1,localhost
# Starts one on a free port; $started is its address.
start() {
  local name=$1
  shift
  ZIMU_LISTEN=127.0.0.1:0 ZIMU_DATA_DIR="$work/$name" ZIMU_WEB_ROOT="$PWD/web/dist" \
    ZIMU_MODEL_DIR="$work/models" \
    "$bin/zimu" serve "$@" >"$work/$name.log" 2>&1 &
  servers+=($!)
  started=
  for _ in $(seq 300); do
    started=$(sed -n 's/.*Zimu is at \(http:[^ ]*\).*/\1/p' "$work/$name.log")
    [ -z "$started" ] || return 0
    sleep 0.1
  done
  echo "screens: the server did not start:" >&2
  cat "$work/$name.log" >&2
  exit 1
}

tools/build_web.sh
ln -s "$models" "$work/models" # The page about the system shows where they are.
start full --sample "$sample"
full=$started
start empty
empty=$started
failed=0
(cd web && ZIMU_URL="$full" ZIMU_EMPTY_URL="$empty" ZIMU_SAMPLE="$sample" ZIMU_SCREENS="$work/shots" \
  ../tools/node.sh npx playwright test --config tests/screens/playwright.config.ts --output "$work/results" "$@") || failed=$?

# A palette makes them a third of the size, and nobody sees it.
for shot in "$work"/shots/*.png; do
  ffmpeg -nostdin -v error -y -i "$shot" \
    -vf 'split[a][b];[a]palettegen=max_colors=255:reserve_transparent=0[p];[b][p]paletteuse=dither=none' \
    "$target/$(basename "$shot")"
  size=$(stat -c %s "$target/$(basename "$shot")")
  [ "$size" -le "$most_bytes" ] || { echo "screens: $(basename "$shot") has $size bytes, more than $most_bytes" >&2; exit 1; }
done
echo "screens: $(find "$work/shots" -name '*.png' | wc -l) pictures in $target"
exit "$failed"
