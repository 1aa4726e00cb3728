"""The files of a spectrum: its tables, and its images, in the format that is asked for."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from astropy.io import fits

from explorer.results.provenance import origin_facts, origin_infos
from explorer.results.save_request import SaveRequest
from explorer.results.saved_contents import Chosen, averages, measurements, request_of
from photometry_core.file_contents import FileContents
from photometry_core.spectrum_files import FORMATS, fits_origin, fits_table, parquet_bytes
from photometry_core.stamp_cubes import Stamps
from photometry_core.stamp_selection import write_stamp_hdus

Images = Callable[[Sequence[int]], Stamps]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SavedFile:
    """One file to be written.

    Parameters
    ----------
    name
        Its name.
    kind
        ``measurements`` (with their images, if they are in the same file), ``averages`` or
        ``images``.
    chosen
        What of which spectrum it holds.
    write
        Writes it to a stream that need not be able to go back.
    """

    name: str
    kind: str
    chosen: Chosen
    write: Callable[[BinaryIO], None]


def files_of(
    chosen: Chosen, save: SaveRequest, images: Images | None, stem: str
) -> list[SavedFile]:
    """Return the files that hold what is wanted of a spectrum.

    Images are in the FITS file of the measurements; beside measurements in another format they
    are a file of their own.

    Parameters
    ----------
    chosen
        The spectrum, and what of it.
    save
        What is wanted.
    images
        Reads stamps of rows of the spectrum; `None` if no images are wanted.
    stem
        What the names of the files begin with.
    """
    in_one = save.file_format == "fits"
    parts: list[tuple[str, str, Callable[[BinaryIO], None]]] = []
    if save.has_measurements:
        inside = images if in_one else None
        parts.append(
            (
                "measurements",
                save.extension,
                lambda stream: _write_measurements(chosen, save.file_format, inside, stream),
            )
        )
    if save.has_averages:
        parts.append(
            (
                "averages",
                f"_binned{save.extension}",
                lambda stream: write_table(averages(chosen), save.file_format, stream),
            )
        )
    if images is not None and not in_one:
        alone = images
        parts.append(
            (
                "images",
                ".stamps.fits",
                lambda stream: _write_fits([], chosen, alone, stream),
            )
        )
    return [
        SavedFile(name=f"{stem}{ending}", kind=kind, chosen=chosen, write=write)
        for kind, ending, write in parts
    ]


def write_table(contents: FileContents, file_format: str, stream: BinaryIO) -> None:
    """Write one table to a stream, in one of `photometry_core.spectrum_files.FORMATS`."""
    stream.write(FORMATS[file_format][1](contents))


def _write_measurements(
    chosen: Chosen, file_format: str, images: Images | None, stream: BinaryIO
) -> None:
    contents = measurements(chosen)
    if images is not None:
        _write_fits([contents], chosen, images, stream)
    elif file_format == "parquet":
        stream.write(parquet_bytes(contents, request_of(chosen)))
    else:
        write_table(contents, file_format, stream)


def _write_fits(
    tables: Sequence[FileContents], chosen: Chosen, images: Images, stream: BinaryIO
) -> None:
    """Write tables as HDUs, and images behind them, without having all images in memory."""
    buffer = io.BytesIO()
    primary = fits.PrimaryHDU()
    if not tables:
        # Images alone have no table that says where they come from.
        infos = origin_infos(chosen.dataset, chosen.reference)
        primary.header.extend(fits_origin(infos, origin_facts(chosen.dataset)))
    hdus = fits.HDUList([primary, *(fits_table(contents) for contents in tables)])
    hdus.writeto(buffer, checksum=True)
    stream.write(buffer.getvalue())
    write_stamp_hdus(images, chosen.rows, stream)
