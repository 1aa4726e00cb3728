"""The Help page: every number, flag, column, limit, format and key is the program's own."""

import html
import re

import pytest
from django.conf import settings

from explorer import help_options
from explorer.bands import BANDS
from explorer.forms import JobForm
from explorer.help import limits_of_lists, limits_of_uploads
from explorer.key_tables import keys_of
from explorer.list_mapping_fields import ROLE_LABELS
from explorer.list_summary import FORMATS as FORMATS_OF_LISTS
from explorer.views.submission import POSITION_EXAMPLES
from photometry_core import flags, types
from photometry_core.__main__ import _parser
from photometry_core.foreign_tables import limits as table_limits
from photometry_core.positions import FRAME_SPELLINGS, parse_position
from photometry_core.spectrum_files import FORMATS
from photometry_core.target_lists import limits as list_limits
from photometry_core.target_lists.aliases import NAMES, PAIRS
from photometry_core.target_lists.division import TOGETHER_ARCSEC
from photometry_core.target_lists.mapping import ROLES
from photometry_core.target_lists.units import KINDS, UNITS
from tests.integration.test_pages_method import rows_of


@pytest.fixture
def markup(client):
    response = client.get("/help/")
    assert response.status_code == 200
    return response.content.decode()


def test_contents_lead_to_sections_in_their_order(markup):
    contents = re.findall(r'<li><a href="#([a-z-]+)">(.*?)</a>', markup)
    sections = re.findall(r'<section id="([a-z-]+)".*?<h2[^>]*>(.*?)</h2>', markup, re.DOTALL)
    assert contents == sections
    assert len(sections) >= 14


@pytest.mark.django_db
def test_links_within_the_page_and_of_the_page_lead_somewhere(client, markup):
    ids = set(re.findall(r'id="([a-z-]+)"', markup))
    article = markup.split('id="help-text"')[1]
    assert set(re.findall(r'href="#([a-z-]+)"', article)) <= ids
    method = client.get("/method/").content.decode()
    for anchor in re.findall(r'href="/method/#([a-z-]+)"', article):
        assert f'id="{anchor}"' in method


def test_formats_of_lists_are_those_of_the_start_page(markup):
    assert f"Read are {FORMATS_OF_LISTS}, each also packed with gzip." in html.unescape(markup)
    assert f"Neighbours within {TOGETHER_ARCSEC:.0f} arcsec stay in one job" in markup


def test_positions_are_read_as_the_page_says(markup):
    found = rows_of(markup, "Table of positions")
    for written, reading, degrees, _ in found:
        position = parse_position(written)
        assert reading == f"{position.notation}, {position.frame}"
        ra, dec = (float(part) for part in degrees.split())
        assert (ra, dec) == pytest.approx((position.ra_deg, position.dec_deg), abs=6e-6)
    assert {row[0] for row in found} >= set(POSITION_EXAMPLES)
    readings = {reading.split(", ")[0] for _, reading, *_ in found}
    assert readings == {"decimal degrees", "sexagesimal", "designation"}
    for spellings in FRAME_SPELLINGS.values():
        assert all(f"<code>{spelling}</code>" in markup for spelling in spellings)


def test_every_role_unit_and_header_of_a_list(markup):
    found = {name: cells for name, *cells in rows_of(markup, "Table of columns of a list")}
    assert list(found) == list(ROLES)
    for role, (label, units, headers) in found.items():
        assert label == ROLE_LABELS[role]
        expected = [*UNITS.get(role, {}).values(), *KINDS.get(role, {}).values()]
        assert units == "; ".join(expected)
        assert set(headers.split(", ")) == set(NAMES.get(role, {"see below": 0}))
    pairs = rows_of(markup, "Table of headers of coordinates")
    told = {(first, second, frame) for first, second, frame, _ in pairs}
    assert told == {(", ".join(pair.ra), ", ".join(pair.dec), pair.frame) for pair in PAIRS}


def test_no_text_falls_into_its_letters(markup):
    text = html.unescape(re.sub(r"<[^>]+>", " ", markup))
    assert not re.search(r"(?:(?<!\w)\w?[,;] ){3}", text)


