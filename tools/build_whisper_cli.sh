#!/usr/bin/env bash
# Builds whisper.cpp's own command-line program as build/whisper-cli/bin/whisper-cli: the yardstick for accuracy and speed.
# Same pinned source, same compiler and same switches as the libwhisper that zimu-worker links (tools/build_whisper.sh):
# the switches are read back from that build, so the two cannot drift apart. Runs in a second when nothing changed.
set -euo pipefail
cd "$(dirname "$0")/.."
library=build/whisper
out=build/whisper-cli
tools/node.sh tools/build_whisper.sh
src="$library/source/node_modules/nodejs-whisper/cpp/whisper.cpp"
flags=()
while IFS= read -r entry; do
  flags+=("-D$entry")
done < <(grep -E '^(BUILD_SHARED_LIBS|CMAKE_(BUILD_TYPE|POSITION_INDEPENDENT_CODE|C_FLAGS|CXX_FLAGS|CXX?_COMPILER_LAUNCHER)|GGML_[A-Z0-9_]+|WHISPER_[A-Z0-9_]+):(BOOL|STRING|UNINITIALIZED)=.' \
  "$library/build/CMakeCache.txt" | grep -v '^WHISPER_BUILD_EXAMPLES')
want="$(cat "$library/stamp" tools/build_whisper_cli.sh | sha256sum)"
if [ -x "$out/bin/whisper-cli" ] && [ "$(cat "$out/stamp" 2>/dev/null)" = "$want" ]; then
  echo "whisper-cli: already built in $out/bin"
  exit 0
fi
echo "whisper-cli: compiling"
mkdir -p "$out"
cmake -S "$src" -B "$out" -G Ninja "${flags[@]}" -DWHISPER_BUILD_EXAMPLES=ON >"$out/configure.log" 2>&1 ||
  { tail -20 "$out/configure.log" >&2; exit 1; }
cmake --build "$out" --target whisper-cli >"$out/build.log" 2>&1 || { tail -30 "$out/build.log" >&2; exit 1; }
printf '%s' "$want" >"$out/stamp"
echo "whisper-cli: built in $out/bin"
