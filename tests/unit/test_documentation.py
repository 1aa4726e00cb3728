"""README says what the program does."""

from pathlib import Path

from django.conf import settings

from explorer.key_tables import keys_of
from explorer.method import ERROR_RATIOS, SERSIC_RATIOS, STAR_AGREEMENT_PERCENT
from explorer.results.columns import COUNT_COLUMNS
from photometry_core import COLUMNS, extent, flags
from photometry_core.kernel import background
from photometry_core.target_lists import limits as list_limits
from photometry_core.target_lists.division import TOGETHER_ARCSEC
from photometry_core.types import LEAST_EFFECTIVE_RADIUS_ARCSEC, MeasureOptions

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_columns_of_the_readme_are_those_of_the_files():
    counted = [column.name for column in COLUMNS if column.name in COUNT_COLUMNS]
    assert f"| `{counted[0]}` to `{counted[-1]}` |" in README
    assert f"those with the flag; {len(counted)} columns |" in README
    for column in COLUMNS:
        if column.name in counted:
            continue
        meaning = column.description.replace("|", "\\|")
        assert f"| `{column.name}` | {column.unit} | {meaning} |" in README


def test_numbers_of_the_readme_are_those_of_the_program():
    words = " ".join(README.split())
    for told in (
        f"fewer than {background.PLANE_PIXELS} pixels, or all to one side",
        f"fewer than {background.ENOUGH_PIXELS} are left the box grows by up to "
        f"{background.MAX_GROWTH_PIX} pixels",
        f"clipped at {background.CLIP_SIGMA:g} sigma",
        f"({MeasureOptions().background_size_pix} pixels wide unless",
        f"{extent.FOOTPRINT_RADIUS_PIX:g} pixels around the targets "
        f"({extent.FOOTPRINT_EFFECTIVE_RADII:g} effective radii more",
        f"within {extent.APERTURE_RADIUS_PIX:g} pixels of the target",
        f"effective radii below {LEAST_EFFECTIVE_RADIUS_ARCSEC:g} arcsec",
    ):
        assert told in words
    limits = f"up to {list_limits.MAX_FILE_BYTES / 1e6:g} MB and {list_limits.MAX_ROWS:,} rows"
    assert f"{limits}. More targets than one job takes ({settings.SPHEREX_MAX_TARGETS})" in words
    assert f"Neighbours within {TOGETHER_ARCSEC:.0f} arcsec stay in one job" in words
    *names, last = flags.decode(flags.IGNORED_BY_FIT)
    assert f"Pixels flagged {', '.join(names)} or {last}," in words


def test_readme_and_page_compare_with_the_tractor_in_the_same_numbers():
    words = " ".join(README.split())
    *ratios, last = (f"{ratio:.3f}" for ratio in SERSIC_RATIOS.values())
    assert f"native / Tractor is {', '.join(ratios)} and {last} for n = 1, 2.5, 4 and 6" in words
    assert list(SERSIC_RATIOS) == [1, 2.5, 4, 6]
    for separation, factor in ERROR_RATIOS.items():
        assert f"by {factor} at {separation} pixels" in words
    isolated, all_cases = STAR_AGREEMENT_PERCENT
    assert f"isolated ones to {isolated} %, all cases that were tried to {all_cases} %" in words


def test_keys_of_the_readme_are_those_of_the_pages():
    for page, title in (("start", "Starting a job"), ("results", "Looking at a result")):
        section = README.split(f"## {title}")[1].split("\n## ")[0]
        told = section.split("**Keys.**")[1].split("\n\n")[0]
        known = {name for key in keys_of(page) for name in key.names}
        assert set(told.split("`")[1::2]) <= known
