"""Expressions of people: right in 64 bits, null where there is no value, and nothing else."""

import math
import time
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.results.derived import Measurements
from explorer.results.functions import FUNCTIONS
from explorer.results.locked_database import Deadline, run
from explorer.results.query import column_numbers, column_values, natural_kind, select_rows
from explorer.results.view import parse_view
from photometry_core import flags
from photometry_core.errors import InvalidInputError
from tests.small_spectrum import FLAGS, small_dataset

DATASET = small_dataset()
# What the page promises, with room for a machine that does other things as well.
MOST_SECONDS = 2.0


def values(expression, kind="double", dataset=DATASET):
    view = parse_view({"derived": [{"name": "made", "expression": expression, "kind": kind}]})
    return column_values(dataset, view, "made").to_pylist()


def outcome(expression, dataset=DATASET):
    """Return the values as texts, or else what is said instead."""
    try:
        return values(expression, "text", dataset)
    except InvalidInputError as refused:
        return str(refused)


def complaint(expression, kind="double"):
    with pytest.raises(InvalidInputError) as refused:
        values(expression, kind)
    return str(refused.value)


@pytest.mark.parametrize("flag", [flag for flag in flags.FLAGS if flag.in_output])
def test_the_guides_recipe_decodes_every_flag(flag):
    recipe = f'MOD(FLOOR("flags" / POWER(2, {flag.bit})), 2) = 1'
    dataset = small_dataset(flags=[flag.mask, ~flag.mask & (2**34 - 1), 2**34 - 1, 0, 1, 1 << 33])
    wanted = [value >> flag.bit & 1 for value in dataset.flags().tolist()]
    assert values(recipe, "long", dataset) == wanted


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ('"flags" / POWER(2, 33)', [value / 2**33 for value in FLAGS]),
        ('FLOOR("flags" / POWER(2, 32))', [value >> 32 for value in FLAGS]),
        ("flags & 4294967296", [value & 2**32 for value in FLAGS]),
        ("flags >> 33", [value >> 33 for value in FLAGS]),
        ("flags | 1", [value | 1 for value in FLAGS]),
        ("xor(flags, 128)", [value ^ 128 for value in FLAGS]),
        ("flags % 128", [value % 128 for value in FLAGS]),
        ("MOD(flags, 4294967296)", [value % 2**32 for value in FLAGS]),
        ("flags // 8589934592", [value // 2**33 for value in FLAGS]),
        ("~flags & 255", [~value & 255 for value in FLAGS]),
        ("bit_count(flags)", [value.bit_count() for value in FLAGS]),
        ("(1 << 33) + 1", [2**33 + 1] * 6),
    ],
)
def test_flags_beyond_32_bits_compute_right(expression, wanted):
    assert values(expression) == wanted


@pytest.mark.parametrize(
    "expression",
    ["flux / 0", "1 / (flux - flux)", "ln(flux - flux)", "log10(-abs(flux))", "sqrt(-1)",
     "flags % 0", "mod(flux, 0)", "flags // 0", "asin(2)", "power(10, 400)", "exp(1e9)",
     "log(2, -1)", "power(-8, 1/3)", "CAST('nan' AS DOUBLE)", "CAST('x' AS DOUBLE)",
     "1 / 0 + 1", "null"],
)  # fmt: skip
def test_what_has_no_value_is_null(expression):
    assert values(expression) == [None] * 6


def test_a_row_without_a_value_takes_none_from_the_others():
    assert values("flux / (det_id - 1)")[:3] == [None, 20.0, -2.0]
    assert values("sqrt(flux)")[:4] == [math.sqrt(10), math.sqrt(20), None, None]


def test_null_is_not_compared():
    assert values("ln(flux) > -1e9", "long") == [1, 1, None, None, 1, 1]
    assert values("ln(flux) IS NULL", "long") == [0, 0, 1, 1, 0, 0]
    assert values("coalesce(ln(flux), -1) = -1", "long") == [0, 0, 1, 1, 0, 0]
    assert values("CASE WHEN flux > 0 THEN 1 END", "long") == [1, 1, None, None, 1, 1]


