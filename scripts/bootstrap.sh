#!/bin/sh
# Prepares the virtual environment .venv from the pinned, hashed requirements, and node_modules
# from the hashed package-lock.json.
#
#   scripts/bootstrap.sh [runtime|dev]
#
# A copy of each lock is kept once everything in it is installed: while the two agree there is
# nothing to do and no network is needed. The development environment holds all of the runtime
# one, so an environment that was once made for development stays one.
set -eu
cd "$(dirname "$0")/.."

uv_version=0.13.8
python=.venv/bin/python

# uv trusts the certificates that git and pip trust: an institute's proxy is among them.
export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}"

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

is_current() {
    cmp -s "$1" ".venv/$1" && "$python" -c '' 2>/dev/null
}

# Version shims may exist and yet not run: each candidate is asked what it is.
find_python() {
    found=
    without_venv=
    set -- python3 python3.14 python3.13 python3.12 python3.11 python
    [ -z "${PYTHON:-}" ] || set -- "$PYTHON"
    for name in "$@"; do
        version=$("$name" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
        if ! "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            found="$found $name ($version)"
        elif ! "$name" -c 'import ensurepip, venv' 2>/dev/null; then
            without_venv="$without_venv $version"
        else
            printf '%s\n' "$name"
            return
        fi
    done
    for version in $without_venv; do
        fail "Python $version is here, but not its venv module." \
            "Install it (Debian, Ubuntu: apt-get install python$version-venv) and try again."
    done
    fail "Python 3.11 or newer is needed; found:${found:- none}." \
        "Install one (Debian, Ubuntu: apt-get install python3 python3-venv; macOS: brew install python)" \
        "or name one: make setup PYTHON=/path/to/python3.11"
}

# What the pages load in the browser and Python packages do not carry: the viewer of the sky map.
# The site works without it, so that a failure here must not stop anything; it is tried again next
# time. npm comes with .venv, so that nobody needs Node.
install_browser_packages() {
    kept=node_modules/package-lock.json
    [ ! -e node_modules/aladin-lite/dist/aladin.js ] || ! cmp -s package-lock.json "$kept" || return 0
    printf 'Installing the browser packages into node_modules\n'
    if PATH="$PWD/.venv/bin:$PATH" .venv/bin/npm ci --prefer-offline --fetch-retries=1 \
        --fetch-retry-mintimeout=1000 --loglevel=error >.venv/npm.log 2>&1; then
        cp package-lock.json "$kept"
    else
        tail -n 5 .venv/npm.log >&2
        printf '%s\n' "The viewer of the sky map could not be installed: the start page will do without it." \
            "Its setup is tried again with the next command; .venv/npm.log says more." >&2
    fi
}

kind=${1:-runtime}
[ ! -e .venv/requirements-dev.lock ] || kind=dev
case $kind in
    runtime) locks="requirements.lock" ;;
    dev) locks="requirements.lock requirements-dev.lock" ;;
    *) fail "usage: $0 [runtime|dev]" ;;
esac

missing=
for lock in $locks; do
    is_current "$lock" || missing=yes
done
if [ -z "$missing" ]; then
    install_browser_packages
    exit 0
fi

# An environment whose interpreter is gone, or whose making was interrupted, is made anew.
if ! "$python" -m pip --version >/dev/null 2>&1; then
    base=$(find_python)
    printf 'Creating .venv with %s\n' "$("$base" --version)"
    "$base" -m venv --clear .venv
fi

printf 'Installing the %s packages into .venv\n' "$kind"
if [ "$("$python" -m uv --version 2>/dev/null | cut -d' ' -f2)" != "$uv_version" ]; then
    "$python" -m pip install --quiet --disable-pip-version-check "uv==$uv_version"
fi
for lock in $locks; do
    last=$lock
done
"$python" -m uv pip sync --quiet --python "$python" --require-hashes "$last"
for lock in $locks; do
    cp "$lock" ".venv/$lock"
done
install_browser_packages
