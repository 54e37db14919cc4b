#!/usr/bin/env bash
# ctest, then what was compared with independent truth. Usage: tests/run_tests.sh BUILD [JOBS]
set -uo pipefail
cd "$(dirname "$0")/.."
status=0
# ctest keeps 1 KiB of the output of a passed test unless told otherwise; the summary needs all of it.
ctest --test-dir "$1" --output-on-failure --no-tests=error --test-output-size-passed 67108864 \
  --test-output-size-failed 67108864 -j "${2:-1}" || status=$?
python3 tests/summary.py "$1/Testing/Temporary/LastTest.log" || status=1
exit "$status"
