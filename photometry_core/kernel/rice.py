"""Rows of 32-bit integers compressed by RICE_1.

FITS standard 4.0, section 10.4.1: the first value stands in full; then, block by block, the
differences of neighbours, folded to non-negative numbers (0, -1, 1, -2, ...). The 5 bits at
the start of a block are 0 if all its differences are zero, 26 if they stand in full, and
otherwise one more than the number of low bits that follow, in every difference, the unary
code of its high bits: as many zeros as they count, and a one.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from photometry_core.kernel.compiled import compiled

_CODE_BITS = 5
_CODE_IN_FULL = 26
_FULL_BITS = 32
_WORD_BITS = 32
_MOST_BITS = 53
"""Never more bits are at hand: a float64 holds them all, and its exponent tells the first."""

_FRACTION_BITS = 52
_EXPONENT_OF_ONE = 1023

_Bits: TypeAlias = tuple[np.int64, np.int64, np.int64]
"""Position in the stream, the next bits and their number; all higher bits are zero."""


@compiled
def decode_rows(
    stream: npt.NDArray[np.uint8],
    starts: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    block: int,
    first: int,
    values: npt.NDArray[np.int32],
) -> int:
    """Write part of rows, and return the first damaged one, -1 if there is none.

    Parameters
    ----------
    stream
        Compressed bytes; every row must lie within.
    starts, lengths
        Where each row begins in the stream, and its number of bytes, shape (nrows,).
    block
        Values per block.
    first
        The first column wanted.
    values
        Decoded values of the columns wanted, shape (nrows, ncolumns). Of a row nothing is read
        beyond its last column wanted.
    """
    for row in range(starts.size):
        begin = starts[row]
        if not _decode_row(stream[begin : begin + lengths[row]], block, first, values[row]):
            return row
    return -1


@compiled
def _decode_row(
    stream: npt.NDArray[np.uint8], block: int, first: int, values: npt.NDArray[np.int32]
) -> bool:
    """Write part of one row; return False where the stream can't be one."""
    if stream.size < 4:
        return False
    stop = first + values.size
    last = _word(stream, np.int64(0))
    bits = (np.int64(4), np.int64(0), np.int64(0))
    for column in range(0, stop, block):
        position, ahead, count = _read_ahead(stream, bits)
        count -= _CODE_BITS
        if count < 0:
            return False
        code = ahead >> count
        bits = (position, ahead & ((np.int64(1) << count) - 1), count)
        end = min(column + block, stop)
        if code == 0:
            for i in range(max(column, first), end):
                values[i - first] = np.int32(last)
        elif code <= _CODE_IN_FULL:
            within = (column - first, end - first)
            bits, last = _decode_block(stream, bits, code, last, within, values)
            if bits[0] < 0:
                return False
        else:
            return False
    return True


@compiled
def _decode_block(
    stream: npt.NDArray[np.uint8],
    bits: _Bits,
    code: np.int64,
    last: np.int64,
    within: tuple[int, int],
    values: npt.NDArray[np.int32],
) -> tuple[_Bits, np.int64]:
    """Write the values of a block from one index to another; those before 0 are not kept.

    Returns the bits at hand and the last value; the position is -1 where the stream is damaged.
    """
    damaged = (np.int64(-1), np.int64(0), np.int64(0))
    low_bits = np.int64(_FULL_BITS if code == _CODE_IN_FULL else code - 1)
    position, ahead, count = bits
    for i in range(within[0], within[1]):
        position, ahead, count = _read_ahead(stream, (position, ahead, count))
        high = np.int64(0)
        if code != _CODE_IN_FULL:
            while ahead == 0:
                # The one is further on, or never comes.
                if position == stream.size:
                    return damaged, last
                high += count
                position, ahead, count = _read_ahead(stream, (position, ahead, np.int64(0)))
            one = (np.float64(ahead).view(np.int64) >> _FRACTION_BITS) - _EXPONENT_OF_ONE
            high += count - 1 - one
            count = one
            ahead ^= np.int64(1) << one
        if count < low_bits:
            position, ahead, count = _fill(stream, (position, ahead, count))
        if count < low_bits or high >= np.int64(1) << (_FULL_BITS - low_bits):
            return damaged, last
        count -= low_bits
        folded = (high << low_bits) | (ahead >> count)
        ahead &= (np.int64(1) << count) - 1
        last += (folded >> 1) ^ -(folded & 1)
        if i >= 0:
            # Differences are taken modulo 2**32.
            values[i] = np.int32(last)
    return (position, ahead, count), last


@compiled
def _read_ahead(stream: npt.NDArray[np.uint8], bits: _Bits) -> _Bits:
    """Return the bits at hand after reading a word further.

    There are more than `_MOST_BITS` - `_WORD_BITS` then, unless the stream ends.
    """
    position, ahead, count = bits
    if count > _MOST_BITS - _WORD_BITS:
        return bits
    if position + 4 > stream.size:
        return _fill(stream, bits)
    return position + 4, (ahead << _WORD_BITS) | _word(stream, position), count + _WORD_BITS


@compiled
def _fill(stream: npt.NDArray[np.uint8], bits: _Bits) -> _Bits:
    """Return the bits at hand after reading all that there is room for."""
    position, ahead, count = bits
    while count <= _MOST_BITS - 8 and position < stream.size:
        ahead = (ahead << 8) | np.int64(stream[position])
        position += 1
        count += 8
    return position, ahead, count


@compiled
def _word(stream: npt.NDArray[np.uint8], position: np.int64) -> np.int64:
    """Return the next four bytes as a non-negative number."""
    high = (np.int64(stream[position]) << 8) | np.int64(stream[position + 1])
    low = (np.int64(stream[position + 2]) << 8) | np.int64(stream[position + 3])
    return (high << 16) | low