def test_every_limit(markup):
    for label, limits, module in (
        ("Limits of a list", limits_of_lists(), list_limits),
        ("Limits of an opened file", limits_of_uploads(), table_limits),
    ):
        found = rows_of(markup, label)
        assert found == [[limit.what, limit.most] for limit in limits]
        told = {most.replace(",", "").split()[0] for _, most in found}
        for name in ("MAX_ROWS", "MAX_COLUMNS", "MAX_CELLS"):
            assert str(getattr(module, name)) in told
        assert f"{module.MAX_FILE_BYTES / 1e6:g}" in told
    assert [most for _, most in rows_of(markup, "Limits for one visitor")] == [
        f"{getattr(settings, f'SPHEREX_MAX_{name}'):,}"
        for name in ("TARGETS", "ACTIVE_JOBS", "LISTS", "UPLOADS")
    ]


def test_ranges_are_those_that_are_checked(markup):
    shape = {row[1]: row[2] for row in rows_of(markup, "Table of Sérsic parameters")}
    low, high = types.SERSIC_INDEX_RANGE
    assert shape["sersic_index"] == f"{low:g} to {high:g}"
    assert shape["effective_radius"] == f"above 0, to {types.MAX_EFFECTIVE_RADIUS_ARCSEC:g} arcsec"
    assert list(shape) == list(ROLES[4:8])
    motion = {row[1]: row[2] for row in rows_of(markup, "Table of proper motion")}
    assert f"{types.MAX_PROPER_MOTION_MAS_YR:,.0f} mas/yr" in motion["pm_ra"]
    options = {row[1]: row[2] for row in rows_of(markup, "Table of options")}
    low, high = types.BACKGROUND_SIZE_RANGE_PIX
    assert options["--background-size"].startswith(f"{low} to {high} pixels; usual: 15")
    for name in ("engine", "weights", "psf_center"):
        choices = JobForm.base_fields[name].choices
        row = options[f"--{name.replace('_', '-')}"]
        assert all(words in row for _, words in choices)
        assert row.endswith(dict(choices)[getattr(types.MeasureOptions(), name)])
    bands = rows_of(markup, "Table of bands")
    assert [row[0] for row in bands] == [band.name for band in BANDS]


def test_options_have_the_names_of_the_command_line():
    known = {name for action in _parser()._actions for name in action.option_strings}
    named = {option.column for option in help_options.options()}
    assert named <= known


@pytest.mark.django_db
def test_flags_columns_and_formats(client, markup):
    found = rows_of(markup, "Table of flags")
    assert [int(row[0]) for row in found] == [flag.bit for flag in flags.FLAGS]
    for row, flag in zip(found, flags.FLAGS, strict=True):
        assert row[4] == ("images, spectra" if flag.in_image else "spectra")
    method = client.get("/method/").content.decode()
    for label in ("Table of flags", "Table of columns"):
        assert rows_of(markup, label) == rows_of(method, label)
    formats = rows_of(markup, "Table of formats")
    assert [row[1] for row in formats] == [extension for extension, _ in FORMATS.values()]
    assert all(note for *_, note in formats)


def test_keys_are_those_of_the_scripts(markup):
    told = rows_of(markup, "Keys of New Job")
    assert [words for _, words in told] == [key.words for key in keys_of("start")]
    assert ["/", "Type a target"] in told
    assert [keys for keys, words in told if words.endswith(", on the map")] == [
        "\u2191 \u2193 \u2190 \u2192", "+ =", "\u2212", "Enter",
    ]  # fmt: skip
    assert ["Delete", "Leave out the row of a list, or take it again"] in told
    found = rows_of(markup, "Keys of Results")
    assert [words for _, words in found] == [key.words for key in keys_of("results")]
    assert ["j", "Next measurement, in the order of the table"] in found
    assert ["Shift F", "Previous flagged measurement"] in found


def test_what_scripts_only_speak_of_is_no_key(settings, tmp_path):
    folder = tmp_path / "static" / "js" / "made"
    folder.mkdir(parents=True)
    (folder / "made.js").write_text(
        '// keys.add(["q"], "In a comment", action);\n'
        'const address = "https://example.org"; keys.add(["w"], "Done // here", action);\n'
        '/* keys.add(["e"],\n "Over lines", action); */ keys.add(["r"], "Done", action);\n'
    )
    (folder.parent / "keys.js").write_text('const NAMES = {\n  r: "Return", "-": "minus",\n};\n')
    settings.BASE_FOLDER = tmp_path
    found = [(key.names, key.words) for key in keys_of("made")]
    assert found == [(("w",), "Done // here"), (("Return",), "Done")]


def test_a_link_to_a_place_in_help(rf):
    from django.template.loader import render_to_string

    link = render_to_string(
        "help/link.html", {"anchor": "galaxies", "about": "galaxies"}, rf.get("/")
    )
    assert 'href="/help/#galaxies"' in link
    assert "Help on galaxies, in a new tab" in html.unescape(link)
