"""The checks of a spectrum that the official guide asks for, done by the program, and two more.

The guide's five are location, nearby emission, flags, fit metric and background. Detectors that
disagree where they meet, and visits that disagree with each other, are what people find last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from astropy.coordinates import angular_separation

from explorer.results.checks_background import check_background
from explorer.results.checks_light import Neighbour, check_emission, check_location
from explorer.results.checks_rows import check_fit, check_flags
from explorer.results.checks_visits import check_steps, check_visits
from explorer.results.dataset import Dataset
from explorer.results.findings import Check, Sample, impossible
from explorer.results.query import select_rows
from explorer.results.residual_stacks import Stack, make_stack, stacked_places
from explorer.results.view import View
from jobs.errors import ProductMissingError
from photometry_core.stamp_cubes import Stamps, empty_stamps
from photometry_core.types import Target

StampReader = Callable[[Sequence[int]], Stamps]
"""Returns the stamps of rows; raises ProductMissingError if there are none."""


def run_checks(
    dataset: Dataset,
    view: View,
    read_stamps: StampReader,
    neighbours: Sequence[Neighbour] | None,
) -> dict[str, Any]:
    """Check the measurements that a view shows.

    Parameters
    ----------
    dataset, view
        The measurements, and how they are looked at.
    read_stamps
        Returns the stamps of rows.
    neighbours
        The other targets of the job; `None` if that is not known.

    Returns
    -------
    dict
        ``checks`` (see `Check.to_json`), ``n_checked`` measurements, ``n_rows`` of the file.

    Raises
    ------
    InvalidInputError
        A filter, an expression or a column is not what it should be.
    """
    selected = select_rows(dataset, view)
    rows = np.sort(np.asarray(selected.rows))
    sample = Sample(dataset, rows[dataset.is_measured()[rows]])
    checks = _checks(sample, np.asarray(selected.rows_before_mask), read_stamps, neighbours)
    return {
        "checks": [check.to_json() for check in checks],
        "n_checked": int(sample.rows.size),
        "n_rows": dataset.n_rows,
    }


def _checks(
    sample: Sample,
    rows_before_mask: np.ndarray,
    read_stamps: StampReader,
    neighbours: Sequence[Neighbour] | None,
) -> list[Check]:
    flagged = check_flags(sample, rows_before_mask)
    if not sample.rows.size:
        nothing = (impossible("no measurement with a flux is shown"),)
        titles = {
            "location": "Location",
            "emission": "Nearby emission",
            "fit": "Fit quality",
            "background": "Background",
            "steps": "Steps between detectors",
            "visits": "Repeat visits",
        }
        others = [Check(key=key, title=title, findings=nothing) for key, title in titles.items()]
        return [*others[:2], flagged, *others[2:]]
    stack = _stack(sample, read_stamps)
    return [
        check_location(sample, stack),
        check_emission(sample, stack, neighbours),
        flagged,
        check_fit(sample),
        check_background(sample),
        check_steps(sample),
        check_visits(sample),
    ]


def _stack(sample: Sample, read_stamps: StampReader) -> Stack | None:
    if not sample.has("x_image", "y_image", "snr"):
        return None
    places = stacked_places(sample)
    if not places.size:
        return make_stack(sample, places, empty_stamps(0))
    try:
        return make_stack(sample, places, read_stamps(sample.rows[places].tolist()))
    except ProductMissingError:
        return None


def neighbours_of(targets: Sequence[Target], index: int) -> list[Neighbour]:
    """Return the other targets of a job with their distances from one of them."""
    if len(targets) < 2:
        return []
    ra, dec = (
        np.radians([getattr(target, name) for target in targets]) for name in ("ra_deg", "dec_deg")
    )
    apart = np.degrees(angular_separation(ra[index], dec[index], ra, dec)) * 3600.0
    return [
        Neighbour(name=target.name, separation_arcsec=float(apart[number]))
        for number, target in enumerate(targets)
        if number != index
    ]
