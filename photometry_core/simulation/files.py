"""Spectral Images as the archive and its cutout server deliver them, made in memory.

The layout of a Level-2 Spectral Image of the second quick release (QR2): HDUs PRIMARY,
IMAGE, FLAGS, VARIANCE, ZODI, PSF and WCS-WAVE, uncompressed, with the real keywords. A
cutout keeps the whole PSF cube and wavelength table; only CRPIXn, CRPIXnA and CRPIXnW move.
Two things differ from real files: cards SIMULATE and HISTORY say that the data are
simulated, and cards that count flagged pixels of the full frame, or give the spacecraft's
position, are left out, because nothing here knows these numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Literal

import numpy as np

from photometry_core import __version__
from photometry_core.celestial import TanSip
from photometry_core.flags import FLAGS
from photometry_core.simulation import survey
from photometry_core.simulation.cards import card, commentary, header, padding
from photometry_core.simulation.exposures import exposure
from photometry_core.simulation.focal_plane import detector_geometry
from photometry_core.simulation.instrument import Rendering
from photometry_core.simulation.psf import (
    OVERSAMPLING,
    PLANE_SIZE,
    ZONES,
    zone_centers,
    zone_planes,
)
from photometry_core.simulation.wavelengths import wavelength_grid
from photometry_core.types import DETECTOR_SIZE_PIX

PipelineVersion = Literal["6.5.4", "6.5.4+psffix1", "6.5.6"]
PIPELINE_VERSIONS: tuple[PipelineVersion, ...] = ("6.5.4", "6.5.4+psffix1", "6.5.6")
"""Generations of the PSF header: 6.5.4 names the zones in transposed order, with centres
of an older geometry; the others name them rightly."""

_MJD_ZERO = datetime(1858, 11, 17, tzinfo=UTC)
_FLAGS_WITHOUT_CARD = frozenset(
    {"SUR_MISMATCH", "VAR_UNDER", "PERSIST_UNK", "CROSSTALK", "STREAK", "SATELLITE_HALO"}
)
"""Bits that the headers of this release do not name."""

_PSF_PIXEL_ARCSEC = 0.615


class SegmentedFile:
    """A file in memory, in pieces: what all files of a detector share is not copied.

    Parameters
    ----------
    segments
        The pieces, in order.
    name
        What to call the file in messages.
    """

    __slots__ = ("_ends", "_segments", "name")

    def __init__(self, segments: list[bytes], name: str) -> None:
        self.name = name
        self._segments = segments
        self._ends = np.cumsum([len(segment) for segment in segments]).tolist()

    @property
    def size(self) -> int:
        """Number of bytes."""
        return int(self._ends[-1])

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to `end`, fewer where the file ends before."""
        pieces = []
        for segment, segment_end in zip(self._segments, self._ends, strict=True):
            first = segment_end - len(segment)
            if start < segment_end and end > first:
                pieces.append(segment[max(start - first, 0) : end - first])
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def segments(self) -> Iterator[bytes]:
        """Return the pieces, in order."""
        return iter(self._segments)


def spectral_image(
    rendering: Rendering, name: str, version: PipelineVersion = "6.5.6"
) -> SegmentedFile:
    """Return a Spectral Image, or a server's cutout of one, as a file in memory.

    Parameters
    ----------
    rendering
        The pixels; a full frame if its box is the whole detector.
    name
        Name of the file.
    version
        Version of the pipeline, which decides how the PSF header is written.
    """
    detector, box = rendering.detector, rendering.box
    shape = _shape_cards(box.shape)
    wcs = _celestial_cards(rendering)
    times = _time_cards(rendering.pointing)
    wavelength = _wavelength_cards(box.x0, box.y0)
    planes = (
        ("IMAGE", rendering.image_mjy_sr, ">f4"),
        ("FLAGS", rendering.flags, ">i4"),
        ("VARIANCE", rendering.variance_mjy2_sr2, ">f4"),
        ("ZODI", rendering.zodi_mjy_sr, ">f4"),
    )
    segments = [_primary(version)]
    for plane, pixels, dtype in planes:
        own = _image_cards(rendering) if plane == "IMAGE" else _static_cards(plane)
        bitpix = card("BITPIX", 32 if plane == "FLAGS" else -32, "array data type")
        end = _history() if plane == "IMAGE" else b""
        segments.append(header(_EXTENSION, bitpix, shape, own, wcs, times, wavelength, end))
        data = pixels.astype(dtype).tobytes()
        segments += [data, padding(len(data))]
    segments += [_psf_hdu(detector, version), _wavelength_hdu(detector)]
    return SegmentedFile(segments, name)


