"""What is said of a measurement besides its flux: flags and model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from photometry_core.kernel.compiled import compiled, inlined
from photometry_core.kernel.group import Group, window
from photometry_core.kernel.pixels import read_aperture
from photometry_core.kernel.problem import MEASURED, Results, Sources
from photometry_core.types import STAMP_SIZE_PIX, BoolArray, Float32Array, FloatArray

_HALF_SIZE = STAMP_SIZE_PIX // 2


@inlined
def describe_aperture(
    flags: npt.NDArray[np.int32],
    good: BoolArray,
    shape: tuple[int, int],
    sources: Sources,
    s: int,
    results: Results,
) -> None:
    """Read the flags around a source."""
    results.flags[s], results.contains_bad[s], results.aperture_pix[s] = read_aperture(
        flags,
        good,
        shape,
        sources.x[s],
        sources.y[s],
        sources.aperture[s],
        results.counts[s],
    )


@inlined
def model_stamps(
    shape: tuple[int, int], sources: Sources, begin: int, end: int, group: Group, results: Results
) -> None:
    """Make the model of every stamp: its background and all measured sources of the group.

    Ignored pixels have a model as well. The light of the sources is left as surface brightness in
    MJy/sr.
    """
    for s in range(begin, end):
        if results.status[s] == MEASURED:
            known = sources.light_half_size[s]
            _to_surface_brightness(
                sources.light,
                sources.light_start[s],
                (sources.column[s], sources.row[s], known),
                results.flux[s],
                shape,
                group.ujy,
            )
    for s in range(begin, end):
        left, bottom = sources.column[s] - _HALF_SIZE, sources.row[s] - _HALF_SIZE
        x0, y0, x1, y1 = window(sources.column[s], sources.row[s], _HALF_SIZE, shape)
        level, by_x, by_y = group.coefficients[s - begin]
        for y in range(y0, y1):
            here = level + by_y * (y - sources.y[s]) + by_x * (x0 - sources.x[s])
            row, column = y - bottom, np.uint64(x0 - left)
            for i in range(np.uint64(x1 - x0)):
                results.model[s, row, column + i] = here + by_x * i
        model = results.model[s]
        for other in range(begin, end):
            known = sources.light_half_size[other]
            dx, dy = sources.column[other] - left, sources.row[other] - bottom
            reached = -known <= min(dx, dy) and max(dx, dy) < STAMP_SIZE_PIX + known
            if reached and results.status[other] == MEASURED:
                box = window(sources.column[other], sources.row[other], known, shape)
                # Where the light of the pixel (0, 0) would be.
                row, column = sources.row[other] - known, sources.column[other] - known
                start = sources.light_start[other] - row * (2 * known + 1) - column
                _add_source(
                    sources.light,
                    start,
                    2 * known + 1,
                    box,
                    (left, bottom),
                    model,
                )


@compiled
def _to_surface_brightness(
    light: FloatArray,
    start: int,
    middle: tuple[int, int, int],
    flux: float,
    shape: tuple[int, int],
    ujy: FloatArray,
) -> None:
    """Turn the fractions of a source's flux into surface brightness; `middle` is its pixel.

    That is (column, row, pixels to every side). There is none where the solid angle of a pixel is
    not known.
    """
    column, row, known = middle
    x0, y0, x1, y1 = window(column, row, known, shape)
    for y in range(y0, y1):
        first = start + (y - row + known) * (2 * known + 1) + x0 - column + known
        here, p = np.uint64(first), np.uint64(y * shape[1] + x0)
        for i in range(np.uint64(x1 - x0)):
            brightness = flux * light[here + i] / ujy[p + i]
            light[here + i] = brightness if ujy[p + i] > 0 else 0.0


@compiled
def _add_source(
    brightness: FloatArray,
    start: int,
    across: int,
    box: tuple[int, int, int, int],
    corner: tuple[int, int],
    model: Float32Array,
) -> None:
    """Add a source to a stamp, as far as both reach."""
    left, bottom = corner
    x0, x1 = max(box[0], left), min(box[2], left + STAMP_SIZE_PIX)
    if x1 <= x0:
        return
    for y in range(max(box[1], bottom), min(box[3], bottom + STAMP_SIZE_PIX)):
        here, row, column = np.uint64(start + y * across + x0), y - bottom, np.uint64(x0 - left)
        for i in range(np.uint64(x1 - x0)):
            model[row, column + i] += brightness[here + i]
