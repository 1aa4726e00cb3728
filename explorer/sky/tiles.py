"""The picture of the sky that this site serves, as a HiPS (IVOA Recommendation, 2017).

On the simulated sky its tiles are made when they are asked for. Elsewhere they are dark: the
map is drawn on something, and no picture of the sky is invented.
"""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache

import numpy as np
import numpy.typing as npt
from django.conf import settings
from mocpy import MOC

from explorer.sky import kept_files
from photometry_core.archive import SIMULATED

TILE_PIX = 256
WHOLE_SKY_ORDER = 3
DARK_ORDER = 0
_DARK = (9, 12, 17)
_COMPRESSION = 6


def max_order() -> int:
    """Return the order of the smallest tiles."""
    if settings.SPHEREX_ARCHIVE != SIMULATED:
        return DARK_ORDER
    # Only sites that simulate load the simulated sky.
    from photometry_core.simulation.sky_image import MAX_ORDER

    return MAX_ORDER


def properties() -> str:
    """Return what a HiPS says of itself."""
    simulated = settings.SPHEREX_ARCHIVE == SIMULATED
    title = "Simulated sky" if simulated else "Dark sky"
    values = {
        "creator_did": f"ivo://spherex-explorer/{'simulated' if simulated else 'dark'}",
        "obs_title": title,
        "dataproduct_type": "image",
        "hips_version": "1.4",
        "hips_status": "private master unclonable",
        "hips_frame": "equatorial",
        "hips_order": max_order(),
        "hips_order_min": 0,
        "hips_tile_width": TILE_PIX,
        "hips_tile_format": "png",
        "moc_sky_fraction": 1,
    }
    if simulated:
        values["obs_description"] = "Invented sources and zodiacal light; nothing was observed"
    return "".join(f"{name:20} = {value}\n" for name, value in values.items())


def exists(order: int, folder: int, index: int) -> bool:
    """Whether there is a tile, in the folder of ten thousand where it belongs."""
    return (
        0 <= order <= max_order()
        and 0 <= index < 12 * 4**order
        and folder == index // 10000 * 10000
    )


def tile(order: int, index: int) -> bytes:
    """Return a tile that exists, as a PNG file."""
    if settings.SPHEREX_ARCHIVE != SIMULATED:
        return _dark_tile()
    from photometry_core.simulation.seeds import SIMULATION_VERSION
    from photometry_core.simulation.sky_image import PICTURE_VERSION, tile_picture

    name = f"tile-{SIMULATION_VERSION}.{PICTURE_VERSION}-{order}-{index}.png"
    return kept_files.kept(name, lambda: png(tile_picture(order, index)))


def whole_sky_picture() -> bytes:
    """Return small pictures of all tiles of order 3 as a PNG file.

    Only on the simulated sky: a dark one has no such order.
    """
    from photometry_core.simulation.seeds import SIMULATION_VERSION
    from photometry_core.simulation.sky_image import PICTURE_VERSION, whole_sky_picture

    name = f"whole-sky-{SIMULATION_VERSION}.{PICTURE_VERSION}.png"
    return kept_files.kept(name, lambda: png(whole_sky_picture()))


@cache
def covered_area() -> bytes:
    """Return the coverage map of the picture, which is the whole sky, as a FITS file."""
    file = io.BytesIO()
    MOC.from_string("0/0-11").serialize(format="fits").writeto(file)
    return file.getvalue()


def png(picture: npt.NDArray[np.uint8]) -> bytes:
    """Return a picture as a PNG file.

    Parameters
    ----------
    picture
        Red, green and blue, shape (height, width, 3), first row at the top.
    """
    height, width, _ = picture.shape
    rows = picture.reshape(height, -1)
    # Every byte as its difference to the one above: backgrounds become zeros.
    filtered = np.empty((height, 1 + rows.shape[1]), np.uint8)
    filtered[:, 0] = 2
    filtered[:, 1:] = rows
    filtered[1:, 1:] -= rows[:-1]
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(filtered.tobytes(), _COMPRESSION))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


@cache
def _dark_tile() -> bytes:
    return png(np.full((TILE_PIX, TILE_PIX, 3), _DARK, np.uint8))
