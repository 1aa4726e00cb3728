"""Spectral Images as the archive and its cutout server deliver them, made in memory.

The layout of a Level-2 Spectral Image of the second quick release (QR2): HDUs PRIMARY,
IMAGE, FLAGS, VARIANCE, ZODI, PSF and WCS-WAVE, uncompressed, with the real keywords. A
cutout keeps the whole PSF cube and wavelength table; only CRPIXn, CRPIXnA and CRPIXnW move.
Two things differ from real files: cards SIMULATE and HISTORY say that the data are
simulated, and cards that count flagged pixels of the full frame, or give the spacecraft's
position, are left out, because nothing here knows these numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from photometry_core.simulation.cards import padding
from photometry_core.simulation.headers import plane_headers, primary_header
from photometry_core.simulation.instrument import Rendering
from photometry_core.simulation.lookup_hdus import PipelineVersion, psf_hdu, wavelength_hdu


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
        Version of the pipeline, which decides how the PSF header is written.
    """
    headers = plane_headers(rendering)
    segments = [primary_header(version)]
    for plane, pixels, dtype in (
        ("IMAGE", rendering.image_mjy_sr, ">f4"),
        ("FLAGS", rendering.flags, ">i4"),
        ("VARIANCE", rendering.variance_mjy2_sr2, ">f4"),
        ("ZODI", rendering.zodi_mjy_sr, ">f4"),
    ):
        data = pixels.astype(dtype).tobytes()
        segments += [headers[plane], data, padding(len(data))]
    segments += [psf_hdu(rendering.detector, version), wavelength_hdu(rendering.detector)]
    return SegmentedFile(segments, name)
