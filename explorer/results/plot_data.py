"""What the plot of a view shows: points of one spectrum or of several, and averages of channels.

Every value is in the unit of its axis here; browsers only draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from explorer.results.axis_numbers import labelled, power_of_ten
from explorer.results.flux_units import LIMITS_IN_WORDS
from explorer.results.plot_means import Means, means_of
from explorer.results.plot_parts import Part, Source, joined, part_of
from explorer.results.plot_scale import Scaling, scaling_of
from explorer.results.quantities import Quantity, is_flipped, quantity_of, values_of
from explorer.results.ranges import padded, union, value_ranges
from explorer.results.view import View
from photometry_core.errors import InvalidInputError
from photometry_core.types import BoolArray, FloatArray, IntArray

_WHOLE_UM = (0.7, 5.05)
"""Wavelengths shown where there are no points."""
_MARGIN, _LOW_MARGIN = 0.08, 0.25
"""Parts of the ranges of the main panel, and of the low ones below it, that symbols and the ring
around one of them need beside the points."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panel:
    """One panel: an element of each array per point.

    Parameters
    ----------
    quantity
        What its axis shows.
    label, power
        Of the axis; its numbers are values over 10 to the power.
    value, error, low, high, is_limit, decimals
        As in `explorer.results.quantities.Values`.
    flipped
        Whether the axis points downwards.
    shown, full
        Ranges of the axis, (bottom, top).
    n_outside
        Points that are not in `shown`.
    n_missing
        Rows of the view without a value here.
    """

    quantity: Quantity
    label: str
    power: int
    value: FloatArray
    error: FloatArray
    low: FloatArray
    high: FloatArray
    is_limit: BoolArray
    decimals: int | None
    flipped: bool
    shown: tuple[float, float]
    full: tuple[float, float]
    n_outside: int
    n_missing: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlotData:
    """Everything in the plot: an element of each array per point.

    Parameters
    ----------
    sources
        The spectra; the first is the one that the page shows.
    row, spectrum
        Row number in its file, and index of its spectrum. Points of the first spectrum come
        last, so that they are drawn over the others.
    x
        On the horizontal axis.
    wavelength_um, mjd, detector, flags, color
        Observed wavelength, time, detector (0: not known), flags, and the column that colours,
        NaN where there is none.
    x_label, x_range
        Of the horizontal axis.
    panels
        The main one first.
    means, means_note
        Averages, if asked for and possible; how they are made, or why there are none.
    n_kept, n_drawn
        Rows that the view keeps of the first spectrum, and points drawn of it.
    notes
        Sentences about what is not as one would expect.
    """

    sources: Sequence[Source]
    row: IntArray
    spectrum: IntArray
    x: FloatArray
    wavelength_um: FloatArray
    mjd: FloatArray
    detector: IntArray
    flags: IntArray
    color: FloatArray
    x_label: str
    x_range: tuple[float, float]
    panels: list[Panel]
    means: Means | None
    means_note: str
    n_kept: int
    n_drawn: int
    notes: list[str]


def plot_data(sources: Sequence[Source], view: View) -> PlotData:
    """Return what the plot of a view shows.

    Parameters
    ----------
    sources
        The spectra, the one that the page shows first. One of the others that lacks what the
        view asks for is left out, and a note says so.
    view
        That of the page.

    Raises
    ------
    InvalidInputError
        The first spectrum does not have what the view asks for.
    """
    first = sources[0].dataset
    quantities = [quantity_of(first, view, name) for name in (view.y, *view.panels)]
    notes: list[str] = []
    parts: list[Part] = []
    for index, source in enumerate(sources):
        try:
            parts.append(part_of(source, index, quantities))
        except InvalidInputError as error:
            if index == 0:
                raise
            notes.append(f"{source.name} is not drawn: {error}")
    scaling = scaling_of(
        view, quantities[0], [(part.source.name, part.values[0]) for part in parts]
    )
    notes += scaling.notes
    parts = [
        replace(part, values=[scaling.apply(position, part.values[0]), *part.values[1:]])
        for position, part in enumerate(parts)
    ]
    means, means_note = means_of(parts, view, quantities, scaling)
    drawn = parts[::-1]
    x = joined([part.x for part in drawn])
    return PlotData(
        sources=sources,
        row=joined([part.rows for part in drawn]).astype(np.int64),
        spectrum=joined([np.full(part.rows.size, part.index) for part in drawn]).astype(np.int64),
        x=x,
        wavelength_um=_column(drawn, "wavelength"),
        mjd=_column(drawn, "mjd"),
        detector=np.nan_to_num(_column(drawn, "det_id")).astype(np.int64),
        flags=joined([p.source.dataset.flags()[p.rows] for p in drawn]).astype(np.int64),
        color=_colors(drawn, view),
        x_label=_x_label(view),
        x_range=_x_range(x, view),
        panels=[
            _panel(view, quantity, number, drawn, scaling)
            for number, quantity in enumerate(quantities)
        ],
        means=means,
        means_note=means_note,
        n_kept=int(parts[0].kept.size),
        n_drawn=int(parts[0].rows.size),
        notes=[*notes, *_notes_of(view, quantities)],
    )


