"""Numbers as they stand in a FITS file, compared with numbers in memory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from photometry_core.kernel.compiled import compiled


@compiled
def same_words(reversed_words: npt.NDArray[np.uint32], words: npt.NDArray[np.uint32]) -> bool:
    """Whether two arrays of one dimension hold the same, one with its bytes in reverse order."""
    different = np.uint32(0)
    for k in range(words.size):
        word = reversed_words[k]
        exchanged = (
            (word >> np.uint32(24))
            | ((word >> np.uint32(8)) & np.uint32(0xFF00))
            | ((word << np.uint32(8)) & np.uint32(0xFF0000))
            | (word << np.uint32(24))
        )
        different |= np.uint32(exchanged ^ words[k])
    return bool(different == 0)


@compiled
def same_long_words(reversed_words: npt.NDArray[np.uint32], words: npt.NDArray[np.uint32]) -> bool:
    """Whether numbers of two words each are the same, one with its bytes in reverse order."""
    different = np.uint32(0)
    for k in range(words.size):
        word = reversed_words[k ^ 1]
        exchanged = (
            (word >> np.uint32(24))
            | ((word >> np.uint32(8)) & np.uint32(0xFF00))
            | ((word << np.uint32(8)) & np.uint32(0xFF0000))
            | (word << np.uint32(24))
        )
        different |= np.uint32(exchanged ^ words[k])
    return bool(different == 0)
