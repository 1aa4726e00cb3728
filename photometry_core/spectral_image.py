"""From the bytes of a Spectral Image to cutouts.

With `image_header` and `calibration` the only place that knows HDU names, keywords and
1-based pixels. It reads Level-2 Spectral Images of pipeline 6 (QR2), whole (2040 x 2040) or
cut out by the archive's server, and of an uncompressed file only the rows it needs. What is
missing is an error that names it, never a default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from photometry_core.archive.regions import Box, boxes_around
from photometry_core.byte_source import ByteSource
from photometry_core.calibration import Calibration, wavelength_table
from photometry_core.cutout import Cutout, PsfGrid, SpectralMap
from photometry_core.errors import DataFormatError
from photometry_core.fits_layout import Hdu, Header, read_hdus
from photometry_core.flags import BY_NAME
from photometry_core.image_header import Footprint, read_exposure, read_footprint
from photometry_core.motion import positions_at
from photometry_core.types import Exposure, FloatArray, Target

HDU_NAMES = frozenset({"IMAGE", "FLAGS", "VARIANCE", "PSF", "WCS-WAVE"})
_FLAG_CARD = re.compile(rb"(?:^|HIERARCH )MP_([A-Z_]+) *= *(\d+)")
_CARD_BYTES = 80
_FLOAT_BYTES = 4
_MAX_OVERSAMPLING = 50

_Array = TypeVar("_Array", bound=npt.NDArray[Any])


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
    # The headers know these better than a listing does; the collection is the archive's.
    exposure = replace(exposure, mjd=found.mjd, lvf_id=found.lvf_id, simulated=found.simulated)

    x, y = footprint.wcs.sky_to_pixel(*positions_at(targets, exposure.mjd))
    covered = np.flatnonzero(footprint.contains(x, y))
    cutouts = []
    for box, members in boxes_around(x[covered], y[covered], half_size_pix, footprint.box):
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
    try:
        x_centers, y_centers, oversampling = _psf_zones(hdu.header.raw)
    except DataFormatError as error:
        raise DataFormatError(f"{source.name}: {error}") from error
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
def _psf_zones(raw: bytes) -> tuple[FloatArray, FloatArray, int]:
    """Zone centres in detector pixels, and the oversampling, from a PSF header.

    Headers of pipeline 6.5.5 and earlier pair the centres in transposed order; the cube
    itself always has x varying fastest (IRSA, "PSF header erratum"). The sorted distinct
    centres are the same in both, so that the pairing is not used at all.
    """
    # The name of the file must not be part of what is remembered.
    header = Header("this file", "PSF", raw)
    planes = header.integer("NAXIS3")
    x, y = (
        np.array(sorted({header.number(f"{axis}CTR_{n}") for n in range(1, planes + 1)}))
        for axis in "XY"
    )
    oversampling = header.integer("OVERSAMP")
    if not 1 <= oversampling <= _MAX_OVERSAMPLING:
        raise DataFormatError(
            f"HDU PSF: OVERSAMP is {oversampling}, expected 1 to {_MAX_OVERSAMPLING}"
        )
    return _frozen(x), _frozen(y), oversampling


def _zones_around(centers: FloatArray, first_pix: int, last_pix: int) -> slice:
    """Zones that take part in blending anywhere between two pixels."""
    start = int(np.searchsorted(centers, first_pix, side="right")) - 1
    stop = int(np.searchsorted(centers, last_pix, side="left")) + 1
    return slice(max(start, 0), min(stop, centers.size))


def _frozen(array: _Array) -> _Array:
    array.setflags(write=False)
    return array
