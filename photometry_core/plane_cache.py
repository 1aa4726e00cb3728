"""What is made from PSF planes, kept for the next exposure that holds the same planes.

Planes are the same in every exposure of a detector. They are recognised by their content,
so that no exposure can be given the PSF of another.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar

import numpy.typing as npt

_FINGERPRINT_BYTES = 128


class _Sized(Protocol):
    @property
    def nbytes(self) -> int: ...


_Derived = TypeVar("_Derived", bound=_Sized)


@dataclass(frozen=True, slots=True)
class _Entry(Generic[_Derived]):
    content: bytes
    derived: _Derived

    @property
    def nbytes(self) -> int:
        return len(self.content) + self.derived.nbytes


class PlaneCache(Generic[_Derived]):
    """What a function makes from planes: made once per plane and set of parameters.

    The entries that were used last are kept. A plane is found by some bytes in its middle
    and then compared as a whole; two that differ elsewhere only replace each other. Threads
    may share a cache.

    Parameters
    ----------
    derive
        Called as ``derive(plane, *parameters)``; what it returns is shared by all callers.
    max_bytes
        Bound of the memory taken by planes and what was made from them.
    """

    def __init__(self, derive: Callable[..., _Derived], max_bytes: int) -> None:
        self._derive = derive
        self._max_bytes = max_bytes
        self._nbytes = 0
        self._entries: OrderedDict[Hashable, _Entry[_Derived]] = OrderedDict()
        self._lock = Lock()

    @property
    def nbytes(self) -> int:
        """Memory taken at present."""
        return self._nbytes

    def of(self, plane: npt.NDArray[Any], *parameters: Hashable) -> _Derived:
        """Return what is made from a plane.

        Parameters
        ----------
        plane
            Any array of numbers.
        parameters
            Whatever else decides the result.

        Raises
        ------
        Exception
            Whatever `derive` raises; it is asked again the next time.
        """
        content = plane.tobytes()
        first = max((len(content) - _FINGERPRINT_BYTES) // 2, 0)
        fingerprint = content[first : first + _FINGERPRINT_BYTES]
        key = (fingerprint, plane.dtype.str, plane.shape, parameters)
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and entry.content == content:
                self._entries.move_to_end(key)
                return entry.derived
        entry = _Entry(content, self._derive(plane, *parameters))
        with self._lock:
            self._keep(key, entry)
        return entry.derived

    def _keep(self, key: Hashable, entry: _Entry[_Derived]) -> None:
        replaced = self._entries.pop(key, None)
        self._nbytes += entry.nbytes - (0 if replaced is None else replaced.nbytes)
        self._entries[key] = entry
        while self._nbytes > self._max_bytes:
            _, oldest = self._entries.popitem(last=False)
            self._nbytes -= oldest.nbytes
