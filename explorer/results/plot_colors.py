"""What colours mean in the plot: detectors, flags, spectra, or the numbers of a column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.bands import BANDS
from explorer.results.axis_numbers import labelled, power_of_ten
from explorer.results.figure import PALETTE
from explorer.results.plot_data import PlotData
from explorer.results.quantities import quantity_of
from explorer.results.ranges import padded
from explorer.results.view import View
from photometry_core import flags
from photometry_core.types import FloatArray, IntArray

# Distinguishable for people with any of the usual colour deficiencies, and at least 3:1
# against a white page; static/css/explorer.css has the same, and those of the dark theme.
DETECTORS = {1: "#4b2aa8", 2: "#2196c9", 3: "#0b5447", 4: "#a88a14", 5: "#8a2a0a", 6: "#e2608a"}
SEVERITIES = ("#55626f", "#0f5c9c", "#b06f00", "#a8231f")
"""Of no flag, benign, warning, and serious flags or worse; static/css/results/plot.css has the
same, and those of the dark theme."""
SPECTRA = (
    "#17212b", "#0f5c9c", "#b3500b", "#0b7a5c", "#8a2fa0", "#2d8fbf", "#a8231f", "#7a6a00",
)  # fmt: skip
"""Of the shown spectrum and those compared with it, over and over."""
UNKNOWN = "#8793a0"

_SEVERITY_NAMES = ("no flags", "benign flags", "flags to look at", "serious flags")
_SEVERITY_OF: dict[flags.Severity, int] = {"benign": 1, "warn": 2, "serious": 3, "reject": 3}
_CLIPPED_PERCENT = 1.0
_LEAST_CLIPPED = 100


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Colors:
    """The colours of the points.

    Parameters
    ----------
    by
        ``detector``, ``spectrum``, ``severity`` or ``number``.
    label
        What they mean.
    number
        Of each point: detector, index of the spectrum, severity from 0 to 3, or value.
    classes
        (number, name) of each class that occurs; empty for ``number``.
    span, power
        Values at the ends of the palette, for ``number``; beside it they are written over 10 to
        the power.
    """

    by: str
    label: str
    number: FloatArray
    classes: tuple[tuple[int, str], ...]
    span: tuple[float, float]
    power: int = 0


def severity_code(value: int) -> int:
    """Return 0 for no flags, 1 for benign ones, 2 for warnings, 3 for worse."""
    return _SEVERITY_OF[flags.worst_severity(value)] if value else 0


def colors_of(data: PlotData, view: View) -> Colors:
    """Return the colours of the points of a plot.

    The usual choice, detectors, gives way to spectra where several are compared.
    """
    if view.color == "det_id" and len(data.sources) > 1:
        names = [source.name for source in data.sources]
        return _classes("spectrum", "Spectrum", data.spectrum, dict(enumerate(names)))
    if view.color == "det_id":
        names_of = {band.detector: band.name for band in BANDS} | {0: "detector not known"}
        return _classes("detector", "Detector", data.detector, names_of)
    if view.color == "flags":
        values, codes = np.unique(data.flags, return_inverse=True)
        severity = np.array([severity_code(int(value)) for value in values], np.int64)
        return _classes("severity", "Flags", severity[codes], dict(enumerate(_SEVERITY_NAMES)))
    words, span = _span(data)
    quantity = quantity_of(data.sources[0].dataset, view, view.color)
    power = power_of_ten(*span)
    return Colors(
        by="number",
        label=labelled(quantity.label, quantity.unit_label, power) + words,
        number=data.color,
        classes=(),
        span=span,
        power=power,
    )


def css_colors(by: str, numbers: IntArray | FloatArray, span: tuple[float, float]) -> list[str]:
    """Return the colour of each number on white paper, as CSS writes it."""
    if by == "number":
        low, high = span
        with np.errstate(invalid="ignore"):
            at = np.floor((numbers - low) / (high - low) * len(PALETTE))
        places = np.clip(np.nan_to_num(at), 0, len(PALETTE) - 1).astype(int)
        return [
            PALETTE[place] if known else UNKNOWN
            for place, known in zip(places, np.isfinite(numbers), strict=True)
        ]
    if by == "spectrum":
        return [SPECTRA[int(number) % len(SPECTRA)] for number in numbers]
    table = DETECTORS if by == "detector" else dict(enumerate(SEVERITIES))
    return [table.get(int(number), UNKNOWN) for number in numbers]


def _classes(by: str, label: str, number: IntArray, names: dict[int, str]) -> Colors:
    there = [int(one) for one in np.unique(number)]
    return Colors(
        by=by,
        label=label,
        number=number.astype(float),
        classes=tuple((one, names.get(one, str(one))) for one in there),
        span=(0.0, 1.0),
    )


def _span(data: PlotData) -> tuple[str, tuple[float, float]]:
    """Return what the palette covers, and what to say of it; a few extremes must not use it up."""
    known = data.color[np.isfinite(data.color)]
    if not known.size:
        return ": no values", (0.0, 1.0)
    low, high = float(known.min()), float(known.max())
    if known.size >= _LEAST_CLIPPED:
        inner = np.percentile(known, (_CLIPPED_PERCENT, 100 - _CLIPPED_PERCENT))
        inner_low, inner_high = float(inner[0]), float(inner[1])
        if high - low > 3 * (inner_high - inner_low) > 0:
            return ", ends: and beyond", (inner_low, inner_high)
    return "", (low, high) if high > low else padded(low, high)
