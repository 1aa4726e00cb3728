"""The joint fit of one group of sources on one exposure.

All is done in surface brightness, on the smallest box that holds the windows of all sources:
maps are flat, row by row of that box.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from photometry_core.kernel.compiled import compiled, inlined
from photometry_core.kernel.group import (
    Group,
    background_covariance,
    light_in_backgrounds,
    nearest_sources,
    window,
)
from photometry_core.kernel.joint_fit import (
    add_background_covariance,
    add_light,
    normal_equations,
    solve,
    worst_correlation,
)
from photometry_core.kernel.pixels import SMALLEST, photon_slope
from photometry_core.kernel.problem import (
    MEASURED,
    NOT_SEPARABLE,
    TOO_LITTLE_LIGHT,
    Recipe,
    Results,
    Sources,
)
from photometry_core.types import STAMP_SIZE_PIX, BoolArray, Float32Array, FloatArray, IntArray

LEAST_FRACTION = 0.25
"""Usable pixels must hold this part of the light of a source that is fitted."""

LOWEST_VARIANCE_FRACTION = 0.1
"""A wrong photon slope can never make the weight of a pixel unbounded."""

REWEIGHTINGS = 3


class Maps(NamedTuple):
    """What the fit knows of the pixels of its box, and room for what it finds.

    Parameters
    ----------
    nearest
        Source whose background is that of the pixel, counted within the group.
    fitted
        1 where the fit uses the pixel, 0 elsewhere.
    data, variance
        Image less background in MJy/sr, 0 where not fitted, and the VARIANCE plane, 1 there.
    slope
        Photon slope in MJy/sr.
    weight, model
        Inverse variance, 0 where not fitted; sources as the data hold them, in MJy/sr.
    """

    nearest: IntArray
    fitted: FloatArray
    data: FloatArray
    variance: FloatArray
    slope: FloatArray
    weight: FloatArray
    model: FloatArray


@inlined
def fit_group(
    image: Float32Array,
    variance: Float32Array,
    good: BoolArray,
    shape: tuple[int, int],
    sources: Sources,
    begin: int,
    end: int,
    recipe: Recipe,
    group: Group,
    maps: Maps,
    results: Results,
) -> None:
    """Fit all fluxes of a group together, with weights from the model itself."""
    n = end - begin
    windows, box = _fit_windows(shape, sources, begin, end)
    size = (box[2] - box[0]) * (box[3] - box[1])
    _read_pixels(image, variance, good, shape, sources, begin, end, windows, box, group, maps)
    held = light_in_backgrounds(shape, sources, begin, end, group)
    boxes, starts, seen = _light_in_data(
        shape, sources, begin, end, windows, box, group, maps, held
    )
    active = np.empty(n, np.bool_)
    for k in range(n):
        fraction = _light_on_fitted(sources, begin + k, windows[k], box, maps)
        results.detail[begin + k] = fraction
        active[k] = fraction >= LEAST_FRACTION
    normal, right, flux = np.empty((n, n)), np.empty(n), np.zeros(n)
    covariance, separable = np.empty((n, n)), np.empty(n, np.bool_)
    weight, model = maps.weight[:size], maps.model[:size]
    across = box[2] - box[0]
    for _ in range(REWEIGHTINGS if recipe.model_weights else 1):
        model[:] = 0.0
        for k in range(n):
            add_light(seen, starts[k], boxes[k], flux[k], across, model)
        _weigh(maps, size, recipe.model_weights)
        normal_equations(seen, starts, boxes, weight, maps.data[:size], across, normal, right)
        solve(normal, right, active, flux, covariance, separable)
        for k in range(n):
            if not separable[k]:
                flux[k] = 0.0
    response = _background_response(seen, starts, boxes, sources, begin, box, maps)
    background = background_covariance(shape, sources, begin, end, group)
    add_background_covariance(covariance, response, background)
    for k in range(n):
        s = begin + k
        # The light of galaxies that the backgrounds hold belongs to the galaxies.
        for m in range(3):
            for j in range(n):
                group.coefficients[k, m] -= held[k, m, j] * flux[j]
        if not separable[k]:
            results.status[s] = NOT_SEPARABLE if active[k] else TOO_LITTLE_LIGHT
            continue
        results.status[s] = MEASURED
        results.flux[s] = flux[k]
        results.flux_err[s] = np.sqrt(covariance[k, k])
        results.correlation[s] = worst_correlation(covariance, separable, k)
        results.level[s] = group.coefficients[k, 0]
        results.level_err[s] = np.sqrt(background[3 * k, 3 * k])
    model[:] = 0.0
    for k in range(n):
        add_light(seen, starts[k], boxes[k], flux[k], across, model)
    for s in range(begin, end):
        if results.status[s] == MEASURED:
            _compare(sources, s, windows[s - begin], box, maps, results)


@inlined
def _fit_windows(
    shape: tuple[int, int], sources: Sources, begin: int, end: int
) -> tuple[IntArray, tuple[int, int, int, int]]:
    """Return the window of every source, shape (n, 4), and the smallest box that holds all."""
    windows = np.empty((end - begin, 4), np.int64)
    left, bottom, right, top = shape[1], shape[0], 0, 0
    for s in range(begin, end):
        x0, y0, x1, y1 = window(sources.column[s], sources.row[s], sources.half_size[s], shape)
        left, bottom, right, top = min(left, x0), min(bottom, y0), max(right, x1), max(top, y1)
        k = s - begin
        windows[k, 0], windows[k, 1], windows[k, 2], windows[k, 3] = x0, y0, x1, y1
    return windows, (left, bottom, right, top)


@inlined
def _read_pixels(
    image: Float32Array,
    variance: Float32Array,
    good: BoolArray,
    shape: tuple[int, int],
    sources: Sources,
    begin: int,
    end: int,
    windows: IntArray,
    box: tuple[int, int, int, int],
    group: Group,
    maps: Maps,
) -> None:
    """Subtract the background of the nearest source from the good pixels of all windows."""
    left, bottom, right, top = box
    across, size = right - left, (right - left) * (top - bottom)
    nearest_sources(
        shape,
        sources.column[begin:end],
        sources.row[begin:end],
        sources.half_size[begin:end],
        box,
        maps.nearest,
    )
    maps.fitted[:size] = 0.0
    for k in range(end - begin):
        x0, y0, x1, y1 = windows[k]
        for y in range(y0, y1):
            first, there = (
                np.uint64((y - bottom) * across + x0 - left),
                np.uint64(y * shape[1] + x0),
            )
            for j in range(np.uint64(x1 - x0)):
                maps.fitted[first + j] = 1.0 if good[there + j] else 0.0
    slopes = np.empty(end - begin)
    for s in range(begin, end):
        stamp = window(sources.column[s], sources.row[s], STAMP_SIZE_PIX // 2, shape)
        slopes[s - begin] = photon_slope(
            image, variance, good, shape[1], stamp, group.scratch[3], group.scratch[4]
        )
    for y in range(bottom, top):
        x = left
        while x < right:
            i, p = (y - bottom) * across + x - left, y * shape[1] + x
            k = maps.nearest[i]
            run = _run_length(maps.nearest, i, right - x)
            level, by_x, by_y = group.coefficients[k]
            level += by_x * (x - sources.x[begin + k]) + by_y * (y - sources.y[begin + k])
            first, there, slope = np.uint64(i), np.uint64(p), slopes[k]
            for j in range(np.uint64(run)):
                used = maps.fitted[first + j] > 0
                maps.data[first + j] = image[there + j] - (level + by_x * j) if used else 0.0
                maps.variance[first + j] = variance[there + j] if used else 1.0
                maps.slope[first + j] = slope
            x += run


@compiled
def _run_length(nearest: IntArray, start: int, most: int) -> int:
    """Return how many pixels of a row, from one on, have the same nearest source."""
    run = 1
    while run < most and nearest[start + run] == nearest[start]:
        run += 1
    return run


@inlined
def _light_on_fitted(
    sources: Sources, s: int, part: IntArray, box: tuple[int, int, int, int], maps: Maps
) -> float:
    """Return the fraction of a source's light on the fitted pixels of its window."""
    known, across, total = sources.light_half_size[s], box[2] - box[0], 0.0
    x0, y0, x1, y1 = part
    for y in range(y0, y1):
        start = sources.light_start[s] + (y - sources.row[s] + known) * (2 * known + 1)
        start += x0 - sources.column[s] + known
        there, here = np.uint64(start), np.uint64((y - box[1]) * across + x0 - box[0])
        for i in range(np.uint64(x1 - x0)):
            total += sources.light[there + i] * maps.fitted[here + i]
    return total


