"""The whole site as its users run it, on a data folder of its own, and a browser for it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_START_SECONDS = 180.0
_STOP_SECONDS = 30.0
_CHROMIUM_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)


@dataclass(frozen=True, slots=True)
class Site:
    """A running site.

    Parameters
    ----------
    url
        Its address, without a slash at the end.
    environment
        The environment of its processes.
    log
        The file with what they print.
    """

    url: str
    environment: dict[str, str]
    log: Path

    def run(self, module, *arguments):
        """Run a Python module in the site's environment; return what it prints."""
        command = [sys.executable, "-m", module, *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def seed(self):
        """Put jobs in every state into the database; return their ids and a claim to them."""
        return json.loads(self.run("tests.browser.seed_jobs"))


@contextmanager
def running_site(folder: Path):
    """Start web server and workers; stop them in the end."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SPHEREX_")}
    environment = kept | {
        "DJANGO_SETTINGS_MODULE": "explorer.settings",
        "SPHEREX_DATA_FOLDER": str(folder),
        "PYTHONPATH": str(ROOT),
    }
    site = Site(f"http://127.0.0.1:{port}", environment, folder / "site.log")
    command = [sys.executable, "-m", "django", "run", "--port", str(port), "--workers", "2"]
    with site.log.open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        _wait_until_it_answers(site, process)
        yield site
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_answers(site, process):
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{site.url}/jobs/", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError(f"the site did not start:\n{site.log.read_text()}")


def launch_arguments(*, draws_maps=True):
    """Return how Playwright starts the browser: the system's, or else its own.

    Without maps it has no WebGL either, which software would have to draw.
    """
    path = next(filter(None, map(shutil.which, _CHROMIUM_NAMES)), None)
    arguments = {"args": ["--disable-background-networking"]}
    if not draws_maps:
        arguments["args"] += ["--disable-gpu", "--disable-software-rasterizer"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Chromium refuses to run its sandbox as root.
        arguments["args"].append("--no-sandbox")
    return arguments | ({"executable_path": path} if path else {})
