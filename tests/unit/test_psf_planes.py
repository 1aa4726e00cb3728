"""Planes that files share: the same memory for the same content, never another's content."""

import numpy as np
import pytest

from photometry_core.psf_planes import SharedPlanes

ROWS, COLUMNS = slice(1, 3), slice(0, 2)


def lines(planes: np.ndarray) -> list[list[bytes]]:
    """Planes of shape (rows, columns, ny, nx) as they stand in files."""
    big = planes.astype(planes.dtype.newbyteorder(">"))
    return [[plane.tobytes() for plane in line] for line in big]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_same_content_is_the_same_memory(dtype):
    rng = np.random.default_rng(1)
    planes = rng.normal(size=(2, 2, 5, 7)).astype(dtype)
    shared = SharedPlanes((4, 3), (5, 7), np.dtype(dtype).newbyteorder(">").str)
    first = shared.get(ROWS, COLUMNS, lines(planes))
    again = shared.get(ROWS, COLUMNS, lines(planes))
    part = shared.get(slice(2, 3), slice(1, 2), lines(planes[1:, 1:]))
    assert first.dtype == dtype
    assert np.array_equal(first, planes)
    assert not first.flags.writeable
    assert np.shares_memory(first, again)
    assert np.shares_memory(first, part)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bit", [0, 7, 12, 30])
def test_other_content_leaves_what_was_returned_alone(dtype, bit):
    planes = np.random.default_rng(2).normal(size=(2, 2, 5, 5)).astype(dtype)
    shared = SharedPlanes((3, 2), (5, 5), np.dtype(dtype).newbyteorder(">").str)
    first = shared.get(ROWS, COLUMNS, lines(planes))
    other = planes.copy()
    other.view(np.uint32).reshape(-1)[-1] ^= np.uint32(1 << bit)
    second = shared.get(ROWS, COLUMNS, lines(other))
    assert np.array_equal(first, planes)
    assert np.array_equal(second, other)
    assert np.array_equal(shared.get(ROWS, COLUMNS, lines(planes)), planes)


def test_planes_of_no_numbers_are_kept_as_they_are():
    planes = np.full((1, 1, 3, 3), np.nan, np.float32)
    shared = SharedPlanes((1, 1), (3, 3), ">f4")
    first = shared.get(slice(0, 1), slice(0, 1), lines(planes))
    assert np.isnan(first).all()
    again = shared.get(slice(0, 1), slice(0, 1), lines(planes))
    assert np.shares_memory(first, again)
