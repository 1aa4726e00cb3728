"""From the bytes of a Spectral Image to cutouts.

With `image_header`, `flag_plane`, `psf_hdus` and `calibration` the only place that knows HDU
names, keywords and 1-based pixels. It reads Level-2 Spectral Images of pipelines 6 (QR2) and 7
(QR3), whole (2040 x 2040) or cut out by the archive's server, and of an uncompressed file only
the rows it needs. What is missing is an error that names it, never a default.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from photometry_core.archive.regions import Box, boxes_around
from photometry_core.byte_source import ByteSource
from photometry_core.calibration import Calibration, wavelength_table
from photometry_core.content_cache import ContentCache
from photometry_core.cutout import Cutout, SpectralMap
from photometry_core.errors import DataFormatError
from photometry_core.fits_layout import Hdu, HduWalk
from photometry_core.flag_plane import check_flag_bits, flags_layout, read_flags
from photometry_core.image_header import Footprint, read_exposure, read_footprint
from photometry_core.motion import positions_at
from photometry_core.psf_hdus import read_psf_cube, read_psf_table
from photometry_core.types import Exposure, Float32Array, Target

_PSF_HDU = {"qr2": "PSF", "qr3": "EPSF"}
_IMAGE = frozenset({"IMAGE"})
_PLANE_KEYWORDS = ("BUNIT", "BITPIX", "BSCALE", "BZERO")
_ACCEPTED_PLANES: ContentCache[None] = ContentCache(256)

_Array = TypeVar("_Array", bound=npt.NDArray[Any])


def read_cutouts(
    source: ByteSource,
    exposure: Exposure,
    targets: Sequence[Target],
    half_size_pix: int,
    calibration: Callable[[Exposure], Calibration] | None = None,
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
        Gives the calibration products at hand for an exposure: they differ between detectors
        and between releases.

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
    walk = HduWalk(source)
    hdus = walk.until(_IMAGE)
    if "IMAGE" not in hdus:
        raise DataFormatError(f"{source.name}: HDU IMAGE is missing")
    found = read_exposure(hdus["PRIMARY"].header, hdus["IMAGE"].header, exposure.access)
    needed = ("IMAGE", "FLAGS", "VARIANCE", _PSF_HDU[found.release], "WCS-WAVE")
    hdus = walk.until(frozenset(needed))
    missing = [name for name in needed if name not in hdus]
    if missing:
        raise DataFormatError(f"{source.name}: HDU {missing[0]} is missing")
    image = hdus["IMAGE"]
    if (found.obs_id, found.detector) != (exposure.obs_id, exposure.detector):
        raise DataFormatError(
            f"{source.name}: holds {found.obs_id} D{found.detector}, "
            f"expected {exposure.obs_id} D{exposure.detector}"
        )
    if found.release != exposure.release:
        raise DataFormatError(
            f"{source.name}: is of the release {found.release} by its VERSION, "
            f"expected {exposure.release}"
        )
    footprint = read_footprint(image)
    _check_planes(hdus)
    check_flag_bits(hdus["FLAGS"].header)
    products = calibration(found) if calibration is not None else Calibration()
    spectral = products.wavelengths or _read_wavelengths(source, hdus, footprint.box)
    # The headers know these better than a listing does; the collection is the archive's.
    if (exposure.mjd, exposure.lvf_id, exposure.simulated) != (
        found.mjd,
        found.lvf_id,
        found.simulated,
    ):
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
        solid_angle = footprint.wcs.solid_angles_arcsec2((box.x0, box.y0), box.shape)
    return Cutout(
        exposure=exposure,
        image_mjy_sr=_read_plane(source, hdus["IMAGE"], box, frame),
        variance_mjy2_sr2=_read_plane(source, hdus["VARIANCE"], box, frame),
        flags=_frozen(read_flags(source, hdus["FLAGS"], *_window(box, frame))),
        origin_pix=(box.x0, box.y0),
        solid_angle_arcsec2=_frozen(solid_angle),
        wcs=footprint.wcs,
        spectral=spectral,
        psf=(
            read_psf_cube(source, hdus["PSF"], box)
            if exposure.release == "qr2"
            else read_psf_table(source, hdus["EPSF"], box)
        ),
    )


def _read_plane(source: ByteSource, hdu: Hdu, box: Box, frame: Box) -> Float32Array:
    """Read a box of a plane of float32."""
    plane = hdu.read_window(source, *_window(box, frame), ">f4")
    return _frozen(plane.astype(np.float32))


def _window(box: Box, frame: Box) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns of a box in the planes of a file that holds `frame`."""
    return (box.y0 - frame.y0, box.y1 - frame.y0), (box.x0 - frame.x0, box.x1 - frame.x0)


def _check_planes(hdus: dict[str, Hdu]) -> None:
    """Refuse planes of another size, type or unit than the format has."""
    image, variance = hdus["IMAGE"], hdus["VARIANCE"]
    flags_shape = flags_layout(hdus["FLAGS"]).shape
    content = (
        image.shape,
        variance.shape,
        flags_shape,
        image.header.content(_PLANE_KEYWORDS),
        variance.header.content(_PLANE_KEYWORDS),
    )
    _ACCEPTED_PLANES.get(content, lambda: _compare_planes(image, variance, flags_shape))


def _compare_planes(image: Hdu, variance: Hdu, flags_shape: tuple[int, ...]) -> None:
    image.header.expect("BUNIT", "MJy / sr")
    for hdu in (image, variance):
        header = hdu.header
        header.expect("BITPIX", -32)
        for scaling in ("BSCALE", "BZERO"):
            if scaling in header:
                raise DataFormatError(f"{header.file}: HDU {hdu.name} is scaled by {scaling}")
    for name, shape in (("VARIANCE", variance.shape), ("FLAGS", flags_shape)):
        if shape != image.shape:
            raise DataFormatError(
                f"{image.header.file}: HDU {name} has the shape {shape}, IMAGE {image.shape}"
            )


def _read_wavelengths(source: ByteSource, hdus: dict[str, Hdu], frame: Box) -> SpectralMap:
    table = hdus["WCS-WAVE"]
    table.header.expect("XTENSION", "BINTABLE")
    table.header.expect("NAXIS2", 1)
    row = table.read(source, 0, table.header.integer("NAXIS1"))
    return wavelength_table(hdus["IMAGE"].header, table, row, (frame.x0, frame.y0))


def _frozen(array: _Array) -> _Array:
    array.setflags(write=False)
    return array
