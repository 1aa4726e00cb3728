"""Long lists are divided so that neighbours on the sky stay together."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from photometry_core.errors import InvalidInputError
from photometry_core.target_lists.division import TOGETHER_ARCSEC, divide
from photometry_core.types import Target

CENTRES = [(0.0, 0.0), (180.0, 89.999), (10.0, -90.0), (359.999, 45.0), (83.6, 22.0), (83.61, 22.0)]


def target(ra_deg, dec_deg):
    return Target(name="", ra_deg=ra_deg % 360 % 360, dec_deg=max(-90.0, min(90.0, dec_deg)))


def groups(*sizes, step_arcsec=30.0):
    """Return targets in lines, far from each other."""
    return [
        target(20.0 + 10.0 * number, index * step_arcsec / 3600)
        for number, size in enumerate(sizes)
        for index in range(size)
    ]


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(CENTRES), st.floats(-0.05, 0.05), st.floats(-0.05, 0.05)
        ),
        max_size=40,
    ),
    st.integers(1, 12),
)  # fmt: skip
def test_every_target_is_in_one_portion_and_close_ones_are_in_the_same(places, most):
    targets = [target(ra + dx, dec + dy) for (ra, dec), dx, dy in places]
    try:
        portions = divide(targets, most)
    except InvalidInputError:
        # Below, it is tried when that has to be.
        return
    assert sorted(index for portion in portions for index in portion) == list(range(len(targets)))
    assert all(0 < len(portion) <= most for portion in portions)
    assert all(portion == sorted(portion) for portion in portions)
    if not targets:
        return
    portion_of = np.empty(len(targets), int)
    for number, portion in enumerate(portions):
        portion_of[portion] = number
    sky = SkyCoord([t.ra_deg for t in targets] * u.deg, [t.dec_deg for t in targets] * u.deg)
    close = sky[:, None].separation(sky[None, :]).arcsec < TOGETHER_ARCSEC * (1 - 1e-9)
    assert (portion_of[:, None] == portion_of[None, :])[close].all()


def test_a_list_that_fits_is_one_portion_in_its_order():
    assert divide([], 5) == []
    assert divide(groups(2, 3), 5) == [[0, 1, 2, 3, 4]]


def test_targets_that_are_linked_by_others_stay_together():
    # 0 and 2 are 100 arcsec apart, with 1 in between.
    chain = groups(3, 3, step_arcsec=50.0)
    assert sorted(divide(chain, 4)) == [[0, 1, 2], [3, 4, 5]]
    apart = groups(3, 3, step_arcsec=61.0)
    assert max(map(len, divide(apart, 4))) == 4


def test_portions_are_filled_with_neighbours_whatever_the_order_of_the_list():
    rng = np.random.default_rng(5)
    targets = [
        target(ra, dec + 0.02 * index) for ra, dec in ((30, 10), (150, -40)) for index in range(50)
    ]
    shuffled = [targets[index] for index in rng.permutation(100)]
    portions = divide(shuffled, 50)
    assert [len(portion) for portion in portions] == [50, 50]
    for portion in portions:
        assert len({shuffled[index].ra_deg for index in portion}) == 1


@pytest.mark.parametrize(
    ("targets", "number"),
    [
        (groups(1, 8, step_arcsec=55.0), 8),
        (groups(1, 8, step_arcsec=0.0), 8),
        ([target(50.0, 10.0)] * 20_000, 20_000),
    ],
)
def test_more_than_a_job_takes_at_one_place_is_an_error_in_words(targets, number):
    with pytest.raises(InvalidInputError, match=f"{number} of them, around .* allowed: at most 5"):
        divide(targets, 5)
