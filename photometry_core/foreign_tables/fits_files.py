"""FITS files: tables of spectra, and the stamps that this program saves beside them."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.io import fits
from astropy.table import Table

from photometry_core.byte_source import MemorySource
from photometry_core.errors import DataFormatError, ForeignFileError
from photometry_core.fits_layout import read_hdus
from photometry_core.foreign_tables.arrays import arrow_column
from photometry_core.foreign_tables.contents import (
    FileColumn,
    FileContent,
    FileTable,
    clean_text,
    facts_of,
    unique_names,
)
from photometry_core.foreign_tables.limits import SPECTRA, Bounds, check_size
from photometry_core.product_names import STAMP_PLANES
from photometry_core.types import STAMP_SIZE_PIX

if TYPE_CHECKING:
    # Stamps bring the whole science with them, and lists of targets have none.
    from photometry_core.stamp_cubes import Stamps

_PLACES = "PLACE"
_CARD_LENGTH = 72
_STRUCTURE = re.compile(
    r"(SIMPLE|XTENSION|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|TFIELDS|EXTEND|EXTNAME|EXTVER|CHECKSUM|"
    r"DATASUM|HISTORY|COMMENT|T(TYPE|FORM|UNIT|NULL|SCAL|ZERO|DISP|DIM|UCD|UTYP|COMM|BCOL)\d+|)"
)


def read_fits(name: str, contents: bytes, bounds: Bounds = SPECTRA) -> FileContent:
    """Read the tables of a FITS file, and its stamps if it has any.

    Parameters
    ----------
    name
        What messages call the file.
    contents
        Its bytes.
    bounds
        What it may hold.

    Raises
    ------
    ForeignFileError
        It is damaged, too large, or holds no table.
    """
    try:
        read_hdus(MemorySource(contents, name))
    except DataFormatError as error:
        raise ForeignFileError(str(error)) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with fits.open(io.BytesIO(contents), memmap=False, lazy_load_hdus=True) as hdus:
            stamps = _stamps(name, hdus)
            found = [
                hdu
                for hdu in hdus
                if isinstance(hdu, fits.BinTableHDU | fits.TableHDU)
                and not isinstance(hdu, fits.CompImageHDU)
                and hdu.name != _PLACES
            ]
            if not found and stamps is None:
                raise ForeignFileError(f"{name} holds images and no table")
            if len(found) > bounds.tables:
                raise ForeignFileError(f"{name} has more than {bounds.tables} tables")
            primary = list(_facts(hdus[0].header))
            left_out: list[str] = []
            tables = tuple(
                _table(_where(name, hdu, number, len(found)), hdu, primary, bounds, left_out)
                for number, hdu in enumerate(found, start=1)
            )
    return FileContent(name=name, tables=tables, stamps=stamps, left_out=tuple(left_out))


def _where(name: str, hdu: Any, number: int, n_tables: int) -> str:
    if n_tables == 1:
        return name
    title = clean_text(str(hdu.name or ""), 40)
    return f"{name}, table {number}" + (f" ({title})" if title else "")


def _table(
    where: str, hdu: Any, primary: list[tuple[str, object]], bounds: Bounds, left_out: list[str]
) -> FileTable:
    header = hdu.header
    n_columns, n_rows = int(header["TFIELDS"]), int(header["NAXIS2"])
    check_size(where, n_rows, n_columns, bounds)
    units = [str(header.get(f"TUNIT{n}", "")) for n in range(1, n_columns + 1)]
    # astropy would work out any unit, also 10**9999999 m.
    for number in range(1, n_columns + 1):
        header.remove(f"TUNIT{number}", ignore_missing=True)
    table = Table.read(hdu, format="fits")
    names = unique_names(str(name) for name in table.colnames)
    columns = []
    for number, (name, given) in enumerate(zip(names, table.colnames, strict=True), start=1):
        try:
            values = arrow_column(f"{where}, column {name!r}", _values(table[given]))
        except ForeignFileError as error:
            if not bounds.skips_columns:
                raise
            left_out.append(str(error))
            continue
        columns.append(
            FileColumn(
                name=name,
                values=values,
                unit=units[number - 1],
                ucd=str(header.get(f"TUCD{number}", "")),
                utype=str(header.get(f"TUTYP{number}", "")),
                description=str(header.get(f"TCOMM{number}", "")),
            )
        )
    return FileTable(
        where=where, columns=tuple(columns), facts=facts_of([*_facts(header), *primary])
    )


def _values(column: Any) -> Any:
    """Return the array of a column, texts without the blanks that fill them up."""
    if column.dtype.kind in "SU":
        return np.ma.array(np.char.rstrip(np.ma.getdata(column)), mask=np.ma.getmaskarray(column))
    return column


def _facts(header: Any) -> Iterator[tuple[str, object]]:
    """Return the cards that are not about the structure, and what HISTORY says."""
    yield from _history(header)
    for card in header.cards:
        if not _STRUCTURE.fullmatch(card.keyword):
            yield card.keyword, card.value
    comments = " ".join(str(line) for line in header.get("COMMENT", ()))
    if comments:
        yield "comment", comments


def _history(header: Any) -> Iterator[tuple[str, object]]:
    """Return the ``name = value`` pairs of HISTORY, put together where cards cut them."""
    pairs: list[tuple[str, str]] = []
    other: list[str] = []
    for line in (str(line) for line in header.get("HISTORY", ())):
        found = re.fullmatch(r"([A-Za-z_]\w{0,60}) = (.*)", line, re.DOTALL)
        if found:
            pairs.append((found[1], found[2].ljust(_CARD_LENGTH - len(found[1]) - 3)))
        elif pairs:
            pairs[-1] = pairs[-1][0], pairs[-1][1] + line.ljust(_CARD_LENGTH)
        else:
            other.append(line)
    yield from ((name, text.rstrip()) for name, text in pairs)
    if other:
        yield "history", " ".join(other)


def _stamps(name: str, hdus: Any) -> Stamps | None:
    """Return the stamps, if all of their HDUs are there.

    Raises
    ------
    ForeignFileError
        Their shapes or types are not those of stamps.
    """
    wanted = [plane for plane, _, _ in STAMP_PLANES] + [_PLACES]
    if not all(plane in hdus for plane in wanted):
        return None
    from photometry_core.stamp_cubes import stamps_of_hdus

    header = hdus[wanted[0]].header
    count = int(header.get("NAXIS3", -1))
    check_size(name, count, 0)
    planes: dict[str, Any] = {}
    for hdu_name, field, _ in STAMP_PLANES:
        data = hdus[hdu_name].data
        shape = (count, STAMP_SIZE_PIX, STAMP_SIZE_PIX)
        if data is None or (data.shape != shape and count) or data.dtype.kind not in "fi":
            found = "nothing" if data is None else f"{data.dtype} of shape {data.shape}"
            raise ForeignFileError(
                f"{name}: HDU {hdu_name} holds {found}; stamps have the shape {shape}"
            )
        planes[field] = np.reshape(data, shape)
    places = hdus[_PLACES].data
    if len(places) != count or not {"X0", "Y0", "CD"} <= set(places.names):
        raise ForeignFileError(f"{name}: HDU {_PLACES} does not go with the {count} stamps")
    return stamps_of_hdus(planes, places)
