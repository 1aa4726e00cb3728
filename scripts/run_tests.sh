#!/bin/sh
# Runs all tests: those in a browser beside the others, since both wait most of their time for
# processes that they started. With arguments, pytest runs with these.
set -u
cd "$(dirname "$0")/.."

python=.venv/bin/python
[ "$#" -eq 0 ] || exec "$python" -m pytest "$@"

log=$(mktemp)
"$python" -m pytest tests/browser >"$log" 2>&1 &
browser=$!
trap 'kill "$browser" 2>/dev/null; rm -f "$log"' EXIT
trap 'exit 130' INT TERM

"$python" -m pytest tests/integration tests/science tests/unit
others=$?
printf 'Waiting for the tests in the browser\n'
wait "$browser"
in_browser=$?
cat "$log"
[ "$others" -eq 0 ] && [ "$in_browser" -eq 0 ]
