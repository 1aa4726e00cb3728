"""What it costs to leave a neighbour out of a fit: the figures that lists are divided by."""

import numpy as np
import pytest

from photometry_core.extent import NOMINAL_PIXEL_ARCSEC
from photometry_core.forced import measure_exposures
from photometry_core.target_lists.division import EXCESS_PERCENT, TOGETHER_ARCSEC
from tests.fields import OPTIONS, make_field

N_DIRECTIONS = 4


def excess_percent(detector, apart_arcsec, times_as_bright=1.0):
    """Largest change of a star's flux by a neighbour that is not fitted, without noise."""
    rng = np.random.default_rng(3)
    found = []
    along_pix = np.array([0.0, apart_arcsec / NOMINAL_PIXEL_ARCSEC])
    for direction in (np.arange(N_DIRECTIONS) + rng.uniform()) * 2 * np.pi / N_DIRECTIONS:
        x, y = rng.uniform(300, 1700, 2)
        field = make_field(
            detector,
            x + along_pix * np.cos(direction),
            y + along_pix * np.sin(direction),
            3000.0 * np.array([1.0, times_as_bright]),
        )
        together, alone = measure_exposures(
            [(field.cutout, field.targets), (field.cutout, field.targets[:1])], OPTIONS
        )
        found.append(100 * (alone[0].flux_ujy / together[0].flux_ujy - 1))
    return max(np.abs(found))


@pytest.mark.parametrize("apart_arcsec", [6.15, 12.3, 20.0, 30.0])
def test_the_cost_of_a_neighbour_that_is_left_out_is_the_one_that_is_said(apart_arcsec):
    said = EXCESS_PERCENT[apart_arcsec]
    # Of the directions of the figure, these are a third.
    assert 0.6 * said < excess_percent(5, apart_arcsec) < said


def test_neighbours_that_are_not_linked_cost_nothing_that_could_be_measured():
    assert pytest.approx(max(EXCESS_PERCENT)) == TOGETHER_ARCSEC
    assert excess_percent(5, TOGETHER_ARCSEC) < max(EXCESS_PERCENT[36.9], 2e-4)
    assert excess_percent(5, TOGETHER_ARCSEC, times_as_bright=1000.0) < 0.04
