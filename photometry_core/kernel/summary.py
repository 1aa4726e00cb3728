"""What is said of a measurement besides its flux: flags and model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from photometry_core.kernel.compiled import compiled
from photometry_core.kernel.group import Group, window
from photometry_core.kernel.pixels import read_aperture
from photometry_core.kernel.problem import MEASURED, Results, Sources
from photometry_core.types import STAMP_SIZE_PIX, BoolArray, Float32Array

_HALF_SIZE = STAMP_SIZE_PIX // 2


@compiled
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


@compiled
def model_stamps(
    shape: tuple[int, int], sources: Sources, begin: int, end: int, group: Group, results: Results
) -> None:
    """Make the model of every stamp: its background and all measured sources of the group.

    Ignored pixels have a model as well.
    """
    for s in range(begin, end):
        left, bottom = sources.column[s] - _HALF_SIZE, sources.row[s] - _HALF_SIZE
        x0, y0, x1, y1 = window(sources, s, _HALF_SIZE, shape)
        level, by_x, by_y = group.coefficients[s - begin]
        for y in range(y0, y1):
            here = level + by_y * (y - sources.y[s]) + by_x * (x0 - sources.x[s])
            row, column = y - bottom, np.uint64(x0 - left)
            for i in range(np.uint64(x1 - x0)):
                results.model[s, row, column + i] = here + by_x * i
        for other in range(begin, end):
            if results.status[other] == MEASURED:
                flux = results.flux[other]
                _add_source(sources, other, flux, shape, group, results.model[s], left, bottom)


@compiled
def _add_source(
    sources: Sources,
    s: int,
    flux: float,
    shape: tuple[int, int],
    group: Group,
    model: Float32Array,
    left: int,
    bottom: int,
) -> None:
    """Add the light of a source to a stamp, as far as both reach."""
    known = sources.light_half_size[s]
    x0, y0, x1, y1 = window(sources, s, known, shape)
    x0, x1 = max(x0, left), min(x1, left + STAMP_SIZE_PIX)
    for y in range(max(y0, bottom), min(y1, bottom + STAMP_SIZE_PIX)):
        row = y - sources.row[s] + known
        start = sources.light_start[s] + row * (2 * known + 1) - sources.column[s] + known
        if x1 <= x0:
            return
        p, light = np.uint64(y * shape[1] + x0), np.uint64(start + x0)
        line, column = y - bottom, np.uint64(x0 - left)
        for i in range(np.uint64(x1 - x0)):
            ujy = group.ujy[p + i]
            model[line, column + i] += flux * sources.light[light + i] / ujy if ujy > 0 else 0.0
