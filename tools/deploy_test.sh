#!/usr/bin/env bash
# What `make deploy-test` does after the packages are there: the containers, end to end, on a real Docker engine, which
# is started when none answers. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/deploy
step() { printf '\n== %s\n' "$*"; }
if [ "$(id -u)" -ne 0 ] && ! docker info >/dev/null 2>&1; then
  echo "deploy-test: needs root, or a Docker engine that this user may use" >&2
  exit 1
fi

step "Docker Compose"
if ! docker compose version >/dev/null 2>&1; then
  if [ ! -x build/deploy/docker-compose ]; then
    command -v go >/dev/null || { echo "deploy-test: no Docker Compose 2 here, and no Go to build it with" >&2; exit 1; }
    echo "compiling it from the pinned Go module (some minutes, once)"
    mkdir -p build/deploy/compose-source
    cp tests/deploy/compose/go.mod tests/deploy/compose/go.sum build/deploy/compose-source/
    (cd build/deploy/compose-source && go build -mod=mod -trimpath \
      -ldflags '-s -w -X github.com/docker/compose/v2/internal.Version=2.40.3' -o ../docker-compose github.com/docker/compose/v2/cmd)
  fi
  export ZIMU_COMPOSE="$PWD/build/deploy/docker-compose"
fi

step "model and sample"
export ZIMU_TEST_MODEL_DIR="${ZIMU_TEST_MODEL_DIR:-$PWD/build/models}"
bin=build/dev/bin
[ -x "$bin/zimu" ] || bin=build/release/bin
[ -x "$bin/zimu" ] || { echo "deploy-test: run 'make test' or 'make build' first" >&2; exit 1; }
if [ ! -f "$ZIMU_TEST_MODEL_DIR/ggml-base.bin" ]; then
  ZIMU_MODEL_DIR="$ZIMU_TEST_MODEL_DIR" "$bin/zimu" models pull base
fi

step "tests of the parts"
what=(tests/deploy/host)
for argument in "$@"; do [ -e "${argument%%::*}" ] && what=(); done
[ ${#what[@]} -eq 0 ] || tools/functional.sh tests/deploy/host
step "tests of the containers"
[ ${#what[@]} -eq 0 ] || what=(tests/deploy/containers)
exec tools/functional.sh "${what[@]}" "$@"
