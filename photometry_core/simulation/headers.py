"""Headers of the planes of a Spectral Image.

Cards that are the same in all files, in all files of a detector, or in all planes of a
file are made once.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache

from photometry_core import __version__
from photometry_core.flags import FLAGS
from photometry_core.simulation import survey
from photometry_core.simulation.cards import card, commentary, header
from photometry_core.simulation.exposures import exposure
from photometry_core.simulation.focal_plane import detector_geometry
from photometry_core.simulation.instrument import Rendering
from photometry_core.types import DETECTOR_SIZE_PIX

_MJD_ZERO = datetime(1858, 11, 17, tzinfo=UTC)
_UNNAMED = {"SUR_MISMATCH", "VAR_UNDER", "PERSIST_UNK", "SATELLITE_HALO"}
_FLAGS_WITHOUT_CARD = {
    "qr2": _UNNAMED | {"CROSSTALK", "STREAK"},
    "qr3": _UNNAMED | {"PHANTOM", "REFERENCE"},
}
"""Bits that the headers of a release do not name."""


@cache
def primary_header(version: str) -> bytes:
    """Return the header of the first HDU."""
    return header(
        card("SIMPLE", True, "conforms to FITS standard"),
        card("BITPIX", 8, "array data type"),
        card("NAXIS", 0, "number of array dimensions"),
        card("EXTEND", True),
        card("VERSION", version, "Level 2 pipeline version"),
        card("SIMULATE", True, "SIMULATED DATA, not an observation"),
    )


def plane_headers(rendering: Rendering, compressed_flags: bytes = b"") -> dict[str, bytes]:
    """Return the headers of IMAGE, FLAGS, VARIANCE and ZODI.

    Parameters
    ----------
    rendering
        The pixels.
    compressed_flags
        Cards that describe the table of a compressed FLAGS plane; none if it is plain.
    """
    box, pointing, detector = rendering.box, rendering.pointing, rendering.detector
    wcs = survey.celestial_wcs(pointing, detector)
    shape = (
        card("NAXIS", 2, "number of array dimensions")
        + card("NAXIS1", box.shape[1])
        + card("NAXIS2", box.shape[0])
        + card("PCOUNT", 0, "number of parameters")
        + card("GCOUNT", 1, "number of groups")
    )
    coordinates = (
        card("WCSAXES", 2, "Number of coordinate axes"),
        card("CRPIX1", wcs.crpix[0] + 1 - box.x0, "Pixel coordinate of reference point"),
        card("CRPIX2", wcs.crpix[1] + 1 - box.y0, "Pixel coordinate of reference point"),
        _pointing_cards(pointing, detector),
        _sip_cards(detector),
        card("WCSAXESA", 2, "Number of coordinate axes"),
        card("CRPIX1A", float(1 - box.x0), "Pixel coordinate of reference point"),
        card("CRPIX2A", float(1 - box.y0), "Pixel coordinate of reference point"),
        _PARENT_CARDS,
        _time_cards(pointing),
        card("WCSAXESW", 2, "Two output axes: wavelength and bandwidth"),
        card("CRPIX1W", float(1 - box.x0), "Lookup table is in raw FITS coordinates"),
        card("CRPIX2W", float(1 - box.y0), "Lookup table is in raw FITS coordinates"),
        _LOOKUP_CARDS,
    )
    own = {
        "IMAGE": _exposure_cards(pointing, detector) + _static_cards("IMAGE"),
        "FLAGS": _static_cards("FLAGS") + _bit_cards(survey.release(pointing)),
        "VARIANCE": _static_cards("VARIANCE"),
        "ZODI": _static_cards("ZODI"),
    }
    return {
        plane: header(
            compressed_flags
            if plane == "FLAGS" and compressed_flags
            else card("XTENSION", "IMAGE", "Image extension")
            + card("BITPIX", 32 if plane == "FLAGS" else -32, "array data type")
            + shape,
            cards,
            *coordinates,
            _closing_cards() if plane == "IMAGE" else b"",
        )
        for plane, cards in own.items()
    }


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
        return b"".join(
            [
                card("BUNIT", "", "Unit of flag pixel value (dimensionless)"),
                card("EXTTYPE", "MASK", "Extension can be used as a mask overlay"),
                card("EXTNAME", "FLAGS", "extension name"),
            ]
        )
    unit = "(MJy / sr)**2" if plane == "VARIANCE" else "MJy / sr"
    return card("EXTNAME", plane, "extension name") + card("BUNIT", unit, "Unit of pixel value")


@cache
def _bit_cards(release: str) -> bytes:
    """Cards that say what the bits of the FLAGS plane mean."""
    named = [
        flag for flag in FLAGS if flag.in_image and flag.name not in _FLAGS_WITHOUT_CARD[release]
    ]
    if release == "qr2":
        return b"".join(card(f"MP_{flag.name}", flag.bit, flag.meaning) for flag in named)
    return b"".join(
        card(f"MSKN{number:04d}", flag.name) + card(f"MSKM{number:04d}", flag.mask, flag.meaning)
        for number, flag in enumerate(named)
    )


@cache
def _closing_cards() -> bytes:
    return b"".join([
        commentary("COMMENT", "TELAPSE ends at MJD-END, starts prior to MJD-BEG: it includes"),
        commentary("COMMENT", "discarded frames. XPOSURE is the time that contributes."),
        commentary("HISTORY", "SIMULATED by photometry_core.simulation of SPHEREx Explorer"),
        commentary("HISTORY", f"{__version__}: a simulated sky, survey and instrument."),
    ])  # fmt: skip


@lru_cache(maxsize=64)
def _pointing_cards(pointing: int, detector: int) -> bytes:
    wcs = survey.celestial_wcs(pointing, detector)
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


def _iso(mjd: float) -> str:
    moment = _MJD_ZERO + timedelta(days=mjd)
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds")
