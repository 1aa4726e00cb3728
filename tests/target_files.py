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
        "ecsv": ecsv_bytes(astropy_table()),
        "tabledata": votable_bytes("tabledata"),
        "binary": votable_bytes("binary"),
        "binary2": votable_bytes("binary2"),
        "fits": fits_bytes(),
        "parquet": parquet_bytes(),
        "gzip": gzip.compress(b"name,ra,dec\nM31,10.684708,41.26875\n"),
    }
