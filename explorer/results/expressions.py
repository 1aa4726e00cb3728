"""Expressions of people: understood completely, or refused with a reason.

DuckDB's parser makes the syntax tree; only what is written out here becomes SQL again. So nothing
that was typed runs as it stands, and columns have their names in messages alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from explorer.results import operands
from explorer.results.functions import FUNCTIONS, NAMES
from explorer.results.locked_database import syntax_tree
from explorer.results.operands import Expression, made
from photometry_core.errors import InvalidInputError

_MAX_DEPTH = 120
_Node = dict[str, Any]

_COMPARISONS = {
    "COMPARE_EQUAL": "=",
    "COMPARE_NOTEQUAL": "<>",
    "COMPARE_LESSTHAN": "<",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
    "COMPARE_DISTINCT_FROM": "IS DISTINCT FROM",
    "COMPARE_NOT_DISTINCT_FROM": "IS NOT DISTINCT FROM",
}
_TYPES = {
    **dict.fromkeys(
        ("DOUBLE", "FLOAT", "REAL", "FLOAT8", "FLOAT4", "DECIMAL", "NUMERIC"), "double"
    ),
    **dict.fromkeys(
        ("BIGINT", "INTEGER", "INT", "LONG", "SMALLINT", "TINYINT", "INT8", "INT4", "INT2"), "long"
    ),
    **dict.fromkeys(("VARCHAR", "TEXT", "STRING", "CHAR"), "text"),
    **dict.fromkeys(("BOOLEAN", "BOOL"), "bool"),
}
_SUCH_AS = (
    "functions of one row, such as ABS, FLOOR, MOD, POWER, SQRT, LOG10, ROUND, COALESCE, UPPER"
)
_SQL_TYPES = {"double": "DOUBLE", "long": "BIGINT", "text": "VARCHAR", "bool": "BOOLEAN"}
_REFUSED = {
    "SUBQUERY": "queries in an expression are not allowed",
    "STAR": "* stands for no single column; name one",
    "WINDOW": "functions over other rows are not allowed",
    "LAMBDA": "-> is not allowed",
    "PARAMETER": "? and $ are not allowed",
    "POSITIONAL_REFERENCE": "# is not allowed; name a column",
    "COLLATE": "COLLATE is not allowed; ILIKE compares without case",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column that expressions may use: what it is called in the registered table, and its kind.

    `n_joined` is that of `Expression`.
    """

    physical: str
    kind: str
    n_joined: int = 1


def compiled(text: str, columns: Mapping[str, Column]) -> Expression:
    """Return what an expression becomes.

    Parameters
    ----------
    text
        As typed: an expression in SQL.
    columns
        By name.

    Raises
    ------
    InvalidInputError
        It is not understood or not allowed; the message says why, and not whose it is.
    """
    return _Compiler(text, columns).expression(_tree(text), 0)


