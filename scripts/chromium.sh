#!/bin/sh
# Makes sure that the browser tests have a Chromium: the system's, or Playwright's own. The shell
# without windows is enough, and takes two thirds of the processor's time.
set -eu
cd "$(dirname "$0")/.."

python=.venv/bin/python

has_system_chromium() {
    for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$name" >/dev/null && "$name" --version >/dev/null 2>&1; then
            return 0
        fi
    done
    return 1
}

has_playwright_chromium() {
    "$python" - <<'PYTHON'
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

with sync_playwright() as playwright:
    sys.exit(not Path(playwright.chromium.executable_path).exists())
PYTHON
}

install_with_apt() {
    command -v apt-get >/dev/null || return 1
    as_root=
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || return 1
        as_root="sudo -n"
    fi
    echo "Installing Chromium for the browser tests with apt-get"
    $as_root apt-get update -qq || return 1
    for package in chromium-headless-shell chromium; do
        if $as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "$package" >/dev/null </dev/null; then
            break
        fi
    done
    has_system_chromium
}

install_with_playwright() {
    echo "Installing Chromium for the browser tests with Playwright"
    "$python" -m playwright install chromium && has_playwright_chromium
}

has_system_chromium || has_playwright_chromium || install_with_apt || install_with_playwright || {
    cat >&2 <<'MESSAGE'
The browser tests need Chromium, which could not be installed. One of these will do:
  Debian, Ubuntu:  sudo apt-get update && sudo apt-get install chromium
  any system:      .venv/bin/python -m playwright install --with-deps chromium
Then run make test again.
MESSAGE
    exit 1
}
