"""Files as the official tool and other programs write them, made by hand."""

import io

import numpy as np
from astropy.io import fits

from photometry_core.spectrum_files import spectrum_bytes, stamps_path

BIG_FLAGS = (1 << 33) | (1 << 32) | (1 << 21) | 1

OFFICIAL_FIELDS = (
    ("ra", "double", "deg"), ("dec", "double", "deg"), ("mjd", "double", "d"),
    ("flux_bkg", "double", "MJy / sr"), ("local_bkg_flg", "boolean", ""), ("flags", "long", ""),
    ("fit_ql", "double", ""), ("det_id", "int", ""), ("lvf_id", "long", ""),
    ("obs_publisher_did", "char", ""), ("lambda", "double", "um"),
    ("lambda_width", "double", "um"), ("flux", "double", "uJy"), ("flux_err", "double", "uJy"),
)  # fmt: skip
OFFICIAL_ROWS = [
    [10.5, -3.25, 60800.5, 0.25, "T", 0, 0.8, 3, 11, "ivo://irsa.ipac/spherex_qr2?A_1/D3", 2.25,
     0.05, 101.5, 3.5],
    [10.5, -3.25, 60801.5, "", "F", BIG_FLAGS, "", 1, 12, "ivo://irsa.ipac/spherex_qr2?A_22/D1",
     0.9, 0.02, "", ""],
    [10.5, -3.25, 60802.5, -0.5, "T", 1 << 21, 0.9, 2, 13, "ivo://irsa.ipac/spherex_qr2?A_3/D2",
     1.25, 0.03, -7.25, 2.0],
]  # fmt: skip
"""In the order of the fields; an empty text is a null."""


def votable(fields: str, rows: str, before: str = "") -> bytes:
    return (
        '<?xml version="1.0"?>\n<VOTABLE version="1.4" '
        f'xmlns="http://www.ivoa.net/xml/VOTable/v1.3">{before}<RESOURCE type="results">'
        f'<TABLE name="photometry">{fields}<DATA><TABLEDATA>{rows}</TABLEDATA></DATA></TABLE>'
        "</RESOURCE></VOTABLE>"
    ).encode()


def _field(name, datatype, unit, arraysize="") -> str:
    size = f' arraysize="{arraysize}"' if arraysize else ""
    return f'<FIELD name="{name}" datatype="{datatype}" unit="{unit}"{size}/>'


def _row(cells) -> str:
    return "<TR>" + "".join(f"<TD>{cell}</TD>" for cell in cells) + "</TR>"


def official_flat() -> bytes:
    """One spectrum: a row per measurement."""
    fields = "".join(_field(*field, "*" if field[1] == "char" else "") for field in OFFICIAL_FIELDS)
    return votable(fields, "".join(map(_row, OFFICIAL_ROWS)))


def official_raw(pad=True) -> bytes:
    """Two spectra: a row per source with arrays, and texts that astropy refuses."""
    texts = [str(row[9]) for row in OFFICIAL_ROWS]
    length = max(map(len, texts))
    once = '<FIELD name="source_id" datatype="char" arraysize="*"/>'
    fields = once + "".join(
        _field(name, datatype, unit, f"{length}x*" if datatype == "char" else "*")
        for name, datatype, unit in OFFICIAL_FIELDS
    )
    sources = [("first", OFFICIAL_ROWS), ("second", OFFICIAL_ROWS[:1])]
    rows = ""
    for name, measured in sources:
        cells = [name]
        for at, (_, datatype, _) in enumerate(OFFICIAL_FIELDS):
            values = [row[at] if row[at] != "" else "NaN" for row in measured]
            if datatype == "char":
                joined = "".join(str(value).ljust(length) for value in values)
                cells.append(joined if pad else " ".join(map(str, values)))
            else:
                cells.append(" ".join(map(str, values)))
        rows += _row(cells)
    return votable(fields, rows)


def fits_with_stamps(spectrum, folder) -> bytes:
    """The table and the stamps of a saved spectrum in one file."""
    stream = io.BytesIO()
    with (
        fits.open(io.BytesIO(spectrum_bytes(spectrum, "fits"))) as table,
        fits.open(stamps_path(folder, 0)) as stamps,
    ):
        fits.HDUList([*table, *stamps[1:]]).writeto(stream)
    return stream.getvalue()


def plain_values(table, name):
    """Return a column of an astropy table with `None` for nulls."""
    return [None if value is np.ma.masked else value for value in table[name].tolist()]
