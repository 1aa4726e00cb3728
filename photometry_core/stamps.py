"""The pixels saved with a measurement."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from photometry_core.archive.regions import Box
from photometry_core.cutout import Stamp
from photometry_core.sources import Located
from photometry_core.types import STAMP_SIZE_PIX, Float32Array

_NO_MODEL = np.full((STAMP_SIZE_PIX, STAMP_SIZE_PIX), np.nan, np.float32)
_NO_MODEL.setflags(write=False)


def cut_stamp(one: Located, model_mjy_sr: Float32Array | None) -> Stamp:
    """Cut the stamp around a target out of its cutout.

    Parameters
    ----------
    one
        The target; the stamp is centred on the pixel that holds it.
    model_mjy_sr
        The stamp's own model, shape (STAMP_SIZE_PIX, STAMP_SIZE_PIX); `None` if there is none.
    """
    cutout = one.cutout
    ny, nx = cutout.image_mjy_sr.shape
    left, bottom = one.column - STAMP_SIZE_PIX // 2, one.row - STAMP_SIZE_PIX // 2
    wanted = Box(left, bottom, left + STAMP_SIZE_PIX, bottom + STAMP_SIZE_PIX)
    there = wanted.intersection(Box(0, 0, nx, ny))
    from_cutout = (slice(there.y0, there.y1), slice(there.x0, there.x1))
    to_stamp = (
        slice(there.y0 - bottom, there.y1 - bottom),
        slice(there.x0 - left, there.x1 - left),
    )

    def place(plane: npt.NDArray[Any], empty: float) -> npt.NDArray[Any]:
        stamp = np.full((STAMP_SIZE_PIX, STAMP_SIZE_PIX), empty, plane.dtype)
        stamp[to_stamp] = plane[from_cutout]
        stamp.setflags(write=False)
        return stamp

    x0, y0 = cutout.origin_pix
    return Stamp(
        image_mjy_sr=place(cutout.image_mjy_sr, np.nan),
        variance_mjy2_sr2=place(cutout.variance_mjy2_sr2, np.nan),
        flags=place(cutout.flags, 0),
        model_mjy_sr=_NO_MODEL if model_mjy_sr is None else model_mjy_sr,
        origin_pix=(left + x0, bottom + y0),
        cd_deg=one.cd_deg,
    )
