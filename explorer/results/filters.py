"""Filters as typed under the header of a column, in the syntax of the official tool.

``> 5``, ``>= 1 and < 2``, ``like '%D3%' or like '%D4%'``, ``in (1, 2)``, ``between 1 and 2``,
``is null``, and their negations: the conditions of SQL without the name of the column. A number
alone is equality; for texts, a text alone is looked for anywhere, without case; for `flags`, the
name of a flag alone is having it; lists of rows may have ranges, ``in (0-49, 60)``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from explorer.results.expressions import Column, compiled, named
from explorer.results.locked_database import check_text
from explorer.results.operands import Expression, quoted
from explorer.results.row_lists import COLUMN, ITEMS, ranges_of
from photometry_core import flags
from photometry_core.errors import InvalidInputError

_TOKEN = re.compile(
    r"(?P<quoted>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")|(?P<word>[^\W\d]\w*)"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<operator>>=|<=|!=|<>|==|=|<|>)|(?P<other>\S)"
)
_BEGINS_CONDITION = re.compile(
    r"\s*(?:[=!<>('\"]|not\s+(?:like|ilike|in|between)\b|(?:i?like|between)\s|is\s+(?:not\s+)?null\b"
    r"|in\s*\(|in\s+\S+\s*,)",
    re.IGNORECASE,
)
_BOOLS = {
    **dict.fromkeys(("true", "yes", "y", "t", "1"), "true"),
    **dict.fromkeys(("false", "no", "n", "f", "0"), "false"),
}
_EXAMPLES = {
    "text": "like '%D3%', = 'x', in ('x', 'y'), is null, or a text to look for",
    "bool": "true, false, is null",
}
_NUMBER_EXAMPLES = "> 5, >= 1 and < 2, between 1 and 2, in (1, 2), is null"
_FLAG_EXAMPLES = "DICHROIC, not DICHROIC, = 0, > 5, in (0, 2097152)"


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        return self.text.upper() if self.kind == "word" else ""


def condition(name: str, text: str, columns: Mapping[str, Column]) -> Expression:
    """Return the condition that a filter of a column is.

    Parameters
    ----------
    name
        The column.
    text
        As typed under its header.
    columns
        The columns that the filter may use, by name: its own and those that it is compared with.

    Raises
    ------
    InvalidInputError
        There is no such column, or the filter is not understood. The message says which, what was
        typed, and what is allowed.
    """
    try:
        column = named(name, columns)
    except InvalidInputError as error:
        raise InvalidInputError(f"filter: {error}") from error
    try:
        check_text(text)
        written = _Reader(name, column.kind, text, columns).read()
        found = compiled(written, columns)
    except InvalidInputError as error:
        allowed = _EXAMPLES.get(column.kind, _NUMBER_EXAMPLES)
        if name == "flags":
            allowed = _FLAG_EXAMPLES
        shown = text if len(text) <= 60 else f"{text[:60]}\u2026"
        raise InvalidInputError(
            f"filter of {name}: {shown}: {error}; allowed: {allowed}"
        ) from error
    return found


class _Reader:
    """Reads one filter and writes it as an expression with the name of its column."""

    def __init__(self, name: str, kind: str, text: str, columns: Mapping[str, Column]) -> None:
        self._name, self._kind, self._text, self._columns = name, kind, text, columns
        self._column = '"' + name.replace('"', '""') + '"'
        self._tokens = [
            _Token(str(found.lastgroup), found.group(), found.start(), found.end())
            for found in _TOKEN.finditer(text)
        ]
        self._at = 0

    def read(self) -> str:
        """Return the whole filter."""
        if self._kind == "text" and not _BEGINS_CONDITION.match(self._text):
            if "%" in self._text:
                return f"{self._column} ILIKE {quoted(self._text)}"
            return f"contains(lower({self._column}), lower({quoted(self._text)}))"
        written = self._alternatives()
        if self._at < len(self._tokens):
            raise InvalidInputError(f"{self._rest()} is not understood there")
        return written

    def _rest(self) -> str:
        return self._text[self._tokens[self._at].start :][:30]

    def _peek(self, ahead: int = 0) -> _Token:
        place = self._at + ahead
        end = len(self._text)
        return self._tokens[place] if place < len(self._tokens) else _Token("end", "", end, end)

    def _accept(self, *words: str) -> bool:
        """Pass over a sequence of words (or signs), if it is what comes next."""
        for ahead, word in enumerate(words):
            token = self._peek(ahead)
            if word not in (token.word, token.text):
                return False
        self._at += len(words)
        return True

    def _alternatives(self) -> str:
        parts = [self._all_of()]
        while self._accept("OR"):
            parts.append(self._all_of())
        return " OR ".join(parts)

    def _all_of(self) -> str:
        parts = [self._one()]
        while self._accept("AND"):
            parts.append(self._one())
        return " AND ".join(parts)

    def _one(self) -> str:
        is_negated = False
        while self._peek().word == "NOT":
            self._at += 1
            is_negated = not is_negated
        return f"NOT ({self._positive()})" if is_negated else self._positive()

    def _positive(self) -> str:
        token = self._peek()
        if token.text == "(":
            return self._group()
        if self._name == "flags" and (flag := self._flag()):
            return flag
        own = token.text.strip('"').lower() == self._name.lower() and token.kind != "number"
        if own and self._peek(1).kind in ("operator", "word"):
            self._at += 1
            if self._accept("NOT"):
                return f"NOT ({self._operation()})"
        return self._operation()

    def _group(self) -> str:
        """Read what stands in brackets: conditions, or the beginning of a value."""
        start = self._at
        self._at += 1
        try:
            written = f"({self._alternatives()})"
            closed = self._accept(")")
        except InvalidInputError:
            closed = False
        if closed and self._peek().word in ("AND", "OR", "") and self._ends_condition():
            return written
        self._at = start
        return self._operation()

    def _ends_condition(self) -> bool:
        token = self._peek()
        return token.kind == "end" or token.word in ("AND", "OR") or token.text == ")"

    def _flag(self) -> str:
        """Read the name of a flag, if one is next: the condition that it is set."""
        flag = flags.BY_NAME.get(self._peek().word)
        if flag is None:
            return ""
        self._at += 1
        return f"({self._column} & {1 << flag.bit}) <> 0"

    def _operation(self) -> str:
        token = self._peek()
        if token.kind == "operator":
            self._at += 1
            operator = {"==": "=", "!=": "<>"}.get(token.text, token.text)
            return f"{self._column} {operator} ({self._value(token.text)})"
        for word in ("LIKE", "ILIKE"):
            if self._accept(word):
                return f"{self._column} {word} {self._value(word)}"
        if self._accept("IN"):
            if ranges := self._ranges():
                return ranges
            return f"{self._column} IN ({', '.join(self._list())})"
        if self._accept("BETWEEN"):
            low = self._value("BETWEEN")
            if not self._accept("AND"):
                raise InvalidInputError("BETWEEN needs two values: between 1 and 2")
            return f"{self._column} BETWEEN ({low}) AND ({self._value('AND')})"
        if self._accept("IS", "NOT", "NULL"):
            return f"{self._column} IS NOT NULL"
        if self._accept("IS", "NULL"):
            return f"{self._column} IS NULL"
        return f"{self._column} = ({self._value('')})"

    def _ranges(self) -> str:
        """Read a list of rows with ranges, if one is next; elsewhere 1-50 is a difference."""
        found = ITEMS.match(self._text, self._peek().start) if self._name == COLUMN else None
        if found is None:
            return ""
        while self._peek().start < found.end():
            self._at += 1
        pairs = ranges_of(found.group())
        return f"({' OR '.join(f'{self._column} BETWEEN {a} AND {b}' for a, b in pairs)})"

    def _list(self) -> list[str]:
        in_brackets = self._accept("(")
        values = [self._value("IN")]
        while self._accept(","):
            values.append(self._value("IN"))
        if in_brackets and not self._accept(")"):
            raise InvalidInputError("the list after IN is not closed; ) is missing")
        return values

    def _value(self, after: str) -> str:
        """Read a value: everything up to AND, OR, a comma or the end of its brackets."""
        first, depth = self._at, 0
        while self._at < len(self._tokens):
            token = self._peek()
            if depth == 0 and (token.word in ("AND", "OR") or token.text in (",", ")")):
                break
            depth += (token.text == "(") - (token.text == ")")
            self._at += 1
        if self._at == first:
            place = f"after {after}" if after else "here"
            raise InvalidInputError(f"a value is missing {place}")
        if depth:
            raise InvalidInputError("a bracket is opened that is not closed")
        start, end = self._tokens[first].start, self._tokens[self._at - 1].end
        return self._converted(self._text[start:end], self._tokens[first : self._at])

    def _converted(self, typed: str, tokens: list[_Token]) -> str:
        if self._kind == "bool" and typed.strip("'\"").lower() in _BOOLS:
            return _BOOLS[typed.strip("'\"").lower()]
        if self._kind != "text":
            return typed
        only = tokens[0] if len(tokens) == 1 else None
        if only is not None and only.kind == "quoted":
            inner = only.text[1:-1].replace(only.text[0] * 2, only.text[0])
            return typed if only.text[0] == '"' and inner in self._columns else quoted(inner)
        is_expression = typed in self._columns or any(
            token.kind == "quoted" or token.text == "(" for token in tokens
        )
        return typed if is_expression else quoted(typed)
