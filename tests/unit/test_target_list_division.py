"""Long lists are divided so that neighbours on the sky stay together, as far as a job has room."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components

from photometry_core.errors import InvalidInputError
from photometry_core.target_lists.division import (
    EXCESS_PERCENT,
    RESOLUTION_ARCSEC,
    TOGETHER_ARCSEC,
    Division,
    divide,
)
from photometry_core.types import SersicProfile, Target

CENTRES = [(0.0, 0.0), (180.0, 89.999), (10.0, -90.0), (359.999, 45.0), (83.6, 22.0), (83.61, 22.0)]
TOLERANCE_ARCSEC = 0.11
"""Separations are compared to 0.1 arcsec."""


def target(ra_deg, dec_deg, radius_arcsec=0.0):
    shape = SersicProfile(
        sersic_index=1.0, axis_ratio=1.0, position_angle_deg=0.0,
        effective_radius_arcsec=radius_arcsec,
    ) if radius_arcsec else None  # fmt: skip
    place = {"ra_deg": ra_deg % 360 % 360, "dec_deg": max(-90.0, min(90.0, dec_deg))}
    return Target(name="", profile=shape, **place)


def groups(*sizes, step_arcsec=30.0):
    """Return targets in lines, far from each other."""
    return [
        target(20.0 + 10.0 * number, index * step_arcsec / 3600)
        for number, size in enumerate(sizes)
        for index in range(size)
    ]


def separations_arcsec(targets):
    sky = SkyCoord([t.ra_deg for t in targets] * u.deg, [t.dec_deg for t in targets] * u.deg)
    return sky[:, None].separation(sky[None, :]).arcsec


def places_of(targets, division):
    """The targets of every part, whatever the order of the list was."""
    return sorted(sorted(astuple(targets[index]) for index in part) for part in division.parts)


def astuple(one):
    return one.ra_deg, one.dec_deg, one.profile.effective_radius_arcsec if one.profile else 0.0


places = st.lists(
    st.tuples(st.sampled_from(CENTRES), st.floats(-0.04, 0.04), st.floats(-0.04, 0.04)),
    min_size=1,
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(places, st.integers(1, 12), st.randoms(use_true_random=False))
def test_only_what_is_chained_to_too_many_by_smaller_gaps_is_separated(found, most, random):
    targets = [target(ra + dx, dec + dy) for (ra, dec), dx, dy in found]
    apart = separations_arcsec(targets)

    def chain_sizes(within_arcsec):
        _, labels = connected_components(apart <= within_arcsec, directed=False)
        return np.bincount(labels)[labels]

    try:
        division = divide(targets, most)
    except InvalidInputError:
        assert chain_sizes(RESOLUTION_ARCSEC * 1.001).max() > most
        return
    parts = division.parts
    assert sorted(index for part in parts for index in part) == list(range(len(targets)))
    assert all(0 < len(part) <= most and part == sorted(part) for part in parts)
    part_of = np.empty(len(targets), int)
    for number, part in enumerate(parts):
        part_of[part] = number
    separated = np.triu(part_of[:, None] != part_of) & (apart < TOGETHER_ARCSEC * (1 - 1e-9))
    for one, other in zip(*np.nonzero(separated), strict=True):
        assert apart[one, other] > RESOLUTION_ARCSEC - TOLERANCE_ARCSEC
        assert chain_sizes(apart[one, other] + TOLERANCE_ARCSEC)[one] > most
    assert bool(division.n_separated) == separated.any()
    assert division.n_separated <= separated.sum()
    if separated.any():
        assert division.closest_arcsec == pytest.approx(apart[separated].min(), abs=1e-6)
    shuffled = random.sample(targets, len(targets))
    again = divide(shuffled, most)
    assert places_of(shuffled, again) == places_of(targets, division)
    assert again.words == division.words


def test_a_list_that_fits_is_one_part_in_its_order():
    assert divide([], 5) == Division(parts=[])
    assert divide(groups(2, 3), 5) == Division(parts=[[0, 1, 2, 3, 4]])
    # However close they are.
    assert divide([target(1.0, 1.0)] * 5, 5).parts == [[0, 1, 2, 3, 4]]


def test_targets_that_are_linked_by_others_stay_together():
    # 0 and 2 are 70 arcsec apart, with 1 in between.
    chain = groups(3, 3, step_arcsec=35.0)
    assert sorted(divide(chain, 4).parts) == [[0, 1, 2], [3, 4, 5]]
    apart = groups(3, 3, step_arcsec=TOGETHER_ARCSEC + 0.1)
    division = divide(apart, 4)
    assert max(map(len, division.parts)) == 4
    assert division.words == ""


def test_parts_are_filled_with_neighbours_whatever_the_order_of_the_list():
    rng = np.random.default_rng(5)
    targets = [
        target(ra, dec + 0.02 * index) for ra, dec in ((30, 10), (150, -40)) for index in range(50)
    ]
    shuffled = [targets[index] for index in rng.permutation(100)]
    parts = divide(shuffled, 50).parts
    assert [len(part) for part in parts] == [50, 50]
    for part in parts:
        assert len({shuffled[index].ra_deg for index in part}) == 1


def test_a_chain_that_is_too_long_is_cut_and_says_where():
    line = [target(10.0, index * 23 / 3600) for index in range(103)]
    division = divide(line, 100)
    assert [len(part) for part in division.parts] == [100, 3]
    assert division.words == (
        "1 pair of neighbours, 23.0 arcsec apart, falls into different jobs and is not fitted "
        "together: so close to a star of its own brightness, a star comes out up to 0.3 % too "
        "bright"
    )
    grid = [target(50 + x * 30 / 3600, y * 30 / 3600) for x in range(12) for y in range(10)]
    division = divide(grid, 100)
    assert sorted(map(len, division.parts)) == [20, 100]
    assert "pairs of neighbours, the closest 30.0 arcsec apart, fall into" in division.words
    assert division.words.endswith("up to 0.002 % too bright")


def test_a_chain_is_cut_at_its_widest_gaps():
    gaps = np.full(29, 10.0)
    gaps[[7, 18]] = 25.0, 30.0
    line = [target(10.0, dec / 3600) for dec in np.concatenate([[0], np.cumsum(gaps)])]
    division = divide(line, 12)
    assert sorted(division.parts) == [list(range(8)), list(range(8, 19)), list(range(19, 30))]
    # The two gaps, and over the narrower of them two pairs that are 35 arcsec apart.
    assert (division.n_separated, round(division.closest_arcsec, 3)) == (4, 25.0)
    # With more room the wider gap is enough.
    assert sorted(divide(line, 20).parts) == [list(range(19)), list(range(19, 30))]


def test_galaxies_are_neighbours_as_far_as_their_fit_boxes_reach():
    far = 8 * TOGETHER_ARCSEC / 6  # two pixels more, which are two effective radii here
    for radius, separated in ((0.0, 0), (3.0, 1)):
        line = [target(10.0, index * far / 3600, radius) for index in range(3)]
        assert divide(line, 2).n_separated == separated


def test_pairs_of_targets_at_one_place_are_counted_each():
    line = [target(10.0, index * 20 / 3600) for index in (0, 0, 0, 1, 1)]
    division = divide(line, 3)
    assert sorted(division.parts) == [[0, 1, 2], [3, 4]]
    assert division.n_separated == 6


@pytest.mark.parametrize(
    ("targets", "rows"),
    [
        (groups(1, 8, step_arcsec=5.0), "8 of them (rows 2 to 9)"),
        (groups(1, 8, step_arcsec=0.0), "8 of them (rows 2 to 9)"),
        ([*groups(6, step_arcsec=6.0), target(9, 9), *groups(1)], "7 of them (rows 1 to 6, 8)"),
        ([target(50.0, 10.0)] * 20_000, "20,000 of them (rows 1 to 20000)"),
    ],
)
def test_more_than_a_job_takes_in_one_blend_is_an_error_that_names_the_rows(targets, rows):
    with pytest.raises(InvalidInputError) as caught:
        divide(targets, 5)
    assert f"targets: {rows} are chained so closely that each is within 6.15 arcsec" in (
        str(caught.value)
    )
    assert "a job takes at most 5: leave at least " in str(caught.value)
    with pytest.raises(InvalidInputError, match=r"rows 12, 22.* and others"):
        divide([target(50.0, 10.0)] * 20, 5, [10 * row + 2 for row in range(1, 21)])


def test_what_is_said_of_a_closer_pair_is_never_less():
    costs = [EXCESS_PERCENT[apart] for apart in sorted(EXCESS_PERCENT)]
    assert costs == sorted(costs, reverse=True)
    for apart, words in ((6.2, "62 %"), (11.9, "29 %"), (12.28, "7.4 %"), (36.8, "0.002 %")):
        assert words in Division(parts=[], n_separated=2, closest_arcsec=apart).words
