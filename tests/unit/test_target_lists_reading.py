"""Lists of targets are read as they are written; numbers of cases are those of the catalogue."""

import gzip
import io

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.time import Time

from photometry_core.errors import ForeignFileError
from photometry_core.spectrum_files import FORMATS, spectrum_bytes
from photometry_core.target_lists.contents import ListFile, with_header
from photometry_core.target_lists.isolation import read_list_isolated
from photometry_core.target_lists.reading import read_list
from tests.foreign_files import official_flat, votable
from tests.spectra import made_spectrum
from tests.target_files import (
    GAIA_ID,
    IPAC,
    SEXTRACTOR,
    astropy_table,
    ecsv_bytes,
    fits_bytes,
    good_files,
    parquet_bytes,
    votable_bytes,
)

M31 = ("M31", "10.684708", "41.26875")


def read(content, name="x.csv"):
    return read_list(content.encode() if isinstance(content, str) else content, name)


def case(number, *values, id_=""):
    return pytest.param(*values, id=f"case_{number}" + (f"_{id_}" if id_ else ""))


def names_of(table):
    return [column.name for column in table.columns]


@pytest.mark.parametrize(
    ("content", "columns", "rows"),
    [
        case("S1", "ra,dec,name\n189.998958,-11.623056,M104\n", "ra dec name",
             [("189.998958", "-11.623056", "M104")]),
        case("16_S2", '\ufeff"RA","DEC","Object Name "\r\n"1.50","41.268750","M 31, core"\r\n\r\n'
             '"2","3","M51"\r\n"2","3","M51"\r\n', "RA DEC Object~Name",
             [("1.50", "41.268750", "M 31, core"), ("2", "3", "M51"), ("2", "3", "M51")]),
        case("17_le", "name,ra\nSé,1\n".encode("utf-16"), "name ra", [("Sé", "1")]),
        case("17_be", b"\xfe\xff" + "name,ra\nSé,1\n".encode("utf-16-be"), "name ra",
             [("Sé", "1")]),
        case("22_cr", "name,ra\rA,1\rB,2\r", "name ra", [("A", "1"), ("B", "2")]),
        case("22_mixed", "name,ra\r\nA\u2028x,1\nB\x0bx,2\rC,3", "name ra",
             [("A\u2028x", "1"), ("B\x0bx", "2"), ("C", "3")]),
        case("25_semicolon_S3", "Name;RA;DE\nNGC 1068;40,669629;-0,013281\n", "Name RA DE",
             [("NGC 1068", "40,669629", "-0,013281")]),
        case("25_tab", "name\tra\tdec\nM 31, a\t1,5\t2,5\n", "name ra dec",
             [("M 31, a", "1,5", "2,5")]),
        case("25_pipe", "name|ra|dec\nM31|1|2\n", "name ra dec", [("M31", "1", "2")]),
        case("25_barred", "|name|ra|\n|---|---|\n|a|1|\n|b|2|\n|c|3|\n|d|4|\n", "name ra",
             [("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")]),
        case("25_blanks", "name  ra   dec\nM31 10.684708   41.26875\n", "name ra dec", [M31]),
        case("25_fixed", "name       ra       dec\nM 31       10.68    41.27\n"
             "NGC 1 068  40.66    -0.01\nx                   -3.1\n", "name ra dec",
             [("M 31", "10.68", "41.27"), ("NGC 1 068", "40.66", "-0.01"), ("x", "", "-3.1")]),
        case("25_ruled", "name     ra    dec\n-------- ----- ----\nM 31     10.68 41.2\n",
             "name ra dec", [("M 31", "10.68", "41.2")]),
        case("26", "sep=;\nra;dec\n1,5;2,5\n", "ra dec", [("1,5", "2,5")]),
        case("28", "ra,dec\n1_000,1e5\n0x10,1d2\n", "ra dec", [("1_000", "1e5"), ("0x10", "1d2")]),
        case("31", "# made by hand\n% also\n// also\n\nra,dec\n1,2\n", "ra dec", [("1", "2")]),
        case("31_names", "# all of them\n#ID,RA,Dec\n007,1,2\n", "ID RA Dec", [("007", "1", "2")]),
        case("32", "ra,dec,\n\n 1 ,2,\n,,\n3,4, \n\n", "ra dec", [("1", "2"), ("3", "4")]),
        case("35", 'name,ra\n"a ""b"" c\nd",1\n\'e\',2\n', "name ra",
             [('a "b" c\nd', "1"), ("'e'", "2")]),
        case("37_blank", "name,,ra\na,b,1\n", "name column~2 ra", [("a", "b", "1")]),
        case("83_ids", f"id,ra\n{GAIA_ID}0,1\n007,2\n", "id ra",
             [(f"{GAIA_ID}0", "1"), ("007", "2")]),
        case("S4", "id,RAJ2000,DEJ2000\na,12 39 59.43,-11 37 23.0\nb,12h39m59.43s,-00d00m47.8s\n",
             "id RAJ2000 DEJ2000",
             [("a", "12 39 59.43", "-11 37 23.0"), ("b", "12h39m59.43s", "-00d00m47.8s")]),
        case("S7", "| objname | ra    |\n m101\n           -125.0\n", "objname ra",
             [("m101", ""), ("", "-125.0")]),
        case("S13_one_column", "name\nNGC 1\nNGC 2\n", "name", [("NGC 1",), ("NGC 2",)]),
    ],
)  # fmt: skip
def test_cells_are_read_as_they_are_written(content, columns, rows):
    [table] = read(content, "x.txt").tables
    assert table.header == "names"
    assert names_of(table) == [name.replace("~", " ") for name in columns.split(" ") if name]
    assert list(table.rows) == rows
    assert not table.broken


