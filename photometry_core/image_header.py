"""What the headers of a Spectral Image say: which exposure it is, and where it lies."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from photometry_core.archive.regions import Box
from photometry_core.celestial import TanSip
from photometry_core.content_cache import ContentCache
from photometry_core.errors import DataFormatError
from photometry_core.fits_header import Header
from photometry_core.fits_layout import Hdu
from photometry_core.types import DETECTOR_SIZE_PIX, DETECTORS, Exposure, FloatArray

_MAX_SIP_ORDER = 9
_RELEASE_OF_PIPELINE = {"6": "qr2", "7": "qr3"}

_ORIGIN_KEYWORDS = tuple(
    f"{keyword}{axis}A" for axis in (1, 2) for keyword in ("CTYPE", "CRVAL", "CDELT", "CRPIX")
)
_WCS_CONSTANTS: dict[str, str | int] = {
    "CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "CUNIT1": "deg", "CUNIT2": "deg",
    "RADESYS": "ICRS", "LONPOLE": 180,
}  # fmt: skip

_KINDS: ContentCache[tuple[int, str]] = ContentCache(256)
_ORIGINS: ContentCache[tuple[int, int]] = ContentCache(1024)
_ACCEPTED_WCS: ContentCache[None] = ContentCache(64)
_DISTORTIONS: ContentCache[tuple[FloatArray, FloatArray]] = ContentCache(64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Footprint:
    """Where an image lies, on the detector and on the sky.

    Parameters
    ----------
    box
        Its pixels, in detector pixels.
    wcs
        Celestial WCS in detector pixels.
    """

    box: Box
    wcs: TanSip

    def covers(self, ra_deg: npt.ArrayLike, dec_deg: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Whether ICRS positions fall on its pixels."""
        return self.contains(*self.wcs.sky_to_pixel(ra_deg, dec_deg))

    def contains(self, x_pix: FloatArray, y_pix: FloatArray) -> npt.NDArray[np.bool_]:
        """Whether detector positions, which may be NaN, fall on its pixels."""
        box = self.box
        with np.errstate(invalid="ignore"):
            return np.asarray(
                (x_pix >= box.x0 - 0.5)
                & (x_pix < box.x1 - 0.5)
                & (y_pix >= box.y0 - 0.5)
                & (y_pix < box.y1 - 0.5)
            )


def read_footprint(image: Hdu) -> Footprint:
    """Return where the image of an IMAGE HDU lies.

    Raises
    ------
    DataFormatError
        A keyword is missing, or the WCS is not TAN-SIP in ICRS degrees.
    """
    header = image.header
    shape = image.shape
    if len(shape) != 2:
        raise DataFormatError(f"{header.file}: HDU IMAGE has {len(shape)} axes, expected 2")
    x0, y0 = _ORIGINS.get(header.content(_ORIGIN_KEYWORDS), lambda: _origin(header))
    box = Box(x0, y0, x0 + shape[1], y0 + shape[0])
    if x0 < 0 or y0 < 0 or box.x1 > DETECTOR_SIZE_PIX or box.y1 > DETECTOR_SIZE_PIX:
        raise DataFormatError(
            f"{header.file}: HDU IMAGE: by its A WCS the image reaches from pixel ({x0}, {y0}) "
            f"to ({box.x1 - 1}, {box.y1 - 1}), beyond the detector"
        )
    return Footprint(box=box, wcs=_celestial_wcs(header, (x0, y0)))


def read_exposure(primary: Header, image: Header, access: str) -> Exposure:
    """Return what the headers of a Spectral Image say about the exposure.

    Parameters
    ----------
    primary, image
        Headers of the first HDU and of IMAGE.
    access
        Passed on as it is.

    Raises
    ------
    DataFormatError
        A keyword is missing, or the file is of an unknown release.
    """
    content = primary.content(("VERSION",)), image.content(("DETECTOR", "SPS_FLAGS"))
    detector, collection = _KINDS.get(content, lambda: _kind(primary, image))
    obs_id = image.text("OBSID")
    return Exposure(
        publisher_did=f"ivo://irsa.ipac/{collection}?{obs_id}/D{detector}",
        obs_id=obs_id,
        detector=detector,
        lvf_id=image.integer("EXPIDN"),
        collection=collection,
        deep=collection.endswith("_deep"),
        mjd=image.number("MJD-AVG"),
        # Real files have no such card.
        simulated="SIMULATE" in image and image.logical("SIMULATE"),
        access=access,
    )


