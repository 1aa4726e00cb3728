"""Names of saved files, by which a person can tell them apart."""

from __future__ import annotations

from explorer.results.dataset import Dataset
from photometry_core.spectrum import file_stem, name_stem
from photometry_core.types import Target


def spectrum_stem(dataset: Dataset) -> str:
    """Return a name such as ``M_81_J095533.17+690355.0_spherex_point``, without an extension.

    Parts that a file does not know are left out: the position, and the shape that was fitted.
    Simulated data say so: ``..._spherex_simulated_point``.
    """
    origin = f"spherex{origin_stem(dataset.is_simulated)}"
    ra, dec = dataset.target.get("ra_deg"), dataset.target.get("dec_deg")
    if ra is None or dec is None:
        return f"{name_stem(dataset.name) or f'spectrum_{dataset.index}'}_{origin}"
    if not dataset.metadata.get("options"):
        return f"{file_stem(Target(name=dataset.name, ra_deg=ra, dec_deg=dec))}_{origin}"
    target = Target.from_json(dict(dataset.target))
    return f"{file_stem(target)}_{origin}_{'sersic' if target.resolved_profile else 'point'}"


def job_stem(title: str, job_id: str, is_simulated: bool | None) -> str:
    """Return a name for what belongs to a whole job."""
    return f"{name_stem(title) or job_id}_spherex{origin_stem(is_simulated)}"


def origin_stem(is_simulated: bool | None) -> str:
    """Return the part of a name that tells simulated data from observed ones."""
    return "_simulated" if is_simulated else ""


class UniqueStems:
    """Names of the spectra of one folder: no two are the same on any file system."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, stem: str) -> str:
        """Return the name, with a number if another spectrum has it."""
        found, number = stem, 1
        while found.lower() in self._taken:
            number += 1
            found = f"{stem}_{number}"
        self._taken.add(found.lower())
        return found
