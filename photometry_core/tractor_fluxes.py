"""The fluxes of a group found by The Tractor instead of the native fit.

Pixels, masks, weights and backgrounds are those of the native measurement, without the light of
galaxies that backgrounds hold; what it can't fit, for whatever reason, The Tractor is not asked
for. Fluxes, errors, models, and the quality of the fit are The Tractor's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from photometry_core.archive.regions import Box
from photometry_core.kernel.batch import measure_group
from photometry_core.kernel.problem import MEASURED, Recipe, Results, Sources
from photometry_core.psf import PlaneBank
from photometry_core.sources import Batch, Located, core_offset_pix
from photometry_core.tractor_engine import fit_with_tractor
from photometry_core.types import (
    STAMP_SIZE_PIX,
    BoolArray,
    Float32Array,
    FloatArray,
    IntArray,
    MeasureOptions,
)

_STAMP_HALF_SIZE = STAMP_SIZE_PIX // 2


def measure_with_tractor(
    batch: Batch, bank: PlaneBank, recipe: Recipe, results: Results, options: MeasureOptions
) -> None:
    """Measure a batch that is a single group.

    Parameters
    ----------
    batch, bank, recipe, options
        As for the native measurement.
    results
        Filled; there are no correlations, since The Tractor has no covariance of fluxes, and
        its errors know nothing of the backgrounds'.

    Raises
    ------
    EngineError
        The Tractor is not installed.
    FitError
        A PSF plane that is needed is damaged.
    """
    group, maps = measure_group(bank.coefficients, batch.exposures, batch.sources, recipe, results)
    measured = np.flatnonzero(results.status == MEASURED)
    if not measured.size:
        return
    members, cutout = batch.members, batch.members[0].cutout
    ny, nx = cutout.image_mjy_sr.shape
    image_box = Box(0, 0, nx, ny)
    fit_box = _around(members, [one.half_size_pix for one in members]).intersection(image_box)
    area = fit_box.union(_around(members, [_STAMP_HALF_SIZE] * len(members)))
    area = area.intersection(image_box)

    shape = fit_box.shape
    size = shape[0] * shape[1]
    fitted = _placed(maps.fitted[:size].reshape(shape) > 0, fit_box, area)
    weight = _placed(maps.weight[:size].reshape(shape), fit_box, area)
    nearest = _placed(maps.nearest[:size].reshape(shape), fit_box, area)
    ujy = group.ujy[: nx * ny].reshape(ny, nx)[area.y0 : area.y1, area.x0 : area.x1]
    image = cutout.image_mjy_sr[area.y0 : area.y1, area.x0 : area.x1].astype(np.float64)
    rows, columns = np.mgrid[area.y0 : area.y1, area.x0 : area.x1]
    level = _level(group.coefficients, batch.sources, nearest, columns, rows)
    fit = fit_with_tractor(
        data_ujy=np.where(fitted, (image - level) * ujy, 0.0),
        variance_ujy2=np.where(fitted, ujy**2 / np.where(fitted, weight, 1.0), 1.0),
        fitted=fitted,
        positions_pix=np.column_stack([batch.sources.x, batch.sources.y])[measured]
        - (area.x0, area.y0),
        profiles=[members[number].target.resolved_profile for number in measured],
        cd_deg=np.mean([one.cd_deg for one in members], axis=0),
        psf=cutout.psf,
        origin_pix=(cutout.origin_pix[0] + area.x0, cutout.origin_pix[1] + area.y0),
        core_offset_pix=core_offset_pix(cutout.psf, options),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        model = np.where(ujy > 0, fit.model_ujy / ujy, np.nan)
    results.flux[measured], results.flux_err[measured] = fit.flux_ujy, fit.flux_err_ujy
    results.correlation[:] = np.nan
    deviation = np.where(fitted, np.abs(image - level - model) * np.sqrt(weight), 0.0)
    for number in measured:
        one = members[number]
        window = _around([one], [one.half_size_pix]).intersection(area)
        inside = _inside(window, columns, rows)
        distance = np.hypot(columns - batch.sources.x[number], rows - batch.sources.y[number])
        results.chi2[number] = np.sum(deviation[inside] ** 2)
        results.fit_quality[number] = np.mean(
            deviation[inside & fitted & (distance <= one.aperture_pix)]
        )
        own = _level(
            group.coefficients, batch.sources, np.full_like(nearest, number), columns, rows
        )
        _place_stamp(results.model[number], one, own + model, area)


def _around(members: Sequence[Located], half_sizes_pix: Sequence[int]) -> Box:
    """Return the smallest box that holds so many pixels to every side of all targets."""
    pairs = list(zip(members, half_sizes_pix, strict=True))
    return Box(
        min(one.column - half for one, half in pairs),
        min(one.row - half for one, half in pairs),
        max(one.column + half + 1 for one, half in pairs),
        max(one.row + half + 1 for one, half in pairs),
    )


def _placed(values: npt.NDArray[Any], box: Box, area: Box) -> npt.NDArray[Any]:
    """Return an array of a larger area, 0 outside the box that is given."""
    placed = np.zeros(area.shape, values.dtype)
    placed[box.y0 - area.y0 : box.y1 - area.y0, box.x0 - area.x0 : box.x1 - area.x0] = values
    return placed


def _level(
    coefficients: FloatArray,
    sources: Sources,
    owner: IntArray,
    columns: IntArray,
    rows: IntArray,
) -> FloatArray:
    """Return the background of listed sources at pixels, in MJy/sr."""
    level, by_x, by_y = np.moveaxis(coefficients[owner], -1, 0)
    return np.asarray(
        level + by_x * (columns - sources.x[owner]) + by_y * (rows - sources.y[owner])
    )


def _inside(box: Box, columns: IntArray, rows: IntArray) -> BoolArray:
    return np.asarray((columns >= box.x0) & (columns < box.x1) & (rows >= box.y0) & (rows < box.y1))


def _place_stamp(stamp: Float32Array, one: Located, model: FloatArray, area: Box) -> None:
    left, bottom = one.column - _STAMP_HALF_SIZE, one.row - _STAMP_HALF_SIZE
    wanted = Box(left, bottom, left + STAMP_SIZE_PIX, bottom + STAMP_SIZE_PIX).intersection(area)
    stamp[wanted.y0 - bottom : wanted.y1 - bottom, wanted.x0 - left : wanted.x1 - left] = model[
        wanted.y0 - area.y0 : wanted.y1 - area.y0, wanted.x0 - area.x0 : wanted.x1 - area.x0
    ]
