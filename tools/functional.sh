#!/usr/bin/env bash
# pytest against the built programs (build/dev), with its packages in build/venv. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=build/venv
want=$(sha256sum tests/functional/requirements.txt)
if [ "$(cat "$venv/stamp" 2>/dev/null)" != "$want" ]; then
  echo "functional: installing Python packages into build/venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/functional/requirements.txt ||
    { echo "functional: installing Python packages failed (no network?)" >&2; exit 1; }
  printf '%s' "$want" >"$venv/stamp"
fi
export ZIMU_TEST_MODEL_DIR="${ZIMU_TEST_MODEL_DIR:-$PWD/build/models}"
# A test file or folder among the arguments is run alone, else all of them.
what=(tests/functional)
for argument in "$@"; do [ -e "${argument%%::*}" ] && what=(); done
exec "$venv/bin/python" -m pytest -q "${what[@]}" "$@"
