#!/usr/bin/env bash
# Builds libwhisper and ggml (whisper.cpp 1.9.1) into build/whisper/prefix.
#   ZIMU_GGML=native    (default) static, for the processor of this machine
#   ZIMU_GGML=portable  shared, with one backend file for each kind of processor in prefix/backends: for images
# The source comes from the npm package pinned in tools/whisper/package-lock.json by its integrity hash.
# Runs in a second when the prefix already holds this source and these flags.
set -euo pipefail
cd "$(dirname "$0")/.."
out=build/whisper
flags=(-DCMAKE_BUILD_TYPE=Release -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DGGML_LLAMAFILE=ON -DGGML_OPENMP=OFF
  -DWHISPER_BUILD_TESTS=OFF -DWHISPER_BUILD_EXAMPLES=OFF -DWHISPER_BUILD_SERVER=OFF)
case "${ZIMU_GGML:-native}" in
  native) flags+=(-DBUILD_SHARED_LIBS=OFF -DGGML_NATIVE="${ZIMU_GGML_NATIVE:-ON}") ;;
  portable) flags+=(-DBUILD_SHARED_LIBS=ON -DGGML_NATIVE=OFF -DGGML_BACKEND_DL=ON -DGGML_CPU_ALL_VARIANTS=ON) ;;
  *) echo "whisper.cpp: ZIMU_GGML is \"$ZIMU_GGML\"; it may be native or portable" >&2; exit 64 ;;
esac
command -v ccache >/dev/null && flags+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
want="$(cat tools/whisper/package-lock.json tools/build_whisper.sh | sha256sum) ${flags[*]}"
if [ -f "$out/stamp" ] && [ "$(cat "$out/stamp")" = "$want" ]; then
  echo "whisper.cpp: already built in $out/prefix"
  exit 0
fi
src="$out/source/node_modules/nodejs-whisper/cpp/whisper.cpp"
if ! { [ -f "$src/CMakeLists.txt" ] && cmp -s tools/whisper/package-lock.json "$out/source/package-lock.json"; }; then
  mkdir -p "$out/source"
  echo "whisper.cpp: fetching the pinned source"
  cp tools/whisper/package.json "$out/source/"
  cp tools/whisper/package-lock.json "$out/source/package-lock.json"
  npm ci --prefix "$out/source" --ignore-scripts --no-audit --no-fund --loglevel=error ||
    { rm -f "$out/source/package-lock.json"; exit 1; }
fi
[ -f "$src/CMakeLists.txt" ] || { echo "whisper.cpp: the package holds no source at $src" >&2; exit 1; }
echo "whisper.cpp: compiling (a few minutes the first time)"
cmake -S "$src" -B "$out/build" -G Ninja -DCMAKE_INSTALL_PREFIX="$PWD/$out/prefix" "${flags[@]}" >"$out/configure.log" 2>&1 ||
  { tail -20 "$out/configure.log" >&2; exit 1; }
cmake --build "$out/build" >"$out/build.log" 2>&1 || { tail -30 "$out/build.log" >&2; exit 1; }
cmake --install "$out/build" >"$out/install.log" 2>&1
if [ "${ZIMU_GGML:-native}" = portable ]; then
  mkdir -p "$out/prefix/backends"
  find "$out/build" -name 'libggml-cpu-*.so' -exec cp {} "$out/prefix/backends/" \;
fi
mkdir -p "$out/prefix/bin"  # whisper-config.cmake insists on it
printf '%s' "$want" >"$out/stamp"
echo "whisper.cpp: installed in $out/prefix"
