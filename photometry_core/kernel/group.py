"""The backgrounds of one group of sources on one exposure."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from photometry_core.kernel.background import (
    FEWEST_PIXELS,
    fit_background,
    pixels_in_box,
)
from photometry_core.kernel.compiled import compiled, inlined
from photometry_core.kernel.problem import NO_BACKGROUND, Recipe, Results, Sources
from photometry_core.types import BoolArray, Float32Array, FloatArray, IntArray


class Group(NamedTuple):
    """Room for one group after the other.

    Parameters
    ----------
    ujy
        Flux of a pixel of 1 MJy/sr; 0 where the solid angle is not known. Shape (npix,).
    place, used, owner
        Pixels of every background, shape (n, largest box); how many; and the source that they
        belong to, which is another one where a background is borrowed.
    moments
        Inverse normal matrix of every background, shape (n, 3, 3).
    coefficients
        Level at the source and slopes along x and y of every background, in MJy/sr (per pixel),
        shape (n, 3).
    noise, size
        Standard deviation of the pixels of every background; width of their box.
    scratch
        Room for numbers per pixel of a background or a stamp, shape (5, largest box).
    """

    ujy: FloatArray
    place: IntArray
    used: IntArray
    owner: IntArray
    moments: FloatArray
    coefficients: FloatArray
    noise: FloatArray
    size: IntArray
    scratch: FloatArray


@inlined
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
        values, dx, dy = (
            group.scratch[0, :count],
            group.scratch[1, :count],
            group.scratch[2, :count],
        )
        y = place[0] // nx
        for i in range(count):
            values[i] = image[place[i]]
            while place[i] >= (y + 1) * nx:
                y += 1
            dx[i] = place[i] - y * nx - sources.x[s]
            dy[i] = y - sources.y[s]
        variance, kept = fit_background(
            values, dx, dy, place[:count], group.coefficients[k], group.moments[k]
        )
        group.owner[k] = k
        group.used[k], group.size[k] = kept, size
        group.noise[k] = np.sqrt(variance)
        results.is_local[s] = size == recipe.background_size
    if not found:
        results.status[begin:end] = NO_BACKGROUND
        return False
    for s in range(begin, end):
        if group.owner[s - begin] < 0:
            _borrow_background(sources, s, begin, end, group)
    return True


@inlined
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
    group.used[k], group.size[k] = group.used[nearest], group.size[nearest]


@inlined
def window(
    column: int, row: int, half_size: int, shape: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return the pixels around one, as far as the image goes: (x0, y0, x1, y1)."""
    return (
        max(column - half_size, 0),
        max(row - half_size, 0),
        min(column + half_size + 1, shape[1]),
        min(row + half_size + 1, shape[0]),
    )


@compiled
def nearest_sources(
    shape: tuple[int, int],
    column: IntArray,
    row: IntArray,
    half_size: IntArray,
    box: tuple[int, int, int, int],
    nearest: IntArray,
) -> None:
    """Find the source of a group that is nearest to the pixels of its windows.

    It gives the pixel its background. Of two at the same distance it is the first. Pixels of a
    box that are in no window get any. Columns, rows and half sizes are those of the group's
    sources.
    """
    left, bottom, right, top = box
    across = right - left
    nearest[: across * (top - bottom)] = 0
    # The corner of a window is so far from its source, and from any that is nearer.
    reach = int(np.ceil(np.sqrt(2.0) * half_size.max()))
    for k in range(1, column.size):
        x0, y0, x1, y1 = window(column[k], row[k], reach, shape)
        for y in range(max(y0, bottom), min(y1, top)):
            for x in range(max(x0, left), min(x1, right)):
                i = (y - bottom) * across + x - left
                other = nearest[i]
                theirs = (x - column[other]) ** 2 + (y - row[other]) ** 2
                if (x - column[k]) ** 2 + (y - row[k]) ** 2 < theirs:
                    nearest[i] = k


@inlined
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
            for i in range(group.used[owner]):
                p = group.place[owner, i]
                row = p // nx - sources.row[s] + known
                column = p % nx - sources.column[s] + known
                if 0 <= row < across and 0 <= column < across:
                    # Pixels of a background have a solid angle.
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


@inlined
def background_covariance(
    shape: tuple[int, int], sources: Sources, begin: int, end: int, group: Group
) -> FloatArray:
    """Covariance of the coefficients of all backgrounds, shape (3n, 3n).

    Backgrounds are correlated as far as they are fits to the same pixels.
    """
    n = end - begin
    covariance = np.zeros((3 * n, 3 * n))
    if n == 1:
        for i in range(3):
            for m in range(3):
                covariance[i, m] = group.noise[0] ** 2 * group.moments[0, i, m]
        return covariance
    marked = np.zeros(shape[0] * shape[1], np.bool_)
    common, carried = np.empty((3, 3)), np.empty((3, 3))
    for k in range(n):
        a = group.owner[k]
        for i in range(group.used[a]):
            marked[group.place[a, i]] = True
        for j in range(k + 1):
            b = group.owner[j]
            dx = sources.column[begin + a] - sources.column[begin + b]
            dy = sources.row[begin + a] - sources.row[begin + b]
            if 2 * max(abs(dx), abs(dy)) >= group.size[a] + group.size[b]:
                continue
            middles = (
                (sources.x[begin + a], sources.y[begin + a]),
                (sources.x[begin + b], sources.y[begin + b]),
            )
            if _common_moments(group.place[b], group.used[b], shape[1], marked, middles, common):
                noise = group.noise[k] * group.noise[j]
                for i in range(3):
                    for r in range(3):
                        carried[i, r] = (
                            group.moments[k, i, 0] * common[0, r]
                            + group.moments[k, i, 1] * common[1, r]
                            + group.moments[k, i, 2] * common[2, r]
                        )
                for i in range(3):
                    for m in range(3):
                        value = noise * (
                            carried[i, 0] * group.moments[j, m, 0]
                            + carried[i, 1] * group.moments[j, m, 1]
                            + carried[i, 2] * group.moments[j, m, 2]
                        )
                        covariance[3 * k + i, 3 * j + m] = value
                        covariance[3 * j + m, 3 * k + i] = value
        for i in range(group.used[a]):
            marked[group.place[a, i]] = False
    return covariance


@compiled
def _common_moments(
    place: IntArray,
    used: int,
    nx: int,
    marked: BoolArray,
    middles: tuple[tuple[float, float], tuple[float, float]],
    common: FloatArray,
) -> bool:
    """Sum up products of the terms of two backgrounds over their common pixels.

    Those of the first are marked, those of the second listed. Returns whether there are any.
    """
    (x_a, y_a), (x_b, y_b) = middles
    common[:] = 0.0
    for i in range(used):
        p = place[i]
        if marked[p]:
            y = p // nx
            x = p - y * nx
            dx_a, dy_a, dx_b, dy_b = x - x_a, y - y_a, x - x_b, y - y_b
            common[0, 0] += 1.0
            common[0, 1] += dx_b
            common[0, 2] += dy_b
            common[1, 0] += dx_a
            common[1, 1] += dx_a * dx_b
            common[1, 2] += dx_a * dy_b
            common[2, 0] += dy_a
            common[2, 1] += dy_a * dx_b
            common[2, 2] += dy_a * dy_b
    return bool(common[0, 0] > 0)