@pytest.mark.parametrize(
    ("expression", "kind", "wanted"),
    [
        ("1.5 + 1", "double", 2.5),
        ("0.1 + 0.2", "double", 0.1 + 0.2),
        ("2 ** 10", "double", 1024.0),
        ("2 ^ 0.5", "double", math.sqrt(2)),
        ("round(2.567, 1)", "double", 2.6),
        ("round(flags)", "long", FLAGS[0]),
        ("1e3", "double", 1000.0),
        ("greatest(1, 2.5, flux)", "double", 10.0),
        ("least(flux, 3)", "double", 3.0),
        ("nullif(det_id, 1)", "long", None),
        ("atan2(1, 1) * 4 - pi()", "double", 0.0),
        ("sign(-flux)", "long", -1),
        ("abs(-flux)", "double", 10.0),
        ("-flux", "double", -10.0),
        ("TRUE", "long", 1),
        ("CAST(flux_err AS INTEGER)", "long", 1),
        ("flux::text || '!'", "text", "10.0!"),
        ("upper(substring(obs_publisher_did, 1, 3))", "text", "IVO"),
        ("left(reason, 3)", "text", ""),
        ("length(obs_publisher_did)", "long", len(DATASET.table["obs_publisher_did"][0].as_py())),
        ("strpos(obs_publisher_did, 'irsa')", "long", 7),
        ("contains(obs_publisher_did, 'D1')", "long", 1),
        ("concat('a', det_id, 'b')", "text", "a1b"),
        ("det_id IN (1, 2)", "long", 1),
        ("det_id NOT BETWEEN 2 AND 3", "long", 1),
        ("flux IS DISTINCT FROM NULL", "long", 1),
        ("\u00e9", "double", None),
    ],
)
def test_expressions(expression, kind, wanted):
    if expression == "\u00e9":
        assert "there is no column \u00e9" in complaint(expression)
        return
    first = values(expression, kind)[0]
    assert first == pytest.approx(wanted) if isinstance(wanted, float) else first == wanted


def test_added_columns_use_each_other_in_any_order():
    view = parse_view(
        {
            "derived": [
                {"name": "twice", "expression": "Once * 2"},
                {"name": "once", "expression": "flux / flux_err"},
                {"name": "has", "expression": "twice > 100", "kind": "long"},
            ],
            "sort": "twice",
            "descending": True,
            "filters": {"has": {"text": "= 0"}},
        }
    )
    assert column_numbers(DATASET, view, "twice")[:3].tolist() == [20.0, 4.0, -4.0]
    assert select_rows(DATASET, view).rows.tolist() == [0, 4, 1, 2]


@pytest.mark.parametrize(
    ("derived", "words"),
    [
        ([("a", "a + 1")], "each needs another of them, or itself"),
        ([("a", "b"), ("b", "c"), ("c", "a")], "columns a, b, c: each needs another"),
        ([("flux", "1")], "column flux: there is one of that name already"),
        ([("FLUX", "1")], "column FLUX: there is one of that name already"),
        ([("a", "1"), ("A", "2")], "column A: there is one of that name already"),
        ([("a", "b + ")], "column a: syntax error"),
        ([("a", "")], "column a: empty"),
    ],
)
def test_columns_that_cannot_be_added(derived, words):
    view = parse_view({"derived": [{"name": n, "expression": e} for n, e in derived]})
    with pytest.raises(InvalidInputError, match=words.replace("+", r"\+")):
        select_rows(DATASET, view)


def test_texts_are_not_doubled_without_end():
    derived = [{"name": "a0", "expression": "obs_publisher_did", "kind": "text"}]
    derived += [
        {"name": f"a{n}", "expression": f"a{n - 1} || a{n - 1}", "kind": "text"}
        for n in range(1, 30)
    ]
    with pytest.raises(InvalidInputError, match="128 texts are joined; allowed: at most 64"):
        select_rows(DATASET, parse_view({"derived": derived}))


def test_numbers_of_other_columns():
    view = parse_view({})
    assert column_numbers(DATASET, view, "deep_flg")[:3].tolist() == [0.0, 0.0, 1.0]
    assert math.isnan(column_numbers(DATASET, view, "flux")[3])
    with pytest.raises(InvalidInputError, match="reason: holds texts"):
        column_numbers(DATASET, view, "reason")
    with pytest.raises(InvalidInputError, match="there is no column nothing"):
        column_numbers(DATASET, view, "nothing")


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("flux > 1", "bool"),
        ("flux", "double"),
        ("flags", "long"),
        ("'x'", "text"),
        ("NULL", "null"),
    ],
)
def test_the_kind_that_comes_out_is_known(expression, kind):
    view = parse_view({"derived": [{"name": "a", "expression": expression, "kind": "text"}]})
    assert natural_kind(DATASET, view, "a") == kind


