"""Pictures of the pages, made from a job on the simulated sky.

Usage: ``python tests/browser/screenshots.py [FOLDER [NAME...]]``

Without a folder only the pictures of the README are made, docs/start.png and docs/results.png.
With one, every page, and every state of the start page, is photographed into it, wide and narrow,
light and dark, and docs/ is left alone. Names, such as ``start_grid``, leave out the others.
"""

import re
import sys
import tempfile
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
# The folder of a script is searched for modules, that of the project is not.
sys.path.insert(0, str(ROOT))

from tests.browser import start_pictures  # noqa: E402
from tests.browser.running_site import Site, launch_arguments, running_site  # noqa: E402

SIZES = {"wide": (1440, 900), "phone": (390, 844)}
SCHEMES = ("light", "dark")
OBJECT = "SIMP J0136+0933"
# A measurement in the methane band, in the middle of the spectrum.
ROW_FRACTION = 0.42


def measure(page: Page) -> str:
    """Submit a job, wait for it, and return the address of its results with a row selected."""
    page.goto("/")
    page.fill("#id_target", OBJECT)
    page.wait_for_selector(".feedback-good")
    page.get_by_role("button", name="Measure spectrum").click()
    page.wait_for_url(re.compile("/results/"), timeout=300_000)
    n_rows = int(page.locator(".results-head").get_attribute("data-rows") or 0)
    return f"{page.url.split('?')[0]}?row={int(ROW_FRACTION * n_rows)}"


def settle(page: Page) -> None:
    """Wait until everything on a page is drawn."""
    if page.locator("#id_target").count() and page.input_value("#id_target"):
        page.wait_for_selector("#position-feedback .feedback, #id_target_error:not(:empty)")
    if page.locator("#plot").count():
        page.wait_for_load_state("networkidle")
    page.wait_for_timeout(400)


def photograph_everything(
    browser: Browser, site: Site, results: str, folder: Path, state, only: set[str]
) -> None:
    """Save every page in every size and scheme."""
    seeded = site.seed()
    for size, (width, height) in SIZES.items():
        for scheme in SCHEMES:
            view = {
                "base_url": site.url,
                "viewport": {"width": width, "height": height},
                "color_scheme": scheme,
            }
            ending = f"{size}_{scheme}"
            start_pictures.photograph_start(
                partial(browser.new_context, **view), folder, ending, only
            )
            contexts = [browser.new_context(storage_state=kept, **view) for kept in (state, None)]
            owner, stranger = (context.new_page() for context in contexts)
            stranger.goto(f"/claim/{seeded['claim']}")
            for name, (page, address) in pages(owner, stranger, results, seeded["jobs"]).items():
                if only and name not in only:
                    continue
                page.goto(address)
                settle(page)
                page.screenshot(path=folder / f"{name}_{ending}.png", full_page=True)
            for context in contexts:
                context.close()


def pages(owner: Page, stranger: Page, results: str, jobs: dict[str, str]):
    """Return by name who looks at a page, and its address."""
    return {
        "new_job_not_understood": (owner, "/?target=12.5 -11 37 23"),
        "results": (owner, results),
        "results_both": (owner, f'{results}#pane="both"&side="checks"'),
        "results_masks": (owner, f'{results}#masks=true&panels=["flux_bkg"]&side="about"'),
        "upload": (owner, "/upload/"),
        "results_many_problems": (stranger, f"/jobs/{jobs['measured']}/results/?row=231"),
        "results_several_targets": (stranger, f"/jobs/{jobs['several']}/results/"),
        "results_none": (stranger, f"/jobs/{jobs['uncovered']}/results/"),
        "results_unmeasured": (stranger, f"/jobs/{jobs['unmeasured']}/results/"),
        "job_running": (stranger, f"/jobs/{jobs['running']}/"),
        "job_stopped": (stranger, f"/jobs/{jobs['stopped']}/"),
        "job_cancelled": (stranger, f"/jobs/{jobs['cancelled']}/"),
        "jobs": (stranger, "/jobs/"),
        "help": (stranger, "/help/"),
        "method": (stranger, "/method/"),
        "not_found": (stranger, "/jobs/nothing/"),
    }


def photograph_for_readme(browser: Browser, site: Site, results: str, state) -> None:
    """Save the pictures of the README."""
    folder = ROOT / "docs"
    folder.mkdir(exist_ok=True)
    width, height = SIZES["wide"]
    context = browser.new_context(
        base_url=site.url,
        viewport={"width": width, "height": height},
        color_scheme="light",
        storage_state=state,
    )
    page = context.new_page()
    page.goto(results)
    settle(page)
    page.screenshot(path=folder / "results.png")
    start_pictures.sersic(page)
    page.screenshot(path=folder / "start.png")
    context.close()


def main(arguments: list[str]) -> None:
    """Make the pictures."""
    folder = Path(arguments[0]) if arguments else None
    only = set(arguments[1:])
    with (
        tempfile.TemporaryDirectory() as data,
        running_site(Path(data)) as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(**launch_arguments())
        results, state = "/", None
        # The start page needs no result.
        if not only or not only <= set(start_pictures.STATES):
            context = browser.new_context(base_url=site.url)
            results = measure(context.new_page())
            state = context.storage_state()
            context.close()
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            photograph_everything(browser, site, results, folder, state, only)
        else:
            photograph_for_readme(browser, site, results, state)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
