"""Stamps for the browser to draw: pixels, limits, directions, and what lies around the target."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.visualization import ZScaleInterval

from explorer.results.arrays import packed
from explorer.results.captions import captions, row_values
from explorer.results.dataset import Dataset
from jobs import products
from jobs.errors import ProductMissingError
from jobs.models import Job
from photometry_core import flags
from photometry_core.channels import nominal_wavelength_um
from photometry_core.errors import InvalidInputError
from photometry_core.extent import aperture_radius_pix
from photometry_core.stamp_cubes import Stamps
from photometry_core.types import (
    DETECTORS,
    STAMP_SIZE_PIX,
    Float32Array,
    FloatArray,
    SersicProfile,
    Target,
)

MAX_ROWS = 30
"""Rows of one request."""

_MAX_NEIGHBOURS = 50
_GRADIENT_PIX = 8.0
"""Half of the stamp: how far to either side the change of the wavelength is taken."""
_RESIDUAL_SIGMA = 5.0
_PERCENTILES = {"99": (0.5, 99.5), "95": (2.5, 97.5)}
_NO_STAMPS = "No pixels are saved with this spectrum, so there are no cutouts."
_NO_PIXELS = "The pixels of this exposure are not saved with this spectrum."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Field:
    """What is on the sky around the target of a job.

    Parameters
    ----------
    names, ra_deg, dec_deg
        The other targets, and where the request puts them.
    target
        The target, if its position is known.
    """

    names: list[str]
    ra_deg: FloatArray
    dec_deg: FloatArray
    target: Target | None


def image_flags() -> list[dict[str, Any]]:
    """Return the flags that pixels can carry, for the legend of the mask layer."""
    return [
        {"bit": flag.bit, "name": flag.name, "meaning": flag.meaning, "severity": flag.severity}
        for flag in flags.FLAGS
        if flag.in_image
    ]


def cutouts(
    job: Job, dataset: Dataset, rows: Sequence[int], unit: str, *, with_pixels: bool = True
) -> list[dict[str, Any]]:
    """Return what a browser needs to draw and to describe the cutouts of some rows.

    Parameters
    ----------
    job, dataset
        The measurements, and the job that they belong to.
    rows
        Row numbers, at most `MAX_ROWS`.
    unit
        Key of the unit of fluxes.
    with_pixels
        False leaves the pixels out: only captions depend on the unit.

    Returns
    -------
    list of dict
        `captions`, and with pixels ``pixels`` (`None` where there are none) and ``missing``, the
        sentence that says why. Positions in a stamp are in pixels; the centre of its first pixel
        is 0.

    Raises
    ------
    InvalidInputError
        A row or the unit does not exist, or too many rows are asked for.
    """
    _check_rows(dataset, rows)
    said = captions(dataset, rows, unit)
    if not with_pixels:
        return said
    try:
        stamps = products.stamps(job, dataset.index, rows)
    except ProductMissingError:
        return [one | {"pixels": None, "missing": _NO_STAMPS} for one in said]
    field = _field(job, dataset)
    return [
        caption | _cutout(stamps, number, values, field)
        for number, (caption, values) in enumerate(
            zip(said, row_values(dataset, rows), strict=True)
        )
    ]


def _check_rows(dataset: Dataset, rows: Sequence[int]) -> None:
    last = dataset.n_rows - 1
    if not 1 <= len(rows) <= MAX_ROWS:
        raise InvalidInputError(f"rows: {len(rows)} given; allowed: 1 to {MAX_ROWS}")
    for row in rows:
        if not 0 <= row <= last:
            raise InvalidInputError(f"rows: {row} does not exist; allowed: 0 to {last}")


def _cutout(
    stamps: Stamps, number: int, values: Mapping[str, Any], field: _Field
) -> dict[str, Any]:
    image = stamps.image_mjy_sr[number]
    if not np.isfinite(image).any():
        return {"pixels": None, "missing": values.get("reason") or _NO_PIXELS}
    model, variance = stamps.model_mjy_sr[number], stamps.variance_mjy2_sr2[number]
    has_model = bool(np.isfinite(model).any())
    limits = _limits(image, variance, image - model if has_model else None)
    pixels = {
        "size": STAMP_SIZE_PIX,
        "image": packed(image.ravel(), "f4"),
        "model": packed(model.ravel(), "f4") if has_model else None,
        "variance": packed(variance.ravel(), "f4") if "variance" in limits else None,
        "flags": packed(stamps.flags[number].ravel(), "i4"),
        "origin": stamps.origin_pix[number].tolist(),
        "cd": stamps.cd_deg[number].tolist(),
        "limits": limits,
        "sigma": _noise(variance),
        **_place(stamps, number, values, field),
    }
    return {"pixels": pixels, "missing": None}


def _place(stamps: Stamps, number: int, values: Mapping[str, Any], field: _Field) -> dict[str, Any]:
    """Return where the target is, how wavelengths run, and what else is in the stamp."""
    x, y = values.get("x_image"), values.get("y_image")
    place: dict[str, Any] = {
        "target": None, "sky": None, "wavelength": None, "neighbours": [],
        "aperture_pix": None, "ellipse": None,
    }  # fmt: skip
    if x is None or y is None:
        return place
    cd, origin = stamps.cd_deg[number], stamps.origin_pix[number]
    place["target"] = [x - float(origin[0]), y - float(origin[1])]
    place["wavelength"] = _wavelength_plane(values, x, y)
    if field.target is not None:
        place["aperture_pix"] = aperture_radius_pix(field.target, cd)
        place["ellipse"] = _ellipse(field.target.resolved_profile)
    ra, dec = values.get("ra"), values.get("dec")
    if ra is not None and dec is not None:
        place["sky"] = [ra, dec]
        place["neighbours"] = _neighbours(field, (ra, dec), cd, place["target"])
    return place


def _wavelength_plane(values: Mapping[str, Any], x: float, y: float) -> dict[str, Any] | None:
    """Return the wavelength at the target and its change per pixel, um."""
    detector, wavelength = values.get("det_id"), values.get("wavelength")
    if detector not in DETECTORS or wavelength is None:
        return None
    step = _GRADIENT_PIX
    right, left, up, down = nominal_wavelength_um(
        detector, [x + step, x - step, x, x], [y, y, y + step, y - step]
    ).tolist()
    per_pix = [(right - left) / (2 * step), (up - down) / (2 * step)]
    return {"at_target_um": wavelength, "per_pix_um": per_pix}


def _ellipse(profile: SersicProfile | None) -> dict[str, float] | None:
    if profile is None:
        return None
    return {
        "radius_arcsec": profile.effective_radius_arcsec,
        "axis_ratio": profile.axis_ratio,
        "position_angle_deg": profile.position_angle_deg,
    }


def _field(job: Job, dataset: Dataset) -> _Field:
    listed = job.request["targets"]
    others = [target for index, target in enumerate(listed) if index != dataset.index]
    # The position of an opened file may not be known.
    known = dataset.target.get("ra_deg") is not None
    return _Field(
        names=[target["name"] for target in others],
        ra_deg=np.array([target["ra_deg"] for target in others], float),
        dec_deg=np.array([target["dec_deg"] for target in others], float),
        target=Target.from_json(dict(dataset.target)) if known else None,
    )


def _neighbours(
    field: _Field, center_deg: tuple[float, float], cd_deg: FloatArray, target: Sequence[float]
) -> list[dict[str, Any]]:
    """Return the other targets of the job in a stamp, the nearest first."""
    if not field.names or not np.isfinite(cd_deg).all():
        return []
    offsets = plane_offsets_deg(field.ra_deg, field.dec_deg, center_deg)
    steps = np.linalg.inv(cd_deg) @ offsets
    x, y = target[0] + steps[0], target[1] + steps[1]
    with np.errstate(invalid="ignore"):
        inside = np.flatnonzero(
            (np.maximum(x, y) < STAMP_SIZE_PIX - 0.5) & (np.minimum(x, y) > -0.5)
        )
    nearest = inside[np.argsort(np.hypot(*steps[:, inside]), kind="stable")]
    return [
        {"name": field.names[index], "at": [float(x[index]), float(y[index])]}
        for index in nearest[:_MAX_NEIGHBOURS]
    ]


def plane_offsets_deg(
    ra_deg: FloatArray, dec_deg: FloatArray, center_deg: tuple[float, float]
) -> FloatArray:
    """Return offsets to the east and to the north on the tangent plane at a position.

    Parameters
    ----------
    ra_deg, dec_deg
        Positions, shape (n,).
    center_deg
        Where the plane touches the sky.

    Returns
    -------
    FloatArray
        Degrees, shape (2, n); NaN for positions behind the plane.
    """
    alpha = np.radians(ra_deg - center_deg[0])
    delta, delta0 = np.radians(dec_deg), math.radians(center_deg[1])
    depth = np.sin(delta) * math.sin(delta0) + np.cos(delta) * math.cos(delta0) * np.cos(alpha)
    depth = np.where(depth > 0, depth, np.nan)
    east = np.cos(delta) * np.sin(alpha) / depth
    north = (
        np.sin(delta) * math.cos(delta0) - np.cos(delta) * math.sin(delta0) * np.cos(alpha)
    ) / depth
    return np.degrees(np.stack([east, north]))


def _limits(
    image: Float32Array, variance: Float32Array, residual: Float32Array | None
) -> dict[str, dict[str, list[float]]]:
    """Return the values at both ends of the colours, per layer and interval.

    The model is drawn with the limits of the image, so that they can be compared.
    """
    limits = {"image": intervals(image)}
    if np.isfinite(variance).any():
        limits["variance"] = intervals(variance)
    if residual is not None and np.isfinite(residual).any():
        limits["residual"] = _symmetric_intervals(residual, _noise(variance))
    return limits


def intervals(plane: Float32Array) -> dict[str, list[float]]:
    """Return the values at both ends of the colours of a plane, per interval.

    Parameters
    ----------
    plane
        Pixels, of which at least one is finite.
    """
    finite = plane[np.isfinite(plane)].astype(float)
    pairs = {
        "zscale": ZScaleInterval(n_samples=finite.size).get_limits(finite),
        **{name: np.percentile(finite, ends) for name, ends in _PERCENTILES.items()},
        "minmax": (finite.min(), finite.max()),
    }
    return {name: _pair(low, high) for name, (low, high) in pairs.items()}


def _symmetric_intervals(residual: Float32Array, sigma: float | None) -> dict[str, list[float]]:
    """Return limits on either side of zero; instead of zscale, 5 sigma of the noise."""
    size = np.abs(residual[np.isfinite(residual)]).astype(float)
    ends = {
        "zscale": _RESIDUAL_SIGMA * (sigma or float(np.sqrt(np.mean(size**2)))),
        "99": np.percentile(size, 99),
        "95": np.percentile(size, 95),
        "minmax": size.max(),
    }
    return {name: _pair(-end, end) for name, end in ends.items()}


def _pair(low: float, high: float) -> list[float]:
    """Return limits that differ, also those of a plane of one value."""
    low, high = float(low), float(high)
    return [low, high] if low < high else [low, low + (abs(low) or 1.0) * 1e-3]


def _noise(variance: Float32Array) -> float | None:
    """Return the typical noise of a pixel, MJy/sr."""
    usable = variance[np.isfinite(variance) & (variance > 0)]
    return float(np.sqrt(np.median(usable))) if usable.size else None
