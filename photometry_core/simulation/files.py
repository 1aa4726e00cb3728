"""Spectral Images as the archive and its cutout server deliver them, made in memory.

The layout of Level-2 Spectral Images of the second quick release (QR2): HDUs PRIMARY,
IMAGE, FLAGS, VARIANCE, ZODI, PSF and WCS-WAVE, uncompressed, with the real keywords; and of
the third (QR3), to which exposures from 2026-07-20 on belong: FLAGS is compressed, with other
cards for its bits, and a table EPSF takes the place of PSF. A cutout keeps the whole PSF and
wavelength table; only CRPIXn, CRPIXnA and CRPIXnW move.
Two things differ from real files: cards SIMULATE and HISTORY say that the data are
simulated, and cards that count flagged pixels of the full frame, or give the spacecraft's
position, are left out, because nothing here knows these numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from photometry_core.byte_source import pieces_of
from photometry_core.simulation import survey
from photometry_core.simulation.cards import BLOCK_BYTES, CARD_BYTES, padding
from photometry_core.simulation.headers import plane_headers, primary_header
from photometry_core.simulation.instrument import Rendering
from photometry_core.simulation.lookup_hdus import (
    QR3_PIPELINE_VERSION,
    PipelineVersion,
    effective_psf_hdu,
    psf_hdu,
    wavelength_hdu,
)


class SegmentedFile:
    """A file in memory, in pieces: what all files of a detector share is not copied.

    Parameters
    ----------
    segments
        The pieces, in order.
    name
        What to call the file in messages.
    """

    __slots__ = ("_ends", "_segments", "name")

    def __init__(self, segments: list[bytes], name: str) -> None:
        self.name = name
        self._segments = segments
        self._ends = np.cumsum([len(segment) for segment in segments]).tolist()

    @property
    def size(self) -> int:
        """Number of bytes."""
        return int(self._ends[-1])

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to `end`, fewer where the file ends before."""
        pieces = []
        for segment, segment_end in zip(self._segments, self._ends, strict=True):
            first = segment_end - len(segment)
            if start < segment_end and end > first:
                pieces.append(segment[max(start - first, 0) : end - first])
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def read_pieces(self, start: int, size: int, stride: int, count: int) -> bytes:
        """Return `count` pieces of `size` bytes, `stride` bytes apart."""
        return pieces_of(self.read(start, start + stride * count), 0, size, stride, count)

    def segments(self) -> Iterator[bytes]:
        """Return the pieces, in order."""
        return iter(self._segments)


def spectral_image(
    rendering: Rendering, name: str, version: PipelineVersion = "6.5.6"
) -> SegmentedFile:
    """Return a Spectral Image, or a server's cutout of one, as a file in memory.

    Parameters
    ----------
    rendering
        The pixels; a full frame if its box is the whole detector.
    name
        Name of the file.
    version
        Version of the pipeline that made a QR2 file, which decides how the PSF header is
        written. QR3 files are all of version 7.0.5.
    """
    release = survey.release(rendering.pointing)
    table, flags = _compressed(rendering.flags) if release == "qr3" else (b"", b"")
    headers = plane_headers(rendering, table)
    segments = [primary_header(QR3_PIPELINE_VERSION if release == "qr3" else version)]
    for plane, data in (
        ("IMAGE", rendering.image_mjy_sr.astype(">f4").tobytes()),
        ("FLAGS", flags or rendering.flags.astype(">i4").tobytes()),
        ("VARIANCE", rendering.variance_mjy2_sr2.astype(">f4").tobytes()),
        ("ZODI", rendering.zodi_mjy_sr.astype(">f4").tobytes()),
    ):
        segments += [headers[plane], data, padding(len(data))]
    if release == "qr3":
        segments.append(effective_psf_hdu(rendering.detector))
    else:
        segments.append(psf_hdu(rendering.detector, version))
    segments.append(wavelength_hdu(rendering.detector, release))
    return SegmentedFile(segments, name)


def _compressed(flags: npt.NDArray[np.int32]) -> tuple[bytes, bytes]:
    """Compress flags row by row; return the cards that describe the table, and its data."""
    image = fits.CompImageHDU(flags, compression_type="RICE_1", tile_shape=(1, flags.shape[1]))
    stream = BytesIO()
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(stream)
    written = stream.getvalue()
    # The bare headers of the first and the second HDU have one block each.
    cards = [
        written[start : start + CARD_BYTES]
        for start in range(BLOCK_BYTES, 2 * BLOCK_BYTES, CARD_BYTES)
    ]
    end = next(n for n, one in enumerate(cards) if one.rstrip() == b"END")
    described = [one for one in cards[:end] if not one.startswith(b"EXTNAME")]
    sizes = {
        one[:8].rstrip(): int(one[10:30])
        for one in cards
        if one[:6] in (b"NAXIS1", b"NAXIS2", b"PCOUNT")
    }
    length = sizes[b"NAXIS1"] * sizes[b"NAXIS2"] + sizes[b"PCOUNT"]
    return b"".join(described), written[2 * BLOCK_BYTES : 2 * BLOCK_BYTES + length]