def _kind(primary: Header, image: Header) -> tuple[int, str]:
    """Return the detector and the data collection of an exposure."""
    version = primary.text("VERSION")
    release = _RELEASE_OF_PIPELINE.get(version.partition(".")[0]) if "." in version else None
    if release is None:
        raise DataFormatError(
            f"{primary.file}: made by pipeline VERSION {version}; "
            "this version reads 6.x (QR2) and 7.x (QR3)"
        )
    detector = image.integer("DETECTOR")
    if detector not in DETECTORS:
        raise DataFormatError(f"{image.file}: DETECTOR is {detector}, expected 1 to 6")
    deep = "deep" in image.text("SPS_FLAGS").lower()
    collection = f"spherex_{release}_deep" if deep else f"spherex_{release}"
    return detector, collection


def _origin(header: Header) -> tuple[int, int]:
    """Detector (x, y) of the first pixel, from the A WCS: parent = 1 + x - CRPIXnA."""
    origin = []
    for axis in (1, 2):
        header.expect(f"CTYPE{axis}A", "LINEAR")
        header.expect(f"CRVAL{axis}A", 0)
        header.expect(f"CDELT{axis}A", 1)
        first = 1 - header.number(f"CRPIX{axis}A")
        if first != int(first):
            raise DataFormatError(f"{header.file}: CRPIX{axis}A is not a whole pixel")
        origin.append(int(first))
    return origin[0], origin[1]


def _celestial_wcs(header: Header, origin: tuple[int, int]) -> TanSip:
    """Read the primary WCS and express it in detector pixels."""
    constants = header.content(tuple(_WCS_CONSTANTS))
    _ACCEPTED_WCS.get(constants, lambda: _check_constants(header))
    cdelt1, cdelt2 = header.number("CDELT1"), header.number("CDELT2")
    c11, c12 = header.number("PC1_1") * cdelt1, header.number("PC1_2") * cdelt1
    c21, c22 = header.number("PC2_1") * cdelt2, header.number("PC2_2") * cdelt2
    area = abs(c11 * c22 - c12 * c21)
    if not 0 < area < math.inf:
        raise DataFormatError(f"{header.file}: HDU IMAGE: the PC matrix is singular")
    sip_a, sip_b = _DISTORTIONS.get(header.content_beginning(("A_", "B_")), lambda: _sip(header))
    return TanSip(
        crpix=(
            header.number("CRPIX1") - 1 + origin[0],
            header.number("CRPIX2") - 1 + origin[1],
        ),
        crval_deg=(header.number("CRVAL1"), header.number("CRVAL2")),
        cd_deg=np.array([[c11, c12], [c21, c22]]),
        sip_a=sip_a,
        sip_b=sip_b,
    )


def _check_constants(header: Header) -> None:
    for keyword, expected in _WCS_CONSTANTS.items():
        header.expect(keyword, expected)


def _sip(header: Header) -> tuple[FloatArray, FloatArray]:
    """SIP coefficients of both axes; by the convention those without a card are zero."""
    orders = {letter: header.integer(f"{letter}_ORDER") for letter in "AB"}
    for letter, order in orders.items():
        if not 0 <= order <= _MAX_SIP_ORDER:
            raise DataFormatError(
                f"{header.file}: {letter}_ORDER is {order}, expected 0 to {_MAX_SIP_ORDER}"
            )
    size = max(orders.values()) + 1
    a, b = np.zeros((size, size)), np.zeros((size, size))
    for letter, coefficients in (("A", a), ("B", b)):
        for p in range(orders[letter] + 1):
            for q in range(orders[letter] + 1 - p):
                if f"{letter}_{p}_{q}" in header:
                    coefficients[p, q] = header.number(f"{letter}_{p}_{q}")
    a.setflags(write=False)
    b.setflags(write=False)
    return a, b
