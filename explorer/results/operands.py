"""Parts of expressions that were understood: their SQL, their kind, and what fits to what."""

from __future__ import annotations

from dataclasses import dataclass, replace

from photometry_core.errors import InvalidInputError

NUMBERS = ("double", "long")
_MAX_SQL = 60_000
_KIND_WORDS = {"double": "a number", "long": "a number", "bool": "true or false", "text": "a text"}


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was understood.

    Parameters
    ----------
    sql
        As DuckDB gets it.
    kind
        ``double``, ``long``, ``bool``, ``text``, or ``null`` for the word itself.
    shown
        As typed, for messages.
    is_finite
        Whether a number can be neither infinite nor NaN.
    n_joined
        For texts: of how many it is put together.
    constant
        The text, if it is a literal one.
    """

    sql: str
    kind: str
    shown: str
    is_finite: bool = True
    n_joined: int = 1
    constant: str | None = None


def made(sql: str, kind: str, shown: str, *, is_finite: bool = True) -> Expression:
    """Return an expression whose SQL is not too long.

    Raises
    ------
    InvalidInputError
        It is: SQL has no names for intermediate results, so that some are written repeatedly.
    """
    if len(sql) > _MAX_SQL:
        raise InvalidInputError("nested too deeply; add a column for a part of it")
    return Expression(sql, kind, shown, is_finite)


def finite(expression: Expression) -> Expression:
    """Return an expression that is null where it is infinite or NaN."""
    if expression.is_finite:
        return expression
    sql = f"(CASE WHEN isfinite({expression.sql}) THEN {expression.sql} END)"
    return replace(made(sql, expression.kind, expression.shown), is_finite=True)


def as_number(expression: Expression, where: str) -> Expression:
    """Return a number; true and false count as 1 and 0.

    Raises
    ------
    InvalidInputError
        It is a text.
    """
    if expression.kind == "bool":
        return replace(expression, sql=f"CAST({expression.sql} AS BIGINT)", kind="long")
    if expression.kind == "null":
        return replace(expression, sql="CAST(NULL AS DOUBLE)", kind="double")
    if expression.kind not in NUMBERS:
        raise InvalidInputError(_unfit(where, "a number", expression))
    return expression


def as_double(expression: Expression, where: str) -> Expression:
    """Return a floating-point number."""
    number = as_number(expression, where)
    if number.kind == "double":
        return number
    return replace(number, sql=f"CAST({number.sql} AS DOUBLE)", kind="double")


def as_long(expression: Expression, where: str) -> Expression:
    """Return a whole number.

    Raises
    ------
    InvalidInputError
        It is something else.
    """
    if expression.kind == "null":
        return replace(expression, sql="CAST(NULL AS BIGINT)", kind="long")
    number = as_number(expression, where)
    if number.kind == "double":
        raise InvalidInputError(
            f"{where}: whole numbers are needed, {number.shown} is a real one; "
            "allowed: CAST(... AS BIGINT)"
        )
    return number


def as_text(expression: Expression, where: str) -> Expression:
    """Return a text.

    Raises
    ------
    InvalidInputError
        It is something else.
    """
    if expression.kind == "null":
        return replace(expression, sql="CAST(NULL AS VARCHAR)", kind="text")
    if expression.kind != "text":
        raise InvalidInputError(_unfit(where, "a text", expression))
    return expression


def as_bool(expression: Expression, where: str) -> Expression:
    """Return a condition.

    Raises
    ------
    InvalidInputError
        It is something else.
    """
    if expression.kind == "null":
        return replace(expression, sql="CAST(NULL AS BOOLEAN)", kind="bool")
    if expression.kind != "bool":
        raise InvalidInputError(_unfit(where, "a condition (true or false)", expression))
    return expression


def _unfit(where: str, needed: str, given: Expression) -> str:
    hint = ""
    if given.kind == "text" and given.constant is None and needed == "a number":
        hint = "; allowed: CAST(... AS DOUBLE)"
    elif given.constant is not None:
        hint = "; numbers stand without quotes"
    return f"{where}: {needed} is needed, {given.shown} is {_KIND_WORDS[given.kind]}{hint}"


def same_kind(expressions: list[Expression], where: str) -> list[Expression]:
    """Return expressions that can be compared: all numbers, all texts or all conditions."""
    kinds = {one.kind for one in expressions} - {"null"}
    convert = as_number
    if kinds <= {"text"}:
        convert = as_text
    elif kinds <= {"bool"}:
        convert = as_bool
    converted = [finite(convert(one, where)) for one in expressions]
    if {one.kind for one in converted} == {"double", "long"}:
        # Integers are compared as such, beyond 2^53 too, unless a real number is among them.
        converted = [as_double(one, where) for one in converted]
    return converted


def cast_to_text(expression: Expression) -> Expression:
    """Return any expression as text."""
    if expression.kind == "text":
        return expression
    value = finite(expression)
    return made(f"CAST({value.sql} AS VARCHAR)", "text", expression.shown)


def quoted(text: str) -> str:
    """Return a text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"
