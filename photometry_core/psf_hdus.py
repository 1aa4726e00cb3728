"""The PSF of a Spectral Image: a cube of planes in QR2, a table of zones in QR3.

Of either only the zones near a box of pixels are read.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from photometry_core.archive.regions import Box
from photometry_core.byte_source import ByteSource
from photometry_core.cutout import PsfGrid, PsfZones
from photometry_core.errors import DataFormatError
from photometry_core.fits_layout import Hdu, Header
from photometry_core.types import FloatArray

QR2_CORE_OFFSET_PIX = (-0.05, -0.05)
"""Where the light of the planes of QR2 is from their middle, along (x, y) in native pixels.

tractorjax finds it in all 726 zones at -0.053 +- 0.007 along x, and at -0.11 to +0.01 along y,
alternating from row to row of the zones; one mean is used for all. It is half a sample of the
planes, as if the origin of their grid were off by so much. SPIFF and spherextract put the middle
of the planes at +0.05 pixels for other reasons, and so agree with it. The recipe of IRSA's
documents and the official tool do without. The planes of QR3 are centred.
"""

_FLOAT_BYTES = 4
_MAX_OVERSAMPLING = 50
_MAX_ZONES = 100_000
_REACH_PIX = 204.0
"""Zones that do not form a grid are used so far from their centres along either axis: a tenth
of the detector, two zones of the usual size."""

_ELEMENT_BYTES = {"L": 1, "B": 1, "A": 1, "I": 2, "J": 4, "E": 4, "K": 8, "D": 8}
_DTYPES = {"E": ">f4", "D": ">f8"}

_Array = TypeVar("_Array", bound=npt.NDArray[Any])


def read_psf_cube(source: ByteSource, hdu: Hdu, box: Box) -> PsfGrid:
    """Read the planes of a PSF HDU (QR2) that a box needs for bilinear blending.

    Parameters
    ----------
    source, hdu
        The file and its PSF HDU.
    box
        Detector pixels.

    Raises
    ------
    DataFormatError
        The HDU is not as the format describes it.
    """
    hdu.header.expect("BITPIX", -32)
    shape = hdu.shape
    if len(shape) != 3:
        raise DataFormatError(f"{source.name}: HDU PSF has {len(shape)} axes, expected 3")
    try:
        x_centers, y_centers, oversampling = _cube_zones(hdu.header.raw)
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
        core_offset_pix=QR2_CORE_OFFSET_PIX,
    )


def read_psf_table(source: ByteSource, hdu: Hdu, box: Box) -> PsfGrid | PsfZones:
    """Read the rows of an EPSF HDU (QR3) that a box needs.

    Parameters
    ----------
    source, hdu
        The file and its EPSF HDU: one zone per row, its centre in 0-based detector pixels
        in XCENTER and YCENTER, its PSF in EPSF with the response of the pixel included.
    box
        Detector pixels.

    Returns
    -------
    PsfGrid or PsfZones
        The former if the centres of all rows form a grid, whatever the order of the rows
        and whether the grid is regular or not; the latter for any other centres.

    Raises
    ------
    DataFormatError
        The HDU is not as the format describes it.
    """
    hdu.header.expect("XTENSION", "BINTABLE")
    try:
        layout = _table_layout(hdu.header.raw)
    except DataFormatError as error:
        raise DataFormatError(f"{source.name}: {error}") from error
    grid = _table_grid(_read_centers(source, hdu, layout))
    if grid.numbers is None:
        return _scattered_zones(source, hdu, layout, grid, box)
    columns = _zones_around(grid.x, box.x0, box.x1 - 1)
    rows = _zones_around(grid.y, box.y0, box.y1 - 1)
    planes = np.array(
        [
            [_read_plane(source, hdu, layout, number) for number in numbers]
            for numbers in grid.numbers[rows, columns].tolist()
        ]
    )
    return PsfGrid(
        planes=_frozen(planes),
        x_centers_pix=grid.x[columns],
        y_centers_pix=grid.y[rows],
        oversampling=layout.oversampling,
        pixel_included=True,
    )


class _Column(NamedTuple):
    """A column of numbers: offset of its first byte in a row, data type, shape."""

    start: int
    dtype: str
    shape: tuple[int, ...]

    @property
    def stop(self) -> int:
        return self.start + np.dtype(self.dtype).itemsize * math.prod(self.shape)


class _TableLayout(NamedTuple):
    rows: int
    row_bytes: int
    oversampling: int
    x_center: _Column
    y_center: _Column
    plane: _Column


class _TableGrid(NamedTuple):
    """Centres of zones.

    `numbers` are those of the rows, shape (ny, nx), if they form a grid of the ascending
    centres `x` and `y`; otherwise `x` and `y` are those of the rows.
    """

    x: FloatArray
    y: FloatArray
    numbers: npt.NDArray[np.int64] | None


def _scattered_zones(
    source: ByteSource, hdu: Hdu, layout: _TableLayout, grid: _TableGrid, box: Box
) -> PsfZones:
    """Read all zones that may be used anywhere in a box."""
    reach = _REACH_PIX + 0.5
    near = np.flatnonzero(
        (grid.x >= box.x0 - reach)
        & (grid.x <= box.x1 - 1 + reach)
        & (grid.y >= box.y0 - reach)
        & (grid.y <= box.y1 - 1 + reach)
    )
    planes = [_read_plane(source, hdu, layout, number) for number in near.tolist()]
    return PsfZones(
        planes=_frozen(np.array(planes).reshape(len(planes), *layout.plane.shape)),
        x_centers_pix=_frozen(grid.x[near]),
        y_centers_pix=_frozen(grid.y[near]),
        reach_pix=_REACH_PIX,
        oversampling=layout.oversampling,
        pixel_included=True,
    )


def _read_centers(source: ByteSource, hdu: Hdu, layout: _TableLayout) -> bytes:
    """Read x and y of the centres of all rows, as big-endian float64 pairs."""
    first = min(layout.x_center.start, layout.y_center.start)
    last = max(layout.x_center.stop, layout.y_center.stop)
    pieces = [
        hdu.read(source, number * layout.row_bytes + first, number * layout.row_bytes + last)
        for number in range(layout.rows)
    ]
    data = np.frombuffer(b"".join(pieces), np.uint8).reshape(layout.rows, last - first)
    centers = np.empty((layout.rows, 2))
    for axis, column in enumerate((layout.x_center, layout.y_center)):
        part = np.ascontiguousarray(data[:, column.start - first : column.stop - first])
        centers[:, axis] = part.view(column.dtype)[:, 0]
    if not np.all(np.isfinite(centers)):
        raise DataFormatError(f"{source.name}: HDU EPSF: the centre of a zone is not finite")
    return centers.tobytes()


@lru_cache(maxsize=32)
def _table_grid(centers: bytes) -> _TableGrid:
    """Find out whether centres form a grid; tables are the same in all files of a detector."""
    pairs = np.frombuffer(centers).reshape(-1, 2)
    x, i = np.unique(pairs[:, 0], return_inverse=True)
    y, j = np.unique(pairs[:, 1], return_inverse=True)
    if x.size * y.size == len(pairs):
        numbers = np.full((y.size, x.size), -1)
        numbers[j, i] = np.arange(len(pairs))
        if np.all(numbers >= 0):
            return _TableGrid(_frozen(x), _frozen(y), _frozen(numbers))
    return _TableGrid(_frozen(pairs[:, 0].copy()), _frozen(pairs[:, 1].copy()), None)


def _read_plane(source: ByteSource, hdu: Hdu, layout: _TableLayout, number: int) -> FloatArray:
    """Read the PSF of one row."""
    start = number * layout.row_bytes
    data = hdu.read(source, start + layout.plane.start, start + layout.plane.stop)
    return np.frombuffer(data, layout.plane.dtype).astype(np.float64).reshape(layout.plane.shape)


@lru_cache(maxsize=32)
def _table_layout(raw: bytes) -> _TableLayout:
    """Return where the columns of an EPSF table are."""
    # The name of the file must not be part of what is remembered.
    header = Header("this file", "EPSF", raw)
    columns: dict[str, _Column] = {}
    start = 0
    for n in range(1, header.integer("TFIELDS") + 1):
        name, form = header.text(f"TTYPE{n}"), header.text(f"TFORM{n}")
        match = re.fullmatch(r"(\d*)([LBAIJEKD])", form)
        if match is None:
            raise DataFormatError(f"HDU EPSF: column {name} has the format {form!r}")
        count, code = int(match[1] or 1), match[2]
        if name in ("XCENTER", "YCENTER", "EPSF"):
            if code not in _DTYPES:
                raise DataFormatError(
                    f"HDU EPSF: column {name} has the format {form!r}, expected E or D"
                )
            shape = _dimensions(header.text(f"TDIM{n}")) if name == "EPSF" else (1,)
            if math.prod(shape) != count:
                raise DataFormatError(
                    f"HDU EPSF: column {name} has {count} numbers for the shape {shape}"
                )
            columns[name] = _Column(start, _DTYPES[code], shape)
        start += count * _ELEMENT_BYTES[code]
    for name in ("XCENTER", "YCENTER", "EPSF"):
        if name not in columns:
            raise DataFormatError(f"HDU EPSF: column {name} is missing")
    header.expect("NAXIS1", start)
    rows = header.integer("NAXIS2")
    if not 1 <= rows <= _MAX_ZONES:
        raise DataFormatError(f"HDU EPSF has {rows} rows, expected 1 to {_MAX_ZONES}")
    oversampling = header.integer("OVSMPX")
    header.expect("OVSMPY", oversampling)
    if not 1 <= oversampling <= _MAX_OVERSAMPLING:
        raise DataFormatError(
            f"HDU EPSF: OVSMPX is {oversampling}, expected 1 to {_MAX_OVERSAMPLING}"
        )
    return _TableLayout(
        rows, start, oversampling, columns["XCENTER"], columns["YCENTER"], columns["EPSF"]
    )


def _dimensions(text: str) -> tuple[int, ...]:
    match = re.fullmatch(r"\( *(\d+) *, *(\d+) *\)", text)
    if match is None:
        raise DataFormatError(f"HDU EPSF: column EPSF has the dimensions {text!r}, expected two")
    # FITS names the fastest axis first.
    return int(match[2]), int(match[1])


@lru_cache(maxsize=32)
def _cube_zones(raw: bytes) -> tuple[FloatArray, FloatArray, int]:
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
