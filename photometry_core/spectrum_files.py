"""Spectra on disk: the saved product, and every format made from it."""

from __future__ import annotations

import csv
import io
import json
import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits
from astropy.table import MaskedColumn

from photometry_core.binning import BinnedSpectrum
from photometry_core.errors import DataFormatError
from photometry_core.file_contents import (
    ORIGIN_COLUMN,
    Fact,
    FileContents,
    contents_of,
    contents_of_binned,
)
from photometry_core.measurement import Provenance
from photometry_core.product_names import REQUEST_KEY, STAMP_PLANES
from photometry_core.spectrum import COLUMNS, Spectrum, make_table
from photometry_core.stamp_cubes import Stamps, stamps_of_hdus
from photometry_core.types import MeasureOptions, Target
from photometry_core.votable import votable_bytes, votable_header

_VOTABLE_VERSION_KEY = b"IVOA.VOTable-Parquet.version"
_VOTABLE_KEY = b"IVOA.VOTable-Parquet.content"
_FITS_KEYWORDS = {
    "target_name": "OBJECT",
    "target_ra": "RA_TARG",
    "target_dec": "DEC_TARG",
    "server_software": "CREATOR",
    "simulated": "SIMULATD",
    "job_id": "JOBID",
    "target_index": "TARGETIX",
}
"""What is also a keyword of the table's header, by its name elsewhere."""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def product_path(folder: Path, index: int) -> Path:
    """Return where the spectrum of the target of that index is saved."""
    return folder / f"{index}.parquet"


def stamps_path(folder: Path, index: int) -> Path:
    """Return where the stamps of the target of that index are saved."""
    return folder / f"{index}.stamps.fits"


def save_product(spectrum: Spectrum, folder: Path, index: int) -> None:
    """Save a spectrum and its stamps; readers never see half a file.

    Parameters
    ----------
    spectrum
        What to save.
    folder
        An existing folder.
    index
        Number of the target in its job.
    """
    if spectrum.stamps is not None:
        save_stamps(spectrum.stamps, folder, index)
    _publish(product_path(folder, index), spectrum_bytes(spectrum, "parquet"))


def save_stamps(stamps: Stamps, folder: Path, index: int) -> None:
    """Save the stamps of a spectrum; as `save_product`."""
    _publish(stamps_path(folder, index), _stamps_bytes(stamps))


def load_spectrum(path: Path) -> Spectrum:
    """Read a saved product, without its stamps.

    Raises
    ------
    DataFormatError
        It is not a product of this program.
    """
    try:
        contents = pq.read_table(path)
    except pa.ArrowInvalid as error:
        raise DataFormatError(f"{path.name}: not a Parquet file ({error})") from error
    request = json.loads((contents.schema.metadata or {}).get(REQUEST_KEY, b"{}"))
    missing = [name for name in ("target", "options", "provenance") if name not in request]
    missing += [column.name for column in COLUMNS if column.name not in contents.schema.names]
    if missing:
        raise DataFormatError(
            f"{path.name}: not a spectrum saved by this program: it has no {missing[0]}"
        )
    values = {
        column.name: np.array(contents.column(column.name).to_pylist(), dtype=column.dtype)
        for column in COLUMNS
    }
    return Spectrum(
        target=Target.from_json(request["target"]),
        options=MeasureOptions.from_json(request["options"]),
        provenance=Provenance.from_json(request["provenance"]),
        table=make_table(COLUMNS, values),
    )


def load_stamps(path: Path, rows: Sequence[int] | None = None) -> Stamps:
    """Read stamps from a saved product.

    Parameters
    ----------
    path
        The file.
    rows
        Rows wanted, in that order; `None` means all. Only their bytes are read.

    Raises
    ------
    IndexError
        A row does not exist.
    """
    with fits.open(path, memmap=True) as hdus:
        count = hdus["IMAGE"].header["NAXIS3"]
        wanted = np.arange(count) if rows is None else np.asarray(rows, dtype=int)
        if wanted.size and not (wanted.min() >= 0 and wanted.max() < count):
            raise IndexError(f"row {wanted.max()} of {count} does not exist")
        planes = {field: np.array(hdus[name].data[wanted]) for name, field, _ in STAMP_PLANES}
        places = hdus["PLACE"].data[wanted]
        return stamps_of_hdus(planes, places)


