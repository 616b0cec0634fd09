#!/usr/bin/env bash
# Zimu beside whisper.cpp and faster-whisper: same speech, same weights, same cores. bench/README.md says what it prints.
#   bench/run.sh                        five minutes of speech, five rounds: ratios, errors, memory, η
#   bench/run.sh --minutes 3 --rounds 3 --threads 2 --models base --programs zimu,whisper-cli
#   bench/run.sh robustness             words wrong in noise, music, on the telephone, in two languages …
#   bench/run.sh long --hours 10        memory, times and errors of one very long recording
#   bench/run.sh no-speech              words that each program makes up where nobody speaks
# The table goes to standard output, everything else to standard error, JSON to build/bench/.
set -euo pipefail
cd "$(dirname "$0")/.."
bench/prepare.sh
program=compare
case "${1:-}" in
  long | no-speech | robustness) program=${1//-/_}; shift ;;
esac
exec build/bench-venv/bin/python "bench/$program.py" "$@"
