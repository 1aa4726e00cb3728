"""The backgrounds of one group of sources on one exposure."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from photometry_core.kernel.background import (
    FEWEST_PIXELS,
    MAX_GROWTH_PIX,
    fit_background,
    pixels_in_box,
)
from photometry_core.kernel.compiled import compiled
from photometry_core.kernel.pixels import photon_slope
from photometry_core.kernel.problem import NO_BACKGROUND, Recipe, Results, Sources
from photometry_core.types import STAMP_SIZE_PIX, BoolArray, Float32Array, FloatArray, IntArray

_STAMP_HALF_SIZE = STAMP_SIZE_PIX // 2


class Group(NamedTuple):
    """Room for the fit of a group; maps have one element per pixel of the exposure.

    Parameters
    ----------
    nearest
        The source whose background is that of the pixel, counted within the group; -1 where no
        source is near.
    level, slope
        Background in MJy/sr, and photon slope, that belong to that source.
    ujy
        Flux of a pixel of 1 MJy/sr.
    data, weight
        Background-subtracted flux in uJy and its inverse variance; 0 where not fitted.
    variance, model
        Variance that weighs the pixel, in (MJy/sr)^2, 0 where not fitted; background and sources.
    place, used, owner
        Pixels of every background; how many; and the source whose background it is.
    moments
        Inverse normal matrix of every background.
    coefficients
        Level at the source, slopes along x and y, of every background.
    noise
        Standard deviation of the pixels of every background.
    """

    nearest: IntArray
    level: FloatArray
    slope: FloatArray
    ujy: FloatArray
    data: FloatArray
    weight: FloatArray
    variance: FloatArray
    model: FloatArray
    place: IntArray
    used: IntArray
    owner: IntArray
    moments: FloatArray
    coefficients: FloatArray
    noise: FloatArray


@compiled
def measure_backgrounds(
    image: Float32Array,
    usable: BoolArray,
    shape: tuple[int, int],
    sources: Sources,
    begin: int,
    end: int,
    recipe: Recipe,
    group: Group,
    results: Results,
) -> bool:
    """Measure the background of every source; return whether there is any.

    A source around which there is none takes the level of its nearest neighbour's, which is
    then not local.
    """
    nx = shape[1]
    found = False
    for s in range(begin, end):
        k = s - begin
        place = group.place[k]
        count, size = pixels_in_box(
            usable, shape, sources.column[s], sources.row[s], recipe.background_size, place
        )
        results.detail[s] = count
        group.owner[k] = -1
        if count < FEWEST_PIXELS:
            continue
        found = True
        values, dx, dy = np.empty(count), np.empty(count), np.empty(count)
        for i in range(count):
            values[i] = image[place[i]]
            dx[i] = place[i] % nx - sources.x[s]
            dy[i] = place[i] // nx - sources.y[s]
        variance, kept = fit_background(
            values, dx, dy, place[:count], group.coefficients[k], group.moments[k]
        )
        group.owner[k] = k
        group.used[k] = kept
        group.noise[k] = np.sqrt(variance)
        results.is_local[s] = size == recipe.background_size
        results.plane[s] = group.moments[k, 1, 1] > 0
    if not found:
        results.status[begin:end] = NO_BACKGROUND
        return False
    for s in range(begin, end):
        if group.owner[s - begin] < 0:
            _borrow_background(sources, s, begin, end, group)
    return True


@compiled
def _borrow_background(sources: Sources, s: int, begin: int, end: int, group: Group) -> None:
    nearest, closest = -1, np.inf
    for other in range(begin, end):
        distance = np.hypot(sources.x[other] - sources.x[s], sources.y[other] - sources.y[s])
        if group.owner[other - begin] == other - begin and distance < closest:
            nearest, closest = other - begin, distance
    k = s - begin
    group.owner[k] = nearest
    group.coefficients[k] = 0.0
    group.coefficients[k, 0] = group.coefficients[nearest, 0]
    group.moments[k] = 0.0
    group.moments[k, 0] = group.moments[nearest, 0]
    group.noise[k] = group.noise[nearest]
    group.used[k] = group.used[nearest]


@compiled
def spread_backgrounds(
    image: Float32Array,
    variance: Float32Array,
    good: BoolArray,
    shape: tuple[int, int],
    sources: Sources,
    begin: int,
    end: int,
    group: Group,
) -> None:
    """Give every pixel near a source the background and photon slope of the nearest one."""
    ny, nx = shape
    left, bottom, right, top = nx, ny, 0, 0
    for s in range(begin, end):
        x0, y0, x1, y1 = window(sources, s, max(_STAMP_HALF_SIZE, sources.half_size[s]), shape)
        left, bottom, right, top = min(left, x0), min(bottom, y0), max(right, x1), max(top, y1)
    for y in range(bottom, top):
        group.nearest[y * nx + left : y * nx + right] = -1
        group.weight[y * nx + left : y * nx + right] = 0.0
        group.variance[y * nx + left : y * nx + right] = 0.0
        group.data[y * nx + left : y * nx + right] = 0.0
    for s in range(begin, end):
        k = s - begin
        x0, y0, x1, y1 = window(sources, s, max(_STAMP_HALF_SIZE, sources.half_size[s]), shape)
        box = window(sources, s, _STAMP_HALF_SIZE, shape)
        slope = photon_slope(image, variance, good, nx, box)
        level, by_x, by_y = group.coefficients[k]
        for y in range(y0, y1):
            for x in range(x0, x1):
                p = y * nx + x
                other = group.nearest[p]
                if other >= 0:
                    o = begin + other
                    mine = (x - sources.column[s]) ** 2 + (y - sources.row[s]) ** 2
                    if (x - sources.column[o]) ** 2 + (y - sources.row[o]) ** 2 <= mine:
                        continue
                group.nearest[p] = k
                group.level[p] = level + by_x * (x - sources.x[s]) + by_y * (y - sources.y[s])
                group.slope[p] = slope


@compiled
def window(
    sources: Sources, s: int, half_size: int, shape: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return the pixels around a source, as far as the image goes: (x0, y0, x1, y1)."""
    return (
        max(sources.column[s] - half_size, 0),
        max(sources.row[s] - half_size, 0),
        min(sources.column[s] + half_size + 1, shape[1]),
        min(sources.row[s] + half_size + 1, shape[0]),
    )