@pytest.mark.parametrize(
    ("content", "note"),
    [
        case("6", fits_bytes(), "says plain text; it was read as FITS"),
        case("19", b"name,ra\nS\xe9gou,1\n", "read as Windows-1252"),
        case("36", "ra,RA,dec\n1,2,3\n", "Column 2 is called 'RA' like another: it is 'RA_2'"),
        case("31_within", "ra,dec\n1,2\n#3,4\n5,6\n", "with # is taken as comments: 3"),
        case("64_nested", parquet_bytes(), "column 'parts' is of the type struct"),
    ],
)
def test_what_a_person_must_see_is_noted(content, note):
    assert any(note in one for one in read(content).notes)


@pytest.mark.parametrize(
    ("content", "header", "n_rows"),
    [
        case("29_none", "10.5,41.2\n11.5,42\n", "none", 2),
        case("29_names_first", "M31,10.5,41.2\nM32,11.5,42\n", "none", 2),
        case("29_sexagesimal", "12:39:59.43,-11:37:23\n12:39:59.43,-11:37:23\n", "none", 2),
        case("29_one_row", "10.5,41.2\n", "none", 1),
        case("29_missing", "M31,N/A,41.2\nM32,11.5,42\n", "none", 2),
        case("29_asked", "M31,spiral\nM32,elliptical\n", "asked", 2),
        case("29_asked_mixed", "x,y,2015\n1,2,3\n", "asked", 2),
        case("29_numeric_name", "ra,dec,2015\n1,2,3\n", "names", 1),
        case("29_words", "name,type\nM31,spiral\n", "names", 1),
        case("29_unknown_words", "uno,duo\n1,2\n", "names", 1),
        case("S13_one_column_asked", "galaxy\nandromeda\n", "asked", 2),
    ],
)
def test_no_row_is_taken_for_a_header(content, header, n_rows):
    [table] = read(content).tables
    assert (table.header, len(table.rows)) == (header, n_rows)
    if header != "names":
        assert names_of(table) == [f"column {n + 1}" for n in range(len(table.columns))]
        named = with_header(table)
        assert names_of(named) == list(table.rows[0])
        assert named.rows == table.rows[1:]


@pytest.mark.parametrize(
    ("content", "units"),
    [
        case("30_round", "RA (deg),Dec [°],n (2MASS)\n1,2,3\n", ["deg", "°", ""]),
        case("30_line", "name,ra,dec\n,deg,deg\nM31,1,2\n", ["", "deg", "deg"]),
        case("30_rule", "name\tra\tdec\n\t\"h:m:s\"\t\"d:m:s\"\n---\t---\t---\nM31\t1\t2\n",
             ["", "h:m:s", "d:m:s"]),
        case("52", votable('<FIELD name="a" datatype="double" unit="mas.yr**-1"/>',
                           "<TR><TD>1</TD></TR>"), ["mas.yr**-1"]),
        case("53", "ra (10**9999999 m),dec\n1,2\n", ["", ""]),
        case("53_votable", votable('<FIELD name="a" datatype="double" unit="10**9999999 m"/>',
                                   "<TR><TD>1</TD></TR>"), [""]),
        case("S5", IPAC, ["", "deg", "deg", ""]),
        case("S10", SEXTRACTOR, ["", "deg", "deg", "mag", "mag"]),
    ],
)  # fmt: skip
def test_units_are_those_of_the_file(content, units):
    [table] = read(content).tables
    assert [column.unit for column in table.columns] == units
    assert table.header == "names"