_EXTENSION = card("XTENSION", "IMAGE", "Image extension")


@cache
def _primary(version: str) -> bytes:
    return header(
        card("SIMPLE", True, "conforms to FITS standard"),
        card("BITPIX", 8, "array data type"),
        card("NAXIS", 0, "number of array dimensions"),
        card("EXTEND", True),
        card("VERSION", version, "Level 2 pipeline version"),
        card("SIMULATE", True, "SIMULATED DATA, not an observation"),
    )


def _shape_cards(shape: tuple[int, int]) -> bytes:
    return (
        card("NAXIS", 2, "number of array dimensions")
        + card("NAXIS1", shape[1])
        + card("NAXIS2", shape[0])
        + card("PCOUNT", 0, "number of parameters")
        + card("GCOUNT", 1, "number of groups")
    )


def _image_cards(rendering: Rendering) -> bytes:
    return _exposure_cards(rendering.pointing, rendering.detector) + _static_cards("IMAGE")


@lru_cache(maxsize=64)
def _exposure_cards(pointing: int, detector: int) -> bytes:
    """Cards that only IMAGE has, and that differ between exposures."""
    listed = exposure(pointing, detector)
    where = survey.pointings(pointing)
    created = _iso(listed.mjd + survey.PERIOD_DAYS)
    return b"".join([
        card("EXTNAME", "IMAGE", "extension name"),
        card("EXTTYPE", "IMAGE", "Extension supports mask overlay"),
        card("BUNIT", "MJy / sr", "Unit of pixel value"),
        card("DETECTOR", detector, "1-3: SWIR, 4-6: MWIR"),
        card("OBSID", listed.obs_id, "Observation ID"),
        card("EXPIDN", listed.lvf_id, "Integer Exposure ID"),
        card("DATE", created, "HDU creation time (UTC)"),
        card("SIMULATE", True, "SIMULATED DATA, not an observation"),
        card("SPS_TARGET", pointing, "Number of the pointing"),
        card("SPS_FLAGS", "deep" if listed.deep else "all_sky", "Kind of survey"),
        card("SPS_ELON", round(float(where.planned_longitude_deg[0]), 6),
             "[deg] Ecliptic longitude of planned boresight"),
        card("SPS_ELAT", round(float(where.planned_latitude_deg[0]), 6),
             "[deg] Ecliptic latitude of planned boresight"),
        card("SPS_EPA", float(where.planned_angle_deg[0]), "[deg] PA of FP y axis, E of ecl N"),
    ])  # fmt: skip


