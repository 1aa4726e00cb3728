"""The page about the method: what it says in numbers is what the program does."""

import html
import math
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from explorer.method import (
    COMPARED_RADII,
    ERROR_RATIOS,
    SERSIC_RATIOS,
    STAR_AGREEMENT_PERCENT,
    facts,
)
from explorer.results.columns import COUNT_COLUMNS
from photometry_core import binning, extent, flags
from photometry_core.kernel import background, group_fit, joint_fit
from photometry_core.psf import PROFILE_SIZE_PIX
from photometry_core.spectrum import COLUMNS
from photometry_core.tractor_engine import UPSTREAM
from photometry_core.types import (
    BACKGROUND_SIZE_RANGE_PIX,
    LEAST_EFFECTIVE_RADIUS_ARCSEC,
    MAX_EFFECTIVE_RADIUS_ARCSEC,
    SERSIC_INDEX_RANGE,
    MeasureOptions,
)


@pytest.fixture
def markup(client):
    response = client.get("/method/")
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def text(markup):
    """The words of the page, without formulas and markup."""
    without_formulas = re.sub(r"<math.*?</math>", "", markup, flags=re.DOTALL)
    words = html.unescape(re.sub(r"<[^>]*>", "", without_formulas))
    return re.sub(r"\s+", " ", words)


def rows_of(markup, label):
    """Return the cells of every row of the body of a table, as text."""
    table = markup.split(f'aria-label="{label}"')[1].split("</table>")[0]
    body = table.split("<tbody>")[1]
    return [
        [
            html.unescape(re.sub(r"<[^>]*>", "", cell)).strip()
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    ]


@pytest.mark.django_db
def test_every_page_leads_to_it(client):
    assert '<a href="/method/">Method</a>' in client.get("/").content.decode()
    assert '<a href="/help/" aria-current="true">' in client.get("/method/").content.decode()


def test_contents_lead_to_sections_in_their_order(markup):
    contents = re.findall(r'<li><a href="#([a-z]+)">(.*?)</a>', markup)
    sections = re.findall(r'<section id="([a-z]+)".*?<h2[^>]*>(.*?)</h2>', markup, re.DOTALL)
    assert contents == sections


def test_numbers_of_the_background(text):
    size = MeasureOptions().background_size_pix
    low, high = BACKGROUND_SIZE_RANGE_PIX
    assert f"{size} \u00d7 {size} pixels unless you choose another width ({low} to {high})" in text
    assert f"within {extent.FOOTPRINT_RADIUS_PIX:g} pixels of the targets" in text
    assert f"If fewer than {background.ENOUGH_PIXELS} pixels are left" in text
    assert f"steps of {background.GROWTH_STEP_PIX} pixels" in text
    assert f"at most by {background.MAX_GROWTH_PIX};" in text
    assert f"With fewer than {background.FEWEST_PIXELS} there is no background" in text
    assert f"With {background.PLANE_PIXELS} pixels or more the background is a plane" in text
    assert f"more than {background.PLANE_COST:g} times the variance of a constant" in text
    assert f"Pixels more than {background.CLIP_SIGMA:g} \u03c3 off" in text


def test_numbers_of_the_fit(text):
    assert f"the {PROFILE_SIZE_PIX} \u00d7 {PROFILE_SIZE_PIX} pixels of the fit" in text
    assert f"is beyond {joint_fit.WORST_CONDITION:,.0f}" in text
    assert f"less than {100 * group_fit.LEAST_FRACTION:g} % of its light" in text
    assert f"never less than {group_fit.LOWEST_VARIANCE_FRACTION:g} V" in text
    assert f"The fit is made {group_fit.REWEIGHTINGS} times" in text
    assert f"centres are within {extent.APERTURE_RADIUS_PIX:g} pixels of the target" in text


def test_numbers_of_galaxies(text):
    low, high = SERSIC_INDEX_RANGE
    assert f"the index n from {low:g} to {high:g}" in text
    assert f"along the major axis up to {MAX_EFFECTIVE_RADIUS_ARCSEC:g}\u2033" in text
    assert (
        f"effective radii below {LEAST_EFFECTIVE_RADIUS_ARCSEC:g}\u2033 are measured as point"
        in text
    )


def test_every_flag_is_in_the_table(markup, text):
    found = rows_of(markup, "Table of flags")
    assert [row[0] for row in found] == [str(flag.bit) for flag in flags.FLAGS]
    for row, flag in zip(found, flags.FLAGS, strict=True):
        assert row[1] == flag.name
        assert row[2].startswith(flag.meaning)
        assert row[2].endswith("(ignored by the fit)") == flag.ignored_by_fit
        assert row[3] == flag.severity
    *names, last = flags.decode(flags.IGNORED_BY_FIT)
    assert f"Pixels with {', '.join(names)} or {last}, and those" in text


def test_every_column_is_in_the_table(markup):
    found = {name: (unit, meaning) for name, unit, meaning in rows_of(markup, "Table of columns")}
    for column in COLUMNS:
        if column.name not in COUNT_COLUMNS:
            assert found.pop(column.name) == (column.unit, column.description)
    # What is left is one row for the numbers of pixels per flag, if there are any.
    counted = [column.name for column in COLUMNS if column.name in COUNT_COLUMNS]
    assert list(found) == ([f"{counted[0]} to {counted[-1]}"] if counted else [])
    binned = rows_of(markup, "Table of columns of the binned spectrum")
    assert binned == [[c.name, c.unit, c.description] for c in binning.COLUMNS]


def test_what_the_tractor_does_differently_is_told_in_numbers(markup, text):
    found = rows_of(markup, "Table of galaxies")
    assert [(float(row[0]), float(row[1])) for row in found] == list(SERSIC_RATIOS.items())
    isolated, all_cases = STAR_AGREEMENT_PERCENT
    assert f"isolated ones to {isolated} %, all that were tried, blends included, to" in text
    assert f"to {all_cases} %." in text
    for separation, factor in ERROR_RATIOS.items():
        assert f"{factor} at {separation} pixels" in text
    assert f'href="{UPSTREAM}"' in markup
    assert "The package named tractor on PyPI is another program" in text


def test_light_beyond_a_radius_is_that_of_the_profile():
    # For n = 1 the integral is elementary.
    b = 1.67834699
    (exponential,) = [row for row in facts()["sersic_comparisons"] if row.index == 1]
    expected = [100 * (1 + b * r) * math.exp(-b * r) for r in COMPARED_RADII]
    assert exponential.beyond_percent == pytest.approx(expected, rel=1e-7)


def test_formulas_are_complete_markup(markup):
    formulas = re.findall(r"<math.*?</math>", markup, re.DOTALL)
    assert len(formulas) >= 15
    for formula in formulas:
        ElementTree.fromstring(formula)


def test_options_that_it_names_are_those_of_the_command_line(markup):
    named = set(re.findall(r"<code>(--[a-z-]+)", markup))
    assert named >= {"--engine", "--weights", "--binned", "--releases"}
    done = subprocess.run(
        [sys.executable, "-m", "photometry_core", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert named <= set(re.findall(r"--[a-z-]+", done.stdout))
