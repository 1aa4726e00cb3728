"""Files with lists of targets, in all formats, made by hand or by the programs people use."""

import gzip
import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits
from astropy.io.votable import from_table, writeto
from astropy.table import Table

GAIA_ID = 4295806720123456789

IPAC = b"""\\fixlen = T
|object  |ra          |dec         |n     |
|char    |double      |double      |int   |
|        |deg         |deg         |      |
|null    |null        |null        |null  |
 M56      289.147941    30.184501   1.5
 ngc 4552 188.915864    12.556341   null
"""

SEXTRACTOR = b"""#   1 NUMBER          Running object number
#   2 ALPHA_J2000     Right ascension of barycenter (J2000)      [deg]
#   3 DELTA_J2000     Declination of barycenter (J2000)          [deg]
#   4 MAG_APER        Fixed aperture magnitude vector            [mag]
         1   189.9989580   -11.6230560   20.1   20.5
         2    10.6847080    41.2687500   19.1   19.5
"""


def mrt(columns: list[str], rows: list[str], notes: list[str] | None = None) -> bytes:
    """A machine-readable table; columns are lines of its description, rows and notes lines."""
    rule = "-" * 80
    lines = [
        "Title: Stars of a test", "Authors: Doe J., Roe R.", "Table: Positions", "=" * 80,
        "Byte-by-byte Description of file: stars_mrt.txt", rule,
        "   Bytes Format Units   Label   Explanations", rule, *columns, rule,
    ]  # fmt: skip
    lines += [*notes, rule] if notes else []
    return "\n".join([*lines, *rows, ""]).encode()


MRT_COLUMNS = [
    "   1- 19 I19    ---     ID      Identifier of the survey",
    "  21- 22 I2     h       RAh     [0/23] Hour of Right Ascension (J2000)",
    "  24- 25 I2     min     RAm     Minute of Right Ascension (J2000)",
    "  27- 31 F5.2   s       RAs     Second of Right Ascension (J2000)",
    "      33 A1     ---     DE-     Sign of the Declination (J2000)",
    "  34- 35 I2     deg     DEd     Degree of Declination (J2000)",
    "  37- 38 I2     arcmin  DEm     Arcminute of Declination (J2000)",
    "  40- 43 F4.1   arcsec  DEs     Arcsecond of Declination (J2000)",
    "  45- 50 F6.3   mag     Vmag    ?=-9.99 Magnitude in V, of the",
    "                                2 nights that were clear (1)",
    "      52 A1     ---   f_Vmag    ? Flag",
]
MRT_ROWS = [
    f"{GAIA_ID} 02 42 40.71 -00 00 47.8 11.200 a",
    "  38655544960000012 05 34 31.94 +22 00 52.2 -9.990",
]
MRT = mrt(MRT_COLUMNS, MRT_ROWS, ["Note (1): In 2019 and 2020."])


def astropy_table() -> Table:
    table = Table(
        {
            "name": ["M 31", "M104"],
            "source_id": np.array([GAIA_ID, -99]),
            "ra": [10.684708, 189.998958],
            "dec": np.array([41.26875, -11.623056], "f4"),
        },
        masked=True,
    )
    table["source_id"].mask = [False, True]
    table["ra"].unit = table["dec"].unit = "deg"
    return table


def votable_bytes(serialisation: str) -> bytes:
    document = from_table(astropy_table())
    table = document.get_first_table()
    table.get_field_by_id("ra").ucd = "pos.eq.ra;meta.main"
    table.get_field_by_id("source_id").values.null = -99
    stream = io.BytesIO()
    writeto(document, stream, tabledata_format=serialisation)
    return stream.getvalue()


def fits_bytes() -> bytes:
    """Two tables and an image; texts padded, a null, numbers of the other byte order."""
    table = astropy_table()
    hdus = fits.HDUList(
        [
            fits.PrimaryHDU(),
            fits.table_to_hdu(table),
            fits.ImageHDU(np.zeros((3, 3))),
            fits.table_to_hdu(table[:1]),
        ]
    )
    hdus[1].name = "CATALOG"
    hdus[1].header["RADESYS"] = "FK5"
    hdus[1].header["EQUINOX"] = 2000.0
    stream = io.BytesIO()
    hdus.writeto(stream)
    return stream.getvalue()


def parquet_bytes() -> bytes:
    stream = io.BytesIO()
    table = pa.table(
        {
            "name": ["M 31", "M104"],
            "source_id": pa.array([GAIA_ID, None], pa.int64()),
            "ra": [10.684708, 189.998958],
            "dec": pa.array([41.26875, None], pa.float32()),
            "parts": [{"a": 1}, {"a": 2}],
        }
    )
    pq.write_table(table, stream)
    return stream.getvalue()


def ecsv_bytes(table: Table) -> bytes:
    stream = io.StringIO()
    table.write(stream, format="ascii.ecsv")
    return stream.getvalue().encode()


def good_files() -> dict[str, bytes]:
    """One file of every format."""
    return {
        "csv": b'name,ra,dec\nM31,10.684708,41.26875\n"M 104, core",189.998958,-11.623056\n',
        "blanks": b"# name ra dec\nM31 10.684708 41.26875\nM104 189.998958 -11.623056\n",
        "ipac": IPAC,
        "sextractor": SEXTRACTOR,
        "mrt": MRT,
        "ecsv": ecsv_bytes(astropy_table()),
        "tabledata": votable_bytes("tabledata"),
        "binary": votable_bytes("binary"),
        "binary2": votable_bytes("binary2"),
        "fits": fits_bytes(),
        "parquet": parquet_bytes(),
        "gzip": gzip.compress(b"name,ra,dec\nM31,10.684708,41.26875\n"),
    }
