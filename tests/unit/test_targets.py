"""Targets from tables of every format, and what is said of tables that can't be used."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table

from photometry_core.errors import InvalidInputError
from photometry_core.targets import read_targets
from photometry_core.types import ProperMotion


def write(tmp_path, name: str, text: str) -> str:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return str(tmp_path / name)


def test_a_position():
    [target] = read_targets("10.6847 -41.269")
    assert (target.ra_deg, target.dec_deg) == (10.6847, -41.269)
    assert target.name == "J004244.32-411608.4"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "ra,dec,name\n189.998958,-11.623056,M104\n0,0,origin\n"),
        ("a.csv", "\ufeffRA;Dec;Name\n189.998958;-11.623056;M104\n0;0;origin\n"),
        ("a.tsv", "name\tra\tdec\nM104\t189.998958\t-11.623056\norigin\t0\t0\n"),
        (
            "a.tbl",
            "|name  |ra         |dec        |\n|char  |double     |double     |\n"
            " M104   189.998958  -11.623056 \n origin 0.0         0.0        \n",
        ),
    ],
)
def test_text_tables(tmp_path, name, text):
    targets = read_targets(write(tmp_path, name, text))
    assert [t.name for t in targets] == ["M104", "origin"]
    assert (targets[0].ra_deg, targets[0].dec_deg) == (189.998958, -11.623056)
    assert (targets[1].ra_deg, targets[1].dec_deg) == (0.0, 0.0)


@pytest.mark.parametrize("name", ["a.vot", "a.fits", "a.ecsv"])
def test_binary_and_self_describing_tables_with_units(tmp_path, name):
    table = Table({"ra": [1.0, 2.0], "dec": np.radians([-3.0, 4.0]), "name": ["a", "b"]})
    table["ra"].unit, table["dec"].unit = "deg", "rad"
    table.write(tmp_path / name, format={"a.vot": "votable"}.get(name))
    targets = read_targets(str(tmp_path / name))
    assert [t.dec_deg for t in targets] == pytest.approx([-3.0, 4.0])
    assert [t.name for t in targets] == ["a", "b"]


def test_parquet_with_a_null(tmp_path):
    columns = {"ra": [1.0, 2.0], "dec": [-3.0, None], "name": ["a", None]}
    pq.write_table(pa.table({k: v[:1] for k, v in columns.items()}), tmp_path / "a.parquet")
    assert [t.name for t in read_targets(str(tmp_path / "a.parquet"))] == ["a"]
    pq.write_table(pa.table(columns), tmp_path / "b.parquet")
    with pytest.raises(InvalidInputError, match="row 2, column 'dec': no value is given"):
        read_targets(str(tmp_path / "b.parquet"))


def test_proper_motions(tmp_path):
    text = "ra,dec,pm_ra,pm_dec,ref_epoch\n1,2,-798.6,10277.3,2016.0\n3,4,,,\n"
    moving, resting = read_targets(write(tmp_path, "a.csv", text))
    assert moving.motion == ProperMotion(
        pm_ra_mas_yr=-798.6, pm_dec_mas_yr=10277.3, ref_epoch_yr=2016.0
    )
    assert resting.motion is None
    table = Table({"ra": [1.0], "dec": [2.0], "pm_ra": [0.5], "pm_dec": [-0.25]})
    table["ref_epoch"] = [2000.0]
    table["pm_ra"].unit = table["pm_dec"].unit = "arcsec / yr"
    table.write(tmp_path / "a.ecsv")
    [target] = read_targets(str(tmp_path / "a.ecsv"))
    assert target.motion.pm_ra_mas_yr == pytest.approx(500)
    assert target.motion.pm_dec_mas_yr == pytest.approx(-250)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("1,,2016", "row 1, column 'pm_dec': no value is given"),
        ("1,2,", "row 1, column 'ref_epoch': no value is given"),
        ("1,30000,2016", "row 1, column 'pm_dec': .* 30000 .*-20000 to 20000 mas"),
        ("1,2,57388", "epoch 57388 is out of range; allowed: Julian years 1850 to 2100"),
        ("fast,2,2016", "column 'pm_ra': 'fast' is not a number"),
    ],
)
def test_proper_motions_that_cannot_be_used(tmp_path, cells, message):
    text = f"ra,dec,pm_ra,pm_dec,ref_epoch\n1,2,{cells}\n"
    with pytest.raises(InvalidInputError, match=message):
        read_targets(write(tmp_path, "a.csv", text))


def test_columns_named_on_the_command_line_and_nameless_rows(tmp_path):
    path = write(tmp_path, "a.csv", "id,alpha,delta\n1,10.6847,-41.269\n")
    [target] = read_targets(path, ra_column="alpha", dec_column="delta")
    assert target.name == "J004244.32-411608.4"
    [target] = read_targets(path, ra_column="alpha", dec_column="delta", name_column="id")
    assert target.name == "1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ra,dec\n", "a.csv has no rows"),
        ("x,y\n1,2\n", "Columns: x, y; use --ra-column and --dec-column"),
        ("ra,RA,dec\n1,2,3\n", "2 columns 'ra'"),
        ("ra,dec\n1,2\n400,2\n", "row 2, column 'ra': RA 400 .* 0 to 360 degrees"),
        ("ra,dec\n1,2\n3,-91\n", "row 2, column 'dec': Dec -91 .* -90 to 90 degrees"),
        ("ra,dec\n1,2\n3,\n", "row 2, column 'dec': no value is given"),
        ("ra,dec\n1,2\n12h30m,4\n", "'12h30m' is sexagesimal, but this column is in degrees"),
        ("ra,dec,sersic_index\n1,2,4\n", "no column 'axis_ratio'; a Sersic profile takes"),
        ("ra,dec,pm_ra\n1,2,400\n", "no column 'pm_dec'; a proper motion takes"),
        ("", "a.csv is empty"),
    ],
)
def test_unusable_tables(tmp_path, text, message):
    with pytest.raises(InvalidInputError, match=message):
        read_targets(write(tmp_path, "a.csv", text))


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"PK\x03\x04" + bytes(40), "a.csv is a zip archive; unpack it"),
     (b"hello", "row 1: 'hello' is a name; write its position")],
)  # fmt: skip
def test_files_of_other_kinds_go_by_their_content(tmp_path, content, message):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(InvalidInputError, match=message):
        read_targets(str(tmp_path / "a.csv"))


def test_positions_may_have_the_names_of_catalogues(tmp_path):
    text = "name,RAJ2000,DEJ2000\nM104,12 39 59.43,-11 37 23.0\n"
    [target] = read_targets(write(tmp_path, "a.csv", text))
    assert (target.ra_deg, target.dec_deg) == pytest.approx((189.997625, -11.623056), abs=1e-6)
    [target] = read_targets(write(tmp_path, "a.csv", "GLON,GLAT\n298.46,51.15\n"))
    assert target.ra_deg == pytest.approx(189.998, abs=0.01)


def test_documented_columns_are_in_degrees_whatever_their_values(tmp_path):
    targets = read_targets(
        write(tmp_path, "a.csv", "ra,dec,RA_OBJ,DEC_OBJ\n1,0.2,3,4\n5,1.2,6,7\n")
    )
    assert [target.ra_deg for target in targets] == [1.0, 5.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lon,lat\n100,2\n", "In which frame are lon and lat.* Use the documented columns"),
        ("RAJ2000,DEJ2000\n10,2\n", r"in hours\? Write it .*such as 'RAJ2000 \(deg\)'"),
        ("ra;dec\n10,5;2,5\n", "decimal points.* Write numbers with points"),
        ("ra1,dec1,ra2,dec2\n100,2,101,3\n", "Which columns are the positions"),
    ],
)
def test_what_a_table_leaves_open_is_said(tmp_path, text, message):
    with pytest.raises(InvalidInputError, match=message):
        read_targets(write(tmp_path, "a.csv", text))


def test_neither_file_nor_position():
    with pytest.raises(InvalidInputError, match="'M 81' is neither a file nor a position"):
        read_targets("M 81")
