"""Wavelength, bandwidth and solid angle anywhere on a detector.

The table in every Spectral Image (WCS-WAVE) is good to about 1 nm; the calibration
products hold a value for every pixel and are used where an archive has them.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from photometry_core.archive.regions import Box
from photometry_core.byte_source import FileSource
from photometry_core.content_cache import ContentCache
from photometry_core.cutout import SpectralMap
from photometry_core.errors import DataFormatError
from photometry_core.fits_header import Header
from photometry_core.fits_layout import Hdu, read_hdus
from photometry_core.types import DETECTOR_SIZE_PIX, FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class WavelengthTable:
    """Wavelength and bandwidth at control points of one detector.

    Parameters
    ----------
    x_pix, y_pix
        Control points in 0-based detector pixels, ascending, shapes (n,) and (m,).
    values_um
        Wavelength and bandwidth in um, shape (m, n, 2).
    """

    x_pix: FloatArray
    y_pix: FloatArray
    values_um: FloatArray
    _x: list[float] = field(init=False, repr=False)
    _y: list[float] = field(init=False, repr=False)
    _values: list[list[list[float]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # Single numbers are taken from lists much faster than from arrays.
        object.__setattr__(self, "_x", self.x_pix.tolist())
        object.__setattr__(self, "_y", self.y_pix.tolist())
        object.__setattr__(self, "_values", self.values_um.tolist())

    def at(self, x_pix: float, y_pix: float) -> tuple[float, float]:
        """Return (wavelength, bandwidth) in um, bilinear between control points.

        Within half a pixel outside the outer control points, which are the centres of the
        outer pixels, the outer cells are continued.
        """
        i, fx = _cell(self._x, x_pix)
        j, fy = _cell(self._y, y_pix)
        (low, low_next), (high, high_next) = (
            self._values[j][i : i + 2],
            self._values[j + 1][i : i + 2],
        )
        wavelength, bandwidth = (
            (low[k] * (1 - fx) + low_next[k] * fx) * (1 - fy)
            + (high[k] * (1 - fx) + high_next[k] * fx) * fy
            for k in (0, 1)
        )
        return wavelength, bandwidth


@dataclass(frozen=True, slots=True, eq=False)
class WavelengthMaps:
    """Wavelength and bandwidth of every pixel of one detector.

    Parameters
    ----------
    wavelength_um, bandwidth_um
        CWAVE and CBAND of the spectral WCS product, shapes (2040, 2040).
    """

    wavelength_um: npt.NDArray[np.floating]
    bandwidth_um: npt.NDArray[np.floating]

    def at(self, x_pix: float, y_pix: float) -> tuple[float, float]:
        """Return (wavelength, bandwidth) in um, bilinear between pixel centres."""
        i, j = (min(max(math.floor(at), 0), DETECTOR_SIZE_PIX - 2) for at in (x_pix, y_pix))
        fx, fy = x_pix - i, y_pix - j
        here = (slice(j, j + 2), slice(i, i + 2))
        wavelength, bandwidth = (
            (low * (1 - fx) + low_next * fx) * (1 - fy) + (high * (1 - fx) + high_next * fx) * fy
            for (low, low_next), (high, high_next) in (
                self.wavelength_um[here].tolist(), self.bandwidth_um[here].tolist(),
            )
        )  # fmt: skip
        return wavelength, bandwidth


@dataclass(frozen=True, slots=True, eq=False)
class SolidAngleMap:
    """Solid angle of every pixel of one detector.

    Parameters
    ----------
    solid_angle_arcsec2
        Shape (2040, 2040).
    """

    solid_angle_arcsec2: npt.NDArray[np.floating]

    def of(self, box: Box) -> FloatArray:
        """Return the solid angles of a box of pixels in arcsec^2, shape (ny, nx)."""
        return np.array(
            self.solid_angle_arcsec2[box.y0 : box.y1, box.x0 : box.x1], dtype=np.float64
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """The calibration products at hand for one detector; `None` where there is none.

    Parameters
    ----------
    wavelengths
        Used instead of the table in the Spectral Image.
    solid_angles
        Used instead of the Jacobian of the celestial WCS.
    """

    wavelengths: SpectralMap | None = None
    solid_angles: SolidAngleMap | None = None


def wavelength_table(
    image: Header, table: Hdu, data: bytes, origin: tuple[int, int]
) -> WavelengthTable:
    """Return the wavelength table that the W WCS of an image points at.

    The lookup uses raw pixels: the SIP distortion of the celestial WCS has no part in it.

    Parameters
    ----------
    image
        Header of the IMAGE HDU, whose cards with key letter W say how to look up.
    table
        The WCS-WAVE HDU.
    data
        The bytes of its only row.
    origin
        Detector (x, y) of the image's first pixel.

    Raises
    ------
    DataFormatError
        A keyword is missing or not as the format describes it.
    """
    looked_up = (image.content(_LOOKUP_KEYWORDS), table.name, origin)
    _ACCEPTED_LOOKUPS.get(looked_up, lambda: _check_lookup(image, table.name, origin))
    return _TABLES.get((table.header.raw, data), lambda: _read_table(table, data))


_LOOKUP_KEYWORDS = tuple(
    f"{keyword}W"
    for n in (1, 2)
    for keyword in (
        f"CTYPE{n}", f"CUNIT{n}", f"PS{n}_0", f"PS{n}_1", f"PS{n}_2", f"PV{n}_3", f"CDELT{n}",
        f"CRPIX{n}", f"CRVAL{n}",
    )
)  # fmt: skip
_ACCEPTED_LOOKUPS: ContentCache[None] = ContentCache(1024)
_TABLES: ContentCache[WavelengthTable] = ContentCache(64)


def _check_lookup(image: Header, table: str, origin: tuple[int, int]) -> None:
    """Refuse a W WCS that looks up in any other way than by the number of a pixel."""
    for axis in (1, 2):
        image.expect(f"CTYPE{axis}W", "WAVE-TAB")
        image.expect(f"CUNIT{axis}W", "um")
        image.expect(f"PS{axis}_0W", table)
        image.expect(f"PS{axis}_1W", "VALUES")
        image.expect(f"PS{axis}_2W", "XY"[axis - 1])
        image.expect(f"PV{axis}_3W", axis)
        image.expect(f"CDELT{axis}W", 1)
        # The image's pixel p (1-based) is looked up at p - CRPIX + CRVAL, which must be the
        # 1-based number of the same pixel on the detector.
        first = 1 - image.number(f"CRPIX{axis}W") + image.number(f"CRVAL{axis}W")
        if first != origin[axis - 1] + 1:
            raise DataFormatError(
                f"{image.file}: HDU IMAGE: the first pixel is number {first:g} on the detector "
                f"along axis {axis} by the W WCS, and {origin[axis - 1] + 1} by the A WCS"
            )


def _read_table(table: Hdu, data: bytes) -> WavelengthTable:
    forms = tuple(
        (table.header.text(f"TTYPE{n}"), table.header.text(f"TFORM{n}"))
        for n in range(1, table.header.integer("TFIELDS") + 1)
    )
    try:
        return _parse_wavelength_table(data, forms)
    except ValueError as error:
        raise DataFormatError(f"{table.header.file}: HDU {table.name}: {error}") from error


def _parse_wavelength_table(data: bytes, forms: tuple[tuple[str, str], ...]) -> WavelengthTable:
    columns: dict[str, FloatArray] = {}
    start = 0
    for name, form in forms:
        match = re.fullmatch(r"(\d+)([JE])", form)
        if match is None:
            raise ValueError(f"column {name} has the format {form!r}, expected nJ or nE")
        count = int(match[1])
        raw = data[start : start + 4 * count]
        dtype = ">i4" if match[2] == "J" else ">f4"
        if len(raw) < 4 * count:
            raise ValueError(f"its row has {len(data)} bytes, too few for column {name}")
        # Damaged numbers may be NaN that warn of their conversion.
        with np.errstate(invalid="ignore"):
            columns[name] = np.frombuffer(raw, dtype).astype(np.float64)
        start += 4 * count
    missing = {"X", "Y", "VALUES"} - columns.keys()
    if missing:
        raise ValueError(f"column {min(missing)} is missing")
    x, y, values = columns["X"], columns["Y"], columns["VALUES"]
    if values.size != 2 * x.size * y.size or x.size < 2 or y.size < 2:
        raise ValueError(
            f"column VALUES has {values.size} numbers, expected 2 x {x.size} x {y.size}"
        )
    if not (np.all(np.diff(x) > 0) and np.all(np.diff(y) > 0)):
        raise ValueError("control points do not ascend")
    if not np.all((values > 0) & np.isfinite(values)):
        raise ValueError("a wavelength or a width is not finite or not positive")
    # Control points are 1-based.
    return WavelengthTable(x - 1, y - 1, values.reshape(y.size, x.size, 2))


def read_wavelength_maps(path: Path) -> WavelengthMaps:
    """Open a spectral WCS calibration product; pixels are read when needed.

    Raises
    ------
    DataFormatError
        It lacks CWAVE or CBAND, in um, of the size of the detector.
    """
    return WavelengthMaps(_map_plane(path, "CWAVE", "um"), _map_plane(path, "CBAND", "um"))


def read_solid_angles(path: Path) -> SolidAngleMap:
    """Open a solid-angle pixel map; pixels are read when needed.

    Raises
    ------
    DataFormatError
        It lacks an IMAGE HDU in arcsec2 of the size of the detector.
    """
    return SolidAngleMap(_map_plane(path, "IMAGE", "arcsec2"))


def _map_plane(path: Path, name: str, unit: str) -> npt.NDArray[np.floating]:
    with FileSource(path) as source:
        hdu = read_hdus(source).get(name)
    if hdu is None:
        raise DataFormatError(f"{path.name} has no HDU {name}")
    hdu.header.expect("BUNIT", unit)
    size = DETECTOR_SIZE_PIX
    if hdu.shape != (size, size) or path.stat().st_size < hdu.data_start + hdu.data_bytes:
        raise DataFormatError(f"{path.name}: HDU {name} is not whole, or not {size} x {size}")
    dtype = {-32: ">f4", -64: ">f8"}.get(hdu.header.integer("BITPIX"))
    if dtype is None:
        raise DataFormatError(f"{path.name}: HDU {name}: BITPIX is neither -32 nor -64")
    return np.memmap(path, dtype=dtype, mode="r", offset=hdu.data_start, shape=(size, size))


def _cell(points: list[float], at: float) -> tuple[int, float]:
    """Index of the grid cell that holds a coordinate, and the fraction within it."""
    index = min(max(bisect_right(points, at) - 1, 0), len(points) - 2)
    return index, (at - points[index]) / (points[index + 1] - points[index])
