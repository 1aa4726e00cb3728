"""Compilation by numba, with a cache on disk so that only the first run ever waits.

numba looks at the source of the function itself when it decides whether a cached version is
still good, not at the functions that it calls. A change of those would go unnoticed, so that
the cache has a folder per content of the whole package.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import numba

_Function = TypeVar("_Function", bound=Callable[..., Any])

_HERE = Path(__file__).parent

# Its variables are made when it is imported: no type checker sees them.
_config: Any = numba.config


def compiled(function: _Function) -> _Function:
    """Compile a function when it is first called; a decorator.

    Sums may be evaluated in any order, which lets them run in vector registers; NaN and
    infinity keep their meaning, and division by zero gives them. Threads run side by side.

    Inner loops run over unsigned numbers (``np.uint64``) and add them to unsigned starts:
    indices that may be negative count from the end in Python, which keeps a loop from vector
    registers, and a slice costs as much as twenty pixels.
    """
    return _compile(function, inline="never")


def inlined(function: _Function) -> _Function:
    """Compile a function as part of those that call it; a decorator.

    Otherwise as `compiled`. For functions that are given many arrays, each of which would be
    counted as in use before the call and as free after it.
    """
    return _compile(function, inline="always")


def _compile(function: _Function, inline: Literal["never", "always"]) -> _Function:
    before = _config.CACHE_DIR
    _config.CACHE_DIR = str(cache_folder())
    try:
        decorate = numba.njit(
            cache=True,
            nogil=True,
            error_model="numpy",
            fastmath={"reassoc", "contract", "nsz"},
            inline=inline,
        )
        return cast("_Function", decorate(function))
    finally:
        _config.CACHE_DIR = before


@lru_cache(maxsize=1)
def cache_folder() -> Path:
    """Return the folder of compiled code that belongs to the present sources.

    Beside the sources where that can be written to; otherwise in the cache of the user, or
    at last among the temporary files.
    """
    digest = hashlib.sha256()
    for source in sorted(_HERE.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    name = digest.hexdigest()[:16]
    user_cache = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    for parent in (_HERE / "__pycache__", user_cache / "spherex-explorer"):
        folder = parent / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    # A private folder: anybody could put code into one whose name is known.
    return Path(tempfile.mkdtemp(prefix="spherex-explorer-"))
