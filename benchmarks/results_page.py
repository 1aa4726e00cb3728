"""How fast the results page is with 20,000 measurements, in a real browser.

Run it from the checkout: ``.venv/bin/python benchmarks/results_page.py``. It starts the site on a
folder of its own, with one job whose spectrum and stamps are invented, and prints the times from
a click to what is seen, what goes over the wire, and the memory of the browser's page and of the
web server. Chromium without a graphics processor draws more slowly than most people's.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from playwright.sync_api import CDPSession, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.running_site import Site, launch_arguments, running_site  # noqa: E402

SEED = """
import json, sys, django
django.setup()
from tests.browser.seed_jobs import add_completed
from tests.spectra import made_spectrum
from jobs.visitors import claim_token
job = add_completed(made_spectrum(int(sys.argv[1]), 20), title="Benchmark")
json.dump({"job": job.pk, "claim": claim_token(job)}, sys.stdout)
"""

SHOWN = """(row) => document.querySelector(".cutout[aria-pressed=true]")?.dataset.row === row
    && document.querySelector("tr[aria-current][data-row]")?.dataset.row === row
    && document.getElementById("selection-text").dataset.row === row"""

SETTLED = "() => document.getElementById('plot')?.dataset.drawn === 'true'"


@contextmanager
def timed(times: list[float]) -> Iterator[None]:
    """Append the milliseconds that a block takes."""
    start = time.perf_counter()
    yield
    times.append(1000 * (time.perf_counter() - start))


def seed(site: Site, n_rows: int) -> dict[str, str]:
    """Put a job with so many measurements into the site."""
    done = subprocess.run(
        [sys.executable, "-c", SEED, str(n_rows)],
        cwd=ROOT, env=site.environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    made: dict[str, str] = json.loads(done.stdout)
    return made


def open_page(page: Page, address: str, session: CDPSession) -> dict[str, Any]:
    """Load the page with an empty cache; return its weight and time to be ready."""
    received = {"bytes": 0.0, "requests": 0}

    def finished(event: dict[str, Any]) -> None:
        received["bytes"] += event["encodedDataLength"]
        received["requests"] += 1

    session.on("Network.loadingFinished", finished)
    times: list[float] = []
    with timed(times):
        page.goto(address, wait_until="commit")
        page.wait_for_function(SETTLED)
        page.wait_for_selector("tr[aria-current][data-row]", state="attached")
        page.wait_for_selector(".cutout[aria-pressed=true] canvas")
    return {"ready_ms": times[0], "mb": received["bytes"] / 1e6, "requests": received["requests"]}


def repeated(count: int, action: Callable[[int], None]) -> str:
    """Return the median and the largest time of an action."""
    times: list[float] = []
    for number in range(count):
        with timed(times):
            action(number)
    return f"{median(times):6.0f} ms, at most {max(times):.0f}"


def server_memory_mb() -> float:
    """Return the private memory of all gunicorn processes started here."""
    total = 0
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if any("gunicorn" in word for word in words):
            total += process.memory_full_info().uss
    return total / 1e6


def measure(page: Page, session: CDPSession, n_rows: int) -> None:
    """Print the figures of a page that is ready."""

    def select(number: int) -> None:
        row = (number + 1) * n_rows // 12
        page.evaluate("(row) => window.results.store.select(row)", row)
        page.wait_for_function(SHOWN, arg=str(row))
        page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")

    def step(number: int) -> None:  # noqa: ARG001 every action takes its number
        before = page.evaluate("() => window.results.store.get('row')")
        page.keyboard.press("j")
        page.wait_for_function("(row) => window.results.store.get('row') !== row", arg=before)
        row = page.evaluate("() => String(window.results.store.get('row'))")
        page.wait_for_function(SHOWN, arg=row)

    def change(patch: dict[str, Any]) -> None:
        page.evaluate(
            """(patch) => {
                document.getElementById("plot").dataset.drawn = "false";
                window.results.store.set(patch);
            }""",
            patch,
        )
        page.wait_for_function(SETTLED)

    def filtered(number: int) -> None:
        change({"filters": {"snr": {"text": f"> {number + 1}", "unit": "uJy"}}})

    def masked(number: int) -> None:
        change({"mask": str(2**33 + 2**32 + (number + 1) % 2)})

    def converted(number: int) -> None:
        change({"unit": ("mJy", "flam", "abmag", "uJy")[number % 4]})

    page.evaluate("() => window.results.store.set({ pane: 'both' })")
    page.wait_for_timeout(1000)
    print(f"select a row far away            {repeated(10, select)}")
    print(f"next row by key                  {repeated(10, step)}")
    print(f"filter a column                  {repeated(8, filtered)}")
    page.evaluate("() => window.results.store.set({ filters: {} })")
    page.wait_for_timeout(1000)
    print(f"change the mask of flags         {repeated(8, masked)}")
    print(f"change the unit                  {repeated(8, converted)}")
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")
    print(f"scripts' memory                  {heap['usedSize'] / 1e6:6.0f} MB")
    print(f"web server's memory              {server_memory_mb():6.0f} MB")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, add_help=True)
    parser.add_argument("--rows", type=int, default=20_000)
    arguments = parser.parse_args()
    print(f"{platform.platform()}, {psutil.cpu_count()} processors, {arguments.rows} rows")
    with (
        tempfile.TemporaryDirectory() as data,
        running_site(Path(data)) as site,
        sync_playwright() as playwright,
    ):
        made = seed(site, arguments.rows)
        browser = playwright.chromium.launch(**launch_arguments())
        context = browser.new_context(base_url=site.url, viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.goto(f"/claim/{made['claim']}")
        # The claim leads to the page itself: what counts is a visit with nothing kept.
        page.wait_for_load_state("networkidle")
        page.goto("about:blank")
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.clearBrowserCache")
        address = f"/jobs/{made['job']}/results/?target=0&row={arguments.rows // 2}"
        found = open_page(page, address, session)
        print(f"ready, nothing in the cache      {found['ready_ms']:6.0f} ms")
        print(f"over the wire                    {found['mb']:6.2f} MB, {found['requests']} files")
        page.goto("about:blank")
        again = open_page(page, address, session)
        print(f"ready, scripts in the cache      {again['ready_ms']:6.0f} ms")
        measure(page, session, arguments.rows)
        browser.close()


if __name__ == "__main__":
    main()
