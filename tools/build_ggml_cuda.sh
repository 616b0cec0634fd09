#!/usr/bin/env bash
# Compiles ggml's CUDA backend alone, as the one file that zimu-worker loads where it finds a driver.
#   tools/build_ggml_cuda.sh WHISPER_CPP_SOURCE OUT      OUT/bin/libggml-cuda.so, OUT/bin/libggml-cuda.archs
# CUDA_ARCHITECTURES  CMake's list, such as "86-real;120-virtual". Empty: real code for every card of the table below that
#                     this toolkit knows, and PTX for the newest, which later cards compile at their first start.
# CUDA_BUNDLE=1       puts cudart and cuBLAS into OUT/lib, for a runtime base that has none, or another version's.
set -euo pipefail
source="$1" out="$2"
wanted=(61 70 75 80 86 89 90 120)  # Pascal, Volta, Turing, A100, Ampere, Ada, Hopper, Blackwell
list="${CUDA_ARCHITECTURES:-}"
if [ -z "$list" ]; then
  known=$(nvcc --list-gpu-code | grep -o '[0-9]\+' | sort -nu)
  for arch in "${wanted[@]}"; do
    if grep -qx "$arch" <<<"$known"; then
      list+="$arch-real;"
      newest=$arch
    else
      echo "cuda: this toolkit has no code for sm_$arch; left out" >&2
    fi
  done
  list+="${newest:?this toolkit knows none of ours}-virtual"
fi
version=$(nvcc --version | sed -n 's/.*release \([0-9.]*\).*/\1/p')
echo "cuda: toolkit $version, architectures $list"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Without GGML_CUDA_NO_VMM the file would not load where there is no libcuda.so.1. It names the place
# of bundled libraries itself, as a path that counts for what they need in turn (cuBLAS needs cublasLt).
cmake -S "$source" -B "$work" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DGGML_BACKEND_DL=ON \
  -DGGML_NATIVE=OFF -DGGML_CPU=OFF -DGGML_OPENMP=OFF -DGGML_CUDA=ON -DGGML_CUDA_NO_VMM=ON -DCMAKE_CUDA_ARCHITECTURES="$list" \
  -DCMAKE_BUILD_RPATH="\$ORIGIN/../lib" -DCMAKE_MODULE_LINKER_FLAGS=-Wl,--disable-new-dtags \
  -DWHISPER_BUILD_TESTS=OFF -DWHISPER_BUILD_EXAMPLES=OFF -DWHISPER_BUILD_SERVER=OFF
cmake --build "$work" --target ggml-cuda
mkdir -p "$out/bin" "$out/lib"
find "$work" -name 'libggml-cuda.so' -exec install -s -m 0755 {} "$out/bin/" \;
[ -f "$out/bin/libggml-cuda.so" ]
# zimu doctor compares card and driver with it.
echo "$version $list" >"$out/bin/libggml-cuda.archs"
if [ "${CUDA_BUNDLE:-0}" = 1 ]; then
  ldd "$out/bin/libggml-cuda.so" | awk '/libcudart|libcublas/ {print $3}' | xargs -I{} cp -L {} "$out/lib/"
fi
