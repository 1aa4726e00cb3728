"""How somebody looks at a spectrum: which rows, in which order, unit and form.

One view is shown by plot, table, cutouts and flags alike, and is what a download saves. It comes
from the browser as JSON; everything is optional there, and everything is checked here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from explorer.results import row_lists
from photometry_core.errors import InvalidInputError

MAX_TEXT = 2000
"""Characters of a filter or an expression."""
MAX_LIST_TEXT = 64_000
"""Characters of a filter of rows: any choice of 20,000 has room, since `row_lists` has ranges."""
MAX_FILTERS = 60
MAX_DERIVED = 40
MAX_COMPARED = 24
MAX_MASK = 2**63 - 1
KINDS = ("double", "long", "text")
STRIP_ORDERS = ("wavelength", "time", "flags", "table")
SCALES = ("none", "normalised", "offset")
STATISTICS = ("mean", "median")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFilter:
    """A condition on one column, as typed under its header.

    Parameters
    ----------
    column
        Its name.
    text
        Such as ``> 5`` or ``like '%D3%'``.
    unit
        The flux unit (of `explorer.results.flux_units.UNITS`) that the numbers are in, if the
        column is a flux; what is shown may have another unit by now.
    """

    column: str
    text: str
    unit: str = "uJy"


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedColumn:
    """A column computed from others by an expression in SQL.

    Parameters
    ----------
    name
        Letters, digits and underscores.
    expression
        In SQL, over the columns as they are in the file, in its units.
    kind
        One of `KINDS`.
    unit, description
        For headers and files.
    """

    name: str
    expression: str
    kind: str = "double"
    unit: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BinningRecipe:
    """How visits of a channel are averaged.

    Parameters
    ----------
    mask
        Measurements with any of these flags are left out.
    statistic
        ``mean`` (inverse-variance) or ``median``.
    clip_sigma
        Visits further from the median than so many robust standard deviations are left out;
        `None`: none is.
    least_visits
        Channels with fewer usable visits are left out.
    """

    mask: int
    statistic: str = "mean"
    clip_sigma: float | None = None
    least_visits: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How somebody looks at a spectrum.

    Parameters
    ----------
    filters, sql
        Conditions on columns, and one on whole rows; all must hold.
    mask
        Rows with any of these flags are not shown.
    derived
        Columns added to those of the file.
    sort
        Column that orders the table, or empty for the order of the file (wavelength).
    descending
        Whether from the largest.
    columns
        Names of the columns of the table, in order; `None` is the usual choice.
    strip_order
        One of `STRIP_ORDERS`.
    unit
        Of fluxes, one of `explorer.results.flux_units.UNITS`.
    x
        ``wavelength``, or ``mjd`` for a light curve.
    channel
        (detector, channel) of a light curve, whose rows alone are shown; `None` is every
        measurement.
    y
        Column of the main panel; ``flux``, ``snr``, any other number.
    panels
        Columns of the panels below it.
    redshift
        `None` shows observed wavelengths, a number rest wavelengths.
    color
        Column that colours the points.
    errors, raw, binned
        Whether error bars, measurements and channel averages are drawn.
    binning
        The recipe of the averages; `None` is the default one.
    compare
        Other spectra in the same plot, as (job id, index of the target).
    scale
        One of `SCALES`: how spectra in one plot are brought together.
    """

    filters: tuple[ColumnFilter, ...] = ()
    sql: str = ""
    mask: int = 0
    derived: tuple[DerivedColumn, ...] = ()
    sort: str = ""
    descending: bool = False
    columns: tuple[str, ...] | None = None
    strip_order: str = "wavelength"
    unit: str = "uJy"
    x: str = "wavelength"
    channel: tuple[int, int] | None = None
    y: str = "flux"
    panels: tuple[str, ...] = ()
    redshift: float | None = None
    color: str = "det_id"
    errors: bool = True
    raw: bool = True
    binned: bool = False
    binning: BinningRecipe | None = None
    compare: tuple[tuple[str, int], ...] = ()
    scale: str = "none"

    @property
    def light_curve_channel(self) -> tuple[int, int] | None:
        """The (detector, channel) that rows must be of, if the view is a light curve of one."""
        return self.channel if self.x == "mjd" else None


