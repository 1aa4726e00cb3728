"""Any bytes at all are answered with a list or a sentence."""

import json

from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from photometry_core.errors import ForeignFileError
from photometry_core.target_lists.contents import ListFile
from photometry_core.target_lists.reading import read_list
from tests.target_files import good_files

GOOD = good_files()


def answered(content, name):
    try:
        file = read_list(content, name)
    except ForeignFileError:
        return
    assert ListFile.from_json(json.loads(json.dumps(file.to_json(), allow_nan=False))) == file
    for table in file.tables:
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.columns)}
        assert len(table.lines) == len(table.rows)
        names = [column.name.lower() for column in table.columns]
        assert len(set(names)) == len(names)
        assert set(table.broken) <= set(range(len(table.rows)))


@hypothesis_settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["", "x"]))
@example(b"SIMPLE  =                    T", "x")
@example(b"PAR1", "x")
@example(b"# %ECSV 1.0\n# ---\n", "x")
@example(b"|", "x")
@example(b"\\", "")
@example(b"<VOTABLE/>", "x")
@example(b"sep=,", "x")
@example(b"#   1 A\n", "x")
def test_any_bytes_are_answered(content, name):
    answered(content, name)


@hypothesis_settings(max_examples=200, deadline=None)
@given(st.text(alphabet="a1.-+:,;|\t\n\"'# =\u2212é\\", max_size=120), st.sampled_from(["", "x"]))
def test_any_text_is_answered(text, name):
    answered(text.encode(), name)


@hypothesis_settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(GOOD)),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_damage_anywhere_is_answered(which, damage):
    content = bytearray(GOOD[which])
    for where, value in damage:
        content[int(where * (len(content) - 1))] = value
    answered(bytes(content), "x")
