"""DuckDB as the results page uses it: in memory, shut off from files and network, bounded.

What people type never reaches it as a statement. `syntax_tree` has DuckDB's own parser read it,
and `explorer.results.expressions` writes the SQL that runs from what it understood of the tree.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import lru_cache, partial
from typing import Any

import duckdb
import pyarrow as pa

from explorer.results.view import MAX_TEXT
from photometry_core.errors import InvalidInputError

_log = logging.getLogger(__name__)

MAX_SECONDS = 1.5
_MAX_BRACKETS = 60
"""Brackets in brackets. The parser takes seconds over a thousand that are never closed."""
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "memory_limit": "256MB",
    "max_temp_directory_size": "0B",
    "enable_external_access": False,
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_TOO_LONG = "it takes too long to compute; allowed: less at once"
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


class Deadline:
    """When all statements of one answer must be done.

    What counts is the time that the thread which made it computes; on a machine with other work
    the clock on the wall may go on four times as long.
    """

    def __init__(self, seconds: float = MAX_SECONDS) -> None:
        self._seconds = seconds
        self._clock = _thread_clock()
        self._computed = self._clock()
        self._began = time.monotonic()

    @property
    def remaining(self) -> float:
        """Seconds left, of computing or of waiting; 0 when there are none."""
        computing = self._seconds - (self._clock() - self._computed)
        waiting = 4 * self._seconds - (time.monotonic() - self._began)
        return max(min(computing, waiting), 0.0)


def _thread_clock() -> Callable[[], float]:
    """Return what tells the processor time of the present thread, to any thread."""
    if hasattr(time, "pthread_getcpuclockid"):
        return partial(time.clock_gettime, time.pthread_getcpuclockid(threading.get_ident()))
    return time.monotonic


def _open() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config=_SETTINGS)
    connection.execute("SET lock_configuration = true")
    return connection


@lru_cache(maxsize=1)
def _parser() -> duckdb.DuckDBPyConnection:
    """Return the database that only ever parses; each parse has a cursor of its own."""
    return _open()


@contextmanager
def _bounded(connection: duckdb.DuckDBPyConnection, deadline: Deadline) -> Iterator[None]:
    """Stop what a connection does at the deadline, and say in words why it failed."""
    if not deadline.remaining:
        raise InvalidInputError(_TOO_LONG)
    is_done = threading.Event()
    watch = threading.Thread(target=_watch, args=(connection, deadline, is_done), daemon=True)
    watch.start()
    try:
        yield
    except duckdb.InterruptException as error:
        raise InvalidInputError(_TOO_LONG) from error
    except duckdb.OutOfMemoryException as error:
        raise InvalidInputError("it needs more memory than a page may use") from error
    except duckdb.DataError as error:
        raise InvalidInputError(
            "a result is too large for a 64-bit integer; write one of the numbers with a decimal "
            "point to compute with real numbers"
        ) from error
    except duckdb.Error as error:
        _log.exception("a statement of ours failed")
        raise InvalidInputError("it can't be computed") from error
    finally:
        is_done.set()
        watch.join()


def _watch(
    connection: duckdb.DuckDBPyConnection, deadline: Deadline, is_done: threading.Event
) -> None:
    while not is_done.wait(deadline.remaining):
        if not deadline.remaining:
            connection.interrupt()
            return


def run(statement: str, measurements: pa.Table, deadline: Deadline) -> pa.Table:
    """Return the result of a statement that this program wrote.

    Parameters
    ----------
    statement
        In SQL, over a table ``measurements``. Texts of people are in it as literals only.
    measurements
        That table.
    deadline
        When it must be done.

    Raises
    ------
    InvalidInputError
        It would take too much time or memory, or an integer overflows.
    """
    with closing(_open()) as connection, _bounded(connection, deadline):
        connection.register("measurements", measurements)
        result: Any = connection.sql(statement).to_arrow_table()
        return result


def syntax_tree(text: str) -> dict[str, Any]:
    """Return the syntax tree of one expression in SQL.

    Parameters
    ----------
    text
        As typed.

    Returns
    -------
    dict
        DuckDB's node of the expression, not yet checked.

    Raises
    ------
    InvalidInputError
        It is no expression, or more than one.
    """
    check_text(text)
    with closing(_parser().cursor()) as cursor:
        found = cursor.execute("SELECT json_serialize_sql(?)", [f"SELECT {text}\n"]).fetchall()
    try:
        answer = json.loads(found[0][0])
    except RecursionError as error:
        raise InvalidInputError("nested too deeply") from error
    if answer.get("error", True):
        raise InvalidInputError(_complaint(answer))
    return _only_expression(answer["statements"])


def check_text(text: str) -> None:
    """Refuse texts that are no expression at first sight, or would cost too much to parse.

    Raises
    ------
    InvalidInputError
        It is empty, too long, no Unicode, or has too many brackets in brackets.
    """
    if not text:
        raise InvalidInputError("empty; an expression is needed")
    if len(text) > MAX_TEXT:
        raise InvalidInputError(f"{len(text):,} characters; allowed: at most {MAX_TEXT}")
    if "\x00" in text or _is_broken(text):
        raise InvalidInputError("there are characters in it that are no text")
    depth = deepest = 0
    for letter in _QUOTED.sub("", text):
        depth += (letter in "([{") - (letter in ")]}")
        deepest = max(deepest, depth)
    if deepest > _MAX_BRACKETS:
        raise InvalidInputError(f"{deepest} brackets in brackets; allowed: {_MAX_BRACKETS}")


def _is_broken(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _complaint(answer: dict[str, Any]) -> str:
    """Return what the parser says, without the hints that are for its own users."""
    if answer.get("error_type") == "not implemented":
        return "this is a statement; allowed: an expression, such as flux > 3 * flux_err"
    message = str(answer.get("error_message", "")).split("\n")[0]
    if "without selection list" in message:
        return "there is no expression in it"
    return message[:200] or "it is not understood"


def _only_expression(statements: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the one selected expression; whatever else a statement can have is refused."""
    node = statements[0]["node"] if len(statements) == 1 else {}
    plain = (
        node.get("type") == "SELECT_NODE"
        and node["from_table"]["type"] == "EMPTY"
        and not node["modifiers"]
        and not node["cte_map"]["map"]
        and not any(
            node.get(part)
            for part in (
                "where_clause", "group_expressions", "group_sets", "having", "sample", "qualify",
            )
        )
        and node["aggregate_handling"] == "STANDARD_HANDLING"
        and len(node["select_list"]) == 1
    )  # fmt: skip
    if not plain:
        raise InvalidInputError("only one expression is allowed, such as flux > 3 * flux_err")
    expression: dict[str, Any] = node["select_list"][0]
    return expression
