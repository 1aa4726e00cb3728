"""The measurement of a batch of exposures: light, background, fit, quality of every group."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from photometry_core.kernel import point_source
from photometry_core.kernel.background import MAX_GROWTH_PIX
from photometry_core.kernel.compiled import compiled, inlined
from photometry_core.kernel.group import Group, measure_backgrounds, window
from photometry_core.kernel.group_fit import Maps, fit_group
from photometry_core.kernel.pixels import LARGEST, SMALLEST, UJY_PER_MJY_SR_ARCSEC2, find_good
from photometry_core.kernel.problem import Exposures, Recipe, Results, Sources
from photometry_core.kernel.summary import describe_aperture, model_stamps
from photometry_core.types import STAMP_SIZE_PIX, BoolArray, Float32Array


class _Room(NamedTuple):
    """Room for one exposure and one of its groups after the other.

    `background` are the good pixels without a catalogued source, `usable` those of them that no
    source of the group covers.
    """

    good: BoolArray
    background: BoolArray
    usable: BoolArray
    group: Group
    maps: Maps


@compiled
def measure_batch(
    bank: Float32Array,
    exposures: Exposures,
    sources: Sources,
    recipe: Recipe,
    results: Results,
) -> None:
    """Measure every group of sources of every exposure.

    Parameters
    ----------
    bank
        PSF planes of point sources, as `point_source.render` takes them.
    exposures, sources, recipe
        The problem. The light of point sources is filled in.
    results
        Filled.
    """
    room = _make_room(exposures, sources, recipe)
    current = -1
    for g in range(sources.group_exposure.size):
        if sources.group_exposure[g] != current:
            current = sources.group_exposure[g]
            _read_exposure(exposures, current, recipe, room)
        _measure_group(bank, exposures, sources, g, recipe, room, results)


@compiled
def measure_group(
    bank: Float32Array,
    exposures: Exposures,
    sources: Sources,
    recipe: Recipe,
    results: Results,
) -> tuple[Group, Maps]:
    """Measure a batch that is a single group, and return what was made on the way."""
    room = _make_room(exposures, sources, recipe)
    _read_exposure(exposures, 0, recipe, room)
    _measure_group(bank, exposures, sources, 0, recipe, room, results)
    return room.group, room.maps


@compiled
def _make_room(exposures: Exposures, sources: Sources, recipe: Recipe) -> _Room:
    largest, most = 0, 0
    for e in range(exposures.width.size):
        largest = max(largest, exposures.start[e + 1] - exposures.start[e])
    for g in range(sources.group_exposure.size):
        most = max(most, sources.group_first[g + 1] - sources.group_first[g])
    box = (recipe.background_size + MAX_GROWTH_PIX) ** 2 + 1
    group = Group(
        np.zeros(largest),
        np.zeros((most, box), np.int64),
        np.zeros(most, np.int64),
        np.zeros(most, np.int64),
        np.zeros((most, 3, 3)),
        np.zeros((most, 3)),
        np.zeros(most),
        np.zeros(most, np.int64),
        np.zeros((5, max(box, STAMP_SIZE_PIX**2 + 1))),
    )
    maps = Maps(
        np.zeros(largest, np.int64),
        np.zeros(largest),
        np.zeros(largest),
        np.zeros(largest),
        np.zeros(largest),
        np.zeros(largest),
        np.zeros(largest),
    )
    return _Room(
        np.zeros(largest, np.bool_),
        np.zeros(largest, np.bool_),
        np.zeros(largest, np.bool_),
        group,
        maps,
    )


@inlined
def _read_exposure(exposures: Exposures, e: int, recipe: Recipe, room: _Room) -> None:
    """Find out which pixels of an exposure may be used, and what they measure."""
    first, last = exposures.start[e], exposures.start[e + 1]
    image, variance = exposures.image[first:last], exposures.variance[first:last]
    flags, solid_angle = exposures.flags[first:last], exposures.solid_angle[first:last]
    good, background, usable = room.good, room.background, room.usable
    ujy = room.group.ujy
    find_good(image, variance, flags, solid_angle, recipe.ignored_flags, good)
    source_flag = np.int32(recipe.source_flag)
    for p in range(np.uint64(image.size)):
        background[p] = good[p] & ((flags[p] & source_flag) == 0)
        usable[p] = background[p]
        known = (solid_angle[p] >= SMALLEST) & (solid_angle[p] <= LARGEST)
        ujy[p] = UJY_PER_MJY_SR_ARCSEC2 * solid_angle[p] if known else 0.0


@inlined
def _measure_group(
    bank: Float32Array,
    exposures: Exposures,
    sources: Sources,
    g: int,
    recipe: Recipe,
    room: _Room,
    results: Results,
) -> None:
    e, begin, end = sources.group_exposure[g], sources.group_first[g], sources.group_first[g + 1]
    first, last = exposures.start[e], exposures.start[e + 1]
    image, variance = exposures.image[first:last], exposures.variance[first:last]
    shape = ((last - first) // exposures.width[e], exposures.width[e])
    good, group = room.good, room.group
    for s in range(begin, end):
        describe_aperture(exposures.flags[first:last], good, shape, sources, s, results)
        _find_light(bank, sources, s, recipe)
    _cover(sources, begin, end, shape, room.usable)
    enough = measure_backgrounds(
        image, room.usable, shape, sources, begin, end, recipe, group, results
    )
    _uncover(sources, begin, end, shape, room.usable, room.background)
    if enough:
        fit_group(
            image, variance, good, shape, sources, begin, end, recipe, group, room.maps, results
        )
        model_stamps(shape, sources, begin, end, group, results)


@inlined
def _find_light(bank: Float32Array, sources: Sources, s: int, recipe: Recipe) -> None:
    """Render a point source; the light of a galaxy is there."""
    if sources.galaxy[s]:
        return
    start = sources.light_start[s]
    point_source.render(
        bank,
        sources.slots[s],
        sources.blend[s],
        recipe.oversampling,
        recipe.degree,
        sources.phase_x[s],
        sources.phase_y[s],
        sources.light[start : start + point_source.SIZE_PIX**2],
    )


@inlined
def _cover(
    sources: Sources, begin: int, end: int, shape: tuple[int, int], usable: BoolArray
) -> None:
    """Take the footprints of a group from the pixels of the background."""
    for s in range(begin, end):
        a, b, c = sources.footprint[s]
        x0, y0, x1, y1 = window(
            sources.column[s], sources.row[s], sources.footprint_half_size[s], shape
        )
        for y in range(y0, y1):
            dy = y - sources.y[s]
            for x in range(x0, x1):
                dx = x - sources.x[s]
                if a * dx * dx + 2 * b * dx * dy + c * dy * dy <= 1:
                    usable[y * shape[1] + x] = False


@inlined
def _uncover(
    sources: Sources,
    begin: int,
    end: int,
    shape: tuple[int, int],
    usable: BoolArray,
    background: BoolArray,
) -> None:
    """Give the footprints of a group back."""
    for s in range(begin, end):
        x0, y0, x1, y1 = window(
            sources.column[s], sources.row[s], sources.footprint_half_size[s], shape
        )
        for y in range(y0, y1):
            for p in range(y * shape[1] + x0, y * shape[1] + x1):
                usable[p] = background[p]