HOSTILE = [
    "read_csv('/etc/passwd')", "read_text('/etc/passwd')", "read_blob('/etc/passwd')",
    "(SELECT * FROM '/etc/passwd')", "(SELECT content FROM read_text('/etc/passwd'))",
    "COPY measurements TO '/tmp/x.csv'", "ATTACH '/tmp/x.db'", "INSTALL httpfs", "LOAD httpfs",
    "PRAGMA database_list", "SET memory_limit = '100GB'", "RESET lock_configuration",
    "SELECT 1", "1; SELECT 2", "1; DROP TABLE measurements", "1) ; DROP TABLE measurements --",
    "1 FROM measurements", "1 UNION SELECT 2", "1 LIMIT 1", "1 AS x", "1, 2", "DISTINCT flux",
    "(WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t)",
    "repeat('a', 10000000000)", "lpad('a', 2000000000, 'b')", "rpad('a', 2000000000, 'b')",
    "range(10000000000)", "generate_series(1, 10000000000)", "unnest(range(1000000000))",
    "[1, 2, 3]", "{'a': 1}", "MAP {'a': 1}", "list_transform([1], x -> x + 1)", "x -> x + 1",
    "lambda x: x", "flux.x", "main.flux", "memory.main.flux", "flux[1]", "(flux, 1)", "row(1)",
    "count(*)", "sum(flux)", "sum(flux) OVER ()", "row_number() OVER ()", "*", "COLUMNS('f.*')",
    "getenv('HOME')", "glob('/*')", "current_setting('memory_limit')", "current_user", "version()",
    "pg_typeof(flux)", "pg_catalog.pg_get_userbyid(1)", "duckdb_settings()", "query('SELECT 1')",
    "query_table('measurements')", "getvariable('x')", "nextval('s')", "random()", "now()",
    "uuid()", "sleep(10)", "error('x')", "md5('x')", "format('{:>1000000000}', 'x')",
    "printf('%1000000000d', 1)", "bitstring('1', 1000000000)", "regexp_matches(reason, '(a+)+$')",
    "replace(reason, '', 'aaaaaaaa')", "string_split(reason, '')", "flux COLLATE nocase", "?", "$1",
    "#1", ":x", "flux::json", "flux::varchar[]", "flux::decimal(38, 2)", "DATE '2025-01-01'",
    "INTERVAL 1 DAY", "EXISTS (SELECT 1)", "flux IN (SELECT 1)", "flux = ANY([1])", "TRY(1)",
    "round(flux) FILTER (WHERE true)", "round(DISTINCT flux)", "main.round(flux)",
    "round(x := flux)", "CREATE MACRO f(x) AS x", "DEFAULT", "VALUES (1)", "EXPLAIN SELECT 1",
    "flux LIKE 'a' ESCAPE '!'", "$$a$$ || $b$c$b$ || e'\\n' || U&'\\0041'", "CALL pragma_version()",
]  # fmt: skip
ODD = [
    "(" * 1990, "(" * 990 + "1" + ")" * 990, "(" * 50 + "1" + ")" * 50, "- " * 990 + "1",
    "not " * 490 + "true", "1" + "+1" * 990, "flux" + " and flux" * 200,
    "ln(" * 400 + "2" + ")" * 400,
    "nullif(" * 30 + "flux" + ",1)" * 30, "ln(" * 40 + "flux" + ")" * 40,
    "1/(" * 40 + "flux" + ")" * 40, "CASE WHEN " * 190,
    "CASE WHEN true THEN " * 50 + "1" + " END" * 50,
    "coalesce(" * 50 + "flags*flags" + ",1)" * 50, "'" * 1999, '"' * 1999, "/*" * 900, "--",
    ";" * 1900,
    "[" * 900, "{" * 900, "a." * 900, "x->" * 600, "\u202e\u0000", "\ud800", "\U0010ffff" * 900,
    "flags << 62", "flags * flags * flags", "9223372036854775807 + 1", "-9223372036854775808 - 1",
    "1 << 100", "1 << -1", "1 >> 100", "abs(-9223372036854775807 - 1)", "1e999", "9" * 1900,
    "0x" + "f" * 400, "1_000", ".", "5.", "1e", "substring(reason, -9223372036854775807, 9)",
    "left(reason, 9223372036854775807)", "round(flux, 9223372036854775807)",
    "reason LIKE '" + "%a" * 300 + "b'", "reason LIKE '" + "_%" * 300 + "'",
    "obs_publisher_did LIKE '" + "%0%_" * 200 + "x'", "(" * 61 + "flux" + ")" * 61,
]  # fmt: skip


@pytest.mark.parametrize("expression", HOSTILE, ids=lambda text: text[:40])
@pytest.mark.parametrize("where", ["derived", "sql", "filter"])
def test_hostile_expressions_are_refused_in_words(expression, where):
    view = {
        "derived": {"derived": [{"name": "a", "expression": expression, "kind": "text"}]},
        "sql": {"sql": expression},
        "filter": {"filters": {"flux": {"text": f"> {expression}"}}},
    }[where]
    start = time.perf_counter()
    with pytest.raises(InvalidInputError) as refused:
        select_rows(DATASET, parse_view(view))
    assert time.perf_counter() - start < MOST_SECONDS
    said = str(refused.value)
    assert said.startswith(
        {"derived": "column a: ", "sql": "filter of rows: "}.get(where, "filter of")
    )
    assert "/root" not in said
    assert "LINE 1" not in said


