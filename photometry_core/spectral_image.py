"""From the bytes of a Spectral Image to cutouts.

The only module that knows HDU names, keywords and 1-based pixels. It reads Level-2
Spectral Images of pipeline 6 (QR2), whole (2040 x 2040) or cut out by the archive's server,
and of an uncompressed file only the rows it needs. What is missing is an error that
names it, never a default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from photometry_core.archive.regions import Box, boxes_around
from photometry_core.byte_source import ByteSource
from photometry_core.calibration import Calibration, wavelength_table
from photometry_core.celestial import TanSip
from photometry_core.errors import DataFormatError
from photometry_core.fits_layout import Hdu, Header, read_hdus
from photometry_core.flags import BY_NAME
from photometry_core.types import (
    DETECTOR_SIZE_PIX,
    DETECTORS,
    Cutout,
    Exposure,
    FloatArray,
    PsfGrid,
    SpectralMap,
    Target,
)

HDU_NAMES = frozenset({"IMAGE", "FLAGS", "VARIANCE", "PSF", "WCS-WAVE"})
_FLAG_CARD = re.compile(rb"(?:^|HIERARCH )MP_([A-Z_]+) *= *(\d+)")
_CARD_BYTES = 80
_FLOAT_BYTES = 4

_Array = TypeVar("_Array", bound=npt.NDArray[Any])


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
        x, y = self.wcs.sky_to_pixel(ra_deg, dec_deg)
        box = self.box
        with np.errstate(invalid="ignore"):
            inside = (
                (x >= box.x0 - 0.5) & (x < box.x1 - 0.5) & (y >= box.y0 - 0.5) & (y < box.y1 - 0.5)
            )
        return np.asarray(inside)


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
    x0, y0 = _origin(header)
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
    version = primary.text("VERSION")
    if not version.startswith("6."):
        raise DataFormatError(
            f"{primary.file}: made by pipeline VERSION {version}; this version reads 6.x (QR2)"
        )
    detector = image.integer("DETECTOR")
    if detector not in DETECTORS:
        raise DataFormatError(f"{image.file}: DETECTOR is {detector}, expected 1 to 6")
    deep = "deep" in image.text("SPS_FLAGS").lower()
    collection = "spherex_qr2_deep" if deep else "spherex_qr2"
    obs_id = image.text("OBSID")
    return Exposure(
        publisher_did=f"ivo://irsa.ipac/{collection}?{obs_id}/D{detector}",
        obs_id=obs_id,
        detector=detector,
        lvf_id=image.integer("EXPIDN"),
        collection=collection,
        deep=deep,
        mjd=image.number("MJD-AVG"),
        access=access,
    )


def read_cutouts(
    source: ByteSource,
    exposure: Exposure,
    targets: Sequence[Target],
    half_size_pix: int,
    calibration: Callable[[int], Calibration] | None = None,
) -> list[tuple[Cutout, tuple[int, ...]]]:
    """Read the surroundings of targets from a Spectral Image.

    Parameters
    ----------
    source
        The file, uncompressed.
    exposure
        What the archive says the file is; a file of another exposure is refused.
    targets
        Positions wanted.
    half_size_pix
        Pixels to every side of the pixel that holds a target, as far as the image goes.
    calibration
        Gives the calibration products at hand for a detector.

    Returns
    -------
    list
        Cutouts, each with the indices of the targets it holds. A target that is not on
        the image appears in none.

    Raises
    ------
    DataFormatError
        The file lacks something, contradicts the format or is another exposure.
    """
    hdus = read_hdus(source, until=HDU_NAMES)
    missing = [
        name for name in ("IMAGE", "FLAGS", "VARIANCE", "PSF", "WCS-WAVE") if name not in hdus
    ]
    if missing:
        raise DataFormatError(f"{source.name}: HDU {missing[0]} is missing")
    image = hdus["IMAGE"]
    found = read_exposure(hdus["PRIMARY"].header, image.header, exposure.access)
    if (found.obs_id, found.detector) != (exposure.obs_id, exposure.detector):
        raise DataFormatError(
            f"{source.name}: holds {found.obs_id} D{found.detector}, "
            f"expected {exposure.obs_id} D{exposure.detector}"
        )
    footprint = read_footprint(image)
    _check_planes(hdus)
    _check_flag_bits(hdus["FLAGS"].header)
    products = calibration(found.detector) if calibration is not None else Calibration()
    spectral = products.wavelengths or _read_wavelengths(source, hdus, footprint.box)
    # The headers know the time better than a listing does; the collection is the archive's.
    exposure = replace(exposure, mjd=found.mjd, lvf_id=found.lvf_id)

    ra = np.array([target.ra_deg for target in targets])
    dec = np.array([target.dec_deg for target in targets])
    covered = np.flatnonzero(footprint.covers(ra, dec))
    x, y = footprint.wcs.sky_to_pixel(ra[covered], dec[covered])
    cutouts = []
    for box, members in boxes_around(x, y, half_size_pix, footprint.box):
        cutout = _read_box(
            source,
            hdus,
            box,
            exposure=exposure,
            footprint=footprint,
            spectral=spectral,
            products=products,
        )
        cutouts.append((cutout, tuple(int(covered[member]) for member in members)))
    return cutouts


def _read_box(
    source: ByteSource,
    hdus: dict[str, Hdu],
    box: Box,
    *,
    exposure: Exposure,
    footprint: Footprint,
    spectral: SpectralMap,
    products: Calibration,
) -> Cutout:
    """Read the planes of one box of detector pixels."""
    frame = footprint.box
    if products.solid_angles is not None:
        solid_angle = products.solid_angles.of(box)
    else:
        y, x = np.mgrid[box.y0 : box.y1, box.x0 : box.x1].astype(np.float64)
        solid_angle = footprint.wcs.solid_angle_arcsec2(x, y)
    return Cutout(
        exposure=exposure,
        image_mjy_sr=_read_plane(source, hdus["IMAGE"], box, frame, ">f4"),
        variance_mjy2_sr2=_read_plane(source, hdus["VARIANCE"], box, frame, ">f4"),
        flags=_read_plane(source, hdus["FLAGS"], box, frame, ">i4"),
        origin_pix=(box.x0, box.y0),
        solid_angle_arcsec2=_frozen(solid_angle),
        wcs=footprint.wcs,
        spectral=spectral,
        psf=_read_psf(source, hdus["PSF"], box),
    )


def _read_plane(source: ByteSource, hdu: Hdu, box: Box, frame: Box, dtype: str) -> npt.NDArray[Any]:
    """Read a box of a plane: its rows whole, then the columns wanted."""
    width = frame.x1 - frame.x0
    row_bytes = width * _FLOAT_BYTES
    data = hdu.read(source, (box.y0 - frame.y0) * row_bytes, (box.y1 - frame.y0) * row_bytes)
    rows = np.frombuffer(data, dtype).reshape(-1, width)
    columns = rows[:, box.x0 - frame.x0 : box.x1 - frame.x0]
    return _frozen(columns.astype(np.dtype(dtype).newbyteorder("=")))


def _check_planes(hdus: dict[str, Hdu]) -> None:
    """Refuse planes of another size, type or unit than the format has."""
    image = hdus["IMAGE"]
    image.header.expect("BUNIT", "MJy / sr")
    for name, bitpix in (("IMAGE", -32), ("VARIANCE", -32), ("FLAGS", 32)):
        hdu = hdus[name]
        hdu.header.expect("BITPIX", bitpix)
        for scaling in ("BSCALE", "BZERO"):
            if scaling in hdu.header:
                raise DataFormatError(f"{hdu.header.file}: HDU {name} is scaled by {scaling}")
        if hdu.shape != image.shape:
            raise DataFormatError(
                f"{hdu.header.file}: HDU {name} has the shape {hdu.shape}, IMAGE {image.shape}"
            )


def _check_flag_bits(header: Header) -> None:
    """Refuse a FLAGS plane whose bits mean something else than ours."""
    raw = header.raw
    cards = (raw[start : start + _CARD_BYTES] for start in range(0, len(raw), _CARD_BYTES))
    bits = [match.groups() for match in map(_FLAG_CARD.match, cards) if match]
    if not bits:
        raise DataFormatError(f"{header.file}: HDU FLAGS has no MP_ keywords that name its bits")
    for name, bit in bits:
        flag = BY_NAME.get(name.decode())
        if flag is not None and flag.bit != int(bit):
            raise DataFormatError(
                f"{header.file}: HDU FLAGS: MP_{flag.name} is bit {int(bit)}, expected {flag.bit}"
            )


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
    for keyword, expected in (
        ("CTYPE1", "RA---TAN-SIP"),
        ("CTYPE2", "DEC--TAN-SIP"),
        ("CUNIT1", "deg"),
        ("CUNIT2", "deg"),
        ("RADESYS", "ICRS"),
        ("LONPOLE", 180),
    ):
        header.expect(keyword, expected)
    pc = np.array([[header.number(f"PC{i}_{j}") for j in (1, 2)] for i in (1, 2)])
    cdelt = np.array([header.number("CDELT1"), header.number("CDELT2")])
    cd = pc * cdelt[:, None]
    if not np.linalg.det(cd):
        raise DataFormatError(f"{header.file}: HDU IMAGE: the PC matrix is singular")
    return TanSip(
        crpix=(
            header.number("CRPIX1") - 1 + origin[0],
            header.number("CRPIX2") - 1 + origin[1],
        ),
        crval_deg=(header.number("CRVAL1"), header.number("CRVAL2")),
        cd_deg=_frozen(cd),
        sip_a=_sip(header, "A"),
        sip_b=_sip(header, "B"),
    )


def _sip(header: Header, letter: str) -> FloatArray:
    """SIP coefficients; by the convention those without a card are zero."""
    order = header.integer(f"{letter}_ORDER")
    if not 0 <= order <= 9:
        raise DataFormatError(f"{header.file}: {letter}_ORDER is {order}, expected 0 to 9")
    coefficients = np.zeros((order + 1, order + 1))
    for p in range(order + 1):
        for q in range(order + 1 - p):
            if f"{letter}_{p}_{q}" in header:
                coefficients[p, q] = header.number(f"{letter}_{p}_{q}")
    return _frozen(coefficients)


def _read_wavelengths(source: ByteSource, hdus: dict[str, Hdu], frame: Box) -> SpectralMap:
    table = hdus["WCS-WAVE"]
    table.header.expect("XTENSION", "BINTABLE")
    table.header.expect("NAXIS2", 1)
    row = table.read(source, 0, table.header.integer("NAXIS1"))
    return wavelength_table(hdus["IMAGE"].header, table, row, (frame.x0, frame.y0))


def _read_psf(source: ByteSource, hdu: Hdu, box: Box) -> PsfGrid:
    """Read the PSF planes of the zones that a box needs for bilinear blending."""
    hdu.header.expect("BITPIX", -32)
    shape = hdu.shape
    if len(shape) != 3:
        raise DataFormatError(f"{source.name}: HDU PSF has {len(shape)} axes, expected 3")
    x_centers, y_centers, oversampling = _psf_zones(hdu.header.raw, source.name)
    if x_centers.size * y_centers.size != shape[0]:
        raise DataFormatError(
            f"{source.name}: HDU PSF has {shape[0]} planes for "
            f"{x_centers.size} x {y_centers.size} zones"
        )
    columns = _zones_around(x_centers, box.x0, box.x1 - 1)
    rows = _zones_around(y_centers, box.y0, box.y1 - 1)
    plane_bytes = shape[1] * shape[2] * _FLOAT_BYTES
    planes = np.empty(
        (rows.stop - rows.start, columns.stop - columns.start, *shape[1:]), np.float32
    )
    for index, row in enumerate(range(rows.start, rows.stop)):
        first = row * x_centers.size
        data = hdu.read(
            source, (first + columns.start) * plane_bytes, (first + columns.stop) * plane_bytes
        )
        planes[index] = np.frombuffer(data, ">f4").reshape(planes.shape[1:])
    return PsfGrid(
        planes=_frozen(planes),
        x_centers_pix=x_centers[columns],
        y_centers_pix=y_centers[rows],
        oversampling=oversampling,
    )


@lru_cache(maxsize=32)
def _psf_zones(raw: bytes, file: str) -> tuple[FloatArray, FloatArray, int]:
    """Zone centres in detector pixels, and the oversampling, from a PSF header.

    Headers of pipeline 6.5.5 and earlier pair the centres in transposed order; the cube
    itself always has x varying fastest (IRSA, "PSF header erratum"). The sorted distinct
    centres are the same in both, so that the pairing is not used at all.
    """
    header = Header(file, "PSF", raw)
    planes = header.integer("NAXIS3")
    x, y = (
        np.array(sorted({header.number(f"{axis}CTR_{n}") for n in range(1, planes + 1)}))
        for axis in "XY"
    )
    oversampling = header.integer("OVERSAMP")
    if oversampling < 1:
        raise DataFormatError(f"{file}: HDU PSF: OVERSAMP is {oversampling}, expected 1 or more")
    return _frozen(x), _frozen(y), oversampling


def _zones_around(centers: FloatArray, first_pix: int, last_pix: int) -> slice:
    """Zones that take part in blending anywhere between two pixels."""
    start = int(np.searchsorted(centers, first_pix, side="right")) - 1
    stop = int(np.searchsorted(centers, last_pix, side="left")) + 1
    return slice(max(start, 0), min(stop, centers.size))


def _frozen(array: _Array) -> _Array:
    array.setflags(write=False)
    return array
