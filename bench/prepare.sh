#!/usr/bin/env bash
# What the figures need: Zimu as released, whisper-cli, faster-whisper in build/bench-venv, the same weights for all.
# A second run takes a second.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build

venv=build/bench-venv
want=$(sha256sum bench/requirements.txt)
if [ "$(cat "$venv/stamp" 2>/dev/null)" != "$want" ]; then
  echo "bench: installing faster-whisper into $venv" >&2
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r bench/requirements.txt >&2 ||
    { echo "bench: installing Python packages failed (no network?)" >&2; exit 1; }
  printf '%s' "$want" >"$venv/stamp"
fi

tools/build_whisper_cli.sh >&2
if [ -z "${ZIMU_BIN_DIR:-}" ]; then
  echo "bench: building Zimu (release)" >&2
  cmake --preset release >build/configure-release.log 2>&1 || { tail -20 build/configure-release.log >&2; exit 1; }
  cmake --build --preset release >build/release.log 2>&1 || { tail -40 build/release.log >&2; exit 1; }
fi

tools/fetch_base_source.sh
if [ ! -f build/models/ggml-base.bin ]; then
  mkdir -p build/models
  env -u ZIMU_BIN_DIR ZIMU_MODEL_DIR="$PWD/build/models" "${ZIMU_BIN_DIR:-build/release/bin}/zimu" models pull base >&2
fi
