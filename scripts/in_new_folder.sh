#!/bin/sh
# Runs a command with an empty data folder that is gone afterwards.
#
#   scripts/in_new_folder.sh COMMAND [ARGUMENT ...]
set -eu

SPHEREX_DATA_FOLDER=$(mktemp -d)
export SPHEREX_DATA_FOLDER
trap 'rm -rf "$SPHEREX_DATA_FOLDER"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
"$@"