def parquet_bytes(contents: FileContents, request: dict[str, Any] | None = None) -> bytes:
    """Return the bytes of a Parquet file; `request` makes it a product of this program."""
    arrays = []
    for column in contents.columns:
        data = contents.table[column.name]
        mask = np.ma.getmaskarray(data)
        arrays.append(pa.array(np.asarray(np.ma.getdata(data)), mask=mask if mask.any() else None))
    metadata = {_VOTABLE_VERSION_KEY: b"1.0", _VOTABLE_KEY: votable_header(contents).encode()}
    if request is not None:
        metadata[REQUEST_KEY] = json.dumps(request).encode()
    names = [column.name for column in contents.columns]
    parquet = pa.table(arrays, names=names).replace_schema_metadata(metadata)
    stream = io.BytesIO()
    pq.write_table(parquet, stream)
    return stream.getvalue()


def _stamps_bytes(stamps: Stamps) -> bytes:
    hdus = fits.HDUList([fits.PrimaryHDU()])
    for name, field, unit in STAMP_PLANES:
        hdu = fits.ImageHDU(getattr(stamps, field), name=name)
        if unit:
            hdu.header["BUNIT"] = unit
        hdus.append(hdu)
    columns = [
        fits.Column("X0", "J", unit="pix", array=stamps.origin_pix[:, 0]),
        fits.Column("Y0", "J", unit="pix", array=stamps.origin_pix[:, 1]),
        fits.Column("CD", "4D", unit="deg", array=stamps.cd_deg.reshape(-1, 4)),
    ]
    hdus.append(fits.BinTableHDU.from_columns(columns, name="PLACE"))
    stream = io.BytesIO()
    hdus.writeto(stream)
    return stream.getvalue()


def fits_table(contents: FileContents) -> fits.BinTableHDU:
    """Return contents as a table of a FITS file.

    The header has where they come from as HISTORY, line by line, and what programs ask for first
    as keywords.
    """
    table = contents.table.copy()
    table.meta = {}
    for column in contents.columns:
        table[column.name] = _fits_column(table[column.name])
    table.rename_columns(table.colnames, [_ascii(name) for name in table.colnames])
    hdu = fits.table_to_hdu(table, character_as_bytes=False)
    hdu.name = contents.name.upper()
    for number, column in enumerate(contents.columns, start=1):
        hdu.header[f"TUCD{number}"] = _ascii(column.ucd)
        hdu.header[f"TCOMM{number}"] = _ascii(column.description)
    hdu.header["TIMESYS"], hdu.header["RADESYS"] = "UTC", "ICRS"
    hdu.header.extend(fits_origin(contents.infos, contents.facts))
    return hdu


def fits_origin(infos: Sequence[tuple[str, str]], facts: Sequence[Fact]) -> fits.Header:
    """Return where contents come from as cards, `infos` and `facts` as in `FileContents`."""
    header = fits.Header()
    known = dict(infos) | {fact.name: fact.value for fact in facts}
    for name, keyword in _FITS_KEYWORDS.items():
        if name in known:
            value = known[name]
            header[keyword] = _ascii(value) if isinstance(value, str) else value
    for name, text in (*infos, *((fact.name, str(fact.value)) for fact in facts)):
        header.add_history(_ascii(f"{name} = {text}"))
    return header


def _fits_column(column: Any) -> Any:
    """Return a column as FITS can hold it: texts in ASCII, nulls that no value is taken for."""
    kind, mask = column.dtype.kind, np.ma.getmaskarray(column)
    if kind == "U":
        texts = [_ascii(text) for text in np.ma.filled(column, "").tolist()]
        return _like(column, np.array(texts or [""], dtype=str)[: len(texts)], None)
    if not mask.any() or kind not in "biu":
        return column
    # A logical column has no null that readers know, and one byte has no number to spare.
    small = kind == "b" or column.dtype.itemsize == 1
    values = np.ma.getdata(column).astype(np.int16 if small else column.dtype)
    filled = _like(column, values, mask)
    filled.set_fill_value(np.iinfo(values.dtype).min)
    return filled


def _like(column: Any, values: Any, mask: Any) -> MaskedColumn:
    return MaskedColumn(
        values, mask=mask, unit=column.unit, description=column.description, name=column.name
    )