@inlined
def _weigh(maps: Maps, size: int, model_weights: bool) -> None:
    """Find the weights of all pixels.

    The VARIANCE plane grows linearly with the observed brightness of its own pixel: pixels that
    noise made brighter would weigh less, and every flux would come out low: by up to 0.1 sigma
    where photon noise dominates.
    The photon term of the observed brightness is replaced by that of the model; negative noise
    in a flux must not pull it below that of the sky.
    """
    variance, slope, data, model = maps.variance, maps.slope, maps.data, maps.model
    weight, fitted = maps.weight, maps.fitted
    for i in range(size):
        value = variance[i]
        if model_weights:
            value -= slope[i] * (data[i] - max(model[i], 0.0))
            value = max(value, LOWEST_VARIANCE_FRACTION * variance[i])
        weight[i] = fitted[i] / value


@inlined
def _light_in_data(
    shape: tuple[int, int],
    sources: Sources,
    begin: int,
    end: int,
    windows: IntArray,
    box: tuple[int, int, int, int],
    group: Group,
    maps: Maps,
    held: FloatArray,
) -> tuple[IntArray, IntArray, FloatArray]:
    """Surface brightness of every source of 1 uJy in the background-subtracted data.

    Returns
    -------
    boxes
        First column and row, and those after the last, of the pixels where there is any, counted
        in the box of the fit, shape (n, 4). A background that holds light of a galaxy takes
        it away wherever it is subtracted: for a galaxy it is the whole box.
    starts
        Where each source begins, shape (n + 1,).
    seen
        The surface brightness, row by row of each source's box, one after the other.
    """
    n, across = end - begin, box[2] - box[0]
    boxes, starts = np.empty((n, 4), np.int64), np.zeros(n + 1, np.int64)
    for k in range(n):
        x0, y0, x1, y1 = windows[k]
        if sources.galaxy[begin + k]:
            x0, y0, x1, y1 = box
        boxes[k, 0], boxes[k, 1] = x0 - box[0], y0 - box[1]
        boxes[k, 2], boxes[k, 3] = x1 - box[0], y1 - box[1]
        starts[k + 1] = starts[k] + (x1 - x0) * (y1 - y0)
    seen = np.zeros(starts[n])
    for k in range(n):
        s, x_first, y_first = begin + k, boxes[k, 0] + box[0], boxes[k, 1] + box[1]
        width, known = boxes[k, 2] - boxes[k, 0], sources.light_half_size[s]
        x0, y0, x1, y1 = windows[k]
        for y in range(y0, y1):
            start = sources.light_start[s] + (y - sources.row[s] + known) * (2 * known + 1)
            start += x0 - sources.column[s] + known
            there = np.uint64(start)
            here = np.uint64(starts[k] + (y - y_first) * width + x0 - x_first)
            mask, p = np.uint64((y - box[1]) * across + x0 - box[0]), np.uint64(y * shape[1] + x0)
            for i in range(np.uint64(x1 - x0)):
                # Pixels that are not fitted may have no solid angle.
                used = maps.fitted[mask + i] / max(group.ujy[p + i], SMALLEST)
                seen[here + i] = used * sources.light[there + i]
        if not sources.galaxy[s]:
            continue
        for i in range(starts[k + 1] - starts[k]):
            owner = maps.nearest[i]
            dx = box[0] + i % across - sources.x[begin + owner]
            dy = box[1] + i // across - sources.y[begin + owner]
            seen[starts[k] + i] -= (
                held[owner, 0, k] + held[owner, 1, k] * dx + held[owner, 2, k] * dy
            )
    return boxes, starts, seen


