"""The process that reads an untrusted file bounds itself before it looks at it."""

from __future__ import annotations

import math
import os
import resource
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

REQUEST, SOURCE, REPORT = "request.json", "source", "report.json"
"""What the process finds and leaves in its folder."""
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_REFUSED_EVENTS = frozenset(
    (
        "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile",
        "os.system", "pty.spawn", "socket.bind", "socket.connect", "socket.getaddrinfo",
        "socket.gethostbyname", "socket.sendmsg", "socket.sendto", "subprocess.Popen",
        "urllib.Request", "os.link", "os.symlink", "os.chmod", "os.chown", "ctypes.dlopen",
    )
)  # fmt: skip
"""Audit events (https://docs.python.org/3/library/audit_events.html) that no reader needs."""
_CHANGING_EVENTS = frozenset(
    ("os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.truncate", "os.utime")
)
"""Audit events whose arguments begin with the path that is changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessBounds:
    """What the process may use once it is confined.

    Parameters
    ----------
    memory_bytes
        Address space, over what it has by then.
    processor_seconds
        Time of the processor, over what it has used by then.
    seconds
        Time on the clock.
    file_bytes
        Size of every file that it writes.
    """

    memory_bytes: int
    processor_seconds: int
    seconds: float
    file_bytes: int


def confine(folder: Path, bounds: ProcessBounds) -> None:
    """Bound what this process may use and reach, for the rest of its life.

    Who exceeds time is ended by the system; who reaches for the network, for another program, or
    for files that are neither in the folder nor part of the program gets a `PermissionError`.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = math.ceil(used.ru_utime + used.ru_stime) + bounds.processor_seconds
    memory = _address_space() + bounds.memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (bounds.file_bytes, bounds.file_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.setitimer(signal.ITIMER_REAL, bounds.seconds)
    _guard(folder)


def _address_space() -> int:
    """Return the bytes of address space that this process has."""
    try:
        n_pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        # Only Linux tells. The libraries that are loaded have less than this.
        return 1_000_000_000
    return n_pages * resource.getpagesize()


def _guard(folder: Path) -> None:
    """Refuse what a reader of files has no reason to do."""
    own = os.path.realpath(folder)
    code = [sys.prefix, sys.base_prefix, sys.exec_prefix, *filter(None, sys.path)]
    readable = tuple({os.path.realpath(place) for place in (own, *code)})

    def check(event: str, arguments: tuple[object, ...]) -> None:
        if event in _REFUSED_EVENTS:
            raise PermissionError(f"{event} is not allowed here")
        if event == "open":
            path, _, flags = arguments
            writes = isinstance(flags, int) and bool(flags & _WRITES)
            _check_path(path, (own,) if writes else readable)
        elif event in _CHANGING_EVENTS:
            _check_path(arguments[0], (own,))

    sys.addaudithook(check)


def _check_path(path: object, places: tuple[str, ...]) -> None:
    # What is open already has a number.
    if not isinstance(path, str | bytes | os.PathLike):
        return
    real = os.path.realpath(os.fsdecode(path))
    if not any(real == place or real.startswith(place + os.sep) for place in places):
        raise PermissionError("this file is not to be opened here")
