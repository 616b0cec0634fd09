#!/usr/bin/env bash
# Zimu beside whisper.cpp and faster-whisper: same speech, same weights, same cores; ratios, errors, memory.
#   bench/run.sh                        ten minutes of speech, three rounds (about a quarter of an hour on two cores)
#   bench/run.sh --minutes 3 --rounds 5 --noise 10 --programs zimu,whisper-cli
#   bench/run.sh long --hours 3         memory and errors of one long recording through `zimu serve`
#   bench/run.sh no-speech              words that each program makes up in silence, noise, tones and music
# The table goes to standard output, everything else to standard error, JSON to build/bench/.
set -euo pipefail
cd "$(dirname "$0")/.."
bench/prepare.sh
program=compare
case "${1:-}" in
  long | no-speech) program=${1//-/_}; shift ;;
esac
exec build/bench-venv/bin/python "bench/$program.py" "$@"