@cache
def _static_cards(plane: str) -> bytes:
    """Cards of a plane that are the same in all files."""
    if plane == "IMAGE":
        return b"".join([
            card("TSAMP", survey.FRAME_SECONDS, "[s] Interval between pixel readouts (frame)"),
            card("SURLIM", 77, "Frames during which charge was accumulated"),
            card("SURDLY", 3, "Frame count when accumulation of sums begins"),
            card("TRANDLY", 7, "Frame count when transient detection begins"),
            card("NCHANNEL", 32, "Number of readout channels"),
            card("WCHANNEL", 64, "Columns in each readout channel"),
            card("JACTIVE", DETECTOR_SIZE_PIX, "Number of light-sensitive pixel rows"),
            card("KACTIVE", DETECTOR_SIZE_PIX, "Number of light-sensitive pixel cols"),
            card("OBS_IN_SBAND", "False", "Observed during S-band transmission"),
            card("NON_SURVEY", "False", "Observation is not part of a survey"),
            card("L1DQAFLG", "Pass", "L1 DQA outcome"),
            card("L2DQAFLG", "Pass", "L2 DQA outcome"),
            card("DETCOORD", "sky", "MWIR pixels flipped on X to match SWIR view"),
            card("FINAST", 0, "good fine-astrometric solution"),
            card("REFCAT.VERSION", "simulated", "Reference catalog version"),
        ])  # fmt: skip
    if plane == "FLAGS":
        bits = [flag for flag in FLAGS if flag.in_image and flag.name not in _FLAGS_WITHOUT_CARD]
        return b"".join(
            [
                card("BUNIT", "", "Unit of flag pixel value (dimensionless)"),
                card("EXTTYPE", "MASK", "Extension can be used as a mask overlay"),
                *(card(f"MP_{flag.name}", flag.bit, flag.meaning) for flag in bits),
                card("EXTNAME", "FLAGS", "extension name"),
            ]
        )
    unit = "(MJy / sr)**2" if plane == "VARIANCE" else "MJy / sr"
    return card("EXTNAME", plane, "extension name") + card("BUNIT", unit, "Unit of pixel value")


@cache
def _history() -> bytes:
    return b"".join([
        commentary("COMMENT", "TELAPSE ends at MJD-END, starts prior to MJD-BEG: it includes"),
        commentary("COMMENT", "discarded frames. XPOSURE is the time that contributes."),
        commentary("HISTORY", "SIMULATED by photometry_core.simulation of SPHEREx Explorer"),
        commentary("HISTORY", f"{__version__}: a simulated sky, survey and instrument."),
    ])  # fmt: skip


def _celestial_cards(rendering: Rendering) -> bytes:
    """Primary and A WCS of a cutout."""
    wcs = survey.celestial_wcs(rendering.pointing, rendering.detector)
    box = rendering.box
    return b"".join([
        card("WCSAXES", 2, "Number of coordinate axes"),
        card("CRPIX1", wcs.crpix[0] + 1 - box.x0, "Pixel coordinate of reference point"),
        card("CRPIX2", wcs.crpix[1] + 1 - box.y0, "Pixel coordinate of reference point"),
        _pointing_cards(rendering.pointing, rendering.detector),
        _sip_cards(rendering.detector),
        card("WCSAXESA", 2, "Number of coordinate axes"),
        card("CRPIX1A", float(1 - box.x0), "Pixel coordinate of reference point"),
        card("CRPIX2A", float(1 - box.y0), "Pixel coordinate of reference point"),
        _PARENT_CARDS,
    ])  # fmt: skip


@lru_cache(maxsize=64)
def _pointing_cards(pointing: int, detector: int) -> bytes:
    wcs: TanSip = survey.celestial_wcs(pointing, detector)
    matrix = [
        card(f"PC{i + 1}_{j + 1}", float(wcs.cd_deg[i, j]), "Transformation matrix element")
        for i in range(2)
        for j in range(2)
    ]
    return b"".join([
        *matrix,
        card("CDELT1", 1.0, "[deg] Coordinate increment at reference point"),
        card("CDELT2", 1.0, "[deg] Coordinate increment at reference point"),
        card("CUNIT1", "deg", "Units of coordinate increment and value"),
        card("CUNIT2", "deg", "Units of coordinate increment and value"),
        card("CTYPE1", "RA---TAN-SIP", "TAN projection + SIP distortions"),
        card("CTYPE2", "DEC--TAN-SIP", "TAN projection + SIP distortions"),
        card("CRVAL1", wcs.crval_deg[0], "[deg] Coordinate value at reference point"),
        card("CRVAL2", wcs.crval_deg[1], "[deg] Coordinate value at reference point"),
        card("LONPOLE", 180.0, "[deg] Native longitude of celestial pole"),
        card("LATPOLE", wcs.crval_deg[1], "[deg] Native latitude of celestial pole"),
        card("RADESYS", "ICRS", "Equatorial coordinate system"),
    ])  # fmt: skip


