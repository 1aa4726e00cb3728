"""The stamps of a spectrum, stacked: one cube per plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from photometry_core.cutout import Stamp
from photometry_core.types import STAMP_SIZE_PIX, Float32Array, FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stamps:
    """The stamps of a spectrum, rows as in its table.

    Shapes are (n, STAMP_SIZE_PIX, STAMP_SIZE_PIX); a row without pixels is NaN with flags 0
    and the origin (-1, -1).

    Parameters
    ----------
    image_mjy_sr, variance_mjy2_sr2, model_mjy_sr, flags
        As in `photometry_core.types.Stamp`.
    origin_pix
        Detector (x, y) of each stamp's first element, shape (n, 2).
    cd_deg
        Local linear WCS of each stamp, shape (n, 2, 2).
    """

    image_mjy_sr: Float32Array
    variance_mjy2_sr2: Float32Array
    model_mjy_sr: Float32Array
    flags: npt.NDArray[np.int32]
    origin_pix: IntArray
    cd_deg: FloatArray

    @property
    def residual_mjy_sr(self) -> Float32Array:
        """Image less model; NaN where either is."""
        return self.image_mjy_sr - self.model_mjy_sr

    def put(self, row: int, other: Stamps, other_row: int) -> None:
        """Replace one row by one of other stamps."""
        for name in STAMP_FIELDS:
            getattr(self, name)[row] = getattr(other, name)[other_row]

    def reorder(self, order: Sequence[int]) -> None:
        """Put rows in another order, in place: there may not be memory for all twice."""
        for name in STAMP_FIELDS:
            plane = getattr(self, name)
            plane[:] = plane[order]


STAMP_FIELDS = tuple(field.name for field in fields(Stamps))


def stamps_of_hdus(planes: Mapping[str, npt.NDArray[Any]], places: Any) -> Stamps:
    """Return stamps of what a file of stamps holds, in memory and in the machine's byte order.

    Parameters
    ----------
    planes
        The image planes by the names of the fields, each of the shape that `Stamps` says.
    places
        The rows of the table of places, with the columns ``X0``, ``Y0`` and ``CD``.
    """
    return Stamps(
        image_mjy_sr=planes["image_mjy_sr"].astype(np.float32),
        variance_mjy2_sr2=planes["variance_mjy2_sr2"].astype(np.float32),
        model_mjy_sr=planes["model_mjy_sr"].astype(np.float32),
        flags=planes["flags"].astype(np.int32),
        origin_pix=np.stack([places["X0"], places["Y0"]], axis=-1).astype(np.int64),
        cd_deg=np.array(places["CD"]).astype(np.float64).reshape(-1, 2, 2),
    )


def empty_stamps(count: int) -> Stamps:
    """Return the stamps of rows without pixels."""
    shape = (count, STAMP_SIZE_PIX, STAMP_SIZE_PIX)
    return Stamps(
        image_mjy_sr=np.full(shape, np.nan, np.float32),
        variance_mjy2_sr2=np.full(shape, np.nan, np.float32),
        model_mjy_sr=np.full(shape, np.nan, np.float32),
        flags=np.zeros(shape, np.int32),
        origin_pix=np.full((count, 2), -1, np.int64),
        cd_deg=np.full((count, 2, 2), np.nan),
    )


def stack_stamps(stamps: Sequence[Stamp | None]) -> Stamps:
    """Return stamps as one array per plane; `None` is a row without pixels."""
    stacked = empty_stamps(len(stamps))
    for row, stamp in enumerate(stamps):
        if stamp is not None:
            for name in STAMP_FIELDS:
                getattr(stacked, name)[row] = getattr(stamp, name)
    return stacked
