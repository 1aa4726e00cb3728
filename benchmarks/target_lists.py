"""How long a list of targets takes from the choice of the file to its rows on the page.

Run it from the checkout: ``.venv/bin/python benchmarks/target_lists.py``. It starts the site on a
folder of its own and opens lists of galaxies in Chromium, a short and a long one in turn, so that
the ratio of the two says what the rows cost, whatever the machine. Then it changes the long list
and asks how long the page keeps somebody waiting.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.running_site import launch_arguments, running_site  # noqa: E402

SHORT = 20
LISTED = """(n) => window.start?.store.get("list")?.rows === n
    && window.start.store.get("positions").length
    && document.querySelectorAll("#rows tbody tr[data-row]").length === Math.min(n, 100)"""


def table(n_rows: int, seed: int) -> bytes:
    """Return a list of galaxies all over the sky, with a bad row here and there."""
    draw = np.random.default_rng(seed)
    lines = ["Name,RAJ2000,DEJ2000,n,q,PA,Re_arcsec"]
    for number in range(n_rows):
        dec = 95.0 if number % 500 == 7 else draw.uniform(-90, 90)
        shape = f"{draw.uniform(0.5, 6):.2f},{draw.uniform(0.1, 1):.3f}"
        shape += f",{draw.uniform(0, 180):.1f},{draw.uniform(1, 19):.2f}"
        lines.append(f"galaxy {seed}-{number},{draw.uniform(30, 359):.6f},{dec:.6f},{shape}")
    return "\n".join(lines).encode()


def listed(page: Page, url: str, n_rows: int, seed: int) -> float:
    """Return the seconds from the choice of a file until its rows are on page and map."""
    page.goto(f"{url}/?mode=multi")
    page.wait_for_selector("#list-file", state="attached")
    name = f"{n_rows}_{seed}.csv"
    content = {"name": name, "mimeType": "text/csv", "buffer": table(n_rows, seed)}
    start = time.perf_counter()
    page.set_input_files("#list-file", content)
    page.wait_for_url("**/?list=*")
    page.wait_for_function(LISTED, arg=n_rows)
    return time.perf_counter() - start


def waited(page: Page, action: str, seen: str) -> float:
    """Return the seconds from a step in the page until something is seen."""
    start = time.perf_counter()
    page.evaluate(action)
    page.wait_for_function(seen)
    return time.perf_counter() - start


def main() -> None:
    """Measure, and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=5000, help="rows of the long list")
    arguments.add_argument("--repeat", type=int, default=5, help="lists of each length")
    given = arguments.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}")
    with (
        tempfile.TemporaryDirectory() as folder,
        running_site(Path(folder) / "site") as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(**launch_arguments(draws_maps=False))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        listed(page, site.url, SHORT, 0)  # what is loaded once
        short, long = [], []
        for seed in range(1, given.repeat + 1):
            short.append(listed(page, site.url, SHORT, seed))
            long.append(listed(page, site.url, given.rows, seed))
        print(f"file to rows, {SHORT} rows: {median(short):.2f} s (at most {max(short):.2f})")
        print(f"file to rows, {given.rows:,} rows: {median(long):.2f} s (at most {max(long):.2f})")
        print(f"ratio: {median(long) / median(short):.2f}")
        seconds = waited(
            page,
            "() => window.start.store.set({row: 4321})",
            "() => document.querySelector('#rows tr[data-row=\"4321\"][aria-selected=true]')",
        )
        print(f"a row that the map selects, on another page: {seconds:.2f} s")
        browser.close()


if __name__ == "__main__":
    main()
