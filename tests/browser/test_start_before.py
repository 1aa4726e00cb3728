"""What the page says before a job is sent, and the title that is changed afterwards."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.barriers import barriers

# Two sources of the simulated sky share its pixels.
BLENDED = "10.13 -20"


@pytest.fixture(autouse=True)
def without_map(context):
    """The map has tests of its own, and takes its time where no graphics card draws it."""
    context.add_init_script(
        """const original = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function getContext(kind, ...options) {
          return kind.startsWith('webgl') ? null : original.call(this, kind, ...options);
        };"""
    )


def ready(page, exposures):
    expect(page.locator("#before-head")).to_contain_text(exposures)
    expect(page.locator("#before-counts")).to_have_attribute("aria-busy", "false")
    expect(page.locator("#before-preview")).to_have_attribute("data-state", "drawn")


def shades(page):
    """Return how many different pixels the preview has."""
    return page.evaluate(
        """() => {
          const canvas = document.getElementById('before-canvas');
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          return new Set(new Uint32Array(data.buffer)).size;
        }"""
    )


def test_what_there_is_is_shown_and_neighbours_are_fitted_together(page):
    page.goto(f"/?target={BLENDED}")
    ready(page, "322 exposures")
    band = page.locator("#before-bands [data-band='3']")
    expect(band).to_have_attribute("aria-pressed", "true")
    expect(band).to_have_accessible_name("D3: 54 exposures")
    assert shades(page) > 20
    page.locator("#before-bands [data-band='1']").click()
    expect(page.locator("#before-caption")).to_contain_text("D1, ")
    expect(page.locator("#before-nearest")).to_contain_text("simulated galaxy, 5.8 arcsec SW")
    expect(page.locator("#before-pace")).to_contain_text("Time: ")
    assert barriers(page, "#before") == ""

    page.get_by_role("button", name="Fit together").click()
    expect(page.locator("#before-neighbours")).to_be_hidden()
    expect(page.locator("#before-head")).to_contain_text("322 exposures, 2 targets together")
    assert len(json.loads(page.input_value("#id_partners"))) == 1
    page.evaluate("document.querySelector('#options').open = true")
    page.locator("label.band-1").click()
    expect(page.locator("#before-head")).to_contain_text("54 exposures, 2 targets together")
    expect(page.locator("#before-bands [data-band='2']")).to_have_accessible_name(
        "D2 is not chosen"
    )
    page.get_by_role("button", name="Measure spectrum").click()
    page.wait_for_url(re.compile("/jobs/[A-Za-z]"))
    expect(page.locator("main")).to_contain_text("with 1 neighbour")


@pytest.mark.parametrize("color_scheme", ["dark"])
def test_nothing_to_measure_is_said_at_once(page, color_scheme):
    """Case 90, on a phone in the dark."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme=color_scheme)
    page.goto("/?target=3C 273")
    ready(page, "322 exposures")
    page.evaluate(
        """() => {
          const profile = { n: 1, axisRatio: 0.5, positionAngle: 30, radius: 15 };
          window.start.store.set({ profile });
          document.querySelector('#options').open = true;
        }"""
    )
    page.locator("#id_time_end").fill("2024-01-01")
    expect(page.locator("#before-head")).to_have_text("0 exposures")
    status = page.locator("#before-status")
    expect(status).to_have_role("status")
    expect(status).to_contain_text(
        "322 exposures cover this position, but none in the chosen time range; they are from 2025-"
    )
    expect(page.locator("#before-caption")).to_contain_text("outside the chosen times")
    assert barriers(page, "#before") == ""
    # A range that can't be is no range: the sentence of submitting, and no number beside it.
    page.locator("#id_time_start").fill("2026-01-01")
    wrong = page.locator("#id_time_end_error")
    expect(wrong).to_have_role("status")
    expect(wrong).to_contain_text("is before its start: 2024-01-01 00:00:00 given; allowed: 2026-")
    expect(page.locator("#id_time_end")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#before-head")).to_have_text("Not counted: Until is not valid")
    expect(page.locator("#panel-outlook")).to_have_text("Not counted: Until is not valid")
    expect(page.locator("#before-bands")).to_be_hidden()
    expect(page.locator("#before-over")).to_have_text("No preview: Until is not valid.")
    page.evaluate("document.querySelector('#options').open = false")
    page.get_by_role("button", name="Go to Until").click()
    expect(page.locator("#id_time_end")).to_be_focused()
    assert barriers(page, "#before") == ""
    page.locator("#id_time_end").fill("")
    ready(page, " exposures")
    expect(wrong).to_be_empty()
    # Options are looked at without a target, too.
    page.locator("#id_target").fill("")
    expect(page.locator("#before")).to_be_hidden()
    page.locator("#id_aperture_radius").fill("1")
    expect(page.locator("#id_aperture_radius_error")).to_have_text(
        "1 given; allowed: 3 to 60 arcsec."
    )


def test_a_list_is_counted_and_its_rows_are_looked_at(owner, site, seeded):
    lists = json.loads(site.run("tests.browser.seed_lists", seeded["jobs"]["measured"]))
    page = owner
    page.goto(f"/?list={lists['bad']}")
    expect(page.locator("#before-head")).to_contain_text("measurements of 4 targets")
    expect(page.locator("#before-preview")).to_be_hidden()
    # The positions of its rows come in an answer of their own.
    page.wait_for_function("() => window.start.store.get('positions').length > 1")
    page.evaluate(
        "() => window.start.store.set({ row: window.start.store.get('positions')[1].row })"
    )
    expect(page.locator("#before-preview")).to_have_attribute("data-state", "drawn")
    expect(page.locator("#before-caption")).to_contain_text("=1+1")
    assert shades(page) > 20


def test_a_job_is_renamed_where_its_title_stands(owner, seeded):
    page = owner
    page.goto("/jobs/")
    page.get_by_role("button", name="Change the title Two targets").press("Enter")
    title = page.get_by_role("textbox", name="Title")
    expect(title).to_be_focused()
    title.fill("given up")
    # The list renews itself in the meantime, but not under somebody's hands.
    page.wait_for_timeout(2500)
    title.press("Escape")
    expect(page.locator(f"#job-{seeded['jobs']['several']}")).to_have_text("Two targets")
    expect(page.get_by_role("button", name="Change the title Two targets")).to_be_focused()

    page.goto(f"/jobs/{seeded['jobs']['several']}/results/")
    page.get_by_role("button", name="Change the title Two targets").click()
    title.fill("  ")
    title.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="title: empty")).to_be_visible()
    title.fill("A pair <b>of</b> stars")
    title.press("Enter")
    expect(page.locator(".results-head .eyebrow")).to_contain_text("A pair <b>of</b> stars")
    expect(page).to_have_title(re.compile("A pair <b>of</b> stars"))
    page.reload()
    expect(page.locator(".results-head .eyebrow")).to_contain_text("A pair <b>of</b> stars")
    # Other tests know the job by its title.
    page.get_by_role("button", name="Change the title A pair").click()
    title.fill("Two targets")
    title.press("Enter")
    expect(page).to_have_title(re.compile("Two targets"))
