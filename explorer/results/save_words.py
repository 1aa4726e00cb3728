"""What will be saved, in words, before it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from explorer.results.channel_means import DEFAULT_RECIPE, recipe_in_words
from explorer.results.flux_units import flux_unit
from explorer.results.save_request import FORMAT_NAMES, SaveRequest
from explorer.results.saved_contents import Chosen
from explorer.results.saved_files import SavedFile
from explorer.results.view import View
from photometry_core.types import STAMP_SIZE_PIX

_BYTES_PER_STAMP = 4 * 4 * STAMP_SIZE_PIX**2


def of_list(save: SaveRequest, n_targets: int, file_name: str) -> str:
    """Return what a list of targets comes to."""
    name = FORMAT_NAMES[save.file_format]
    return f"1 {name} file, {counted(n_targets, 'target')} and no spectra: {file_name}"


def of_files(
    save: SaveRequest,
    files: Sequence[SavedFile],
    chosen: Sequence[Chosen],
    n_averages: int,
    file_name: str,
    *,
    is_bundle: bool,
) -> str:
    """Return what files come to, in one sentence.

    Parameters
    ----------
    save, files, chosen
        What is wanted, the files, and what of which spectra they hold.
    n_averages
        Averages of channels of all spectra together.
    file_name
        Name of the one file that the browser gets.
    is_bundle
        Whether that is a zip file.
    """
    name, rows = FORMAT_NAMES[save.file_format], rows_in_words(chosen)
    if not is_bundle:
        return f"1 {name} file, {_contents(save, chosen, rows, n_averages)}: {file_name}"
    count = Counter(file.kind for file in files)
    inside = ", with their images" if save.images and not count["images"] else ""
    parts = [
        f"{counted(count[kind], f'{format_name} file')} {words}"
        for kind, format_name, words in (
            ("measurements", name, f"of measurements ({rows}{inside})"),
            ("averages", name, f"of {counted(n_averages, 'average')} of channels"),
            ("images", "FITS", "with the images"),
        )
        if count[kind]
    ]
    extras = "the list of targets, a manifest with checksums and a README"
    return f"1 zip file with {', '.join(parts)}, {extras}: {file_name}"


def rows_in_words(chosen: Sequence[Chosen]) -> str:
    """Return how many rows are saved, of how many."""
    n_rows = sum(one.rows.size for one in chosen)
    n_all = sum(one.dataset.n_rows for one in chosen)
    if n_rows == n_all:
        return f"all {counted(n_all, 'row')}" if n_all > 1 else counted(n_all, "row")
    return f"{n_rows:,} of {counted(n_all, 'row')}"


def columns_in_words(chosen: Chosen) -> str:
    """Return how many columns are saved."""
    words = counted(len(chosen.columns), "column")
    return f"{words} + {len(chosen.derived)} derived" if chosen.derived else words


def remarks(save: SaveRequest, view: View, chosen: Sequence[Chosen], n_missing: int) -> list[str]:
    """Return what somebody may not expect of the files."""
    n_rows = sum(one.rows.size for one in chosen)
    size_mb = n_rows * _BYTES_PER_STAMP / 1e6
    several = len(chosen) > 1
    unit = flux_unit(view.unit).label
    possible = (
        (not n_rows, "There is no row to be saved: the file has its columns only."),
        (
            save.rows == "shown" and several,
            "The present filters and flags are applied to every spectrum.",
        ),
        (save.has_measurements, _order(view)),
        (save.has_averages, f"Averages: {recipe_in_words(view.binning or DEFAULT_RECIPE)}."),
        (view.unit != "uJy", f"Fluxes in files are in \u00b5Jy; the page shows {unit}."),
        (
            view.redshift is not None,
            "Wavelengths in files are observed ones; the page shows those at rest.",
        ),
        (
            save.file_format == "csv",
            "CSV has no place for units and provenance, only a column for the origin of the rows; "
            "ECSV has.",
        ),
        (save.images and size_mb >= 1, f"The images take about {size_mb:,.0f} MB."),
        (n_missing > 0, f"{counted(n_missing, 'target')} left out: the files are gone."),
        (
            any(one.dataset.is_simulated for one in chosen),
            "The data are simulated: every file and its name say so.",
        ),
    )
    return [words for is_so, words in possible if is_so]


def counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _contents(save: SaveRequest, chosen: Sequence[Chosen], rows: str, n_averages: int) -> str:
    """Return what a single file holds."""
    if save.data == "averages":
        return f"{counted(n_averages, 'average')} of channels made of {rows}"
    words = f"{rows}, {columns_in_words(chosen[0])}"
    return f"{words}, with the image of every row" if save.images else words


def _order(view: View) -> str:
    by_wavelength = "Rows are in the order of the file, by wavelength"
    if not view.sort or (view.sort == "wavelength" and not view.descending):
        return f"{by_wavelength}."
    return f"{by_wavelength}; on the page they are sorted by {view.sort}."
