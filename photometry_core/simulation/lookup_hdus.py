"""The HDUs in which other things are looked up: PSF or EPSF, and WCS-WAVE.

They are the same in every file of a detector and a pipeline version, and made once.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np

from photometry_core.simulation.cards import card, header, padding
from photometry_core.simulation.psf import (
    EFFECTIVE_OVERSAMPLING,
    EFFECTIVE_PLANE_SIZE,
    EFFECTIVE_ZONES,
    OVERSAMPLING,
    PLANE_SIZE,
    ZONES,
    effective_zone_planes,
    zone_centers,
    zone_planes,
)
from photometry_core.simulation.wavelengths import wavelength_grid
from photometry_core.types import DETECTOR_SIZE_PIX

PipelineVersion = Literal["6.5.4", "6.5.4+psffix1", "6.5.6"]
PIPELINE_VERSIONS: tuple[PipelineVersion, ...] = ("6.5.4", "6.5.4+psffix1", "6.5.6")
"""Generations of the PSF header of QR2: 6.5.4 names the zones in transposed order, with centres
of an older geometry; the others name them rightly."""

QR3_PIPELINE_VERSION = "7.0.5"

_PSF_PIXEL_ARCSEC = 0.615


@cache
def psf_hdu(detector: int, version: str) -> bytes:
    """The whole PSF HDU: 121 planes and the cards that say where their zones are."""
    axes = (
        card("NAXIS", 3), card("NAXIS1", PLANE_SIZE), card("NAXIS2", PLANE_SIZE),
        card("NAXIS3", ZONES**2), card("PCOUNT", 0), card("GCOUNT", 1),
    )  # fmt: skip
    center = float(PLANE_SIZE // 2 + 1)
    plane_wcs = [card("CRPIX1", center), card("CRPIX2", center)]
    plane_wcs += [card("CDELT1", _PSF_PIXEL_ARCSEC), card("CDELT2", _PSF_PIXEL_ARCSEC)]
    plane_wcs += [card("CUNIT1", "arcsec"), card("CUNIT2", "arcsec")]
    plane_wcs += [card("CTYPE1", "XANG"), card("CTYPE2", "YANG")]
    data = zone_planes(detector).astype(">f4").tobytes()
    return (
        header(
            card("XTENSION", "IMAGE", "Image extension"), card("BITPIX", -32), axes,
            card("EXTNAME", "PSF", "extension name"),
            card("DETECTOR", detector), card("OVERSAMP", OVERSAMPLING, "PSF pixels per pixel"),
            card("SIMULATE", True, "SIMULATED DATA, not a measured PSF"),
            plane_wcs, _zone_cards(version),
        )
        + data
        + padding(len(data))
    )  # fmt: skip


def _zone_cards(version: str) -> list[bytes]:
    """Centres and widths of the zones, as the pipeline of that version wrote them."""
    pitch = DETECTOR_SIZE_PIX / ZONES
    centers, widths = zone_centers(), np.full(ZONES, pitch)
    if version == "6.5.4":
        centers = centers + 0.5
        widths[0] += 1.0
    else:
        widths[0], widths[-1] = pitch + 0.5, pitch - 0.5
    cards = []
    for plane in range(ZONES**2):
        iy, ix = divmod(plane, ZONES)
        if version == "6.5.4":
            ix, iy = iy, ix
        label = f"zone ({ix}, {iy})"
        cards += [
            card(f"XCTR_{plane + 1}", round(float(centers[ix]), 4), label),
            card(f"YCTR_{plane + 1}", round(float(centers[iy]), 4), label),
            card(f"XWID_{plane + 1}", round(float(widths[ix]), 4), label),
            card(f"YWID_{plane + 1}", round(float(widths[iy]), 4), label),
        ]
    return cards


@cache
def effective_psf_hdu(detector: int) -> bytes:
    """The whole EPSF HDU of QR3: a table with one zone per row, x varying fastest."""
    zones, size = EFFECTIVE_ZONES, EFFECTIVE_PLANE_SIZE
    columns = (
        ("BINX", "1J", ">i4"), ("BINY", "1J", ">i4"), ("XCENTER", "1E", ">f4"),
        ("YCENTER", "1E", ">f4"), ("XWIDTH", "1E", ">f4"), ("YWIDTH", "1E", ">f4"),
        ("EPSF", f"{size**2}D", (">f8", (size, size))),
    )  # fmt: skip
    table = np.zeros(zones**2, np.dtype([(name, kind) for name, _, kind in columns]))
    table["BINY"], table["BINX"] = np.divmod(np.arange(zones**2), zones)
    centers = zone_centers(zones)
    table["XCENTER"], table["YCENTER"] = centers[table["BINX"]], centers[table["BINY"]]
    table["XWIDTH"] = table["YWIDTH"] = DETECTOR_SIZE_PIX / zones
    table["EPSF"] = effective_zone_planes(detector)
    data = table.tobytes()
    form = [
        card(f"{key}{n}", value)
        for n, (name, tform, _) in enumerate(columns, start=1)
        for key, value in (("TTYPE", name), ("TFORM", tform))
    ]
    return (
        header(
            card("XTENSION", "BINTABLE", "binary table extension"), card("BITPIX", 8),
            card("NAXIS", 2), card("NAXIS1", table.itemsize), card("NAXIS2", table.size),
            card("PCOUNT", 0), card("GCOUNT", 1), card("TFIELDS", len(columns)), form,
            card(f"TDIM{len(columns)}", f"({size},{size})"),
            card("EXTNAME", "EPSF", "extension name"), card("DETECTOR", detector),
            card("OVSMPX", EFFECTIVE_OVERSAMPLING, "PSF samples per pixel along x"),
            card("OVSMPY", EFFECTIVE_OVERSAMPLING, "PSF samples per pixel along y"),
            card("DETCOORD", "sky", "MWIR pixels flipped on X to match SWIR view"),
            card("SIMULATE", True, "SIMULATED DATA, not a measured PSF"),
        )
        + data
        + padding(len(data))
    )  # fmt: skip


@cache
def wavelength_hdu(detector: int, release: str = "qr2") -> bytes:
    """The whole WCS-WAVE HDU: a table of one row."""
    grid = wavelength_grid(detector, release)
    n, m = grid.x.size, grid.y.size
    data = (
        grid.x.astype(">i4").tobytes()
        + grid.y.astype(">i4").tobytes()
        + grid.values_um.astype(">f4").tobytes()
    )
    return (
        header(
            card("XTENSION", "BINTABLE", "binary table extension"), card("BITPIX", 8),
            card("NAXIS", 2), card("NAXIS1", len(data)), card("NAXIS2", 1), card("PCOUNT", 0),
            card("GCOUNT", 1), card("TFIELDS", 3),
            card("TTYPE1", "X"), card("TFORM1", f"{n}J"),
            card("TTYPE2", "Y"), card("TFORM2", f"{m}J"),
            card("TTYPE3", "VALUES"), card("TFORM3", f"{2 * n * m}E"), card("TUNIT3", "um"),
            card("TDIM3", f"(2,{n},{m})"), card("EXTNAME", "WCS-WAVE", "extension name"),
        )
        + data
        + padding(len(data))
    )  # fmt: skip