@pytest.mark.parametrize("expression", ODD, ids=lambda text: ascii(text[:20]))
def test_odd_expressions_get_values_or_a_message_in_time(expression):
    # Twenty thousand rows, as the largest spectra have.
    start = time.perf_counter()
    found = outcome(expression, BIG)
    assert len(found) == BIG.n_rows or (found.startswith("column made: ") and len(found) < 600)
    assert time.perf_counter() - start < MOST_SECONDS


BIG = small_dataset(
    without=["mjd", "deep_flg", "lvf_id", "fit_ql", "wavelength"],
    flux=[float(n % 977) - 40 for n in range(20_000)],
    flux_err=[1.0 + n % 7 for n in range(20_000)],
    flags=[(n * 2654435761) % 2**34 for n in range(20_000)],
    det_id=[n % 6 + 1 for n in range(20_000)],
    obs_publisher_did=[f"ivo://irsa.ipac/spherex_qr2?{n:0>30}/D{n % 6 + 1}" for n in range(20_000)],
    reason=["a" * (n % 200) for n in range(20_000)],
)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("SELECT sum(sin(a.c1 * b.c1)) FROM measurements a, measurements b", "takes too long"),
        ("SELECT list(a.c1 * b.c1) FROM measurements a, measurements b", "memory|takes too long"),
        ("SELECT flux FROM measurements", "can't be computed"),
        ("SELECT content FROM read_text('/etc/passwd')", "can't be computed"),
        ("COPY measurements TO '/tmp/measurements.csv'", "can't be computed"),
        ("ATTACH '/tmp/measurements.db'", "can't be computed"),
        ("SET enable_external_access = true", "can't be computed"),
        ("SET memory_limit = '100GB'", "can't be computed"),
        ("INSTALL httpfs", "can't be computed"),
    ],
)
def test_the_database_is_locked_even_for_statements_of_our_own(statement, words):
    measurements = Measurements.of_table(BIG.table).table
    start = time.perf_counter()
    with pytest.raises(InvalidInputError, match=words):
        run(statement, measurements, Deadline(0.3))
    assert time.perf_counter() - start < MOST_SECONDS
    assert not Path("/tmp/measurements.csv").exists()


def test_after_the_deadline_nothing_starts():
    with pytest.raises(InvalidInputError, match="takes too long"):
        run("SELECT 1", Measurements.of_table(BIG.table).table, Deadline(0.0))


def test_variables_of_the_program_are_no_tables():
    secret = pa.table({"a": [1]})
    with pytest.raises(InvalidInputError, match="can't be computed"):
        run("SELECT a FROM secret", Measurements.of_table(secret).table, Deadline())


@given(st.text(max_size=80))
def test_any_text_is_an_expression_or_gets_a_message(text):
    found = outcome(text)
    assert isinstance(found, list) or found.startswith("column made: ")


OPERANDS = st.sampled_from(
    ["flux", "flags", "det_id", "deep_flg", "reason", "obs_publisher_did", "NULL", "1", "0", "-3.5",
     "'a%'", "TRUE", "1e300", "9223372036854775807", "lvf_id"]
)  # fmt: skip
NAMES = sorted(name for name in FUNCTIONS if name.isidentifier())
SIGNS = sorted(name for name in FUNCTIONS if not name.isidentifier() and "~" not in name)


def _combined(inner):
    return st.one_of(
        st.builds("{}({})".format, st.sampled_from(NAMES), inner),
        st.builds("{}({}, {})".format, st.sampled_from(NAMES), inner, inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(SIGNS), inner),
        st.builds(
            "({} {} {})".format, inner, st.sampled_from(["=", "<", "AND", "OR", "IN"]), inner
        ),
        st.builds("(CASE WHEN {} THEN {} ELSE {} END)".format, inner, inner, inner),
        st.builds("CAST({} AS {})".format, inner, st.sampled_from(["DOUBLE", "BIGINT", "VARCHAR"])),
        st.builds("({} IS NULL)".format, inner),
        st.builds("({} BETWEEN {} AND {})".format, inner, inner, inner),
        st.builds("coalesce({}, {})".format, inner, inner),
        st.builds("({} LIKE 'a%_b')".format, inner),
    )


@settings(max_examples=400)
@given(st.recursive(OPERANDS, _combined, max_leaves=8))
def test_every_combination_of_functions_computes_or_gets_a_message(expression):
    found = outcome(expression)
    if isinstance(found, str):
        assert "can't be computed" not in found
    else:
        assert not {"nan", "inf", "-inf"} & set(found)