@cache
def _sip_cards(detector: int) -> bytes:
    geometry = detector_geometry(detector)
    cards = []
    for letter, coefficients in (
        ("A", geometry.sip_a), ("B", geometry.sip_b),
        ("AP", geometry.sip_ap), ("BP", geometry.sip_bp),
    ):  # fmt: skip
        order = coefficients.shape[0] - 1
        cards.append(card(f"{letter}_ORDER", order, "SIP polynomial order"))
        cards += [
            card(f"{letter}_{p}_{q}", float(coefficients[p, q]), "SIP distortion coefficient")
            for p in range(order + 1)
            for q in range(order + 1 - p)
        ]
    return b"".join(cards)


_PARENT_CARDS = b"".join(
    card(keyword, value)
    for keyword, value in (
        ("CDELT1A", 1.0), ("CDELT2A", 1.0), ("CUNIT1A", "pixel"), ("CUNIT2A", "pixel"),
        ("CTYPE1A", "LINEAR"), ("CTYPE2A", "LINEAR"), ("CRVAL1A", 0.0), ("CRVAL2A", 0.0),
        ("LATPOLEA", 90.0), ("WCSNAMEA", "0-based active pixel coordinates"),
    )
)  # fmt: skip


@lru_cache(maxsize=64)
def _time_cards(pointing: int) -> bytes:
    begin = float(survey.begin_mjd(pointing))
    length = survey.EXPOSURE_SECONDS / 86400.0
    cards = [
        card("TIMESYS", "UTC", "Time scale"),
        card("MJDREF", 0.0, "[d] MJD of fiducial time"),
    ]
    for suffix, mjd in (
        ("OBS", begin), ("BEG", begin), ("AVG", begin + length / 2), ("END", begin + length),
    ):  # fmt: skip
        cards.append(card(f"DATE-{suffix}", _iso(mjd), "ISO-8601"))
        cards.append(card(f"MJD-{suffix}", mjd, "[d]"))
    cards.append(card("XPOSURE", 74 * survey.FRAME_SECONDS, "[s] Exposure (integration) time"))
    cards.append(card("TELAPSE", 77 * survey.FRAME_SECONDS, "[s] Elapsed time (start to stop)"))
    return b"".join(cards)


def _wavelength_cards(x0: int, y0: int) -> bytes:
    return b"".join([
        card("WCSAXESW", 2, "Two output axes: wavelength and bandwidth"),
        card("CRPIX1W", float(1 - x0), "Lookup table is in raw FITS coordinates"),
        card("CRPIX2W", float(1 - y0), "Lookup table is in raw FITS coordinates"),
        _LOOKUP_CARDS,
    ])  # fmt: skip


_LOOKUP_CARDS = b"".join(
    card(keyword, value)
    for keyword, value in (
        ("WCSNAMEW", "Approximated per-pixel wavelength and bandwidth"),
        ("CNAME1W", "Wavelength"), ("CNAME2W", "Bandwidth"),
        ("CDELT1W", 1), ("CDELT2W", 1), ("CUNIT1W", "um"), ("CUNIT2W", "um"),
        ("CTYPE1W", "WAVE-TAB"), ("CTYPE2W", "WAVE-TAB"), ("CRVAL1W", 1), ("CRVAL2W", 1),
        ("PV1_3W", 1), ("PV2_3W", 2), ("PS1_0W", "WCS-WAVE"), ("PS2_0W", "WCS-WAVE"),
        ("PS1_1W", "VALUES"), ("PS2_1W", "VALUES"), ("PS1_2W", "X"), ("PS2_2W", "Y"),
    )
)  # fmt: skip


@cache
def _psf_hdu(detector: int, version: str) -> bytes:
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
            _EXTENSION, card("BITPIX", -32), axes, card("EXTNAME", "PSF", "extension name"),
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
def _wavelength_hdu(detector: int) -> bytes:
    """The whole WCS-WAVE HDU: a table of one row."""
    grid = wavelength_grid(detector)
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


def _iso(mjd: float) -> str:
    moment = _MJD_ZERO + timedelta(days=mjd)
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds")
