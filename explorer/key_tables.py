"""The keys of the pages, as their scripts register them: what the dialog behind ``?`` lists.

A page's scripts call ``keys.add(["j"], "Next measurement", ...)``. These calls are the only place
where keys and their meanings are written down; the Help page takes them from there.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

_STRING = r'"(?:[^"\\\n]|\\.)*"'
_COMMENT = re.compile(
    rf"({_STRING}|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|//[^\n]*|/\*.*?\*/", re.DOTALL
)
_CALL = re.compile(rf"\bkeys\.add\(\s*(\[(?:\s*{_STRING}\s*,?)+\])\s*,\s*({_STRING})", re.DOTALL)
_SHOWN_NAMES = re.compile(r"^const NAMES = \{(.*?)\};", re.DOTALL | re.MULTILINE)
_SHOWN_NAME = re.compile(rf"(\w+|{_STRING}): ({_STRING})")


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of the list.

    Parameters
    ----------
    names
        As people know the keys; any of them does it.
    words
        What happens.
    """

    names: tuple[str, ...]
    words: str


@lru_cache
def keys_of(page: str) -> tuple[Key, ...]:
    """Return the keys of a page.

    Parameters
    ----------
    page
        Folder of its scripts in static/js: ``start`` or ``results``.
    """
    texts = [_COMMENT.sub(r"\1", path.read_text("utf-8")) for path in _scripts(page)]
    shown = {
        name.strip('"'): json.loads(text)
        for script in texts
        for names in _SHOWN_NAMES.findall(script)
        for name, text in _SHOWN_NAME.findall(names)
    }
    return tuple(
        Key(tuple(shown.get(name, name) for name in json.loads(names)), json.loads(words))
        for script in texts
        for names, words in _CALL.findall(script)
    )


def _scripts(page: str) -> list[Path]:
    """Return the scripts of a page, what all pages share last."""
    folder = settings.BASE_FOLDER / "static" / "js"
    return [*sorted((folder / page).glob("*.js")), folder / "keys.js"]
