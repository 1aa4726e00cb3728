"""Where exposures come from.

An archive finds the exposures that cover targets and reads the pixels around them. All
archives deliver the same `Cutout`, made by the same reader from the same file format.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from photometry_core.archive.search import ExposureSearch
from photometry_core.cutout import Cutout
from photometry_core.errors import ArchiveError
from photometry_core.footprints import Outlines
from photometry_core.types import Exposure, MeasureOptions, Target

SIMULATED = "simulated"


class Archive(Protocol):
    """What the pipeline needs of an archive.

    Attributes
    ----------
    name
        What `open_archive` was given: an archive is stored with a job by its name.
    description
        One sentence on what it is, for pages and files.
    simulated
        Whether its data are simulated.
    """

    @property
    def name(self) -> str:
        """What `open_archive` was given."""
        ...

    @property
    def description(self) -> str:
        """One sentence on what it is."""
        ...

    @property
    def simulated(self) -> bool:
        """Whether its data are simulated."""
        ...

    def find_exposures(self, targets: Sequence[Target], options: MeasureOptions) -> ExposureSearch:
        """Return the exposures that cover any of the targets and that the options accept.

        Raises
        ------
        ArchiveError
            The archive can't be searched.
        """
        ...

    def read_cutouts(
        self, exposure: Exposure, targets: Sequence[Target], half_size_pix: int
    ) -> list[tuple[Cutout, tuple[int, ...]]]:
        """Read the surroundings of targets from one exposure.

        Parameters
        ----------
        exposure
            One that this archive found.
        targets
            The targets it covers.
        half_size_pix
            At least so many pixels to every side of the pixel that holds a target are
            wanted, as far as the image goes.

        Returns
        -------
        list
            Cutouts, each with the indices (into `targets`) of those it is for. A target
            that turns out not to be on the image appears in none.

        Raises
        ------
        ExposureError
            The exposure can't be read.
        """
        ...

    def calibration_note(self) -> str:
        """Return in words which wavelengths and solid angles its cutouts carry."""
        ...

    def footprints(self, exposures: Sequence[Exposure]) -> Outlines:
        """Return where exposures lie on the sky.

        Parameters
        ----------
        exposures
            Some that this archive found.

        Raises
        ------
        ExposureError
            One of them can't be read.
        """
        ...

    def coverage(self, *, deep: bool = False) -> Iterator[Outlines]:
        """Yield outlines that together cover the sky where the archive has exposures.

        Parameters
        ----------
        deep
            Only those of the deep survey.

        Raises
        ------
        ArchiveError
            The archive can't be listed.
        """
        ...

    def state(self) -> str:
        """Return a text that differs when the exposures of the archive do.

        Raises
        ------
        ArchiveError
            The archive can't be listed.
        """
        ...


def open_archive(name: str) -> Archive:
    """Return the archive of that name.

    Parameters
    ----------
    name
        ``simulated`` or the path of a folder of Spectral Images and cutouts.

    Raises
    ------
    ArchiveError
        There is no such archive.
    """
    # Imported here so that reading a folder does not load the simulated sky, and the
    # other way round.
    if name == SIMULATED:
        from photometry_core.archive.simulated import SimulatedArchive

        return SimulatedArchive()
    if name == "irsa":
        raise ArchiveError(
            "archive: 'irsa' is not available in this version; "
            "give 'simulated' or a folder of downloaded Spectral Images"
        )
    folder = Path(name)
    if not folder.is_dir():
        raise ArchiveError(
            f"archive: {name!r} is neither a folder nor the name of an archive; "
            f"allowed: '{SIMULATED}' or the path of a folder"
        )
    from photometry_core.archive.folder import FolderArchive

    return FolderArchive(folder)