def columns_used(text: str) -> set[str]:
    """Return the names of columns in an expression, in lower case.

    Raises
    ------
    InvalidInputError
        It is no expression.
    """
    found: set[str] = set()
    waiting: list[Any] = [_tree(text)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            if node.get("class") == "COLUMN_REF":
                found.add(str(node["column_names"][-1]).lower())
            waiting += node.values()
    return found


@lru_cache(maxsize=512)
def _tree(text: str) -> _Node:
    return syntax_tree(text)


def named(name: str, columns: Mapping[str, Column]) -> Column:
    """Return a column by its name; case counts only where two differ in nothing else.

    Raises
    ------
    InvalidInputError
        There is none.
    """
    if name in columns:
        return columns[name]
    alike = [known for known in columns if known.lower() == name.lower()]
    if len(alike) == 1:
        return columns[alike[0]]
    close = alike or get_close_matches(name.lower(), columns, n=3, cutoff=0.6)
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    raise InvalidInputError(f"there is no column {name:.60}{hint}")


class _Compiler:
    def __init__(self, text: str, columns: Mapping[str, Column]) -> None:
        self._text = f"SELECT {text}".encode()
        self._columns = columns
        self._writers: dict[str, Callable[[_Node, int], Expression]] = {
            "COLUMN_REF": self._column,
            "CONSTANT": self._constant,
            "COMPARISON": self._comparison,
            "CONJUNCTION": self._conjunction,
            "BETWEEN": self._between,
            "OPERATOR": self._operator,
            "CASE": self._case,
            "CAST": self._cast,
            "FUNCTION": self._function,
        }

    def expression(self, node: _Node, depth: int) -> Expression:
        """Return a node, checked, as SQL."""
        if depth > _MAX_DEPTH:
            raise InvalidInputError("nested too deeply; add a column for a part of it")
        if node.get("alias"):
            raise InvalidInputError(f"AS {node['alias']:.40} is not allowed; name no results")
        kind = str(node.get("class"))
        writer = self._writers.get(kind)
        if writer is None:
            raise InvalidInputError(_REFUSED.get(kind, f"{kind.lower():.30} is not allowed"))
        return writer(node, depth + 1)

    def _shown(self, node: _Node) -> str:
        """Return the part of what was typed that a node stands for."""
        start, length = node["query_location"], node["query_location_length"]
        typed = self._text[start : start + length].decode(errors="replace").strip()
        shown = typed or "a part of it"
        return shown if len(shown) <= 40 else f"{shown[:39]}\u2026"

    def _many(self, nodes: list[_Node], depth: int) -> list[Expression]:
        return [self.expression(node, depth) for node in nodes]

    def _column(self, node: _Node, depth: int) -> Expression:
        names = node["column_names"]
        if len(names) != 1:
            raise InvalidInputError(f"{'.'.join(names):.60}: columns have no parts")
        try:
            column = named(names[0], self._columns)
        except InvalidInputError as error:
            if f'"{names[0]}"'.encode() in self._text:
                raise InvalidInputError(f"{error} (texts stand in single quotes)") from error
            raise
        sql = f'"{column.physical}"'
        return replace(made(sql, column.kind, names[0]), n_joined=column.n_joined)

    def _constant(self, node: _Node, depth: int) -> Expression:
        literal = node.get("literal") or {}
        kind, text = literal.get("kind"), str(literal.get("text"))
        if kind in ("INTEGER", "NUMERIC"):
            return _number(text)
        if kind == "STRING":
            shown = operands.quoted(text)
            return replace(made(shown, "text", shown[:40]), constant=text)
        if kind == "BOOLEAN":
            return made("true" if text == "true" else "false", "bool", text)
        if kind == "NULL_LITERAL":
            return made("NULL", "null", "null")
        raise InvalidInputError(
            f"{self._shown(node)}: only numbers, texts, true and false are values"
        )

    def _comparison(self, node: _Node, depth: int) -> Expression:
        operator = _COMPARISONS.get(node["type"])
        if operator is None:
            raise InvalidInputError(f"{self._shown(node)}: this comparison is not allowed")
        sides = self._many([node["left"], node["right"]], depth)
        one, other = operands.same_kind(sides, operator)
        return made(f"({one.sql} {operator} {other.sql})", "bool", self._shown(node))

    def _conjunction(self, node: _Node, depth: int) -> Expression:
        word = " AND " if node["type"] == "CONJUNCTION_AND" else " OR "
        parts = [
            operands.as_bool(one, word.strip()).sql for one in self._many(node["children"], depth)
        ]
        return made(f"({word.join(parts)})", "bool", self._shown(node))

    def _between(self, node: _Node, depth: int) -> Expression:
        parts = self._many([node["input"], node["lower"], node["upper"]], depth)
        value, low, high = (one.sql for one in operands.same_kind(parts, "BETWEEN"))
        return made(f"({value} BETWEEN {low} AND {high})", "bool", self._shown(node))

    def _operator(self, node: _Node, depth: int) -> Expression:
        kind, shown = node["type"], self._shown(node)
        children = self._many(node["children"], depth)
        if kind == "OPERATOR_NOT":
            return made(f"(NOT {operands.as_bool(children[0], 'NOT').sql})", "bool", shown)
        if kind in ("OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL"):
            word = "IS NULL" if kind == "OPERATOR_IS_NULL" else "IS NOT NULL"
            return made(f"({operands.finite(children[0]).sql} {word})", "bool", shown)
        if kind in ("COMPARE_IN", "COMPARE_NOT_IN"):
            value, *listed = (one.sql for one in operands.same_kind(children, "IN"))
            word = "IN" if kind == "COMPARE_IN" else "NOT IN"
            return made(f"({value} {word} ({', '.join(listed)}))", "bool", shown)
        if kind == "OPERATOR_COALESCE":
            values = operands.same_kind(children, "COALESCE")
            return _choice(f"coalesce({', '.join(one.sql for one in values)})", values, shown)
        raise InvalidInputError(f"{shown}: this operator is not allowed")

    def _case(self, node: _Node, depth: int) -> Expression:
        checks = node["case_checks"]
        conditions = [
            operands.as_bool(self.expression(check["when_expr"], depth), "WHEN").sql
            for check in checks
        ]
        results = [check["then_expr"] for check in checks] + [node["else_expr"]]
        values = operands.same_kind(self._many(results, depth), "CASE")
        branches = " ".join(
            f"WHEN {condition} THEN {value.sql}"
            for condition, value in zip(conditions, values, strict=False)
        )
        return _choice(f"(CASE {branches} ELSE {values[-1].sql} END)", values, self._shown(node))

    def _cast(self, node: _Node, depth: int) -> Expression:
        wanted = node.get("type_expr") or {}
        kind = _TYPES.get(str(wanted.get("type_name")).upper())
        path = (wanted.get("qualified_name") or {}).get("path", [])
        if kind is None or wanted.get("children") or len(path) > 1:
            allowed = ", ".join(_SQL_TYPES.values())
            raise InvalidInputError(f"{self._shown(node)}: types are {allowed}")
        value = self.expression(node["child"], depth)
        if kind == "text":
            return operands.cast_to_text(value)
        sql = f"TRY_CAST({operands.finite(value).sql} AS {_SQL_TYPES[kind]})"
        may_be_infinite = value.kind == "text" and kind == "double"
        return made(sql, kind, self._shown(node), is_finite=not may_be_infinite)

    def _function(self, node: _Node, depth: int) -> Expression:
        name = str(node["function_name"]).lower()
        function = FUNCTIONS.get(name)
        path = (node.get("qualified_name") or {}).get("path", [])
        is_plain = not (
            node["schema"] or node["catalog"] or node["filter"] or node["distinct"]
            or node["order_bys"]["orders"] or node["export_state"] or len(path) > 1
            or any(argument["name"] for argument in node["arguments"])
        )  # fmt: skip
        if function is None or not is_plain:
            raise InvalidInputError(_no_function(name))
        arguments = [argument["expression"] for argument in node["arguments"]]
        if not function.least <= len(arguments) <= function.most:
            allowed = " to ".join(map(str, sorted({function.least, function.most})))
            raise InvalidInputError(
                f"{name.upper():.40}: {len(arguments)} arguments given; allowed: {allowed}"
            )
        return function.write(name, self._many(arguments, depth), self._shown(node))


def _number(text: str) -> Expression:
    """Return a number, exactly: DuckDB would make decimals of what has a point."""
    digits = text.replace("_", "")
    whole = int(digits) if digits.isdecimal() else None
    if whole is not None and whole < 2**63:
        return made(f"CAST({whole} AS BIGINT)", "long", text)
    try:
        value = float(digits)
    except ValueError as error:
        raise InvalidInputError(f"{text:.40}: not a number") from error
    if value in (float("inf"), float("-inf")):
        raise InvalidInputError(f"{text:.40}: larger than any number that is computed with")
    return made(f"CAST('{value!r}' AS DOUBLE)", "double", text)


def _choice(sql: str, values: list[Expression], shown: str) -> Expression:
    joined = max(one.n_joined for one in values)
    return replace(made(sql, values[0].kind, shown), n_joined=joined)


def _no_function(name: str) -> str:
    close = get_close_matches(name.upper(), NAMES, n=3, cutoff=0.7)
    hint = f"did you mean {' or '.join(close)}?" if close else f"allowed: {_SUCH_AS}"
    return f"{name.upper():.40} is not allowed here; {hint}"
