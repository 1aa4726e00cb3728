"""The joint fit of one group of sources on one exposure."""

from __future__ import annotations

import numpy as np

from photometry_core.kernel.compiled import compiled
from photometry_core.kernel.group import Group, background_covariance, light_in_backgrounds, window
from photometry_core.kernel.joint_fit import (
    add_background_covariance,
    normal_equations,
    solve,
    worst_correlation,
)
from photometry_core.kernel.problem import (
    MEASURED,
    NOT_SEPARABLE,
    TOO_LITTLE_LIGHT,
    Recipe,
    Results,
    Sources,
)
from photometry_core.types import BoolArray, Float32Array, FloatArray, IntArray

LEAST_FRACTION = 0.25
"""Usable pixels must hold this part of the light of a source that is fitted."""

LOWEST_VARIANCE_FRACTION = 0.1
"""A wrong photon slope can never make the weight of a pixel unbounded."""

_REWEIGHTINGS = 3


@compiled
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
    results: Results,
) -> None:
    """Fit all fluxes of a group together, with weights from the model itself."""
    n, nx = end - begin, shape[1]
    held = light_in_backgrounds(shape, sources, begin, end, group)
    seen_box, seen_start, seen = _light_in_data(shape, sources, begin, end, group, held)
    active = np.zeros(n, np.bool_)
    for k in range(n):
        fraction = _start_fit(image, variance, good, shape, sources, begin + k, group)
        results.detail[begin + k] = fraction
        active[k] = fraction >= LEAST_FRACTION
    normal, right = np.empty((n, n)), np.empty(n)
    flux, covariance, separable = np.zeros(n), np.empty((n, n)), np.empty(n, np.bool_)
    for repeat in range(_REWEIGHTINGS if recipe.model_weights else 1):
        if recipe.model_weights:
            if repeat:
                _model_seen(seen, seen_start, seen_box, flux, nx, group)
            _weigh_by_model(image, variance, shape, sources, begin, end, group, repeat == 0)
        normal_equations(seen, seen_start, seen_box, group.weight, group.data, nx, normal, right)
        solve(normal, right, active, flux, covariance, separable)
        for k in range(n):
            if not separable[k]:
                flux[k] = 0.0
    response = _background_response(seen, seen_start, seen_box, sources, begin, group, nx)
    background = background_covariance(shape, sources, begin, end, group)
    add_background_covariance(covariance, response, background)
    for k in range(n):
        s = begin + k
        # The light of galaxies that the backgrounds hold belongs to the galaxies.
        for m in range(3):
            for j in range(n):
                group.coefficients[k, m] -= held[k, m, j] * flux[j]
        if separable[k]:
            results.status[s] = MEASURED
            results.flux[s] = flux[k]
            results.flux_err[s] = np.sqrt(covariance[k, k])
            results.correlation[s] = worst_correlation(covariance, separable, k)
            results.level[s] = group.coefficients[k, 0]
            results.level_err[s] = np.sqrt(background[3 * k, 3 * k])
        else:
            results.status[s] = NOT_SEPARABLE if active[k] else TOO_LITTLE_LIGHT


@compiled
def _start_fit(
    image: Float32Array,
    variance: Float32Array,
    good: BoolArray,
    shape: tuple[int, int],
    sources: Sources,
    s: int,
    group: Group,
) -> float:
    """Take the good pixels of a source's window into the fit; return the light they hold."""
    nx, half = shape[1], sources.half_size[s]
    x0, y0, x1, y1 = window(sources, s, half, shape)
    known = sources.light_half_size[s]
    across, total = 2 * known + 1, 0.0
    for y in range(y0, y1):
        start = sources.light_start[s] + (y - sources.row[s] + known) * across
        for x in range(x0, x1):
            p = y * nx + x
            if good[p]:
                ujy = group.ujy[p]
                total += sources.light[start + x - sources.column[s] + known]
                group.data[p] = (image[p] - group.level[p]) * ujy
                group.variance[p] = variance[p]
                group.weight[p] = 1 / (variance[p] * ujy * ujy)
    return total


@compiled
def _model_seen(
    seen: FloatArray,
    seen_start: IntArray,
    seen_box: IntArray,
    flux: FloatArray,
    nx: int,
    group: Group,
) -> None:
    """Sum up the light of all sources in the background-subtracted data, in uJy."""
    for k in range(flux.size):
        x0, y0, x1, y1 = seen_box[k]
        for y in range(y0, y1):
            group.model[y * nx + x0 : y * nx + x1] = 0.0
    for k in range(flux.size):
        x0, y0, x1, y1 = seen_box[k]
        for y in range(y0, y1):
            light = seen[seen_start[k] + (y - y0) * (x1 - x0) :][: x1 - x0]
            model = group.model[y * nx + x0 : y * nx + x1]
            for i in range(light.size):
                model[i] += flux[k] * light[i]


