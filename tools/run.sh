#!/usr/bin/env bash
# What `make run` does after the packages are there.
set -euo pipefail
cd "$(dirname "$0")/.."
address="${ZIMU_LISTEN:-127.0.0.1:8080}"
data="${ZIMU_DATA_DIR:-./data}"
if curl -fsS --noproxy '*' --max-time 2 "http://$address/livez" >/dev/null 2>&1; then
  echo "Zimu already runs at http://$address"
  exit 0
fi
mkdir -p build "$data"
free_mb=$(df -Pm build | awk 'NR==2 {print $4}')
if [ "$free_mb" -lt 2000 ] && [ ! -x build/release/bin/zimu ]; then
  echo "run: only ${free_mb} MB are free here; building needs about 2000 MB. Free some space and run it again." >&2
  exit 1
fi
tools/node.sh tools/build_whisper.sh
tools/build_silero.sh
echo "zimu: building (the first time takes some minutes)"
cmake --preset release >build/configure-release.log 2>&1 || { tail -20 build/configure-release.log >&2; exit 1; }
cmake --build --preset release >build/release.log 2>&1 || { tail -40 build/release.log >&2; exit 1; }
tools/build_web.sh
zimu=build/release/bin/zimu
if ! "$zimu" models list --json | grep -q '"name":"base"'; then
  echo "model: fetching Whisper base (148 MB)"
  "$zimu" models pull base
fi
sample=build/whisper/source/node_modules/nodejs-whisper/cpp/whisper.cpp/samples/jfk.mp3
exec "$zimu" serve --sample "$sample"
