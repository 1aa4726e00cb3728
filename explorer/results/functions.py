"""The functions of SQL that people may use, and how each is written for DuckDB.

None can read anything, and none can make much out of little (`repeat`, `range`, `lpad` can). What
has no value - a division by zero, the logarithm of a negative number - is null.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from explorer.results.operands import (
    Expression,
    as_double,
    as_long,
    as_number,
    as_text,
    cast_to_text,
    finite,
    made,
    quoted,
    same_kind,
)
from photometry_core.errors import InvalidInputError

_MAX_JOINED = 64

Arguments = list[Expression]
_Writer = Callable[[str, Arguments, str], Expression]


@dataclass(frozen=True, slots=True)
class Function:
    """One function: how many arguments it takes and what it becomes."""

    least: int
    most: int
    write: _Writer


def _doubles(name: str, arguments: Arguments, shown: str) -> Expression:
    values = ", ".join(as_double(one, name.upper()).sql for one in arguments)
    return made(f"{name}({values})", "double", shown, is_finite=False)


def _logarithm(name: str, arguments: Arguments, shown: str) -> Expression:
    values = [as_double(one, name.upper()).sql for one in arguments]
    positive = " AND ".join(f"{value} > 0" for value in values)
    sql = f"(CASE WHEN {positive} THEN {name}({', '.join(values)}) END)"
    return made(sql, "double", shown, is_finite=False)


def _absolute(name: str, arguments: Arguments, shown: str) -> Expression:
    number = as_number(arguments[0], "ABS")
    written = made(f"abs({number.sql})", number.kind, shown)
    return replace(written, is_finite=number.is_finite)


def _to_whole(name: str, arguments: Arguments, shown: str) -> Expression:
    number = as_number(arguments[0], name.upper())
    return number if number.kind == "long" else _doubles(name, [number], shown)


def _sign(name: str, arguments: Arguments, shown: str) -> Expression:
    number = finite(as_number(arguments[0], "SIGN"))
    return made(f"CAST(sign({number.sql}) AS BIGINT)", "long", shown)


def _round(name: str, arguments: Arguments, shown: str) -> Expression:
    number = as_number(arguments[0], "ROUND")
    if len(arguments) == 1:
        return _to_whole("round", arguments, shown)
    digits = as_long(arguments[1], "digits of ROUND")
    # Beyond these a double has no digits, and the function would overflow.
    places = f"CAST(least(greatest({digits.sql}, -300), 300) AS INTEGER)"
    sql = f"round({as_double(number, 'ROUND').sql}, {places})"
    return made(sql, "double", shown, is_finite=False)


def _arithmetic(name: str, arguments: Arguments, shown: str) -> Expression:
    numbers = [as_number(one, name) for one in arguments]
    if len(numbers) == 1:
        sql = f"({name} {numbers[0].sql})"
    else:
        sql = f"({numbers[0].sql} {name} {numbers[1].sql})"
    is_long = all(one.kind == "long" for one in numbers)
    return made(sql, "long" if is_long else "double", shown, is_finite=is_long)


def _divide(name: str, arguments: Arguments, shown: str) -> Expression:
    above, below = (as_double(one, "/").sql for one in arguments)
    sql = f"(CASE WHEN {below} <> 0 THEN {above} / {below} END)"
    return made(sql, "double", shown, is_finite=False)


def _divide_whole(name: str, arguments: Arguments, shown: str) -> Expression:
    above, below = (as_long(one, "//").sql for one in arguments)
    return made(f"(CASE WHEN {below} <> 0 THEN {above} // {below} END)", "long", shown)


def _modulo(name: str, arguments: Arguments, shown: str) -> Expression:
    numbers = [as_number(one, "MOD") for one in arguments]
    if all(one.kind == "long" for one in numbers):
        above, below = (one.sql for one in numbers)
        return made(f"(CASE WHEN {below} <> 0 THEN {above} % {below} END)", "long", shown)
    above, below = (as_double(one, "MOD").sql for one in numbers)
    return made(f"({above} % {below})", "double", shown, is_finite=False)


def _power(name: str, arguments: Arguments, shown: str) -> Expression:
    return _doubles("power", arguments, shown)


def _bits(name: str, arguments: Arguments, shown: str) -> Expression:
    longs = [as_long(one, name).sql for one in arguments]
    if len(longs) == 1:
        return made(f"(~ {longs[0]})", "long", shown)
    if name == "xor":
        return made(f"xor({longs[0]}, {longs[1]})", "long", shown)
    return made(f"({longs[0]} {name} {longs[1]})", "long", shown)


def _count_bits(name: str, arguments: Arguments, shown: str) -> Expression:
    return made(f"CAST(bit_count({as_long(arguments[0], name).sql}) AS BIGINT)", "long", shown)


def _extreme(name: str, arguments: Arguments, shown: str) -> Expression:
    values = same_kind(arguments, name.upper())
    listed = ", ".join(one.sql for one in values)
    joined = max(one.n_joined for one in values)
    return replace(made(f"{name}({listed})", values[0].kind, shown), n_joined=joined)


def _is_number(name: str, arguments: Arguments, shown: str) -> Expression:
    return made(f"{name}({as_double(arguments[0], name.upper()).sql})", "bool", shown)


def _pi(name: str, arguments: Arguments, shown: str) -> Expression:
    return made("pi()", "double", shown)


def _text_to_text(name: str, arguments: Arguments, shown: str) -> Expression:
    text = as_text(arguments[0], name.upper())
    return replace(made(f"{name}({text.sql})", "text", shown), n_joined=text.n_joined)


def _part_of_text(name: str, arguments: Arguments, shown: str) -> Expression:
    text = as_text(arguments[0], name.upper())
    # No text is longer; what DuckDB does with numbers near 2^63 is its own affair.
    places = [
        f"least(greatest({as_long(one, name.upper()).sql}, -1000000), 1000000)"
        for one in arguments[1:]
    ]
    written = made(f"{name}({', '.join([text.sql, *places])})", "text", shown)
    return replace(written, n_joined=text.n_joined)


def _length(name: str, arguments: Arguments, shown: str) -> Expression:
    return made(f"length({as_text(arguments[0], 'LENGTH').sql})", "long", shown)


def _find(name: str, arguments: Arguments, shown: str) -> Expression:
    text, part = (as_text(one, name.upper()).sql for one in arguments)
    return made(f"strpos({text}, {part})", "long", shown)


def _test_text(name: str, arguments: Arguments, shown: str) -> Expression:
    text, part = (as_text(one, name.upper()).sql for one in arguments)
    return made(f"{name}({text}, {part})", "bool", shown)


def _join(name: str, arguments: Arguments, shown: str) -> Expression:
    texts = [cast_to_text(one) for one in arguments]
    joined = sum(one.n_joined for one in texts)
    if joined > _MAX_JOINED:
        raise InvalidInputError(f"{joined} texts are joined; allowed: at most {_MAX_JOINED}")
    if name == "||":
        sql = f"({texts[0].sql} || {texts[1].sql})"
    else:
        sql = f"concat({', '.join(one.sql for one in texts)})"
    return replace(made(sql, "text", shown), n_joined=joined)


def _null_if(name: str, arguments: Arguments, shown: str) -> Expression:
    one, other = same_kind(arguments, "NULLIF")
    sql = f"(CASE WHEN {one.sql} = {other.sql} THEN NULL ELSE {one.sql} END)"
    return replace(made(sql, one.kind, shown), n_joined=one.n_joined)


def _like(name: str, arguments: Arguments, shown: str) -> Expression:
    """Write LIKE as a regular expression.

    DuckDB's own goes back and forth over patterns with many %, for longer than a life on some
    texts; its regular expressions take time in proportion to the text.
    """
    text, pattern = (as_text(one, "LIKE") for one in arguments)
    if pattern.constant is None:
        raise InvalidInputError(
            "LIKE: the pattern is not a text in quotes; allowed: such as '%D3%'"
        )
    wanted = "".join(_PATTERN.get(letter) or _literal(letter) for letter in pattern.constant)
    options = "si" if name.endswith("*") else "s"
    sql = f"regexp_full_match({text.sql}, {quoted(wanted)}, '{options}')"
    return made(f"(NOT {sql})" if name.startswith("!") else sql, "bool", shown)


_PATTERN = {"%": ".*", "_": "."}


def _literal(letter: str) -> str:
    if letter.isalnum() or not letter.isascii():
        return letter
    return f"\\x{ord(letter):02x}"


_OF_ONE_DOUBLE = (
    "sqrt", "cbrt", "exp", "sin", "cos", "tan", "cot", "asin", "acos", "atan", "sinh", "cosh",
    "tanh", "degrees", "radians",
)  # fmt: skip
_TO_WHOLE = ("floor", "ceil", "ceiling", "trunc")

FUNCTIONS: dict[str, Function] = {
    **{name: Function(1, 1, _doubles) for name in _OF_ONE_DOUBLE},
    **{name: Function(1, 1, _logarithm) for name in ("ln", "log10", "log2")},
    "log": Function(1, 2, _logarithm),
    "atan2": Function(2, 2, _doubles),
    **{name: Function(2, 2, _power) for name in ("power", "pow", "^", "**")},
    "abs": Function(1, 1, _absolute),
    **{name: Function(1, 1, _to_whole) for name in _TO_WHOLE},
    "sign": Function(1, 1, _sign),
    "round": Function(1, 2, _round),
    "+": Function(1, 2, _arithmetic),
    "-": Function(1, 2, _arithmetic),
    "*": Function(2, 2, _arithmetic),
    "/": Function(2, 2, _divide),
    "//": Function(2, 2, _divide_whole),
    **{name: Function(2, 2, _modulo) for name in ("%", "mod")},
    **{name: Function(2, 2, _bits) for name in ("&", "|", "<<", ">>", "xor")},
    "~": Function(1, 1, _bits),
    "bit_count": Function(1, 1, _count_bits),
    **{name: Function(1, 20, _extreme) for name in ("greatest", "least")},
    **{name: Function(1, 1, _is_number) for name in ("isnan", "isinf", "isfinite")},
    "pi": Function(0, 0, _pi),
    **{
        name: Function(1, 1, _text_to_text) for name in ("upper", "lower", "trim", "ltrim", "rtrim")
    },
    **{name: Function(2, 3, _part_of_text) for name in ("substring", "substr")},
    **{name: Function(2, 2, _part_of_text) for name in ("left", "right")},
    **{name: Function(1, 1, _length) for name in ("length", "len")},
    **{name: Function(2, 2, _find) for name in ("strpos", "instr", "position")},
    **{
        name: Function(2, 2, _test_text)
        for name in ("contains", "starts_with", "ends_with", "prefix", "suffix")
    },
    "concat": Function(1, 20, _join),
    "||": Function(2, 2, _join),
    "nullif": Function(2, 2, _null_if),
    **{name: Function(2, 2, _like) for name in ("~~", "~~*", "!~~", "!~~*")},
}
"""By name, as DuckDB's parser calls them; the operators among them are functions to it."""

NAMES = sorted(name.upper() for name in FUNCTIONS if name.isidentifier())
"""What people are told."""
