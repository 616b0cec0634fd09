#!/usr/bin/env bash
# The list of Debian and Ubuntu packages Zimu needs. Installs what is missing, nothing else.
#   tools/bootstrap_debian.sh build    to compile and run
#   tools/bootstrap_debian.sh test     the same, and what the tests use
#   tools/bootstrap_debian.sh deploy   the same as test, and what the container tests use
#   tools/bootstrap_debian.sh list build|test|deploy   prints the names
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

read -r -d '' -a image < <(grep -v '^#' "$here/packages/image.txt") || true
build=("${image[@]}" git ccache python3 python3-venv python3-pip ffmpeg)
test=("${build[@]}" libgtest-dev libgmock-dev librapidcheck-dev sox espeak-ng pocketsphinx-testdata chromium
  fonts-noto-cjk nginx-light shellcheck strace tini bindfs fuse-overlayfs)
deploy=("${test[@]}" iptables mmdebstrap)
command -v dockerd >/dev/null || deploy+=(docker.io)

# Debian 12's libboost-dev is 1.74; 1.81 is beside it under a name of its own.
if apt-cache show libboost1.81-dev >/dev/null 2>&1; then
  for set in build test deploy; do
    declare -n names=$set
    names=("${names[@]/#libboost-json-dev/libboost-json1.81-dev}")
    names=("${names[@]/#libboost-dev/libboost1.81-dev}")
  done
fi

if [ "${1:-}" = list ]; then
  declare -n wanted="${2:-build}"
  printf '%s\n' "${wanted[@]}"
  exit 0
fi
declare -n wanted="${1:-build}"

if ! command -v apt-get >/dev/null; then
  echo "setup: this system has no apt-get; Zimu's setup knows Debian 12/13 and Ubuntu 24.04. Install the packages that 'tools/bootstrap_debian.sh list build' names and run 'make build'." >&2
  exit 1
fi
missing=()
for name in "${wanted[@]}"; do
  state=$(dpkg-query -W -f='${Status}' "$name" 2>/dev/null || true)
  [ "$state" = "install ok installed" ] || missing+=("$name")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "setup: all ${#wanted[@]} packages are here"
  exit 0
fi
sudo=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "setup: installing packages needs root: run this as root, or install sudo (missing: ${missing[*]})" >&2
    exit 1
  fi
  sudo=(sudo)
fi
free_mb=$(df -Pm /usr | awk 'NR==2 {print $4}')
if [ "$free_mb" -lt 3000 ]; then
  echo "setup: only ${free_mb} MB are free on /usr; about 3000 MB are needed. Free some space and run it again." >&2
  exit 1
fi
echo "setup: installing ${#missing[@]} packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { "${sudo[@]}" apt-get update -qq && "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
  --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -5 "$log" >&2
  echo "setup: installing packages failed (no network, or a package is unknown to this system's version); see the lines above and run it again." >&2
  exit 1
fi
echo "setup: done"
