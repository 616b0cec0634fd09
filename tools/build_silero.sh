#!/usr/bin/env bash
# Makes build/silero/silero.bin, the weights of voice activity detection that zimu-worker has inside, and beside it their
# licence. They come from the PyPI package pinned in tools/silero/requirements.txt by its hash; pip fetches it from whatever
# index the machine is set up for. Runs in a second when the file is there.
set -euo pipefail
cd "$(dirname "$0")/.."
out=build/silero
want="$(cat tools/silero/* tools/build_silero.sh | sha256sum)"
if [ -f "$out/silero.bin" ] && [ "$(cat "$out/stamp" 2>/dev/null)" = "$want" ]; then
  echo "silero: already in $out"
  exit 0
fi
mkdir -p "$out/package"
wheel=("$out"/package/silero_vad-*.whl)
if ! { [ -f "${wheel[0]}" ] && cmp -s tools/silero/requirements.txt "$out/package/requirements.txt"; }; then
  echo "silero: fetching the pinned weights"
  rm -f "$out"/package/*
  python3 -m pip download --quiet --disable-pip-version-check --no-input --no-deps --only-binary :all: --require-hashes \
    -r tools/silero/requirements.txt -d "$out/package" >"$out/fetch.log" 2>&1 || { tail -20 "$out/fetch.log" >&2; exit 1; }
  cp tools/silero/requirements.txt "$out/package/"
  wheel=("$out"/package/silero_vad-*.whl)
fi
python3 tools/silero/convert.py "${wheel[0]}" "$out"
printf '%s' "$want" >"$out/stamp"
echo "silero: weights in $out/silero.bin"
