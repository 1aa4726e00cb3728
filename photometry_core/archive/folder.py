"""A folder of Spectral Images and server cutouts on disk.

Files are found by their footprint, read from their headers; their names do not matter.
Calibration products in the folder are recognised by the archive's names for them.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import attrgetter
from pathlib import Path

import numpy as np

from photometry_core.archive.search import ExposureMatch, ExposureSearch
from photometry_core.byte_source import opened
from photometry_core.calibration import Calibration, read_solid_angles, read_wavelength_maps
from photometry_core.cutout import Cutout
from photometry_core.errors import ArchiveError, DataFormatError, ExposureError
from photometry_core.fits_layout import HduWalk
from photometry_core.footprints import Outlines, outlines
from photometry_core.image_header import Footprint, read_exposure, read_footprint
from photometry_core.motion import positions_at
from photometry_core.spectral_image import read_cutouts
from photometry_core.types import DETECTORS, RELEASES, Exposure, MeasureOptions, Target

_SUFFIXES = (".fits", ".fits.gz", ".fit", ".fit.gz")
_PRODUCT = re.compile(
    r"^(?P<family>spectral_wcs|solid_angle_pixel_map)_D(?P<detector>[1-6])_spx_"
    r"[a-z-]+(?:v(?P<version>\d+)-)?(?P<date>\d{4}-\d{3})\.fits$"
)
_OTHER_PRODUCTS = re.compile(
    r"^(abs_gain_matrix|average_psf|dark|dichroic|nonfunc|nonlinear_pars|readnoise_pars"
    r"|spectral_channels|epsf)_"
)
_FIRST_QR3_PRODUCTS = "2026-191"
"""Date of the first calibration products of QR3; names do not give the release, and those of
one release are not used for the other: wavelengths of D5 and D6 differ by 0.0064 um."""

_IMAGE = frozenset({"IMAGE"})
_OUTLINES_AT_ONCE = 500
_VERSION = re.compile(r"_l2b-v(\d+)-(\d{4}-\d{3})")


class FolderArchive:
    """Spectral Images in a folder and the folders below it.

    Parameters
    ----------
    folder
        The folder.
    """

    simulated = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._products = _find_products(folder)

    @property
    def name(self) -> str:
        """The path of the folder, as `open_archive` understands it."""
        return str(self.folder)

    @property
    def description(self) -> str:
        """One sentence on what it is."""
        return f"Spectral Images in the folder {self.folder.resolve().name}"

    def find_exposures(self, targets: Sequence[Target], options: MeasureOptions) -> ExposureSearch:
        """Return the exposures in the folder that cover any of the targets.

        Where several files hold the same exposure at the position of a target, the newest
        version is taken, and of several of one version the largest.

        Raises
        ------
        ArchiveError
            The folder can't be listed.
        """
        problems: list[str] = []
        best: dict[tuple[str, int, int], tuple[tuple[str, int], Exposure]] = {}
        for entry in self._files():
            try:
                status = entry.stat()
                exposure, footprint = _read_entry(entry.path, status.st_mtime_ns, status.st_size)
            except (DataFormatError, OSError) as error:
                problems.append(_naming(entry.name, error))
                continue
            if not options.accepts(exposure):
                continue
            covers = footprint.covers(*positions_at(targets, exposure.mjd))
            if not covers.any():
                continue
            rank = (_version(entry.name), footprint.box.shape[0] * footprint.box.shape[1])
            for index in np.flatnonzero(covers).tolist():
                key = (exposure.obs_id, exposure.detector, index)
                if key not in best or rank > best[key][0]:
                    best[key] = (rank, exposure)
        covered: dict[str, tuple[Exposure, list[int]]] = {}
        for (_, _, index), (_, exposure) in best.items():
            covered.setdefault(exposure.access, (exposure, []))[1].append(index)
        matches = [
            ExposureMatch(exposure=exposure, targets=tuple(sorted(indices)))
            for exposure, indices in covered.values()
        ]
        matches.sort(key=lambda m: (m.exposure.mjd, m.exposure.detector, m.exposure.access))
        return ExposureSearch(matches=tuple(matches), problems=tuple(problems))

    def read_cutouts(
        self, exposure: Exposure, targets: Sequence[Target], half_size_pix: int
    ) -> list[tuple[Cutout, tuple[int, ...]]]:
        """Read the surroundings of targets; of an uncompressed file only the rows needed.

        Raises
        ------
        ExposureError
            The file is gone or can't be read, or contradicts the format.
        """
        try:
            with opened(exposure.access) as source:
                return read_cutouts(source, exposure, targets, half_size_pix, self._calibration)
        except OSError as error:
            raise ExposureError(_naming(Path(exposure.access).name, error)) from error

    def calibration_note(self) -> str:
        """Return in words which wavelengths and solid angles its cutouts carry."""
        parts = []
        for family, label, otherwise in (
            ("spectral_wcs", "wavelengths from CWAVE, CBAND", "wavelengths from WCS-WAVE"),
            ("solid_angle_pixel_map", "solid angles from maps", "solid angles from the WCS"),
        ):
            found = sorted(key[1:] for key in self._products if key[0] == family)
            if found:
                names = ", ".join(self._products[family, *key].name for key in found)
                listed = ", ".join(f"{release.upper()} D{detector}" for release, detector in found)
                parts.append(f"{label} ({listed}: {names})")
            if len(found) < len(RELEASES) * len(DETECTORS):
                parts.append(otherwise + (" for the others" if found else ""))
        return "; ".join(parts)

    def footprints(self, exposures: Sequence[Exposure]) -> Outlines:
        """Return where exposures lie on the sky.

        Raises
        ------
        ExposureError
            A file is gone or can't be read.
        """
        found = []
        for exposure in exposures:
            try:
                status = Path(exposure.access).stat()
                _, footprint = _read_entry(exposure.access, status.st_mtime_ns, status.st_size)
            except (DataFormatError, OSError) as error:
                raise ExposureError(_naming(Path(exposure.access).name, error)) from error
            found.append(footprint)
        return outlines(found)

    def coverage(self, *, deep: bool = False) -> Iterator[Outlines]:
        """Yield the outlines of all images that can be read.

        Raises
        ------
        ArchiveError
            The folder can't be listed.
        """
        found: list[Footprint] = []
        for entry in self._files():
            try:
                status = entry.stat()
                exposure, footprint = _read_entry(entry.path, status.st_mtime_ns, status.st_size)
            except (DataFormatError, OSError):
                # A search names it.
                continue
            if exposure.deep or not deep:
                found.append(footprint)
            if len(found) == _OUTLINES_AT_ONCE:
                yield outlines(found)
                found = []
        yield outlines(found)

    def state(self) -> str:
        """Return a digest of names, sizes and times of the files.

        Raises
        ------
        ArchiveError
            The folder can't be listed.
        """
        digest = hashlib.sha256()
        for entry in self._files():
            status = entry.stat()
            digest.update(f"{entry.path}\0{status.st_mtime_ns}\0{status.st_size}\n".encode())
        return digest.hexdigest()

    def _calibration(self, exposure: Exposure) -> Calibration:
        return _open_products(
            self._products.get(("spectral_wcs", exposure.release, exposure.detector)),
            self._products.get(("solid_angle_pixel_map", exposure.release, exposure.detector)),
        )

    def _files(self) -> Iterator[os.DirEntry[str]]:
        for entry in _files_below(str(self.folder)):
            name = entry.name
            if name.lower().endswith(_SUFFIXES) and not (
                _PRODUCT.match(name) or _OTHER_PRODUCTS.match(name.lower())
            ):
                yield entry


def _files_below(folder: str) -> Iterator[os.DirEntry[str]]:
    """Return the files in a folder and the folders below it, in the order of their paths.

    Raises
    ------
    ArchiveError
        The folder can't be listed.
    """
    try:
        with os.scandir(folder) as listed:
            entries = sorted(listed, key=attrgetter("name"))
    except PermissionError:
        return
    except OSError as error:
        raise ArchiveError(f"archive: the folder can't be listed ({error})") from error
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _files_below(entry.path)
        elif entry.is_file():
            yield entry


@lru_cache(maxsize=100_000)
def _read_entry(path: str, modified_ns: int, size: int) -> tuple[Exposure, Footprint]:  # noqa: ARG001 (the key)
    with opened(path) as source:
        hdus = HduWalk(source).until(_IMAGE)
        if "IMAGE" not in hdus:
            raise DataFormatError(f"{source.name}: HDU IMAGE is missing")
        image = hdus["IMAGE"]
        exposure = read_exposure(hdus["PRIMARY"].header, image.header, path)
        return exposure, read_footprint(image)


@lru_cache(maxsize=32)
def _open_products(wavelengths: Path | None, solid_angles: Path | None) -> Calibration:
    return Calibration(
        wavelengths=read_wavelength_maps(wavelengths) if wavelengths else None,
        solid_angles=read_solid_angles(solid_angles) if solid_angles else None,
    )


def _find_products(folder: Path) -> dict[tuple[str, str, int], Path]:
    """Newest calibration product of each family, release and detector in a folder."""
    products: dict[tuple[str, str, int], tuple[tuple[int, str], Path]] = {}
    for entry in _files_below(str(folder)):
        match = _PRODUCT.match(entry.name)
        if match:
            release = "qr3" if match["date"] >= _FIRST_QR3_PRODUCTS else "qr2"
            key = (match["family"], release, int(match["detector"]))
            rank = (int(match["version"] or 0), match["date"])
            if key not in products or rank > products[key][0]:
                products[key] = (rank, Path(entry.path))
    return {key: path for key, (_, path) in products.items()}


def _version(name: str) -> str:
    """Processing version in a file's name as a text that sorts; empty without one."""
    match = _VERSION.search(name)
    return f"{int(match[1]):05d}-{match[2]}" if match else ""


def _naming(name: str, error: Exception) -> str:
    """Text of an error that is sure to name the file."""
    text = str(error) if not isinstance(error, OSError) else (error.strerror or str(error))
    return text if name in text else f"{name}: {text}"