def test_names_lose_the_unit_unless_they_would_be_equal():
    [table] = read("RA (deg),RA (hms),Flux (2MASS)\n1,2,3\n").tables
    assert names_of(table) == ["RA (deg)", "RA (hms)", "Flux (2MASS)"]
    assert names_of(read("RA (deg),Dec\n1,2\n").tables[0]) == ["RA", "Dec"]


@pytest.mark.parametrize("content", [case("33", "ra,dec,name\n1,2\n1,2,a\n1,2,a,b\n1,2,a,\n")])
def test_ragged_rows_stay_and_say_so(content):
    [table] = read(content).tables
    assert table.rows == (("1", "2", ""), *[("1", "2", "a")] * 3)
    assert table.broken == {
        0: "Line 2 has 2 cells, and the table has 3 columns",
        2: "Line 4 has 4 cells, and the table has 3 columns",
    }
    assert table.lines == (2, 3, 4, 5)


LINES = ("J123959.43-113723.0", "M104", "12.5 -1.2 gal", "189.99d -11.62d", "NGC 1068",
         "12°39\u203259.4\u2033 \u221211°37\u203223\u2033", "12h39m59.43s -11d37m23.0s",
         "189.9\t-11.6", "189.9, -11.6", "2MASX J12395949-1137230",
         "12 39 59.43 -11 37 23.0")  # fmt: skip


@pytest.mark.parametrize(
    "lines",
    [case("S12", LINES), case("S12_pairs", ("1.5 2.5", "3.5 4.5")), case("S12_one", ("M 31",)),
     case("S12_tabs", ("1.5\t2.5", "3.5\t4.5")), case("S12_names", ("NGC 1068", "NGC 4258"))],
)  # fmt: skip
def test_pasted_lines_stay_whole(lines):
    file = read("\n".join(lines), "")
    [table] = file.tables
    assert [row[0] for row in table.rows] == list(lines)
    assert (names_of(table), table.header, table.separator) == (["column 1"], "none", "")
    assert file.name == ""


@pytest.mark.parametrize(
    "text", ["name,ra,dec\nM31,1.5,2.5\n", "name ra dec\nM31 1.5 2.5\n", "M31 1.5 2.5\nM3 1.5 2.5"]
)
def test_pasted_tables_are_tables(text):
    assert len(read(text, "").tables[0].columns) == 3


@pytest.mark.parametrize("serialisation", ["tabledata", "binary", "binary2"])
@pytest.mark.parametrize("packed", [False, True])
def test_s8_votables_in_every_serialisation(serialisation, packed):
    content = votable_bytes(serialisation)
    file = read(gzip.compress(content) if packed else content, "x.vot" + ".gz" * packed)
    [table] = file.tables
    assert file.format == "VOTable"
    assert not file.notes
    assert table.rows[0] == ("M 31", str(GAIA_ID), "10.684708", "41.26875")
    assert table.rows[1][2:] == ("189.998958", "-11.623056")
    assert [column.ucd for column in table.columns] == ["", "", "pos.eq.ra;meta.main", ""]


def test_s9_fits_with_several_tables():
    first, second = read(fits_bytes(), "x.fits").tables
    assert first.name == "x.fits, table 1 (CATALOG)"
    assert first.rows[0] == ("M 31", str(GAIA_ID), "10.684708", "41.26875")
    assert first.rows[1] == ("M104", "", "189.998958", "-11.623056")
    assert (first.frame, first.equinox, len(second.rows)) == ("FK5", "2000.0", 1)
    assert [column.unit for column in first.columns] == ["", "", "deg", "deg"]


@pytest.mark.parametrize("content", [case("49", votable(
    '<FIELD name="a" datatype="int"/>', "<TR><TD>1</TD></TR>").replace(
    b"</RESOURCE>", b'<TABLE name="t2"><FIELD name="b" datatype="int"/><DATA><TABLEDATA>'
    b"<TR><TD>2</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE>"))])  # fmt: skip
def test_several_tables_stay_apart(content):
    first, second = read(content, "x.xml").tables
    assert [first.name, second.name] == ["x.xml, table 1 (photometry)", "x.xml, table 2 (t2)"]
    assert (first.rows, second.rows) == ((("1",),), (("2",),))


FIELDS = '<FIELD name="a" ucd="pos.eq.ra;meta.main" ref="B" datatype="char" arraysize="40x*"/>'
J2000 = '<COOSYS ID="J" system="eq_FK5" equinox="J2000"/>'
B1950 = '<COOSYS ID="B" system="eq_FK4" equinox="B1950" epoch="J2015.5"/>'


