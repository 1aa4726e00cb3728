"""Which column of somebody's table holds what."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from astropy.units import UnitBase

from photometry_core.errors import ForeignFileError, NoSpectrumError
from photometry_core.foreign_tables.contents import FileColumn, FileTable
from photometry_core.foreign_tables.units import (
    is_flux_density,
    is_wavelength,
    parse_unit,
    unit_in_name,
    words_of,
)

_WAVELENGTH_WORDS = frozenset(
    ("wavelength", "wavelengths", "lambda", "wave", "wav", "wl", "wvl", "lam", "wv")
)
_FLUX_WORDS = frozenset(
    ("flux", "fluxes", "fnu", "flambda", "flam", "fluxdensity", "f_nu", "f_lambda", "flux_density")
)
_ERROR_WORDS = frozenset(
    ("err", "error", "errors", "unc", "uncertainty", "sem", "sigma", "stderr", "e")
)
_OTHER_WORDS = _ERROR_WORDS | frozenset(
    (
        "std", "stddev", "width", "fwhm", "bandwidth", "bw", "delta", "min", "max", "lo", "hi",
        "low", "high", "lower", "upper", "start", "end", "ivar", "var", "variance", "flag",
        "flags", "snr", "sn", "bkg", "background", "sky", "model", "resid", "residual", "corr",
        "cov", "chi2", "ratio", "frac", "fraction", "limit", "id", "index", "unit", "scatter",
    )
)  # fmt: skip
"""A header with one of these is about a wavelength or a flux, and is not one."""


def stated_unit(column: FileColumn) -> UnitBase | None:
    """Return the unit of a column that its file or its header states."""
    return parse_unit(column.unit) if column.unit else unit_in_name(column.name)


def spectrum_columns(
    table: FileTable, wavelength: str = "", flux: str = ""
) -> tuple[FileColumn, FileColumn]:
    """Return the columns of wavelengths and of flux densities.

    Parameters
    ----------
    table
        The table.
    wavelength, flux
        Their names, if a person said them.

    Raises
    ------
    NoSpectrumError
        One of them does not exist.
    ForeignFileError
        One of them could be one of several; questions about both are asked at once.
    """
    found: list[FileColumn] = []
    doubts: list[ForeignFileError] = []
    for choose, answer in ((wavelength_column, wavelength), (flux_column, flux)):
        try:
            found.append(choose(table, answer))
        except NoSpectrumError:
            raise
        except ForeignFileError as error:
            doubts.append(error)
    if doubts:
        questions = {name: names for doubt in doubts for name, names in doubt.questions.items()}
        raise ForeignFileError(". ".join(map(str, doubts)), questions)
    return found[0], found[1]


def wavelength_column(table: FileTable, answer: str = "") -> FileColumn:
    """Return the column of wavelengths.

    Parameters
    ----------
    table
        The table.
    answer
        Its name, if a person said it.

    Raises
    ------
    NoSpectrumError
        There is none.
    ForeignFileError
        It could be one of several.
    """
    return _choose(
        table, "wavelength", answer,
        lambda column: _rank(column, _WAVELENGTH_WORDS, is_wavelength, ("em.wl",)),
    )  # fmt: skip


def flux_column(table: FileTable, answer: str = "") -> FileColumn:
    """Return the column of flux densities; as `wavelength_column`."""
    return _choose(
        table, "flux", answer,
        lambda column: _rank(column, _FLUX_WORDS, is_flux_density, ("phot.flux", "spect.flux")),
    )  # fmt: skip


def error_column(table: FileTable, flux: FileColumn) -> FileColumn | None:
    """Return the column of the 1-sigma errors of the fluxes, if one is certain to be that."""
    flux_words = set(words_of(flux.name))
    ranked: dict[int, list[FileColumn]] = {}
    for column in table.columns:
        words = set(words_of(column.name))
        about = words - _ERROR_WORDS
        if words & _ERROR_WORDS and about <= flux_words and not about & _OTHER_WORDS:
            ranked.setdefault(len(about), []).append(column)
    best = ranked[max(ranked)] if ranked else []
    if len(best) > 1:
        best = [column for column in best if stated_unit(column) == stated_unit(flux)]
    return best[0] if len(best) == 1 else None


def _choose(
    table: FileTable, what: str, answer: str, rank: Callable[[FileColumn], int]
) -> FileColumn:
    if answer:
        for column in table.columns:
            if column.name == answer:
                return column
    ranked: dict[int, list[FileColumn]] = {}
    for column in table.columns:
        ranked.setdefault(rank(column), []).append(column)
    best = max(ranked, default=0)
    if not best:
        raise NoSpectrumError(
            f"{table.where} has no column that can be recognised as {what}; its columns: "
            f"{_listed([column.name for column in table.columns])}. Call one of them {what!r}"
        )
    names = [column.name for column in ranked[best]]
    if len(names) > 1:
        raise ForeignFileError(
            f"{table.where} has {len(names)} columns that could be the {what}: "
            f"{_listed(names)}. Choose one",
            {f"{what}_column": names},
        )
    return ranked[best][0]


def _rank(
    column: FileColumn,
    words: frozenset[str],
    is_unit: Callable[[UnitBase], bool],
    ucds: tuple[str, ...],
) -> int:
    """Return how certain it is that a column is what is looked for; 0 is not at all."""
    # Columns of equal names are numbered: none of them is the one that is meant.
    found = [word for word in words_of(column.name) if not word.isdigit()]
    unit = stated_unit(column)
    fits = unit is not None and is_unit(unit)
    if "_".join(found) in words:
        # With a unit of something else it is something else.
        return 4 if fits or unit is None else 0
    about = column.ucd.lower()
    if fits and about.startswith(ucds) and "stat." not in about and "background" not in about:
        return 3
    if not words.intersection(found) or _OTHER_WORDS.intersection(found):
        return 0
    if fits:
        return 2
    return 1 if unit is None else 0


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:20])
    return shown + (f" and {len(names) - 20} more" if len(names) > 20 else "")
