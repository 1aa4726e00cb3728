"""Machine-readable tables of CDS and AAS journals: texts as they stand, or an error in words."""

import io
import re

import numpy as np
import pytest
from astropy.io import ascii as astropy_ascii
from astropy.table import Table

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_spectra import read_spectra
from photometry_core.foreign_tables.mrt_files import read_mrt_texts
from photometry_core.target_lists.checks import check
from photometry_core.target_lists.isolation import read_list_isolated
from photometry_core.target_lists.proposals import propose, questions
from photometry_core.target_lists.reading import read_list
from tests.target_files import GAIA_ID, MRT, MRT_COLUMNS, MRT_ROWS, mrt

COLUMN = "   1-  5 F5.2   deg     RAdeg   Right ascension (J2000)"


def measured(content):
    """The targets of a list whose columns need no answers."""
    file = read_list(content, "stars.mrt")
    mapping = propose(file, 0).mapping
    assert questions(file, mapping) == []
    return [row.target for row in check(file, mapping).rows]


def changed(old, new):
    content = MRT.decode()
    assert content.count(old) >= 1
    return content.replace(old, new).encode()


def test_case_42_cells_stay_as_they_are_written():
    file = read_list(MRT, "stars.mrt")
    [table] = file.tables
    assert (file.format, file.notes, table.equinox, table.lines) == ("MRT", (), "2000", (23, 24))
    assert table.rows[0] == (
        str(GAIA_ID), "02", "42", "40.71", "-", "00", "00", "47.8", "11.200", "a",
    )  # fmt: skip
    # What stands for no value is none, and a line may end early.
    assert table.rows[1][-2:] == ("", "")
    column = table.columns[8]
    assert (column.name, column.unit) == ("Vmag", "mag")
    assert column.description == "Magnitude in V, of the 2 nights that were clear (1)"
    assert [one.unit for one in table.columns[:5]] == ["", "h", "min", "s", ""]


def test_hours_minutes_and_a_sign_of_its_own_are_positions():
    first, second = measured(MRT)
    assert (first.name, second.name) == (str(GAIA_ID), "38655544960000012")
    assert first.ra_deg == pytest.approx(40.669625, abs=1e-9)
    assert first.dec_deg == pytest.approx(-47.8 / 3600, abs=1e-9)
    assert second.dec_deg == pytest.approx(22.0145, abs=1e-9)


@pytest.mark.parametrize(
    ("stated", "frame"),
    [
        ("(J2000)", "ICRS"), ("(ICRS)", "ICRS"), ("(B1950)", "B1950"), ("(1950.0)", "B1950"),
        ("(FK5, J2000)", "FK5"), ("(J2000) at epoch 1950.0", "ICRS"), ("", "ICRS"),
        # Of several it has to be asked which one it is.
        ("(J2000), from B1950", ""), ("(FK4) ICRS", ""),
    ],
)  # fmt: skip
def test_the_frame_is_the_one_of_the_explanations(stated, frame):
    file = read_list(changed("(J2000)", stated), "")
    mapping = propose(file, 0).mapping
    assert mapping.frame == frame
    asked = [question.key for question in questions(file, mapping)]
    assert asked == ([] if frame else ["frame"])


def test_what_astropy_writes_is_read_and_what_it_reads_is_the_same():
    table = Table({"name": ["HD 1", "HD 22"], "RAdeg": [10.5, 359.25], "DEdeg": [-0.25, 89.0]})
    table["RAdeg"].unit = table["DEdeg"].unit = "deg"
    stream = io.StringIO()
    table.write(stream, format="ascii.mrt")
    found = measured(stream.getvalue().encode())
    assert [(one.name, one.ra_deg, one.dec_deg) for one in found] == [
        ("HD 1", 10.5, -0.25), ("HD 22", 359.25, 89.0),
    ]  # fmt: skip
    theirs = astropy_ascii.read(MRT.decode(), format="mrt")
    ours = read_list(MRT, "").tables[0]
    assert [column.name for column in ours.columns] == theirs.colnames
    assert [float(row[3]) for row in ours.rows] == list(theirs["RAs"])


def test_columns_may_be_described_in_any_order_and_reach_beyond_lines():
    shuffled = [*MRT_COLUMNS[4:8], *MRT_COLUMNS[:4]]
    content = mrt([*shuffled, " 900-910 A11 --- Remark Far away"], [row[:43] for row in MRT_ROWS])
    [table] = read_list(content, "").tables
    assert table.rows[0] == (
        "-", "00", "00", "47.8", str(GAIA_ID), "02", "42", "40.71", "",
    )  # fmt: skip
    assert [one.dec_deg < 0 for one in measured(content)] == [True, False]


def test_separators_between_columns_and_equal_bytes_and_characters_are_fine():
    rows = [row.replace(" 42 4", ":42:4") for row in MRT_ROWS]
    assert measured(mrt(MRT_COLUMNS, rows))[0].ra_deg == pytest.approx(40.669625)
    # An accent behind all columns but one changes none of them.
    assert read_list(mrt([COLUMN, "       7 A8 --- Obs Observer"], ["10.50 J"]), "").format == "MRT"
    content = mrt([COLUMN, "   7- 20 A14 --- Obs Observer"], ["10.50 José"])
    assert read_list(content, "").tables[0].rows == (("10.50", "José"),)


