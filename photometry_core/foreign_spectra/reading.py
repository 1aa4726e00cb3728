"""From the bytes of a file to spectra."""

from __future__ import annotations

import re
from collections.abc import Sequence

from photometry_core.errors import ForeignFileError, NoSpectrumError
from photometry_core.foreign_spectra.contents import Answers, ForeignSpectrum
from photometry_core.foreign_spectra.conversion import make_spectrum, n_cells
from photometry_core.foreign_spectra.sources import sources_of
from photometry_core.foreign_tables.contents import FileContent, FileTable, clean_text, first_line
from photometry_core.foreign_tables.limits import MAX_CELLS, MAX_SPECTRA
from photometry_core.foreign_tables.packing import members_of
from photometry_core.foreign_tables.reading import read_file
from photometry_core.stamp_cubes import Stamps


def read_spectra(
    content: bytes, file_name: str, answers: Answers | None = None
) -> list[ForeignSpectrum]:
    """Read all spectra of a file.

    VOTable, FITS, ECSV, CSV (any separator), IPAC, MRT, Parquet, and gzip and zip of them. Tables
    that hold no spectrum are left out if others do.

    Parameters
    ----------
    content
        The bytes of the file.
    file_name
        Its name, for messages and for spectra that have none.
    answers
        What a person says that the file does not.

    Returns
    -------
    list of ForeignSpectrum
        At least one, in the order of the file.

    Raises
    ------
    ForeignFileError
        The file can't be opened. Its message names file, table, column and row, and its
        questions are what a person could answer.
    """
    name = clean_text(file_name, 120) or "the file"
    try:
        return _read(content, name, answers or Answers())
    except ForeignFileError:
        raise
    except MemoryError as error:
        raise ForeignFileError(f"{name} takes too much memory to be opened") from error
    except Exception as error:
        # The readers of six formats raise whatever they like for a damaged file.
        raise ForeignFileError(f"{name} is damaged ({first_line(error)})") from error


def _read(content: bytes, name: str, answers: Answers) -> list[ForeignSpectrum]:
    contents = [read_file(member, data) for member, data in members_of(name, content)]
    loose = {_stem(c.name): c.stamps for c in contents if c.stamps is not None and not c.tables}
    spectra: list[ForeignSpectrum] = []
    without: list[NoSpectrumError] = []
    for one in contents:
        spectra += _spectra(one, answers, loose.get(_stem(one.name)), without)
        if len(spectra) > MAX_SPECTRA:
            raise ForeignFileError(
                f"{name} holds more than {MAX_SPECTRA} spectra, which is not allowed"
            )
        if n_cells(spectra) > MAX_CELLS:
            raise ForeignFileError(
                f"{name}: its tables have more than {MAX_CELLS:,} cells, which is not allowed"
            )
    if spectra:
        return spectra
    if without:
        raise without[0]
    raise ForeignFileError(f"{name} holds stamps and no spectrum")


def _spectra(
    content: FileContent,
    answers: Answers,
    loose: Stamps | None,
    without: list[NoSpectrumError],
) -> list[ForeignSpectrum]:
    """Return the spectra of one file; what holds none is added to `without`."""
    stamps = loose if content.stamps is None else content.stamps
    sources = []
    for table in content.tables:
        try:
            sources += sources_of(table, answers.wavelength_column)
        except NoSpectrumError as error:
            without.append(error)
    if len(sources) == 1:
        return _made(sources, answers, stamps, without)
    spectra = _made(sources, answers, None, without)
    if stamps is not None and content.tables:
        raise ForeignFileError(
            f"{content.name} has {len(sources)} tables, so that it is not certain whose its "
            "stamps are"
        )
    return spectra


def _made(
    sources: Sequence[FileTable],
    answers: Answers,
    stamps: Stamps | None,
    without: list[NoSpectrumError],
) -> list[ForeignSpectrum]:
    spectra = []
    for source in sources:
        try:
            spectra.append(make_spectrum(source, answers, stamps))
        except NoSpectrumError as error:
            without.append(error)
    return spectra


def _stem(name: str) -> str:
    """Return the name of a file up to the first of its extensions."""
    return re.sub(r"(\.stamps)?\.[A-Za-z]{2,7}(\.gz)?$", "", name)
