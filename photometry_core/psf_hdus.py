"""The PSF of a Spectral Image: a cube of planes in QR2, a table of zones in QR3.

Of either only the zones near a box of pixels are read. Zones are found by what another file
with the same header says of them, and the centres of those that are read are compared.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from photometry_core.archive.regions import Box
from photometry_core.byte_source import ByteSource
from photometry_core.content_cache import ContentCache
from photometry_core.cutout import PsfGrid, PsfZones
from photometry_core.errors import DataFormatError
from photometry_core.fits_header import Header
from photometry_core.fits_layout import Hdu
from photometry_core.psf_planes import SharedPlanes
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
_MAX_BYTES = 100_000_000
"""Real PSF HDUs have 5 MB."""
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
    cube = _CUBES.get(hdu.header.raw, lambda: _read_cube(hdu))
    columns = _zones_around(cube.x, box.x0, box.x1 - 1)
    rows = _zones_around(cube.y, box.y0, box.y1 - 1)
    lines = []
    for row in range(rows.start, rows.stop):
        first = (row * cube.x.size + columns.start) * cube.plane_bytes
        size = (columns.stop - columns.start) * cube.plane_bytes
        line = memoryview(hdu.read(source, first, first + size))
        starts = range(0, size, cube.plane_bytes)
        lines.append([line[start : start + cube.plane_bytes] for start in starts])
    return PsfGrid(
        planes=cube.planes.get(rows, columns, lines),
        x_centers_pix=cube.x[columns],
        y_centers_pix=cube.y[rows],
        oversampling=cube.oversampling,
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
    raw = hdu.header.raw
    table = _TABLES.get(raw, lambda: _read_table(source, hdu))
    # Which zones are near is known of a grid by comparing those that are read; of other centres
    # only by those of the file itself: another's may have been damaged.
    found = None if table.planes is None else _zones_of(source, hdu, table, box)
    if found is None:
        table = _read_table(source, hdu)
        _TABLES.put(raw, table)
        found = _zones_of(source, hdu, table, box)
    if found is None:
        raise DataFormatError(f"{source.name}: HDU EPSF changed while it was read")
    return found


class _Cube(NamedTuple):
    """Centres of the columns and rows of zones of a PSF HDU, and its planes."""

    x: FloatArray
    y: FloatArray
    oversampling: int
    plane_bytes: int
    planes: SharedPlanes


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

    @property
    def plane_shape(self) -> tuple[int, int]:
        """Shape (ny, nx) of a plane."""
        ny, nx = self.plane.shape
        return ny, nx


class _TableGrid(NamedTuple):
    """Centres of zones.

    `numbers` are those of the rows, shape (ny, nx), if they form a grid of the ascending
    centres `x` and `y`; otherwise `x` and `y` are those of the rows.
    """

    x: FloatArray
    y: FloatArray
    numbers: npt.NDArray[np.int64] | None


class _Table(NamedTuple):
    """An EPSF HDU: `centers` of all rows as they stand in the file, and the planes of a grid."""

    layout: _TableLayout
    grid: _TableGrid
    centers: list[tuple[bytes, bytes]]
    planes: SharedPlanes | None


_CUBES: ContentCache[_Cube] = ContentCache(32)
_TABLES: ContentCache[_Table] = ContentCache(32)


def _read_table(source: ByteSource, hdu: Hdu) -> _Table:
    """Find out where the zones of a table are."""
    layout = _table_layout(hdu.header)
    _refuse_huge(hdu)
    centers = _read_centers(source, hdu, layout)
    grid = _table_grid(source, layout, centers)
    shape = None if grid.numbers is None else (grid.y.size, grid.x.size)
    planes = shape and SharedPlanes(shape, layout.plane_shape, layout.plane.dtype)
    return _Table(layout, grid, centers, planes or None)


def _zones_of(source: ByteSource, hdu: Hdu, table: _Table, box: Box) -> PsfGrid | PsfZones | None:
    """Read the zones that a box needs; `None` if one has another centre than in the table."""
    layout, grid = table.layout, table.grid
    if grid.numbers is None or table.planes is None:
        return _scattered_zones(source, hdu, table, box)
    columns = _zones_around(grid.x, box.x0, box.x1 - 1)
    rows = _zones_around(grid.y, box.y0, box.y1 - 1)
    lines = [
        [_read_plane(source, hdu, table, number) for number in numbers]
        for numbers in grid.numbers[rows, columns].tolist()
    ]
    known = [[plane for plane in line if plane is not None] for line in lines]
    if known != lines:
        return None
    return PsfGrid(
        planes=table.planes.get(rows, columns, known),
        x_centers_pix=grid.x[columns],
        y_centers_pix=grid.y[rows],
        oversampling=layout.oversampling,
        pixel_included=True,
    )


def _scattered_zones(source: ByteSource, hdu: Hdu, table: _Table, box: Box) -> PsfZones | None:
    """Read all zones that may be used anywhere in a box; `None` as of `_zones_of`."""
    layout, grid = table.layout, table.grid
    reach = _REACH_PIX + 0.5
    near = np.flatnonzero(
        (grid.x >= box.x0 - reach)
        & (grid.x <= box.x1 - 1 + reach)
        & (grid.y >= box.y0 - reach)
        & (grid.y <= box.y1 - 1 + reach)
    )
    planes = [_read_plane(source, hdu, table, number) for number in near.tolist()]
    known = [plane for plane in planes if plane is not None]
    if len(known) != len(planes):
        return None
    values = np.frombuffer(b"".join(known), layout.plane.dtype).astype(np.float64)
    return PsfZones(
        planes=_frozen(values.reshape(len(known), *layout.plane_shape)),
        x_centers_pix=_frozen(grid.x[near]),
        y_centers_pix=_frozen(grid.y[near]),
        reach_pix=_REACH_PIX,
        oversampling=layout.oversampling,
        pixel_included=True,
    )


def _read_plane(source: ByteSource, hdu: Hdu, table: _Table, number: int) -> bytes | None:
    """Read the PSF of one row as it stands there; `None` if its centre is not the expected."""
    layout = table.layout
    start = number * layout.row_bytes
    row = hdu.read(source, start, start + layout.row_bytes)
    if _center(layout, row) != table.centers[number]:
        return None
    return row[layout.plane.start : layout.plane.stop]


def _center(layout: _TableLayout, row: bytes) -> tuple[bytes, bytes]:
    """Return the x and y of a zone as they stand in its row."""
    x, y = layout.x_center, layout.y_center
    return row[x.start : x.stop], row[y.start : y.stop]


def _read_centers(source: ByteSource, hdu: Hdu, layout: _TableLayout) -> list[tuple[bytes, bytes]]:
    """Read the centres of all rows."""
    first = min(layout.x_center.start, layout.y_center.start)
    last = max(layout.x_center.stop, layout.y_center.stop)
    data = hdu.read_pieces(source, first, last - first, layout.row_bytes, layout.rows)
    pieces = (data[k : k + last - first] for k in range(0, len(data), last - first))
    return [_center(layout, bytes(first) + piece) for piece in pieces]


def _table_grid(
    source: ByteSource, layout: _TableLayout, centers: list[tuple[bytes, bytes]]
) -> _TableGrid:
    """Find out whether centres form a grid."""
    pairs = np.empty((len(centers), 2))
    for axis, column in enumerate((layout.x_center, layout.y_center)):
        pairs[:, axis] = np.frombuffer(b"".join(one[axis] for one in centers), column.dtype)
    if not np.all(np.isfinite(pairs)):
        raise DataFormatError(f"{source.name}: HDU EPSF: the centre of a zone is not finite")
    x, i = np.unique(pairs[:, 0], return_inverse=True)
    y, j = np.unique(pairs[:, 1], return_inverse=True)
    if x.size * y.size == len(pairs):
        numbers = np.full((y.size, x.size), -1)
        numbers[j, i] = np.arange(len(pairs))
        if np.all(numbers >= 0):
            return _TableGrid(_frozen(x), _frozen(y), _frozen(numbers))
    return _TableGrid(_frozen(pairs[:, 0].copy()), _frozen(pairs[:, 1].copy()), None)


def _table_layout(header: Header) -> _TableLayout:
    """Return where the columns of an EPSF table are."""
    header.expect("XTENSION", "BINTABLE")
    columns: dict[str, _Column] = {}
    start = 0
    for n in range(1, header.integer("TFIELDS") + 1):
        name, form = header.text(f"TTYPE{n}"), header.text(f"TFORM{n}")
        match = re.fullmatch(r"(\d*)([LBAIJEKD])", form)
        if match is None:
            raise DataFormatError(f"{header.file}: HDU EPSF: column {name} has the format {form!r}")
        count, code = int(match[1] or 1), match[2]
        if name in ("XCENTER", "YCENTER", "EPSF"):
            if code not in _DTYPES:
                raise DataFormatError(
                    f"{header.file}: HDU EPSF: column {name} has the format {form!r}, "
                    "expected E or D"
                )
            shape = _dimensions(header, header.text(f"TDIM{n}")) if name == "EPSF" else (1,)
            if math.prod(shape) != count:
                raise DataFormatError(
                    f"{header.file}: HDU EPSF: column {name} has {count} numbers for the shape "
                    f"{shape}"
                )
            columns[name] = _Column(start, _DTYPES[code], shape)
        start += count * _ELEMENT_BYTES[code]
    for name in ("XCENTER", "YCENTER", "EPSF"):
        if name not in columns:
            raise DataFormatError(f"{header.file}: HDU EPSF: column {name} is missing")
    header.expect("NAXIS1", start)
    rows = header.integer("NAXIS2")
    if not 1 <= rows <= _MAX_ZONES:
        raise DataFormatError(
            f"{header.file}: HDU EPSF has {rows} rows, expected 1 to {_MAX_ZONES}"
        )
    oversampling = header.integer("OVSMPX")
    header.expect("OVSMPY", oversampling)
    if not 1 <= oversampling <= _MAX_OVERSAMPLING:
        raise DataFormatError(
            f"{header.file}: HDU EPSF: OVSMPX is {oversampling}, expected 1 to {_MAX_OVERSAMPLING}"
        )
    return _TableLayout(
        rows, start, oversampling, columns["XCENTER"], columns["YCENTER"], columns["EPSF"]
    )


def _dimensions(header: Header, text: str) -> tuple[int, ...]:
    match = re.fullmatch(r"\( *(\d+) *, *(\d+) *\)", text)
    if match is None:
        raise DataFormatError(
            f"{header.file}: HDU EPSF: column EPSF has the dimensions {text!r}, expected two"
        )
    # FITS names the fastest axis first.
    return int(match[2]), int(match[1])


def _read_cube(hdu: Hdu) -> _Cube:
    """Zone centres in detector pixels, and the oversampling, from a PSF header.

    Headers of pipeline 6.5.5 and earlier pair the centres in transposed order; the cube
    itself always has x varying fastest (IRSA, "PSF header erratum"). The sorted distinct
    centres are the same in both, so that the pairing is not used at all.
    """
    header, shape = hdu.header, hdu.shape
    header.expect("BITPIX", -32)
    if len(shape) != 3:
        raise DataFormatError(f"{header.file}: HDU PSF has {len(shape)} axes, expected 3")
    _refuse_huge(hdu)
    x, y = (
        np.array(sorted({header.number(f"{axis}CTR_{n}") for n in range(1, shape[0] + 1)}))
        for axis in "XY"
    )
    oversampling = header.integer("OVERSAMP")
    if not 1 <= oversampling <= _MAX_OVERSAMPLING:
        raise DataFormatError(
            f"{header.file}: HDU PSF: OVERSAMP is {oversampling}, expected 1 to {_MAX_OVERSAMPLING}"
        )
    if x.size * y.size != shape[0] or not shape[0]:
        raise DataFormatError(
            f"{header.file}: HDU PSF has {shape[0]} planes for {x.size} x {y.size} zones"
        )
    ny, nx = shape[1:]
    planes = SharedPlanes((y.size, x.size), (ny, nx), ">f4")
    return _Cube(_frozen(x), _frozen(y), oversampling, ny * nx * _FLOAT_BYTES, planes)


def _refuse_huge(hdu: Hdu) -> None:
    if hdu.data_bytes > _MAX_BYTES:
        raise DataFormatError(
            f"{hdu.header.file}: HDU {hdu.name} has {hdu.data_bytes} bytes, expected at most "
            f"{_MAX_BYTES}"
        )


def _zones_around(centers: FloatArray, first_pix: int, last_pix: int) -> slice:
    """Zones that take part in blending anywhere between two pixels."""
    # One of few numbers is found in a list much faster than in an array.
    ordered = centers.tolist()
    start, stop = bisect_right(ordered, first_pix) - 1, bisect_left(ordered, last_pix) + 1
    return slice(max(start, 0), min(stop, len(ordered)))


def _frozen(array: _Array) -> _Array:
    array.setflags(write=False)
    return array