def parse_view(values: Any) -> View:
    """Return the view that a browser describes.

    Parameters
    ----------
    values
        A JSON object with fields of `View`; ``filters`` is an object of ``{text, unit}`` by
        column, masks are decimal texts (JavaScript's numbers end at 2^53), ``compare`` is a
        list of ``{job, target}``. Fields that only the browser needs are passed over.

    Raises
    ------
    InvalidInputError
        A field is not what it should be; the message names it.
    """
    fields = _object("view", values)
    filters = _object("filters", fields.get("filters", {}))
    if len(filters) > MAX_FILTERS:
        raise InvalidInputError(f"filters: {len(filters)} given; allowed: at most {MAX_FILTERS}")
    derived = _list("derived", fields.get("derived", []), MAX_DERIVED)
    names = [str(_object("derived", one).get("name", "")) for one in derived]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInputError(f"derived: {name!r} is there twice")
    binning = fields.get("binning")
    columns = fields.get("columns")
    return View(
        filters=tuple(_filter(name, value) for name, value in filters.items()),
        sql=_text("sql", fields.get("sql", "")),
        mask=_mask("mask", fields.get("mask", "0")),
        derived=tuple(_derived(one) for one in derived),
        sort=_column("sort", fields.get("sort", ""), may_be_empty=True),
        descending=_switch("descending", fields.get("descending", False)),
        columns=None if columns is None else _columns("columns", columns),
        strip_order=_choice("strip_order", fields.get("strip_order", "wavelength"), STRIP_ORDERS),
        unit=_text("unit", fields.get("unit", "uJy"), 20),
        x=_choice("x", fields.get("x", "wavelength"), ("wavelength", "mjd")),
        channel=_channel(fields.get("channel")),
        y=_column("y", fields.get("y", "flux")),
        panels=_columns("panels", fields.get("panels", []), most=4),
        redshift=_redshift(fields.get("redshift")),
        color=_column("color", fields.get("color", "det_id")),
        errors=_switch("errors", fields.get("errors", True)),
        raw=_switch("raw", fields.get("raw", True)),
        binned=_switch("binned", fields.get("binned", False)),
        binning=None if binning is None else _binning(binning),
        compare=tuple(
            _compared(one) for one in _list("compare", fields.get("compare", []), MAX_COMPARED)
        ),
        scale=_choice("scale", fields.get("scale", "none"), SCALES),
    )


def _object(name: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidInputError(f"{name}: not an object")
    return value


def _list(name: str, value: Any, most: int) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidInputError(f"{name}: not a list")
    if len(value) > most:
        raise InvalidInputError(f"{name}: {len(value)} given; allowed: at most {most}")
    return value


def _text(name: str, value: Any, most: int = MAX_TEXT) -> str:
    if not isinstance(value, str):
        raise InvalidInputError(f"{name}: not a text")
    if len(value) > most:
        raise InvalidInputError(f"{name}: {len(value)} characters given; allowed: at most {most}")
    return value.strip()


def _switch(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidInputError(f"{name}: {value!r:.40} given; allowed: true, false")
    return value


def _choice(name: str, value: Any, allowed: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise InvalidInputError(f"{name}: {value!r:.40} given; allowed: {', '.join(allowed)}")
    return value


def _column(name: str, value: Any, *, may_be_empty: bool = False) -> str:
    text = _text(name, value, 128)
    if not text and not may_be_empty:
        raise InvalidInputError(f"{name}: empty; allowed: the name of a column")
    return text


def _columns(name: str, value: Any, most: int = 200) -> tuple[str, ...]:
    return tuple(_column(name, one) for one in _list(name, value, most))


def _mask(name: str, value: Any) -> int:
    text = str(value)
    if not re.fullmatch(r"\d{1,19}", text, re.ASCII) or int(text) > MAX_MASK:
        raise InvalidInputError(f"{name}: {text!r:.40} given; allowed: 0 to {MAX_MASK}")
    return int(text)


def _filter(column: str, value: Any) -> ColumnFilter:
    fields = _object(f"filter of {column}", value)
    most = MAX_LIST_TEXT if column == row_lists.COLUMN else MAX_TEXT
    return ColumnFilter(
        column=_column("filters", column),
        text=_text(f"filter of {column}", fields.get("text", ""), most),
        unit=_text("unit", fields.get("unit", "uJy"), 20),
    )


def _derived(value: Any) -> DerivedColumn:
    fields = _object("derived", value)
    name = _text("name of the column", fields.get("name", ""), 128)
    if not _NAME.fullmatch(name):
        raise InvalidInputError(
            f"name of the column: {name!r} given; allowed: a letter, then letters, digits and _, "
            "at most 128"
        )
    return DerivedColumn(
        name=name,
        expression=_text(f"expression of {name}", fields.get("expression", "")),
        kind=_choice(f"type of {name}", fields.get("kind", "double"), KINDS),
        unit=_text(f"unit of {name}", fields.get("unit", ""), 40),
        description=_text(f"description of {name}", fields.get("description", ""), 200),
    )


def _number(name: str, value: Any, low: float, high: float) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not low <= value <= high:
        raise InvalidInputError(f"{name}: {value!r:.40} given; allowed: {low:g} to {high:g}")
    return float(value)


def _redshift(value: Any) -> float | None:
    return None if value is None else _number("redshift", value, -0.5, 20.0)


def _channel(value: Any) -> tuple[int, int] | None:
    if value is None:
        return None
    pair = _list("channel", value, 2)
    if len(pair) != 2:
        raise InvalidInputError("channel: a detector and a channel are needed")
    return int(_number("detector", pair[0], 1, 6)), int(_number("channel", pair[1], 1, 17))


def _binning(value: Any) -> BinningRecipe:
    fields = _object("binning", value)
    clip = fields.get("clip_sigma")
    return BinningRecipe(
        mask=_mask("binning mask", fields.get("mask", "0")),
        statistic=_choice("statistic", fields.get("statistic", "mean"), STATISTICS),
        clip_sigma=None if clip is None else _number("clip_sigma", clip, 1.0, 100.0),
        least_visits=int(_number("least_visits", fields.get("least_visits", 1), 1, 1000)),
    )


def _compared(value: Any) -> tuple[str, int]:
    fields = _object("compare", value)
    job = _text("job", fields.get("job", ""), 22)
    return job, int(_number("target", fields.get("target"), 0, 1e6))
