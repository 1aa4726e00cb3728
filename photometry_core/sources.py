"""Targets on the pixels of cutouts: where they are, their groups, and the arrays to measure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from photometry_core.archive.regions import nearest_pixel
from photometry_core.cutout import Cutout, PsfGrid, PsfZones
from photometry_core.errors import FitError
from photometry_core.extent import (
    aperture_radius_pix,
    background_half_size_pix,
    fit_half_size_pix,
    footprint_ellipse,
    footprint_half_size_pix,
)
from photometry_core.flags import IGNORED_BY_FIT, SOURCE
from photometry_core.kernel.problem import Exposures, Recipe, Sources
from photometry_core.motion import positions_at
from photometry_core.psf import PROFILE_HALF_SIZE_PIX, PlaneBank
from photometry_core.sersic import render_sersic
from photometry_core.types import FloatArray, IntArray, MeasureOptions, Target


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Located:
    """A target on a cutout; `column` and `row` are the pixel of the cutout it is on.

    `number` is that of the cutout, `index` that of the target, among those to be measured;
    `ra_deg`, `dec_deg` are its position at the time of the exposure. Its fit takes
    `half_size_pix` to every side of that pixel, its flags and its quality those within
    `aperture_pix`; `cd_deg` is the local linear WCS.
    """

    number: int
    index: int
    target: Target
    cutout: Cutout
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
class _Light:
    """The PSF planes of a point source, or the fractions of the flux of a galaxy per pixel."""

    slots: IntArray
    blend: FloatArray
    fractions: FloatArray | None
    half_size_pix: int


_DARKNESS = _Light(
    slots=np.zeros(4, np.int64),
    blend=np.zeros(4),
    fractions=None,
    half_size_pix=PROFILE_HALF_SIZE_PIX,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Groups of sources on exposures, ready to be measured.

    `members` are the sources in the order of `sources`, `reasons` why the light of one is not
    known; empty where it is.
    """

    exposures: Exposures
    sources: Sources
    members: list[Located]
    reasons: list[str]


def locate(cutout: Cutout, targets: Sequence[Target], number: int) -> Iterator[Located]:
    """Find targets on a cutout of that number, whether they are on its pixels or not."""
    ra, dec = positions_at(targets, cutout.exposure.mjd)
    x, y = cutout.wcs.sky_to_pixel(ra, dec)
    x0, y0 = cutout.origin_pix
    for index, target in enumerate(targets):
        x_pix, y_pix = float(x[index]), float(y[index])
        known = np.isfinite(x_pix) and np.isfinite(y_pix)
        cd_deg = cutout.wcs.local_cd_deg(x_pix, y_pix)
        yield Located(
            number=number,
            index=index,
            target=target,
            cutout=cutout,
            ra_deg=float(ra[index]),
            dec_deg=float(dec[index]),
            x_pix=x_pix,
            y_pix=y_pix,
            column=nearest_pixel(x_pix) - x0 if known else -1,
            row=nearest_pixel(y_pix) - y0 if known else -1,
            half_size_pix=fit_half_size_pix(target),
            aperture_pix=aperture_radius_pix(target, cd_deg),
            cd_deg=cd_deg,
        )


def on_cutout(one: Located) -> bool:
    """Whether a target is on the pixels of its cutout."""
    ny, nx = one.cutout.image_mjy_sr.shape
    return bool(0 <= one.column < nx and 0 <= one.row < ny)


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
    return [sorted(group, key=_place_and_shape) for group in groups]


def _place_and_shape(one: Located) -> tuple[float, ...]:
    """What tells sources apart; only of those that are alike does the list say which is first."""
    shape = one.target.resolved_profile
    return one.y_pix, one.x_pix, *(astuple(shape) if shape else (0.0,) * 4), one.index


def make_batch(
    groups: Sequence[Sequence[Located]], bank: PlaneBank, options: MeasureOptions
) -> Batch:
    """Find the light of all sources, and put them and their pixels into arrays.

    Parameters
    ----------
    groups
        Sources that are fitted together, those of one cutout next to each other.
    bank
        Where the PSF planes of point sources are kept.
    options
        How to measure.
    """
    cutouts: list[Cutout] = []
    group_exposure: list[int] = []
    lit: list[tuple[Located, _Light]] = []
    reasons: list[str] = []
    for group in groups:
        if not cutouts or cutouts[-1] is not group[0].cutout:
            cutouts.append(group[0].cutout)
        group_exposure.append(len(cutouts) - 1)
        try:
            lit += [(one, _light(one, bank, options)) for one in group]
            reason = ""
        except FitError as error:
            # Without the light of one, that of its neighbours can't be told from it.
            lit += [(one, _DARKNESS) for one in group]
            reason = str(error)
        reasons += [reason] * len(group)
    return Batch(
        exposures=_exposures(cutouts),
        sources=_sources(lit, group_exposure, [len(group) for group in groups], options),
        members=[one for one, _ in lit],
        reasons=reasons,
    )