def _notes_of(view: View, quantities: Sequence[Quantity]) -> list[str]:
    """Return what the values of the view mean, where that is a choice."""
    is_magnitude = view.unit == "abmag" and any(quantity.is_flux for quantity in quantities)
    return [LIMITS_IN_WORDS] if is_magnitude else []


def _column(parts: Sequence[Part], name: str) -> FloatArray:
    return joined([part.source.dataset.numbers(name)[part.rows] for part in parts])


def _colors(parts: Sequence[Part], view: View) -> FloatArray:
    """Return the values that colour the points; only numbers of a column do."""
    if view.color in ("det_id", "flags"):
        return np.full(sum(part.rows.size for part in parts), np.nan)
    found = []
    for part in parts:
        dataset = part.source.dataset
        quantity = quantity_of(dataset, part.source.view, view.color)
        try:
            found.append(values_of(dataset, part.source.view, quantity, part.rows).value)
        except InvalidInputError:
            if part.index == 0:
                raise
            found.append(np.full(part.rows.size, np.nan))
    return joined(found)


def _x_label(view: View) -> str:
    if view.x == "mjd":
        return "Time (MJD, UTC)"
    if view.redshift is None:
        return "Observed wavelength (\u00b5m)"
    return f"Rest wavelength (\u00b5m), z = {view.redshift!r}"


def _x_range(x: FloatArray, view: View) -> tuple[float, float]:
    if x.size:
        return padded(float(x.min()), float(x.max()), part=0.03)
    if view.x == "mjd":
        return 0.0, 1.0
    low, high = (edge / (1 + (view.redshift or 0.0)) for edge in _WHOLE_UM)
    return low, high


def _panel(
    view: View, quantity: Quantity, number: int, parts: Sequence[Part], scaling: Scaling
) -> Panel:
    """Join the values of all spectra in one panel."""
    values = [part.values[number] for part in parts]
    # Neighbours in time are of any wavelength.
    is_sequence = view.x == "wavelength" or view.channel is not None
    margin = _LOW_MARGIN if number else _MARGIN
    ranges = union(
        [
            value_ranges(
                part.x,
                one.value,
                one.low,
                one.high,
                is_sequence=is_sequence,
                margin=margin,
            )
            for part, one in zip(parts, values, strict=True)
            if np.isfinite(one.value).any()
        ],
        margin,
    )
    value = joined([one.value for one in values])
    outside = (value < ranges.shown[0]) | (value > ranges.shown[1])
    flipped = is_flipped(view, quantity)
    turned = ranges.backwards() if flipped else ranges
    power = power_of_ten(*ranges.shown)
    label, unit_label = (
        (scaling.label, scaling.unit_label)
        if number == 0
        else (quantity.label, quantity.unit_label)
    )
    return Panel(
        quantity=quantity,
        label=labelled(label, unit_label, power),
        power=power,
        value=value,
        error=joined([one.error for one in values]),
        low=joined([one.low for one in values]),
        high=joined([one.high for one in values]),
        is_limit=joined([one.is_limit for one in values]).astype(bool),
        decimals=values[0].decimals if values else None,
        flipped=flipped,
        shown=turned.shown,
        full=turned.full,
        n_outside=int(np.count_nonzero(outside)),
        n_missing=sum(part.n_missing[number] for part in parts),
    )
