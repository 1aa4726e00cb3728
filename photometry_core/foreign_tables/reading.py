"""Files that are not packed, in any format that spectra come in."""

from __future__ import annotations

from photometry_core.foreign_tables.contents import FileContent
from photometry_core.foreign_tables.fits_files import read_fits
from photometry_core.foreign_tables.formats import format_of, text_format_of
from photometry_core.foreign_tables.parquet_files import read_parquet
from photometry_core.foreign_tables.text_files import (
    decoded,
    read_delimited,
    read_ecsv,
    read_ipac,
    read_mrt,
)
from photometry_core.foreign_tables.votable_files import read_votable

_READERS = {"Parquet": read_parquet, "FITS": read_fits, "VOTable": read_votable}
_TEXT_READERS = {
    "ECSV": read_ecsv,
    "MRT": read_mrt,
    "IPAC": read_ipac,
    "delimited": read_delimited,
}


def read_file(name: str, content: bytes) -> FileContent:
    """Read a file that is not packed, by what it begins with and whatever its name is.

    Raises
    ------
    ForeignFileError
        It is in no format that can be opened, or is damaged.
    """
    found = format_of(name, content)
    if found in _READERS:
        return _READERS[found](name, content)
    text = decoded(name, content)
    return _TEXT_READERS[text_format_of(text)](name, text)
