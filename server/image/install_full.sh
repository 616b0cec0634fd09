#!/usr/bin/env bash
# What the full image has beyond cuda: Python with the packages of workers/python, and Node.js, for workers and hooks
# written in either.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends python3 python3-venv nodejs
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "full: Python 3.10 or newer is needed" >&2; exit 1; }
node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 18 ? 0 : 1)' ||
  { echo "full: Node.js 18 or newer is needed, the base's has $(node --version)" >&2; exit 1; }
python3 -m venv /opt/zimu/python
/opt/zimu/python/bin/pip install --no-cache-dir --disable-pip-version-check -r /opt/zimu/workers/python/requirements.txt
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log /root/.cache
