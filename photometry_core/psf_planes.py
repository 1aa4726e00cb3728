"""PSF planes that many files have in common, kept once.

Every file of a detector and a pipeline version holds the same planes. They are compared with
the file each time: a file with other planes gets its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import numpy as np
import numpy.typing as npt

from photometry_core.kernel.byte_order import same_long_words, same_words
from photometry_core.types import Float32Array, FloatArray

_WORD_BYTES = 4


class SharedPlanes:
    """The planes of a grid of zones, as far as they were read.

    Parameters
    ----------
    zones
        Number of rows and columns of zones.
    plane_shape
        Shape (ny, nx) of every plane.
    dtype
        Type of the numbers in files, ``>f4`` or ``>f8``.
    """

    __slots__ = ("_dtype", "_known", "_lock", "_plane_shape", "_planes", "_words", "_zones")

    def __init__(self, zones: tuple[int, int], plane_shape: tuple[int, int], dtype: str) -> None:
        self._zones, self._plane_shape = zones, plane_shape
        self._dtype = np.dtype(dtype).newbyteorder("=")
        self._lock = Lock()
        self._begin()

    def get(
        self, rows: slice, columns: slice, lines: Sequence[Sequence[bytes | memoryview]]
    ) -> Float32Array | FloatArray:
        """Return the planes of some zones, shape (rows, columns, ny, nx), read-only.

        As long as files hold the same, it is the same memory that is returned.

        Parameters
        ----------
        rows, columns
            The zones.
        lines
            Their planes as they stand in the file, line by line of zones.
        """
        with self._lock:
            if not self._hold(rows, columns, lines):
                # Arrays that were returned before stay as they are.
                self._begin()
                self._hold(rows, columns, lines)
            planes = self._planes[rows, columns]
        planes.setflags(write=False)
        return planes

    def _begin(self) -> None:
        self._planes: Float32Array | FloatArray = np.empty(
            (*self._zones, *self._plane_shape), self._dtype
        )
        self._words: npt.NDArray[np.uint32] = self._planes.reshape(*self._zones, -1).view(np.uint32)
        self._known = np.zeros(self._zones, bool)

    def _hold(
        self, rows: slice, columns: slice, lines: Sequence[Sequence[bytes | memoryview]]
    ) -> bool:
        """Whether the planes are those at hand, or are now."""
        same = same_words if self._dtype.itemsize == _WORD_BYTES else same_long_words
        for row, line in zip(range(rows.start, rows.stop), lines, strict=True):
            for column, data in zip(range(columns.start, columns.stop), line, strict=True):
                if not self._known[row, column]:
                    values = np.frombuffer(data, self._dtype.newbyteorder(">"))
                    self._planes[row, column] = values.reshape(self._plane_shape)
                    self._known[row, column] = True
                elif not same(np.frombuffer(data, np.uint32), self._words[row, column]):
                    return False
        return True
