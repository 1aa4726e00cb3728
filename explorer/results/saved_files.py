"""The files of a spectrum: its tables, and its images, in the format that is asked for."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from astropy.io import fits

from explorer.results.file_names import UniqueNames, spectrum_stem
from explorer.results.save_request import SaveRequest
from explorer.results.saved_contents import Chosen, averages, measurements, request_of
from photometry_core.file_contents import FileContents
from photometry_core.spectrum_files import FORMATS, fits_table, parquet_bytes
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
        ``measurements``, ``averages``, ``measurements and averages`` or ``images``.
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
    chosen: Chosen, save: SaveRequest, images: Images | None, names: UniqueNames
) -> list[SavedFile]:
    """Return the files that hold what is wanted of a spectrum.

    Parameters
    ----------
    chosen
        The spectrum, and what of it.
    save
        What is wanted.
    images
        Reads stamps of rows of the spectrum; `None` if no images are wanted.
    names
        Gives the files their names.
    """
    stem = spectrum_stem(chosen.dataset) + ("_filtered" if chosen.is_filtered else "")
    if save.file_format == "fits":
        return [_one_fits_file(chosen, save, images, names, stem)]
    files = []
    if save.has_measurements:
        files.append(
            SavedFile(
                name=names.take(stem, save.extension),
                kind="measurements",
                chosen=chosen,
                write=lambda stream: _write_measurements(chosen, save.file_format, stream),
            )
        )
    if save.has_averages:
        files.append(
            SavedFile(
                name=names.take(f"{stem}_binned", save.extension),
                kind="averages",
                chosen=chosen,
                write=lambda stream: write_table(averages(chosen), save.file_format, stream),
            )
        )
    if images is not None:
        files.append(
            SavedFile(
                name=names.take(f"{stem}_images", FORMATS["fits"][0]),
                kind="images",
                chosen=chosen,
                write=lambda stream: _write_fits([measurements(chosen)], chosen, images, stream),
            )
        )
    return files


def write_table(contents: FileContents, file_format: str, stream: BinaryIO) -> None:
    """Write one table to a stream, in one of `photometry_core.spectrum_files.FORMATS`."""
    stream.write(FORMATS[file_format][1](contents))


def _one_fits_file(
    chosen: Chosen, save: SaveRequest, images: Images | None, names: UniqueNames, stem: str
) -> SavedFile:
    """Return the one file that holds tables and images, each in an HDU of its own."""

    def write(stream: BinaryIO) -> None:
        tables = [measurements(chosen)] if save.has_measurements else []
        tables += [averages(chosen)] if save.has_averages else []
        _write_fits(tables, chosen, images, stream)

    kind = "measurements and averages" if save.data == "both" else save.data
    suffix = "_binned" if save.data == "averages" else ""
    return SavedFile(
        name=names.take(stem + suffix, save.extension), kind=kind, chosen=chosen, write=write
    )


def _write_measurements(chosen: Chosen, file_format: str, stream: BinaryIO) -> None:
    contents = measurements(chosen)
    if file_format == "parquet":
        stream.write(parquet_bytes(contents, request_of(chosen)))
    else:
        write_table(contents, file_format, stream)


def _write_fits(
    tables: list[FileContents], chosen: Chosen, images: Images | None, stream: BinaryIO
) -> None:
    """Write tables as HDUs, and images behind them, without having all images in memory."""
    buffer = io.BytesIO()
    hdus = fits.HDUList([fits.PrimaryHDU(), *(fits_table(contents) for contents in tables)])
    hdus.writeto(buffer, checksum=True)
    stream.write(buffer.getvalue())
    if images is not None:
        write_stamp_hdus(images, chosen.rows, stream)
