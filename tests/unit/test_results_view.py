"""What a browser may say of how a spectrum is looked at."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.results.view import MAX_MASK, View, parse_view
from photometry_core.errors import InvalidInputError


def test_nothing_said_is_the_usual_view():
    assert parse_view({}) == View()


def test_everything_said_is_taken():
    view = parse_view(
        {
            "filters": {"flux": {"text": " > 5 ", "unit": "mJy"}},
            "mask": str(2**33 + 2**32),
            "derived": [{"name": "dichroic", "expression": "flags & 128", "kind": "long"}],
            "sort": "flux",
            "descending": True,
            "columns": ["flux", "dichroic"],
            "channel": [3, 17],
            "redshift": 0.158339,
            "binning": {"mask": "128", "statistic": "median", "clip_sigma": 3, "least_visits": 2},
            "compare": [{"job": "abc", "target": 2}],
            "count": 5,
        }
    )
    assert view.filters[0].text == "> 5"
    assert view.filters[0].unit == "mJy"
    assert view.mask == 12884901888
    assert view.derived[0].kind == "long"
    assert view.channel == (3, 17)
    assert view.redshift == 0.158339
    assert view.binning is not None
    assert view.binning.clip_sigma == 3.0
    assert view.compare == (("abc", 2),)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ([], "view"),
        ({"filters": []}, "filters"),
        ({"filters": {"flux": "> 5"}}, "filter of flux"),
        ({"filters": {"flux": {"text": "1" * 2001}}}, "filter of flux"),
        ({"filters": {str(n): {"text": "1"} for n in range(61)}}, "filters"),
        ({"sql": 5}, "sql"),
        ({"mask": "-1"}, "mask"),
        ({"mask": str(MAX_MASK + 1)}, "mask"),
        ({"mask": "0x10"}, "mask"),
        ({"mask": 1.5}, "mask"),
        ({"derived": [{"name": "1st", "expression": "1"}]}, "name of the column"),
        ({"derived": [{"name": "a", "expression": "1"}] * 2}, "derived"),
        ({"derived": [{"name": "a", "expression": "1", "kind": "blob"}]}, "type of a"),
        ({"descending": 1}, "descending"),
        ({"strip_order": "random"}, "strip_order"),
        ({"x": "flux"}, "x"),
        ({"channel": [7, 1]}, "detector"),
        ({"channel": [1, 18]}, "channel"),
        ({"channel": [1]}, "channel"),
        ({"redshift": float("nan")}, "redshift"),
        ({"redshift": "0.1"}, "redshift"),
        ({"redshift": True}, "redshift"),
        ({"y": ""}, "y"),
        ({"panels": ["a"] * 5}, "panels"),
        ({"binning": {"statistic": "mode"}}, "statistic"),
        ({"binning": {"least_visits": 0}}, "least_visits"),
        ({"compare": [{"job": "a", "target": -1}]}, "target"),
        ({"scale": "log"}, "scale"),
    ],
)
def test_what_is_wrong_is_named(values, named):
    with pytest.raises(InvalidInputError, match=f"^{named}: "):
        parse_view(values)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)
FIELDS = st.sampled_from(sorted(View.__dataclass_fields__))


@given(st.dictionaries(FIELDS, JSON))
def test_any_json_is_a_view_or_an_error_in_words(values):
    with contextlib.suppress(InvalidInputError):
        assert isinstance(parse_view(json.loads(json.dumps(values))), View)
