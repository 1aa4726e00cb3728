"""What is made from PSF planes: made once, for that plane only, in bounded memory."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from photometry_core.errors import FitError
from photometry_core.plane_cache import PlaneCache


class Doubler:
    """Makes an array twice a plane, and counts how often it is asked."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, plane, factor=2):
        self.calls += 1
        return factor * plane


def planes(count: int, size: int = 41) -> np.ndarray:
    return np.random.default_rng(4).normal(size=(count, size, size)).astype(np.float32)


def test_equal_planes_are_one_plane_wherever_they_are_in_memory():
    derive = Doubler()
    cache = PlaneCache(derive, 1_000_000)
    plane = planes(1)[0]
    first = cache.of(plane, 2)
    assert np.array_equal(first, 2 * plane)
    scattered = np.asfortranarray(plane)
    assert cache.of(plane.copy(), 2) is first
    assert cache.of(scattered, 2) is first
    assert derive.calls == 1


@pytest.mark.parametrize("place", [(0, 0), (20, 20), (40, 40), (3, 31)])
def test_one_element_makes_another_plane(place):
    cache = PlaneCache(Doubler(), 1_000_000)
    plane = planes(1)[0]
    before = cache.of(plane, 2)
    plane[place] = np.nextafter(plane[place], np.float32(np.inf))
    after = cache.of(plane, 2)
    assert np.array_equal(after, 2 * plane)
    assert not np.array_equal(after, before)


def test_a_plane_changed_in_place_is_another_plane():
    cache = PlaneCache(Doubler(), 1_000_000)
    plane = planes(1)[0]
    cache.of(plane, 2)
    plane += 1
    assert np.array_equal(cache.of(plane, 2), 2 * plane)


def test_type_shape_and_parameters_are_told_apart():
    derive = Doubler()
    cache = PlaneCache(derive, 1_000_000)
    zeros = np.zeros((6, 4), np.float32)
    arrays = [zeros, zeros.reshape(4, 6), zeros.view(np.int32), zeros[:0]]
    for array in arrays:
        for factor in (2, 3):
            derived = cache.of(array, factor)
            assert (derived.shape, derived.dtype) == (array.shape, array.dtype)
    assert derive.calls == 8
    for array in arrays:
        cache.of(array, 3)
    assert derive.calls == 8


def test_memory_is_bounded_and_the_last_used_are_kept():
    derive = Doubler()
    one = 2 * 41 * 41 * 4
    cache = PlaneCache(derive, 3 * one)
    a, b, c, d = planes(4)
    for plane in (a, b, c, a, d):
        cache.of(plane, 2)
        assert cache.nbytes <= 3 * one
    assert derive.calls == 4
    for plane in (c, a, d):
        cache.of(plane, 2)
    assert derive.calls == 4
    cache.of(b, 2)
    assert derive.calls == 5


def test_what_is_larger_than_the_bound_is_made_and_not_kept():
    derive = Doubler()
    cache = PlaneCache(derive, 100)
    plane = planes(1)[0]
    for _ in range(2):
        assert np.array_equal(cache.of(plane, 2), 2 * plane)
    assert derive.calls == 2
    assert cache.nbytes == 0


def test_a_refused_plane_is_refused_again():
    def refuse(plane):
        raise FitError("damaged")

    cache = PlaneCache(refuse, 1000)
    for _ in range(2):
        with pytest.raises(FitError, match="damaged"):
            cache.of(np.zeros((3, 3)))
    assert cache.nbytes == 0


def test_threads_share_a_cache():
    bound = 5 * 2 * 41 * 41 * 4
    cache = PlaneCache(Doubler(), bound)
    many = planes(8)
    order = np.random.default_rng(5).integers(0, 8, 2000)

    def is_right(number):
        return np.array_equal(cache.of(many[number], 2), 2 * many[number])

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(is_right, order))
    assert 0 < cache.nbytes <= bound
