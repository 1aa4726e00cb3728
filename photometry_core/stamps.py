"""The pixels saved with a measurement."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from photometry_core.archive.regions import Box, nearest_pixel
from photometry_core.cutout import Cutout, Stamp
from photometry_core.types import STAMP_SIZE_PIX, FloatArray


def cut_stamp(cutout: Cutout, x_pix: float, y_pix: float, model_mjy_sr: FloatArray | None) -> Stamp:
    """Cut the stamp around a detector position out of a cutout.

    Parameters
    ----------
    cutout
        The pixels.
    x_pix, y_pix
        Position on the detector; the stamp is centred on the pixel that holds it.
    model_mjy_sr
        Model on the pixels of the cutout, shape (ny, nx); `None` if there is none.
    """
    half = STAMP_SIZE_PIX // 2
    left, bottom = nearest_pixel(x_pix) - half, nearest_pixel(y_pix) - half
    x0, y0 = cutout.origin_pix
    ny, nx = cutout.image_mjy_sr.shape
    wanted = Box(left, bottom, left + STAMP_SIZE_PIX, bottom + STAMP_SIZE_PIX)
    there = wanted.intersection(Box(x0, y0, x0 + nx, y0 + ny))

    def place(plane: npt.NDArray[Any] | None, empty: float, dtype: npt.DTypeLike) -> Any:
        stamp = np.full((STAMP_SIZE_PIX, STAMP_SIZE_PIX), empty, dtype)
        if plane is not None:
            stamp[there.y0 - bottom : there.y1 - bottom, there.x0 - left : there.x1 - left] = plane[
                there.y0 - y0 : there.y1 - y0, there.x0 - x0 : there.x1 - x0
            ]
        stamp.setflags(write=False)
        return stamp

    return Stamp(
        image_mjy_sr=place(cutout.image_mjy_sr, np.nan, np.float32),
        variance_mjy2_sr2=place(cutout.variance_mjy2_sr2, np.nan, np.float32),
        flags=place(cutout.flags, 0, np.int32),
        model_mjy_sr=place(model_mjy_sr, np.nan, np.float32),
        origin_pix=(left, bottom),
        cd_deg=cutout.wcs.local_cd_deg(x_pix, y_pix),
    )
