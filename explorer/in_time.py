"""Work that may take longer than a page waits: it goes on, and the page asks again."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeVar

_Value = TypeVar("_Value")


class StillWorkingError(Exception):
    """There is no answer yet; the same question will find it in a while."""


class InTime:
    """Threads that answer questions, each only once at a time.

    They must not use the database, whose connections belong to the threads of the web server.

    Parameters
    ----------
    name
        Of the threads.
    threads
        How many questions are worked on at once.
    most
        How many may be unanswered; further ones have to be asked again.
    """

    def __init__(self, name: str, threads: int = 1, most: int = 20) -> None:
        # Threads start with the first question: after the web server has divided into processes.
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._futures: dict[Hashable, Future[Any]] = {}
        self._most = most
        self._lock = Lock()

    def begin(self, key: Hashable, work: Callable[[], _Value]) -> Future[_Value]:
        """Begin with a question that will be asked, unless it is begun already.

        Raises
        ------
        StillWorkingError
            Too many others are being worked on.
        """
        with self._lock:
            future = self._futures.get(key)
            if future is None:
                self._forget_answered()
                if len(self._futures) >= self._most:
                    raise StillWorkingError
                future = self._futures[key] = self._threads.submit(work)
        return future

    def answer(self, key: Hashable, work: Callable[[], _Value], seconds: float) -> _Value:
        """Return what `work` returns, or raise what it raises.

        Parameters
        ----------
        key
            Questions with the same key are the same question.
        work
            What finds the answer.
        seconds
            How long to wait.

        Raises
        ------
        StillWorkingError
            The answer takes longer, or too many others are being worked on.
        """
        future = self.begin(key, work)
        try:
            value = future.result(max(seconds, 0.0))
        except TimeoutError:
            # Also what the work itself may raise.
            if not future.done():
                raise StillWorkingError from None
            self._drop(key, future)
            raise
        except BaseException:
            self._drop(key, future)
            raise
        self._drop(key, future)
        return value

    def _drop(self, key: Hashable, future: Future[Any]) -> None:
        with self._lock:
            if self._futures.get(key) is future:
                del self._futures[key]

    def _forget_answered(self) -> None:
        """Forget answers that nobody came back for, once there are many."""
        if len(self._futures) >= self._most:
            for key in [key for key, future in self._futures.items() if future.done()]:
                del self._futures[key]
