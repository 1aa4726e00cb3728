"""Targets on the pixels of a cutout: their groups, light and backgrounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from photometry_core.archive.regions import Box
from photometry_core.background import Background, local_background
from photometry_core.cutout import Cutout
from photometry_core.errors import FitError
from photometry_core.extent import background_half_size_pix, outside_footprint
from photometry_core.planes import Planes
from photometry_core.psf import render_point_source
from photometry_core.sersic import render_sersic
from photometry_core.types import STAMP_SIZE_PIX, FloatArray, MeasureOptions, Target
from photometry_core.variance import photon_slope


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Located:
    """A target on the detector; `column` and `row` are the pixel of the cutout it is on.

    `ra_deg`, `dec_deg` are its position at the time of the exposure. Its fit takes
    `half_size_pix` to every side of that pixel, its flags and its quality those within
    `aperture_pix`; `cd_deg` is the local linear WCS.
    """

    index: int
    target: Target
    ra_deg: float
    dec_deg: float
    x_pix: float
    y_pix: float
    column: int
    row: int
    half_size_pix: int
    aperture_pix: float
    cd_deg: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """A located target with all that its fit needs.

    `profile` covers the pixels of the cutout that `window` selects, which are fitted;
    `light` is the same on those that `reach` selects, where the light of a galaxy is known.
    """

    located: Located
    window: tuple[slice, slice]
    profile: FloatArray
    reach: tuple[slice, slice]
    light: FloatArray
    background: Background
    slope_mjy_sr: float


def touching(located: Sequence[Located]) -> list[list[Located]]:
    """Group targets whose fit boxes share pixels, directly or through others."""
    groups: list[list[Located]] = []
    for one in located:
        joined = [
            group
            for group in groups
            if any(
                max(abs(one.column - other.column), abs(one.row - other.row))
                <= one.half_size_pix + other.half_size_pix
                for other in group
            )
        ]
        groups = [group for group in groups if not any(group is part for part in joined)]
        groups.append([member for group in joined for member in group] + [one])
    # Sums are not associative in floating point: the order within a group must not depend
    # on the order of the list of targets.
    return [sorted(group, key=lambda s: (s.y_pix, s.x_pix, s.index)) for group in groups]


def prepare(
    cutout: Cutout, planes: Planes, group: Sequence[Located], options: MeasureOptions
) -> list[Source]:
    """Find background, photon slope and profile of every target of a group.

    A target around which no background can be measured takes that of its nearest neighbour
    in the group; `is_local` is then false.
    """
    ny, nx = planes.good.shape
    everything = Box(0, 0, nx, ny)
    backgrounds = _backgrounds(cutout, planes, group, options)
    sources = []
    for one, background in zip(group, backgrounds, strict=True):
        near = _slices(_box_around(one, STAMP_SIZE_PIX).intersection(everything))
        light, reach = _light(cutout, one, background_half_size_pix(options))
        fitted = _box_around(one, 2 * one.half_size_pix + 1).intersection(everything)
        sources.append(
            Source(
                located=one,
                window=_slices(fitted),
                profile=_within(light, reach, fitted),
                reach=_slices(reach.intersection(everything)),
                light=_within(light, reach, everything),
                background=background,
                slope_mjy_sr=photon_slope(
                    planes.image_mjy_sr[near], planes.variance_mjy2_sr2[near], planes.good[near]
                ),
            )
        )
    return sources


def _light(cutout: Cutout, one: Located, background_half_pix: int) -> tuple[FloatArray, Box]:
    """Return the fraction of a source's flux per pixel, and the box of the cutout it covers.

    That of a galaxy covers all pixels of its background as well.
    """
    shape = one.target.resolved_profile
    if shape is None:
        light, (left, bottom) = render_point_source(cutout.psf, one.x_pix, one.y_pix)
    else:
        half = max(one.half_size_pix, background_half_pix)
        light, (left, bottom) = render_sersic(
            cutout.psf, shape, one.cd_deg, one.x_pix, one.y_pix, half
        )
    left, bottom = left - cutout.origin_pix[0], bottom - cutout.origin_pix[1]
    return light, Box(left, bottom, left + light.shape[1], bottom + light.shape[0])


def _within(light: FloatArray, covered: Box, wanted: Box) -> FloatArray:
    """Return the part of an array that covers a box which lies in another box."""
    box = covered.intersection(wanted)
    return light[
        box.y0 - covered.y0 : box.y1 - covered.y0, box.x0 - covered.x0 : box.x1 - covered.x0
    ]


def _backgrounds(
    cutout: Cutout, planes: Planes, group: Sequence[Located], options: MeasureOptions
) -> list[Background]:
    x0, y0 = cutout.origin_pix
    ny, nx = planes.good.shape
    rows, columns = np.ogrid[:ny, :nx]
    usable = planes.background.copy()
    for one in group:
        dx, dy = columns + x0 - one.x_pix, rows + y0 - one.y_pix
        usable &= outside_footprint(one.target, one.cd_deg, dx, dy)
    found: dict[int, Background] = {}
    failure: FitError | None = None
    for number, one in enumerate(group):
        try:
            found[number] = local_background(
                planes.image_mjy_sr, usable, one.column, one.row, options.background_size_pix
            )
        except FitError as error:
            failure = error
    if failure is not None and not found:
        raise failure
    for number in range(len(group)):
        if number not in found:
            nearest = min(found, key=lambda other: _distance_pix(group[number], group[other]))
            found[number] = replace(found[nearest], is_local=False)
    return [found[number] for number in range(len(group))]


def _distance_pix(one: Located, other: Located) -> float:
    return float(np.hypot(one.x_pix - other.x_pix, one.y_pix - other.y_pix))


def _box_around(one: Located, size_pix: int) -> Box:
    half = size_pix // 2
    return Box(one.column - half, one.row - half, one.column + half + 1, one.row + half + 1)


def _slices(box: Box) -> tuple[slice, slice]:
    return slice(box.y0, box.y1), slice(box.x0, box.x1)