def _fits_bytes(contents: FileContents) -> bytes:
    stream = io.BytesIO()
    hdus = fits.HDUList([fits.PrimaryHDU(), fits_table(contents)])
    hdus.writeto(stream, checksum=True)
    return stream.getvalue()


def _text_bytes(contents: FileContents, file_format: str) -> bytes:
    table = contents.table.copy()
    stream = io.StringIO()
    if file_format == "ascii.ipac":
        table.rename_columns(table.colnames, contents.identifiers)
        table.meta = {
            "keywords": {
                name: {"value": _ascii(value)} for name, value in contents.provenance_lines
            }
        }
        with warnings.catch_warnings():
            # IPAC tables have no place for descriptions; they say so once per column.
            warnings.filterwarnings("ignore", message=".*meta.*", category=UserWarning)
            table.write(stream, format=file_format)
    else:
        table.meta = dict(contents.provenance_lines)
        table.write(stream, format=file_format)
    return stream.getvalue().encode()


def _csv_bytes(contents: FileContents) -> bytes:
    """Plain CSV: one header line, empty cells for nulls; units are in the column list.

    It has no place for what is true of the whole table, so that a column more says of every row
    whether it is observed or simulated. Texts that a spreadsheet would run as a formula get an
    apostrophe in front of them.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    names = [column.name for column in contents.columns]
    origins = _origins(contents, names)
    writer.writerow(_harmless(name) for name in (*names, *origins))
    columns = []
    for column in contents.columns:
        values = contents.table[column.name].tolist()
        is_text = contents.table[column.name].dtype.kind == "U"
        columns.append([_harmless(value) for value in values] if is_text else values)
    columns += origins.values()
    writer.writerows(zip(*columns, strict=True))
    return stream.getvalue().encode()


def _origins(contents: FileContents, names: Sequence[str]) -> dict[str, list[str]]:
    """Return the column of where every row comes from, by its name; none if that is not known."""
    if contents.is_simulated is None:
        return {}
    name = ORIGIN_COLUMN
    while name in names:
        name += "_"
    return {name: ["simulated" if contents.is_simulated else "observed"] * len(contents.table)}


def _harmless(text: str | None) -> str:
    return f"'{text}" if text and text.startswith(_FORMULA_STARTS) else text or ""


FORMATS: dict[str, tuple[str, Callable[[FileContents], bytes]]] = {
    "votable": (".vot", votable_bytes),
    "fits": (".fits", _fits_bytes),
    "ecsv": (".ecsv", lambda contents: _text_bytes(contents, "ascii.ecsv")),
    "csv": (".csv", _csv_bytes),
    "ipac": (".tbl", lambda contents: _text_bytes(contents, "ascii.ipac")),
    "parquet": (".parquet", parquet_bytes),
}
"""Formats of files: extension, and what makes the bytes."""


def spectrum_bytes(spectrum: Spectrum, file_format: str) -> bytes:
    """Return a spectrum as the bytes of a file in one of `FORMATS`."""
    if file_format != "parquet":
        return FORMATS[file_format][1](contents_of(spectrum))
    # A Parquet file is the product: it holds all that makes the spectrum again.
    return parquet_bytes(
        contents_of(spectrum),
        {
            "target": spectrum.target.to_json(),
            "options": spectrum.options.to_json(),
            "provenance": spectrum.provenance.to_json(),
        },
    )


def write_spectrum(spectrum: Spectrum, path: Path, file_format: str) -> None:
    """Write a spectrum in one of `FORMATS`; readers never see half a file."""
    _publish(path, spectrum_bytes(spectrum, file_format))


def write_binned(binned: BinnedSpectrum, path: Path, file_format: str) -> None:
    """Write a binned spectrum in one of `FORMATS`; readers never see half a file."""
    _publish(path, FORMATS[file_format][1](contents_of_binned(binned)))


def _publish(path: Path, contents: bytes) -> None:
    """Write beside, make sure it is on disk, and rename into place."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("wb") as stream:
        stream.write(contents)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(path)


def _ascii(text: str) -> str:
    """Express a text in ASCII, which is all that FITS and IPAC headers hold."""
    return text.encode("ascii", "backslashreplace").decode()
