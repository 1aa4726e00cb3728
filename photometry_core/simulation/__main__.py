"""Write simulated Spectral Images of a position to a folder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from photometry_core.errors import InvalidInputError
from photometry_core.simulation.frames import write_files
from photometry_core.simulation.lookup_hdus import PIPELINE_VERSIONS
from photometry_core.simulation.names import find_named
from photometry_core.types import DETECTOR_SIZE_PIX, DETECTORS, RELEASES, MeasureOptions, Target


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or 2 when the input can't be used."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        target = _target(given.position)
        detectors = _detectors(given.detectors)
        releases = MeasureOptions(releases=tuple(given.releases.split(","))).releases
        if given.count is not None and given.count < 1:
            raise InvalidInputError(f"--count: {given.count} given; allowed: 1 or more")
        if not 1 <= given.size <= DETECTOR_SIZE_PIX:
            raise InvalidInputError(
                f"--size: {given.size} given; allowed: 1 to {DETECTOR_SIZE_PIX} pixels"
            )
    except InvalidInputError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)  # noqa: T201 (what the command says)
        return 2
    for path in write_files(
        target.ra_deg,
        target.dec_deg,
        given.output,
        detectors=detectors,
        count=given.count,
        size_pix=None if given.full_frame else given.size,
        version=given.version,
        releases=releases,
    ):
        print(path)  # noqa: T201 (what the command says)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m photometry_core.simulation",
        description="Write SIMULATED SPHEREx Spectral Images that cover a position, under names "
        "as the archive gives them.",
    )
    parser.add_argument(
        "position", nargs="+", metavar="POSITION", help="RA and Dec in degrees, or a known name"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--full-frame", action="store_true", help="whole detectors, 72 MB each")
    kind.add_argument(
        "--size", type=int, default=61, metavar="PIXELS", help="of cutouts (default %(default)s)"
    )
    parser.add_argument(
        "--detectors", default="1,2,3,4,5,6", metavar="LIST", help="such as 1,4 (default: all)"
    )
    parser.add_argument(
        "--releases",
        default=",".join(RELEASES),
        metavar="LIST",
        help="qr2 (observed before 2026-07-20), qr3 (later), or both (default %(default)s)",
    )
    parser.add_argument(
        "--count",
        type=int,
        metavar="N",
        help="the first N exposures of each detector and release only",
    )
    parser.add_argument(
        "--version",
        choices=PIPELINE_VERSIONS,
        default=PIPELINE_VERSIONS[-1],
        help="pipeline version of QR2 files, which decides how the PSF header is written "
        "(default %(default)s); QR3 files are of 7.0.5",
    )
    return parser


def _target(words: Sequence[str]) -> Target:
    named = find_named(" ".join(words))
    if named is not None:
        return Target(name=named.name, ra_deg=named.ra_deg, dec_deg=named.dec_deg)
    try:
        ra, dec = (float(word) for word in words)
    except ValueError as error:
        raise InvalidInputError(
            f"position: {' '.join(words)!r} is neither RA and Dec in degrees nor a known name"
        ) from error
    return Target(name="position", ra_deg=ra, dec_deg=dec)


def _detectors(text: str) -> list[int]:
    try:
        detectors = sorted({int(word) for word in text.split(",")})
    except ValueError:
        detectors = []
    if not detectors or not set(detectors) <= set(DETECTORS):
        raise InvalidInputError(f"--detectors: {text!r} given; allowed: numbers 1 to 6, as 1,4")
    return detectors


if __name__ == "__main__":
    sys.exit(main())