def make_recipe(bank: PlaneBank, options: MeasureOptions) -> Recipe:
    """Return how to measure sources whose PSF planes are in a bank."""
    return Recipe(
        background_size=options.background_size_pix,
        model_weights=options.weights == "model",
        ignored_flags=IGNORED_BY_FIT,
        source_flag=SOURCE,
        oversampling=bank.oversampling,
        degree=bank.degree,
    )


def core_offset_pix(psf: PsfGrid | PsfZones, options: MeasureOptions) -> tuple[float, float]:
    """Return how far before a source the middle of the PSF planes is put, along (x, y)."""
    return psf.core_offset_pix if options.psf_center == "light" else (0.0, 0.0)


def _light(one: Located, bank: PlaneBank, options: MeasureOptions) -> _Light:
    """Return the light of a source; that of a galaxy on all pixels of its background as well."""
    psf, shape = one.cutout.psf, one.target.resolved_profile
    if shape is None:
        slots, blend = bank.planes_at(psf, one.x_pix, one.y_pix)
        return _Light(slots=slots, blend=blend, fractions=None, half_size_pix=PROFILE_HALF_SIZE_PIX)
    half = max(one.half_size_pix, background_half_size_pix(options))
    fractions, _ = render_sersic(
        psf,
        shape,
        one.cd_deg,
        one.x_pix,
        one.y_pix,
        half,
        core_offset_pix=core_offset_pix(psf, options),
    )
    return _Light(
        slots=np.zeros(4, np.int64), blend=np.zeros(4), fractions=fractions, half_size_pix=half
    )


def _exposures(cutouts: Sequence[Cutout]) -> Exposures:
    """Put the pixels of cutouts one after the other."""
    sizes = [cutout.image_mjy_sr.size for cutout in cutouts]
    return Exposures(
        image=_joined([cutout.image_mjy_sr for cutout in cutouts]),
        variance=_joined([cutout.variance_mjy2_sr2 for cutout in cutouts]),
        flags=_joined([cutout.flags for cutout in cutouts]),
        solid_angle=_joined([cutout.solid_angle_arcsec2 for cutout in cutouts]),
        start=np.cumsum([0, *sizes]),
        width=np.array([cutout.image_mjy_sr.shape[1] for cutout in cutouts]),
    )


def _joined(planes: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Return a copy even of one: compiled code is another for arrays that are read-only."""
    return np.concatenate([plane.ravel() for plane in planes])


def _sources(
    flat: Sequence[tuple[Located, _Light]],
    group_exposure: Sequence[int],
    group_sizes: Sequence[int],
    options: MeasureOptions,
) -> Sources:
    """Put sources one after the other; the light of points is left to be found."""
    count = len(flat)
    x, y, phase_x, phase_y, aperture = (np.empty(count) for _ in range(5))
    column, row, half, footprint_half, known = (np.empty(count, np.int64) for _ in range(5))
    galaxy, footprint = np.empty(count, np.bool_), np.empty((count, 3))
    slots, blend = np.empty((count, 4), np.int64), np.empty((count, 4))
    for s, (one, light) in enumerate(flat):
        x0, y0 = one.cutout.origin_pix
        dx, dy = core_offset_pix(one.cutout.psf, options)
        x[s], y[s], column[s], row[s] = one.x_pix - x0, one.y_pix - y0, one.column, one.row
        phase_x[s], phase_y[s] = x[s] - column[s] - dx, y[s] - row[s] - dy
        half[s], aperture[s] = min(one.half_size_pix, light.half_size_pix), one.aperture_pix
        footprint[s] = footprint_ellipse(one.target, one.cd_deg)
        footprint_half[s] = footprint_half_size_pix(one.target)
        galaxy[s], known[s] = light.fractions is not None, light.half_size_pix
        slots[s], blend[s] = light.slots, light.blend
    start = np.cumsum([0, *(2 * known + 1) ** 2])
    fractions = np.zeros(start[-1])
    for s, (_, light) in enumerate(flat):
        if light.fractions is not None:
            fractions[start[s] : start[s + 1]] = light.fractions.ravel()
    return Sources(
        group_exposure=np.array(group_exposure),
        group_first=np.cumsum([0, *group_sizes]),
        x=x,
        y=y,
        column=column,
        row=row,
        phase_x=phase_x,
        phase_y=phase_y,
        half_size=half,
        aperture=aperture,
        footprint=footprint,
        footprint_half_size=footprint_half,
        galaxy=galaxy,
        slots=slots,
        blend=blend,
        light=fractions,
        light_start=start[:-1],
        light_half_size=known,
    )
