#!/usr/bin/env bash
# What `make test` does after the packages are there: every test that needs no container. Stops at the first failing part.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build
step() { printf '\n== %s\n' "$*"; }

step "layers and links"
python3 tools/check_layers.py
step "libwhisper"
tools/node.sh tools/build_whisper.sh
step "weights of voice activity detection"
tools/build_silero.sh
step "build with ASan and UBSan, warnings are errors"
cmake --preset dev -DZIMU_WERROR=ON >build/configure-dev.log 2>&1 || { tail -20 build/configure-dev.log >&2; exit 1; }
cmake --build --preset dev >build/dev.log 2>&1 || { grep -E 'error|FAILED' -A6 build/dev.log | head -60 >&2; exit 1; }
step "web app: build, types, unit tests"
tools/build_web.sh
(cd web && ../tools/node.sh npm run --silent check && ../tools/node.sh npm test --silent)
step "model"
export ZIMU_TEST_MODEL_DIR="$PWD/build/models"
mkdir -p "$ZIMU_TEST_MODEL_DIR"
build/dev/bin/zimu --version
if ! ZIMU_MODEL_DIR="$ZIMU_TEST_MODEL_DIR" build/dev/bin/zimu models list --json | grep -q '"name":"base"'; then
  ZIMU_MODEL_DIR="$ZIMU_TEST_MODEL_DIR" build/dev/bin/zimu models pull base
fi
step "C++ tests"
ctest --preset dev -j "$(nproc)" --output-on-failure
step "tests of the real programs"
tools/functional.sh "$@"
step "tests of the deployment that need no container"
[ ! -x build/deploy/docker-compose ] || export ZIMU_COMPOSE="$PWD/build/deploy/docker-compose"
tools/functional.sh tests/deploy/host
