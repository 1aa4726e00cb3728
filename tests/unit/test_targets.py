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
    with pytest.raises(InvalidInputError, match="row 2, column 'dec': the value is missing"):
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
        ("1,,2016", "row 1: column 'pm_dec': the value is missing"),
        ("1,2,", "row 1: column 'ref_epoch': the value is missing"),
        ("1,30000,2016", "row 1: pm_dec: 30000.0 mas/yr .*-20000 to 20000"),
        ("1,2,57388", "row 1: ref_epoch: 57388.0 is not a Julian year; allowed: 1850 to 2100"),
        ("fast,2,2016", "'fast' is not a number of mas"),
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
        ("x,y\n1,2\n", "no column 'ra'; columns: x, y; use --ra-column"),
        ("ra,RA,dec\n1,2,3\n", "2 columns 'ra'"),
        ("ra,dec\n1,2\n400,2\n", "row 2: ra: 400.0 .*0 <= ra < 360"),
        ("ra,dec\n1,2\n3,-91\n", "row 2: dec: -91.0"),
        ("ra,dec\n1,2\n3,\n", "row 2, column 'dec': the value is missing"),
        ("ra,dec\n1,2\n12h30m,4\n", "row 2, column 'ra': '12h30m' is not a number of deg"),
        ("ra,dec,sersic_index\n1,2,4\n", "column 'sersic_index': Sersic profiles"),
        ("ra,dec,pm_ra\n1,2,400\n", "no column 'pm_dec'; a proper motion takes"),
        ("", "a.csv is empty"),
    ],
)
def test_unusable_tables(tmp_path, text, message):
    with pytest.raises(InvalidInputError, match=message):
        read_targets(write(tmp_path, "a.csv", text))


@pytest.mark.parametrize(
    ("name", "message"),
    [("a.xlsx", "extension '.xlsx'; allowed: .csv"), ("a.vot", "not a VOTable")],
)
def test_files_of_other_kinds(tmp_path, name, message):
    with pytest.raises(InvalidInputError, match=message):
        read_targets(write(tmp_path, name, "hello"))


def test_neither_file_nor_position():
    with pytest.raises(InvalidInputError, match="'M 81' is neither a file nor a position"):
        read_targets("M 81")