@compiled
def light_in_backgrounds(
    shape: tuple[int, int], sources: Sources, begin: int, end: int, group: Group
) -> FloatArray:
    """Coefficients of every background per uJy of every galaxy, shape (n, 3, n).

    Point sources leave nothing there.
    """
    n, nx = end - begin, shape[1]
    held = np.zeros((n, 3, n))
    for j in range(n):
        s = begin + j
        if not sources.galaxy[s]:
            continue
        known, start = sources.light_half_size[s], sources.light_start[s]
        across = 2 * known + 1
        for k in range(n):
            owner = group.owner[k]
            total, by_x, by_y = 0.0, 0.0, 0.0
            for p in group.place[owner, : group.used[owner]]:
                row = p // nx - sources.row[s] + known
                column = p % nx - sources.column[s] + known
                if 0 <= row < across and 0 <= column < across:
                    surface = sources.light[start + row * across + column] / group.ujy[p]
                    total += surface
                    by_x += surface * (p % nx - sources.x[begin + owner])
                    by_y += surface * (p // nx - sources.y[begin + owner])
            for m in range(3):
                held[k, m, j] = (
                    group.moments[k, m, 0] * total
                    + group.moments[k, m, 1] * by_x
                    + group.moments[k, m, 2] * by_y
                )
    return held


@compiled
def background_covariance(
    shape: tuple[int, int], sources: Sources, begin: int, end: int, group: Group
) -> FloatArray:
    """Covariance of the coefficients of all backgrounds, shape (3n, 3n).

    Backgrounds are correlated as far as they are fits to the same pixels.
    """
    n, nx = end - begin, shape[1]
    covariance = np.zeros((3 * n, 3 * n))
    marked = np.zeros(shape[0] * nx if n > 1 else 0, np.bool_)
    common = np.empty((3, 3))
    for k in range(n):
        if n == 1:
            covariance[:] = group.noise[0] ** 2 * group.moments[0]
            break
        a = group.owner[k]
        for p in group.place[a, : group.used[a]]:
            marked[p] = True
        for j in range(k + 1):
            b = group.owner[j]
            if not _boxes_overlap(sources, begin + a, begin + b):
                continue
            common[:] = 0.0
            for p in group.place[b, : group.used[b]]:
                if marked[p]:
                    x, y = p % nx, p // nx
                    first = (1.0, x - sources.x[begin + a], y - sources.y[begin + a])
                    second = (1.0, x - sources.x[begin + b], y - sources.y[begin + b])
                    for i in range(3):
                        for m in range(3):
                            common[i, m] += first[i] * second[m]
            part = group.moments[k] @ common @ group.moments[j].T
            part *= group.noise[k] * group.noise[j]
            covariance[3 * k : 3 * k + 3, 3 * j : 3 * j + 3] = part
            covariance[3 * j : 3 * j + 3, 3 * k : 3 * k + 3] = part.T
        for p in group.place[a, : group.used[a]]:
            marked[p] = False
    return covariance


@compiled
def _boxes_overlap(sources: Sources, a: int, b: int) -> bool:
    """Whether the largest background boxes of two sources could share pixels."""
    reach = 99 + MAX_GROWTH_PIX
    return (
        abs(sources.column[a] - sources.column[b]) <= reach
        and abs(sources.row[a] - sources.row[b]) <= reach
    )