@inlined
def _background_response(
    seen: FloatArray,
    starts: IntArray,
    boxes: IntArray,
    sources: Sources,
    begin: int,
    box: tuple[int, int, int, int],
    maps: Maps,
) -> FloatArray:
    """Return ``P^T W B``: how sums over the data react to the backgrounds, shape (n, 3n)."""
    n, across = boxes.shape[0], box[2] - box[0]
    response = np.zeros((n, 3 * n))
    for k in range(n):
        x0, y0, x1, y1 = boxes[k]
        for y in range(y0, y1):
            start, here, x = starts[k] + (y - y0) * (x1 - x0) - x0, y * across, x0
            while x < x1:
                run = _run_length(maps.nearest, here + x, x1 - x)
                total = by_x = 0.0
                light, pixel = np.uint64(start + x), np.uint64(here + x)
                for j in range(np.uint64(run)):
                    value = seen[light + j] * maps.weight[pixel + j]
                    total += value
                    by_x += value * j
                owner = maps.nearest[here + x]
                dx, dy = (
                    box[0] + x - sources.x[begin + owner],
                    box[1] + y - sources.y[begin + owner],
                )
                response[k, 3 * owner] += total
                response[k, 3 * owner + 1] += by_x + total * dx
                response[k, 3 * owner + 2] += total * dy
                x += run
    return response


@inlined
def _compare(
    sources: Sources,
    s: int,
    part: IntArray,
    box: tuple[int, int, int, int],
    maps: Maps,
    results: Results,
) -> None:
    """Compare the model with the pixels of a source's window and of its aperture."""
    across, radius2 = box[2] - box[0], sources.aperture[s] ** 2
    chi2 = count = near_sum = near_count = 0.0
    x0, y0, x1, y1 = part
    for y in range(y0, y1):
        dy = y - sources.y[s]
        here, dx = np.uint64((y - box[1]) * across + x0 - box[0]), x0 - sources.x[s]
        for i in range(np.uint64(x1 - x0)):
            residual = maps.data[here + i] - maps.model[here + i]
            squared = residual * residual * maps.weight[here + i]
            near = (dx + i) ** 2 + dy * dy <= radius2
            chi2 += squared
            count += maps.fitted[here + i]
            near_sum += np.sqrt(squared) if near else 0.0
            near_count += maps.fitted[here + i] if near else 0.0
    results.chi2[s] = chi2
    results.n_pix[s] = int(count)
    results.fit_quality[s] = near_sum / near_count
