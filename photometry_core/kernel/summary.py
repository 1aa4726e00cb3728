"""What is said of a measurement besides its flux: flags, quality, model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from photometry_core.kernel.compiled import compiled
from photometry_core.kernel.group import Group, window
from photometry_core.kernel.pixels import read_aperture
from photometry_core.kernel.problem import MEASURED, Results, Sources
from photometry_core.types import STAMP_SIZE_PIX, BoolArray, Float32Array

_STAMP_HALF_SIZE = STAMP_SIZE_PIX // 2


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
def describe_fit(
    image: Float32Array,
    shape: tuple[int, int],
    sources: Sources,
    begin: int,
    end: int,
    group: Group,
    results: Results,
) -> None:
    """Make the model of a group, and compare it with the pixels around every source."""
    _make_model(shape, sources, begin, end, group, results)
    nx = shape[1]
    for s in range(begin, end):
        left, bottom = sources.column[s] - _STAMP_HALF_SIZE, sources.row[s] - _STAMP_HALF_SIZE
        x0, y0, x1, y1 = window(sources, s, _STAMP_HALF_SIZE, shape)
        for y in range(y0, y1):
            for x in range(x0, x1):
                results.model[s, y - bottom, x - left] = group.model[y * nx + x]
        if results.status[s] == MEASURED:
            _compare(image, shape, sources, s, group, results)


@compiled
def _compare(
    image: Float32Array,
    shape: tuple[int, int],
    sources: Sources,
    s: int,
    group: Group,
    results: Results,
) -> None:
    nx = shape[1]
    chi2, near_sum, near_count, count = 0.0, 0.0, 0, 0
    x0, y0, x1, y1 = window(sources, s, sources.half_size[s], shape)
    radius2 = sources.aperture[s] ** 2
    for y in range(y0, y1):
        for x in range(x0, x1):
            p = y * nx + x
            if not group.variance[p] > 0:
                continue
            residual = image[p] - group.model[p]
            chi2 += residual * residual / group.variance[p]
            count += 1
            if (x - sources.x[s]) ** 2 + (y - sources.y[s]) ** 2 <= radius2:
                near_sum += abs(residual) / np.sqrt(group.variance[p])
                near_count += 1
    results.chi2[s] = chi2
    results.n_pix[s] = count
    results.fit_quality[s] = near_sum / near_count if near_count else np.nan


@compiled
def _make_model(
    shape: tuple[int, int],
    sources: Sources,
    begin: int,
    end: int,
    group: Group,
    results: Results,
) -> None:
    """Background plus all measured sources, on ignored pixels as well."""
    nx = shape[1]
    for s in range(begin, end):
        half = max(_STAMP_HALF_SIZE, sources.half_size[s])
        x0, y0, x1, y1 = window(sources, s, half, shape)
        for y in range(y0, y1):
            for x in range(x0, x1):
                p = y * nx + x
                k = group.nearest[p]
                dx, dy = x - sources.x[begin + k], y - sources.y[begin + k]
                level, by_x, by_y = group.coefficients[k]
                group.model[p] = level + by_x * dx + by_y * dy
    for s in range(begin, end):
        if results.status[s] != MEASURED:
            continue
        known, flux = sources.light_half_size[s], results.flux[s]
        x0, y0, x1, y1 = window(sources, s, known, shape)
        for y in range(y0, y1):
            row = y - sources.row[s] + known
            start = sources.light_start[s] + row * (2 * known + 1) - sources.column[s] + known
            for x in range(x0, x1):
                p = y * nx + x
                if group.ujy[p] > 0:
                    group.model[p] += flux * sources.light[start + x] / group.ujy[p]