@compiled
def _weigh_by_model(
    image: Float32Array,
    variance: Float32Array,
    shape: tuple[int, int],
    sources: Sources,
    begin: int,
    end: int,
    group: Group,
    first: bool,
) -> None:
    """Replace the photon term of the observed brightness by that of the model.

    The VARIANCE plane grows linearly with the observed brightness of its own pixel: pixels that
    noise made brighter would weigh less, and every flux would come out low by about 0.1 sigma.
    """
    nx = shape[1]
    for s in range(begin, end):
        x0, y0, x1, y1 = window(sources, s, sources.half_size[s], shape)
        for p0 in range(y0 * nx + x0, y1 * nx + x0, nx):
            for p in range(p0, p0 + x1 - x0):
                if group.variance[p] > 0:
                    ujy = group.ujy[p]
                    excess = float(image[p]) - group.level[p]
                    if not first:
                        # Negative noise in a flux must not pull the variance below the sky's.
                        excess -= max(group.model[p] / ujy, 0.0)
                    value = variance[p] - group.slope[p] * excess
                    value = max(value, LOWEST_VARIANCE_FRACTION * variance[p])
                    group.variance[p] = value
                    group.weight[p] = 1 / (value * ujy * ujy)


@compiled
def _light_in_data(
    shape: tuple[int, int],
    sources: Sources,
    begin: int,
    end: int,
    group: Group,
    held: FloatArray,
) -> tuple[IntArray, IntArray, FloatArray]:
    """Light of every source in background-subtracted data: (boxes, starts, fractions).

    A background that holds light of a galaxy takes it away again wherever it is subtracted:
    the box of a galaxy is that of the whole group.
    """
    n, nx = end - begin, shape[1]
    boxes, starts = np.empty((n, 4), np.int64), np.zeros(n + 1, np.int64)
    whole = (shape[1], shape[0], 0, 0)
    for k in range(n):
        x0, y0, x1, y1 = window(sources, begin + k, sources.half_size[begin + k], shape)
        boxes[k, 0], boxes[k, 1], boxes[k, 2], boxes[k, 3] = x0, y0, x1, y1
        whole = (min(whole[0], x0), min(whole[1], y0), max(whole[2], x1), max(whole[3], y1))
    for k in range(n):
        if sources.galaxy[begin + k]:
            boxes[k, 0], boxes[k, 1], boxes[k, 2], boxes[k, 3] = whole
        starts[k + 1] = starts[k] + (boxes[k, 2] - boxes[k, 0]) * (boxes[k, 3] - boxes[k, 1])
    seen = np.zeros(starts[n])
    for k in range(n):
        s = begin + k
        known, across = sources.light_half_size[s], boxes[k, 2] - boxes[k, 0]
        x0, y0, x1, y1 = window(sources, s, sources.half_size[s], shape)
        for y in range(y0, y1):
            source_start = sources.light_start[s] + (y - sources.row[s] + known) * (2 * known + 1)
            here = starts[k] + (y - boxes[k, 1]) * across - boxes[k, 0]
            for x in range(x0, x1):
                seen[here + x] = sources.light[source_start + x - sources.column[s] + known]
        if not sources.galaxy[s]:
            continue
        for y in range(boxes[k, 1], boxes[k, 3]):
            here = starts[k] + (y - boxes[k, 1]) * across - boxes[k, 0]
            for x in range(boxes[k, 0], boxes[k, 2]):
                p = y * nx + x
                owner = group.nearest[p]
                if owner >= 0:
                    dx, dy = x - sources.x[begin + owner], y - sources.y[begin + owner]
                    taken = held[owner, 0, k] + held[owner, 1, k] * dx + held[owner, 2, k] * dy
                    seen[here + x] -= taken * group.ujy[p]
    return boxes, starts, seen


@compiled
def _background_response(
    seen: FloatArray,
    seen_start: IntArray,
    seen_box: IntArray,
    sources: Sources,
    begin: int,
    group: Group,
    nx: int,
) -> FloatArray:
    """Return ``P^T W B``: how sums over the data react to the backgrounds, shape (n, 3n)."""
    n = seen_box.shape[0]
    response = np.zeros((n, 3 * n))
    for k in range(n):
        x0, y0, x1, y1 = seen_box[k]
        for y in range(y0, y1):
            start = seen_start[k] + (y - y0) * (x1 - x0) - x0
            for x in range(x0, x1):
                p = y * nx + x
                value = seen[start + x] * group.weight[p] * group.ujy[p]
                if value != 0:
                    owner = group.nearest[p]
                    response[k, 3 * owner] += value
                    response[k, 3 * owner + 1] += value * (x - sources.x[begin + owner])
                    response[k, 3 * owner + 2] += value * (y - sources.y[begin + owner])
    return response
