"""Command line: ``python -m photometry_core TARGETS --archive A --output FOLDER``.

Exit status 0 when every target was processed, 2 when the input can't be used.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from tqdm import tqdm

from photometry_core import __version__
from photometry_core.archive import open_archive
from photometry_core.binning import DEFAULT_REJECT, bin_spectrum, reject_mask
from photometry_core.errors import InvalidInputError, PhotometryError
from photometry_core.pipeline import SOFTWARE, measure_search
from photometry_core.spectrum import Spectrum, file_stem
from photometry_core.spectrum_files import FORMATS, write_binned, write_spectrum
from photometry_core.targets import read_targets
from photometry_core.tractor_engine import require_tractor
from photometry_core.types import (
    APERTURE_RADIUS_RANGE_ARCSEC,
    BACKGROUND_SIZE_RANGE_PIX,
    DETECTORS,
    RELEASES,
    MeasureOptions,
    Target,
)

EXIT_BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    given = _parser().parse_args(arguments)
    try:
        _run(given)
    except (PhotometryError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    return 0


def _run(given: argparse.Namespace) -> None:
    targets = read_targets(
        given.targets,
        ra_column=given.ra_column,
        dec_column=given.dec_column,
        name_column=given.name_column,
    )
    start, end = given.mjd or (None, None)
    options = MeasureOptions(
        detectors=given.detectors,
        mjd_range=(start, end),
        background_size_pix=given.background_size,
        weights=given.weights,
        psf_center=given.psf_center,
        aperture_radius_arcsec=given.aperture,
        releases=given.releases,
        engine=given.engine,
    )
    if options.engine == "tractor":
        require_tractor()
    archive = open_archive(given.archive)
    given.output.mkdir(parents=True, exist_ok=True)
    search = archive.find_exposures(targets, options)
    for problem in search.problems:
        print(f"left out: {problem}", file=sys.stderr)
    with tqdm(total=len(search.matches), unit="exposure", file=sys.stderr) as bar:
        spectra = measure_search(
            search,
            targets,
            archive,
            options,
            lambda *_: _advance(bar),
            given.workers,
            stamps=False,
        )
    entries = _write(targets, spectra, given.output, given.format, given.binned)
    manifest = {
        "software": SOFTWARE,
        "simulated": any(spectrum.provenance.simulated for spectrum in spectra),
        "targets": entries,
        "problems": list(search.problems),
    }
    (given.output / "manifest.json").write_text(
        json.dumps(manifest, indent=1) + "\n", encoding="utf-8"
    )


def _advance(bar: tqdm[NoReturn]) -> None:
    bar.update()


def _write(
    targets: Sequence[Target],
    spectra: Sequence[Spectrum],
    folder: Path,
    file_format: str,
    reject: int | None,
) -> list[dict[str, Any]]:
    """Write the files of every target, and return what the manifest says of it.

    `reject` is the mask of flags for the binned spectra; `None` if none are wanted.
    """
    entries = []
    taken: set[str] = set()
    extension = FORMATS[file_format][0]
    for row, (target, spectrum) in enumerate(zip(targets, spectra, strict=True)):
        stem = file_stem(target)
        # Two targets may have the same name and position; the row tells them apart.
        name = f"{stem}_{row}" if stem.lower() in taken else stem
        taken.add(stem.lower())
        write_spectrum(spectrum, folder / f"{name}{extension}", file_format)
        entry = {
            "row": row,
            "name": target.name,
            "ra": target.ra_deg,
            "dec": target.dec_deg,
            "file": f"{name}{extension}",
            "exposures": spectrum.n_found,
            "measured": spectrum.n_measured,
        }
        if reject is not None:
            entry["binned"] = f"{name}.binned{extension}"
            binned = bin_spectrum(spectrum, reject)
            write_binned(binned, folder / f"{name}.binned{extension}", file_format)
        entries.append(entry)
    return entries


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m photometry_core",
        description="Forced photometry of SPHEREx Spectral Images at known positions.",
    )
    add = parser.add_argument
    add("targets", metavar="TARGETS", help='a table file, or a position such as "10.68 41.27"')
    add("--archive", required=True, help="'simulated', or a folder of Spectral Images")
    add("--output", required=True, type=Path, metavar="FOLDER", help="where spectra are written")
    add("--ra-column", metavar="C", help="column of right ascensions (default: ra)")
    add("--dec-column", metavar="C", help="column of declinations (default: dec)")
    add("--name-column", metavar="C", help="column of names (default: name, if there is one)")
    add("--detectors", type=_detectors, default=DETECTORS, metavar="1,4",
        help="detectors to use (default: all six)")  # fmt: skip
    add("--mjd", nargs=2, type=float, metavar=("START", "END"), help="range of mid-times")
    add("--releases", type=_releases, default=RELEASES, metavar="qr2,qr3",
        help="quick releases to use (default: both)")  # fmt: skip
    low, high = BACKGROUND_SIZE_RANGE_PIX
    add("--background-size", type=int, default=15, metavar="PIX",
        help=f"width of the background box, {low} to {high} pixels (default: 15)")  # fmt: skip
    add("--engine", choices=("native", "tractor"), default="native",
        help="what fits the fluxes: this program, or The Tractor, if it is installed "
        "(default: %(default)s)")  # fmt: skip
    add("--weights", choices=("model", "plane"), default="model",
        help="variance that weighs the pixels: the fitted model's or the plane's")  # fmt: skip
    add("--psf-center", choices=("light", "array"), default="light",
        help="what of the PSF planes of QR2 is put on the target: the centre of their light, or "
        "their middle, 0.05 pixels off, as the official tool has it (default: light)")  # fmt: skip
    least, most = APERTURE_RADIUS_RANGE_ARCSEC
    add("--aperture", type=float, metavar="RADIUS_ARCSEC",
        help=f"also sum the light within this radius, {least:g} to {most:g} arcsec "
        "(columns aper_...; default: no sums)")  # fmt: skip
    add("--workers", type=_positive, default=len(os.sched_getaffinity(0)), metavar="N",
        help="processes to use, at most (default: all processors)")  # fmt: skip
    add("--binned", nargs="?", type=_reject, const=DEFAULT_REJECT, metavar="FLAGS",
        help="also write the spectrum on the 102 nominal channels, without measurements that have "
        "any of these flags (default: DICHROIC,CONTAINS_BAD_PIXEL,FIT_ERROR)")  # fmt: skip
    add("--format", choices=tuple(FORMATS), default="votable", help="default: votable")
    add("--version", action="version", version=__version__)
    return parser


def _detectors(text: str) -> tuple[int, ...]:
    try:
        return tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of detectors; give numbers 1 to 6, such as 1,4"
        ) from None


def _reject(text: str) -> int:
    try:
        return reject_mask(text)
    except InvalidInputError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _releases(text: str) -> tuple[str, ...]:
    return tuple(sorted({part.strip().lower() for part in text.split(",")}))


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} given; allowed: a whole number from 1")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
