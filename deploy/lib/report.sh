# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the parts share their variables
# What setup.sh tells. Three kinds of lines:
#   good TEXT          as it should be
#   note TEXT [FIX]    Zimu starts, but something is slower, missing or worth knowing
#   stop TEXT [FIX]    Zimu cannot start like this; nothing is written
# FIX may have several lines, each a command or a sentence. Everything goes to file descriptor 3.
missing=0

tell() {
  local mark="$1" text="$2" fix="${3:-}" line
  printf '%s %s\n' "$mark" "$text" >&3
  [ -n "$fix" ] || return 0
  while IFS= read -r line; do printf '         %s\n' "$line" >&3; done <<TEXT
$fix
TEXT
}

good() { tell '  ok    ' "$1"; }
note() { tell '  note  ' "$@"; }
stop() {
  missing=$((missing + 1))
  tell '  STOP  ' "$@"
}

# at_least VERSION MINIMUM: "v2.40.3-desktop.1" is at least "2.24.4".
at_least() {
  awk -v have="$1" -v want="$2" 'BEGIN {
    sub(/^v/, "", have)
    split(have, h, /[^0-9]+/); split(want, w, /[^0-9]+/)
    for (i = 1; i <= 3; i++) {
      if (h[i] + 0 > w[i] + 0) exit 0
      if (h[i] + 0 < w[i] + 0) exit 1
    }
    exit 0
  }'
}

has() { command -v "$1" >/dev/null 2>&1; }
