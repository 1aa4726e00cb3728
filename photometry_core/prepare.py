"""Compile everything once: ``python -m photometry_core.prepare``.

Compiled code is kept on disk, so that later runs and workers find it there. Without this, the
first measurement after an installation or a change of the sources takes a minute longer.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace

from photometry_core.archive import SIMULATED, open_archive
from photometry_core.archive.search import ExposureSearch
from photometry_core.kernel.compiled import cache_folder
from photometry_core.pipeline import measure_search
from photometry_core.types import MeasureOptions, SersicProfile, Target

_POINT = Target(name="point source", ra_deg=150.0, dec_deg=60.0)
_GALAXY = replace(
    _POINT,
    name="galaxy",
    profile=SersicProfile(
        sersic_index=4.0, effective_radius_arcsec=10.0, axis_ratio=0.5, position_angle_deg=30.0
    ),
)


def compile_all() -> None:
    """Measure both kinds of source on two exposures of each release.

    What the second has in common with the first is compared with it. The wings of the galaxy are
    so bright that they are corrected for.
    """
    archive, options = open_archive(SIMULATED), MeasureOptions(detectors=(2,))
    targets = [_POINT, _GALAXY]
    matches = archive.find_exposures(targets, options).matches
    # They are in the order of time, and so of releases.
    chosen = (*matches[:2], *matches[-2:])
    measure_search(ExposureSearch(matches=chosen), targets, archive, options, workers=1)


def main() -> None:
    """Compile, unless it was done for these sources."""
    done = cache_folder() / "complete"
    if done.exists():
        return
    print("Compiling the measurement, once: about a minute", file=sys.stderr)
    compile_all()
    done.touch()
    _forget_former_sources()


def _forget_former_sources() -> None:
    """Remove what was compiled from other contents of the sources of this installation.

    A process that still runs with them has what it compiled in memory.
    """
    present = cache_folder()
    if present.parent.name != "__pycache__":
        return
    for folder in present.parent.iterdir():
        if folder.is_dir() and folder != present:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
