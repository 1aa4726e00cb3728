"""Numbers that look random and depend on nothing but integer keys.

The simulated sky and survey must be the same on every machine, in every process and for
whichever part of them is asked for first. So nothing is drawn from a running stream: a
value is a function of its keys. `uniforms` is the finaliser of SplitMix64 (Steele, Lea &
Flood 2014, OOPSLA, "Fast splittable pseudorandom number generators"); `generator` is for
pixel noise, where whole blocks are drawn at once.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from photometry_core.types import FloatArray

SIMULATION_VERSION = 1
"""Part of every key: raised when the simulated data change, so that nothing is half old."""

_MULTIPLIERS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_INCREMENT = np.uint64(0x9E3779B97F4A7C15)
_TO_UNIT = 1.0 / (1 << 53)


def uniforms(stream: int, *keys: npt.ArrayLike) -> FloatArray:
    """Return one number in [0, 1) for every element of the broadcast keys.

    Parameters
    ----------
    stream
        Which of the independent sequences over the same keys.
    *keys
        Integers from 0 to 2**63 - 1.
    """
    state = np.asarray(_finalised(np.uint64(SIMULATION_VERSION * 1_000_003 + stream)))
    for key in keys:
        with np.errstate(over="ignore"):
            state = _finalised(state + _INCREMENT * (np.asarray(key).astype(np.uint64) + 1))
    return np.asarray((state >> np.uint64(11)) * _TO_UNIT)


def generator(*keys: int) -> np.random.Generator:
    """Return a generator whose stream depends on the keys alone."""
    return np.random.Generator(np.random.SFC64([SIMULATION_VERSION, *keys]))


def _finalised(state: npt.NDArray[np.uint64] | np.uint64) -> npt.NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        state = state + _INCREMENT
        state = (state ^ (state >> np.uint64(30))) * _MULTIPLIERS[0]
        state = (state ^ (state >> np.uint64(27))) * _MULTIPLIERS[1]
    return np.asarray(state ^ (state >> np.uint64(31)))