README = (
    mrt(MRT_COLUMNS, []).decode().replace("Title: ", "J/ApJ/1/2  ")
    + "=" * 80 + "\n(End)   J. Doe [CDS]  01-Jan-2026\n"
)  # fmt: skip
TWO = README.replace("(End)", "Byte-by-byte Description of file: table2.dat\n(End)")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (README.encode(), "description of stars_mrt.txt (a ReadMe), and the rows are not in it"),
        (TWO.encode(), "description of stars_mrt.txt, table2.dat (a ReadMe)"),
        (mrt(MRT_COLUMNS, []), "(a ReadMe), and the rows are not in it"),
        (changed("  27- 31", "  25- 31"), "(bytes 24-25) and 'RAs' (bytes 25-31) share bytes"),
        (changed("  27- 31", "   1-999"), "(bytes 1-19) and 'RAs' (bytes 1-999) share bytes"),
        (changed("  27- 31", "  31- 27"), "line 12: bytes 31-27 of column 'RAs'; allowed"),
        (changed("   1- 19", "   0- 19"), "line 9: bytes 0-19 of column 'ID'; allowed"),
        (changed("  27- 31", " -27- 31"), "line 12: '-27- 31 F5.2 s RAs"),
        (changed("F5.2", "????"), "line 12: '27- 31 ???? s RAs"),
        (changed("27- 31", "27- 99999999999"), "line 12: '27- 99999999999"),
        (mrt([], ["1 2"]), "line 8: no column is described below"),
        (mrt(["      Name and place"], ["1 2"]), "line 9: 'Name and place' does not describe a"),
        (MRT.split(b"\n   1- 19")[0], "line 7: the description of the columns has no"),
        (changed("Format Units", "Fromat Units"), "line 5: no line with Bytes, Format, Units"),
        (mrt([f"  {n} I1 --- c{n} x" for n in range(1, 502)], ["1"]), "has 501 columns; allowed"),
        (mrt([f"  {n} I1 --- c{n} x" for n in range(1, 60_000)], ["1"]), "has 501 columns"),
        (mrt(["1 I1 - c"] * 1_000_000, ["1"]), "has 1,000,010 lines; allowed: at most 20,000"),
        (mrt([COLUMN], ["10.50"] * 20_001), "20,001 rows; allowed: at most 20,000"),
        (mrt([f"  {n} I1 --- c{n} x" for n in range(1, 401)], ["1"] * 2_600), "1,000,000 ce"),
        (changed(" -00 00", "-00  00"), "line 23: '-' (byte 32) is in no column"),
        (mrt([COLUMN], ["10.50 x"]), "line 11: 'x' (byte 7) is in no column"),
        (mrt([COLUMN], ["10.50\t"]), "(byte 6) is in no column"),
        (mrt([COLUMN], ["1\t5.0"]), "line 11: it has a tab"),
        (mrt(["   1-  6 A6 --- Name x", "   7- 12 F6.2 deg RAdeg x"], ["José 10.5"]),
         "line 12: it has characters that are not ASCII"),
        (mrt([COLUMN], ["10.50", "-" * 80, "11.50"]), "line 11: a row stands above a line"),
        (mrt(["   1-  5 F5.2 deg " + "x" * 200_000], ["10.50"]), "column 1: its name has 1,9"),
        (changed("RAh", "R" * 200), "column 2: its name has 200 characters"),
    ],
)  # fmt: skip
def test_case_42_what_is_not_certain_is_refused_in_words(content, message):
    with pytest.raises(ForeignFileError, match=re.escape(message)):
        read_list(content, "stars.mrt")


def test_notes_with_numbers_are_no_rows():
    notes = [
        "Note (1): 2.5 or",
        "10.50 was the value,",
        "-" * 80,
        "Note (2):",
        "  1 = bad",
        " 2 = x",
    ]
    content = mrt([COLUMN], ["10.50"], notes)
    assert read_list(content, "").tables[0].rows == (("10.50",),)


def test_signs_of_absence_are_those_that_are_stated():
    columns = [
        "   1-  5 F5.2   mag     a       [-9/20]?=-9 Magnitude",
        "   7- 11 A5     ---     b       ?=\"none\" Name",
        "  13- 17 F5.2   mag     c       [A B]? Blank",
        "  19- 23 F5.2   mag     d       Is it [3.6] or not?",
    ]  # fmt: skip
    content = mrt(columns, ["-9.00 none  -9.00 -9.00", "-9e00 nona  1.0"])
    table = read_mrt_texts("x", content.decode())
    assert table.rows == [["", "", "-9.00", "-9.00"], ["", "nona", "1.0", ""]]
    assert [column.description for column in table.columns] == [
        "Magnitude", "Name", "Blank", "Is it [3.6] or not?",
    ]  # fmt: skip


def test_a_large_table_is_read_within_the_bounds_of_its_process():
    rows = [f"{number:5.2f}{' 1' * 47}" for number in np.linspace(0, 99, 20_000)]
    columns = [COLUMN, *(f"  {5 + 2 * n} I1 --- c{n} A number" for n in range(1, 48))]
    file = read_list_isolated([mrt(columns, rows)], "large.txt")
    assert len(file.tables[0].rows) == 20_000


def test_spectra_come_in_machine_readable_tables_too():
    content = mrt(
        ["   1-  4 F4.2 um   wavelength Wavelength", "   6- 10 F5.1 uJy flux ?=-99 Flux density"],
        ["1.25 100.5", "1.50 -99.0"],
    )
    [spectrum] = read_spectra(content, "spectrum.txt")
    assert spectrum.table.column("wavelength").to_pylist() == [1.25, 1.5]
    assert spectrum.table.column("flux").to_pylist() == [100.5, None]
