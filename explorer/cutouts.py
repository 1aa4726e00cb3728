"""Stamps as JSON, to be drawn by the browser: pixels, limits, directions, captions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from astropy.visualization import ZScaleInterval

from explorer.measurements import column, flux_decimals, number_text, row_chips
from photometry_core.spectrum import Spectrum
from photometry_core.stamp_cubes import Stamps
from photometry_core.types import STAMP_SIZE_PIX, Float32Array

_SIGNIFICANT_DIGITS = 5


def cutouts_json(spectrum: Spectrum, stamps: Stamps, rows: list[int]) -> list[dict[str, Any]]:
    """Return what the browser needs to draw the cutouts of some rows.

    Parameters
    ----------
    spectrum
        The measurements.
    stamps
        The stamps of these rows, in this order.
    rows
        Rows of the spectrum.

    Returns
    -------
    list of dict
        ``image`` and ``model`` are lists of ``size * size`` values in MJy/sr, row by row from
        the bottom, with `None` where there is no value, or `None` as a whole if there are no
        pixels. ``target`` is the position in the stamp in pixels; the centre of the first
        pixel is 0. ``limits`` are (low, high) per stretch. ``cd`` is in degrees per pixel.
    """
    return [
        _caption(spectrum, row) | _pixels(spectrum, stamps, number, row)
        for number, row in enumerate(rows)
    ]


def _caption(spectrum: Spectrum, row: int) -> dict[str, Any]:
    table = spectrum.table
    decimals = flux_decimals(spectrum)
    flux, error = (float(column(spectrum, name)[row]) for name in ("flux", "flux_err"))
    wavelength, width = (
        float(column(spectrum, name)[row]) for name in ("wavelength", "lambda_width")
    )
    return {
        "row": row,
        "detector": int(table["det_id"][row]),
        "mjd": number_text(float(table["mjd"][row]), 5),
        "exposure": str(table["obs_publisher_did"][row]),
        "wavelength": _finite(wavelength),
        "wavelength_text": number_text(wavelength, 4) if math.isfinite(wavelength) else None,
        "width_text": number_text(width, 4) if math.isfinite(width) else None,
        "flux": _finite(flux),
        "flux_text": number_text(flux, decimals) if math.isfinite(flux) else None,
        "error_text": number_text(error, decimals) if math.isfinite(error) else None,
        "snr_text": number_text(flux / error, 1) if error > 0 else None,
        "flags": [
            {
                "name": chip.name,
                "explanation": chip.explanation,
                "severity": chip.severity,
                "pixels": None if chip.n_pix is None else f"{chip.n_pix}/{chip.n_near} pix",
            }
            for chip in row_chips(table[row])
        ],
        "reason": str(table["reason"][row]),
    }


def _pixels(spectrum: Spectrum, stamps: Stamps, number: int, row: int) -> dict[str, Any]:
    image = stamps.image_mjy_sr[number]
    if not np.isfinite(image).any():
        return {"image": None}
    model = stamps.model_mjy_sr[number]
    left, bottom = (int(value) for value in stamps.origin_pix[number])
    return {
        "size": STAMP_SIZE_PIX,
        "image": _values(image),
        "model": _values(model) if np.isfinite(model).any() else None,
        "target": [
            _finite(float(column(spectrum, "x_image")[row]) - left),
            _finite(float(column(spectrum, "y_image")[row]) - bottom),
        ],
        "origin": [left, bottom],
        "cd": [[float(value) for value in line] for line in stamps.cd_deg[number]],
        "limits": _limits(image, stamps.variance_mjy2_sr2[number]),
    }


def _limits(image: Float32Array, variance: Float32Array) -> dict[str, list[float]]:
    """Return the surface brightnesses that are drawn black and white, per stretch."""
    finite = image[np.isfinite(image)].astype(float)
    limits = {
        "zscale": ZScaleInterval(n_samples=finite.size).get_limits(finite),
        "99": np.percentile(finite, (0.5, 99.5)),
        "95": np.percentile(finite, (2.5, 97.5)),
        "minmax": (finite.min(), finite.max()),
    }
    noise = variance[np.isfinite(variance) & (variance > 0)]
    sigma = float(np.sqrt(np.median(noise))) if noise.size else float(np.std(finite)) or 1.0
    limits["residual"] = (-5 * sigma, 5 * sigma)
    return {name: [float(low), float(high)] for name, (low, high) in limits.items()}


def _values(plane: Float32Array) -> list[float | None]:
    """Return the pixels as numbers with the digits that can be seen, `None` for NaN."""
    return [
        float(f"{value:.{_SIGNIFICANT_DIGITS}g}") if math.isfinite(value) else None
        for value in plane.ravel().tolist()
    ]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
