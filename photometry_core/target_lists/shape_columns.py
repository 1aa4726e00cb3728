"""Columns that seem to be parameters of a Sersic profile, whether all four are there or not."""

from __future__ import annotations

import re
from collections.abc import Mapping as AbstractMapping
from collections.abc import Sequence

from photometry_core.target_lists.aliases import NAMES, bare_name
from photometry_core.target_lists.columns import TableValues
from photometry_core.target_lists.mapping import SHAPE_ROLES
from photometry_core.target_lists.scoring import Candidate, role_candidates
from photometry_core.target_lists.units import bracketed, is_length

_LEAST_SCORE = 0.3
_LIKELY_SCORE = 0.45
_IN_LENGTHS = re.compile(r"(?:[_ .]+(?P<unit>[km]?pc|au|km)|(?P<kpc>kpc))$", re.IGNORECASE)


def shape_columns(candidates: AbstractMapping[str, Sequence[Candidate]]) -> dict[str, Candidate]:
    """Return the best column of each of the four parameters that one is found for.

    Parameters
    ----------
    candidates
        For every role the columns that may have it, the best first.
    """
    return {
        role: candidates[role][0]
        for role in SHAPE_ROLES
        if candidates[role] and candidates[role][0].score >= _LEAST_SCORE
    }


def shape_columns_of(values: TableValues) -> dict[str, Candidate]:
    """Return the same for a table."""
    return shape_columns({role: role_candidates(values, role) for role in SHAPE_ROLES})


def is_part_of_a_shape(values: TableValues, found: AbstractMapping[str, Candidate]) -> bool:
    """Whether two parameters at least are there, and not all four."""
    likely = [role for role, candidate in found.items() if candidate.score >= _LIKELY_SCORE]
    has_length = "effective_radius" not in likely and bool(radii_in_lengths(values))
    return len(found) < len(SHAPE_ROLES) and bool(likely) and len(likely) + has_length >= 2


def radii_in_lengths(values: TableValues) -> dict[str, str]:
    """Return the columns that seem to be effective radii in kpc or another length, and its unit."""
    found = {}
    for name in values.names:
        bare = bracketed(name)[0]
        match = _IN_LENGTHS.search(bare)
        unit = (match["unit"] or match["kpc"]) if match else values[name].column.unit
        stem = bare[: match.start()] if match else bare
        if is_length(unit) and bare_name(stem) in NAMES["effective_radius"]:
            found[name] = unit
    return found