@pytest.mark.parametrize(
    ("before", "found"),
    [case("51", J2000 + B1950, ("eq_FK4", "B1950", "J2015.5")),
     case("51_only", J2000, ("eq_FK5", "J2000", "")), case("51_none", "", ("", "", ""))],
)  # fmt: skip
def test_frames_of_votables(before, found):
    [table] = read(votable(FIELDS, "<TR><TD>12 00 00</TD></TR>", before)).tables
    assert (table.frame, table.equinox, table.epoch) == found
    assert table.rows == (("12 00 00",),)


def test_case_54_nulls_are_empty():
    fields = '<FIELD name="a" datatype="int"><VALUES null="-99"/></FIELD>'
    [table] = read(votable(fields, "<TR><TD>-99</TD></TR><TR><TD/></TR>")).tables
    assert table.rows == (("",), ("",))


@pytest.mark.parametrize("file_format", [case("55", name, id_=name) for name in FORMATS])
def test_our_own_results_belong_elsewhere(file_format):
    content = spectrum_bytes(made_spectrum(3, 1), file_format)
    with pytest.raises(ForeignFileError, match=r"is a spectrum.*open it in the Upload tab"):
        read(content)


def test_case_55_results_of_the_official_tool_belong_elsewhere():
    with pytest.raises(ForeignFileError, match="is a spectrum"):
        read(official_flat())


def test_case_60_fits_columns_with_scales_and_nulls():
    columns = [
        fits.Column("ra", "I", array=np.array([1, 2], "i2"), unit="deg"),
        fits.Column("n", "J", array=np.array([-9, 4]), null=-9),
        fits.Column("name", "8A", array=np.array(["ab  ", "c"])),
        fits.Column("flux", "3E", array=np.ones((2, 3))),
        fits.Column("some", "PE()", array=np.array([[1.5], [1, 2]], object)),
    ]
    stream = io.BytesIO()
    table = fits.BinTableHDU.from_columns(columns)
    table.header["TSCAL1"], table.header["TZERO1"] = 0.5, 10
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(stream)
    [table] = read(stream.getvalue(), "x.fits").tables
    assert [row[:3] for row in table.rows] == [("10.5", "", "ab"), ("11.0", "4", "c")]
    assert [row[3:] for row in table.rows] == [("[1.0, 1.0, 1.0]", "[1.5]"),
                                               ("[1.0, 1.0, 1.0]", "[1.0, 2.0]")]  # fmt: skip


def test_case_62_columns_of_several_parts():
    table = Table({"name": ["a"]})
    table["coord"] = SkyCoord([1.5], [-2.5], unit="deg", frame="fk5")
    table["time"] = Time([60000.5], format="mjd")
    [found] = read(ecsv_bytes(table), "x.ecsv").tables
    assert names_of(found) == ["name", "coord.ra", "coord.dec", "time"]
    assert found.rows == (("a", "1.5", "-2.5", "60000.5"),)
    assert found.frame == "fk5"


def test_ecsv_and_parquet_keep_all_digits():
    [table] = read(ecsv_bytes(astropy_table()), "x.ecsv").tables
    assert table.rows[0] == ("M 31", str(GAIA_ID), "10.684708", "41.26875")
    assert table.rows[1][1] == ""
    [table] = read(parquet_bytes(), "x.parquet").tables
    assert table.rows == (("M 31", str(GAIA_ID), "10.684708", "41.26875"),
                          ("M104", "", "189.998958", ""))  # fmt: skip


def test_ipac_cells_need_not_fit_their_types():
    [table] = read(IPAC, "x.tbl").tables
    assert table.rows[0] == ("M56", "289.147941", "30.184501", "1.5")
    assert table.rows[1] == ("ngc 4552", "188.915864", "12.556341", "")
    assert table.lines == (6, 7)


def test_sextractor_arrays_have_columns_of_their_own():
    [table] = read(SEXTRACTOR, "x.cat").tables
    assert names_of(table) == ["NUMBER", "ALPHA_J2000", "DELTA_J2000", "MAG_APER", "MAG_APER_1"]
    assert table.rows[1] == ("2", "10.6847080", "41.2687500", "19.1", "19.5")


@pytest.mark.parametrize("name", [case("12", name, id_=str(at)) for at, name in enumerate(
    ["../../etc/cron.d/x", "C:\\x", "a" * 300, "a\nb", ".htaccess", "\u202egnp.csv"])])  # fmt: skip
def test_names_of_files_are_texts(name):
    shown = read("ra,dec\n1,2\n", name).name
    assert 0 < len(shown) <= 255
    assert not set("/\\\n\u202e") & set(shown)


@pytest.mark.parametrize("which", ["blanks", "binary2", "fits", "gzip", "mrt"])
def test_the_process_gives_the_same(which):
    content = good_files()[which]
    file = read_list_isolated([content[:7], content[7:]], "x")
    assert file == read_list(content, "x") == ListFile.from_json(file.to_json())
