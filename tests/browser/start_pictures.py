"""Pictures of the start page in each of its states, for `screenshots.py`."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import TimeoutError as TooLateError

# Positions in hours or in degrees: nobody but the owner of such a list knows.
ASKS = """name,RA,Dec
M 81,9.925881,69.065295
M 82,9.931231,69.679703
NGC 3077,10.055556,68.733889
"""
# Errors of all sorts, a name that occurs twice, and two rows at one place.
BAD = """name,ra,dec,n,b/a,PA,Re_arcsec
M 81,148.888221,69.065295,3.6,0.52,157,20
M 82,148.969687,69.679703,1.0,0.38,65,18
M 82,148.96969,69.67971,1.0,0.38,65,18
NGC 3077,150.829,168.733889,1.2,0.8,45,12
Holmberg IX,about 149,69.046,1.0,0.8,30,15
M 51,202.469575,47.195258,9.5,0.6,163,15
3C 273,187.27792,2.05239,4,1.9,0,2
"""
TARGET = "M 81"
MOST_MS = 120_000
"""For a busy machine."""
SHAPE = {
    "sersic_index": "3.6",
    "axis_ratio": "0.52",
    "position_angle": "157",
    "effective_radius": "18",
}


def wait_for_map(page: Page) -> None:
    """Wait until the map is drawn, or says that it is missing."""
    page.wait_for_selector("#sky:not([data-state=loading])")
    # Tiles come as long as somebody makes them: a picture without the last of them will do.
    with suppress(TooLateError):
        page.wait_for_load_state("networkidle", timeout=20_000)
    page.wait_for_timeout(1500)


def wait_for_counts(page: Page) -> None:
    """Wait until exposures are counted and the preview is drawn."""
    for selector in (
        "#position-feedback .feedback-good",
        "#before:not([hidden]) #before-counts[aria-busy=false]",
        "#before-preview:not([data-state=none], [data-state=loading])",
    ):
        page.wait_for_selector(selector, timeout=MOST_MS)
    wait_for_map(page)


def empty(page: Page) -> None:
    """Somebody comes for the first time."""
    page.goto("/")
    wait_for_map(page)


def filled(page: Page) -> None:
    """A target is typed: what was understood, exposures, preview."""
    page.goto("/")
    page.fill("#id_target", TARGET)
    wait_for_counts(page)


def preview(page: Page) -> None:
    """The same, further down."""
    filled(page)
    page.locator("#before-preview").scroll_into_view_if_needed()
    page.wait_for_timeout(300)


def error(page: Page) -> None:
    """What was sent has errors."""
    page.goto("/")
    page.fill("#id_target", "361 5")
    page.evaluate("document.getElementById('options').open = true")
    page.fill("#id_background_size", "3")
    page.click("#submit-job")
    page.wait_for_selector("#error-summary")
    wait_for_map(page)


def sersic(page: Page) -> None:
    """A galaxy with its ellipse."""
    page.goto("/")
    page.fill("#id_target", TARGET)
    page.locator("#id_model .segment", has_text="galaxy").click()
    for name, value in SHAPE.items():
        page.fill(f"#id_{name}", value)
    wait_for_counts(page)
    page.locator("#shape-preview").scroll_into_view_if_needed()
    page.wait_for_timeout(300)


def options(page: Page) -> None:
    """Everything that can be chosen."""
    page.goto("/")
    page.evaluate("document.getElementById('options').open = true")
    page.locator("#options").scroll_into_view_if_needed()
    wait_for_map(page)


def intake(page: Page) -> None:
    """Where a list comes from."""
    page.goto("/?mode=multi")
    page.locator("#id_mode .segment", has_text="List").click()
    wait_for_map(page)


def mapping(page: Page) -> None:
    """Columns that have to be asked about."""
    _paste(page, ASKS)
    page.locator(".mapping").scroll_into_view_if_needed()
    page.wait_for_timeout(300)


def grid(page: Page) -> None:
    """Rows with errors."""
    _paste(page, BAD)


def _paste(page: Page, text: str) -> None:
    intake(page)
    page.locator(".source", has_text="Paste").click()
    page.fill("#list-text", text)
    page.click("#list-text-send")
    page.wait_for_selector("#list-summary")
    page.wait_for_selector("#rows .rows-table", state="attached")
    page.wait_for_selector(".mapping")
    wait_for_map(page)


STATES: dict[str, Callable[[Page], None]] = {
    "start_empty": empty,
    "start_filled": filled,
    "start_preview": preview,
    "start_error": error,
    "start_sersic": sersic,
    "start_options": options,
    "start_intake": intake,
    "start_mapping": mapping,
    "start_grid": grid,
}


def photograph_start(
    new_context: Callable[[], BrowserContext], folder: Path, ending: str, only: set[str]
) -> None:
    """Save a picture of every state as ``<state>_<ending>.png``, each seen by a new visitor.

    A state that can't be reached does not keep the others from being photographed.
    """
    for name, make in STATES.items():
        if only and name not in only:
            continue
        context = new_context()
        page = context.new_page()
        path = folder / f"{name}_{ending}.png"
        try:
            make(page)
        except TooLateError as failure:
            print(f"{path.name}: {str(failure).splitlines()[0]}")
        page.screenshot(path=path)
        context.close()
