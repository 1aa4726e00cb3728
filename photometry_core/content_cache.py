"""Values remembered by the bytes they were made from.

Files of one detector share most of what their headers say. A key is always the content
itself, so that no file can be given what belongs to another.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

_Value = TypeVar("_Value")


class ContentCache(Generic[_Value]):
    """Values by their content; the oldest are forgotten first.

    Parameters
    ----------
    size
        How many are remembered at most.
    """

    __slots__ = ("_lock", "_size", "_values")

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: dict[Hashable, _Value] = {}
        self._lock = Lock()

    def get(self, content: Hashable, make: Callable[[], _Value]) -> _Value:
        """Return the value of a content, made if it is not remembered.

        What `make` raises is not remembered, so that messages can name the file in hand.
        """
        try:
            return self._values[content]
        except KeyError:
            value = make()
        self.put(content, value)
        return value

    def put(self, content: Hashable, value: _Value) -> None:
        """Remember a value in place of any other of the same content."""
        with self._lock:
            while len(self._values) >= self._size:
                del self._values[next(iter(self._values))]
            self._values[content] = value
