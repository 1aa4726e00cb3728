"""Flag bits: the numbers of the official documentation and files."""

import pytest

from photometry_core import flags


def test_bits_and_names_are_unique():
    assert len({flag.bit for flag in flags.FLAGS}) == len(flags.FLAGS)
    assert len({flag.name for flag in flags.FLAGS}) == len(flags.FLAGS)
    assert [flag.bit for flag in flags.FLAGS] == sorted(flag.bit for flag in flags.FLAGS)


def test_ignored_pixels_are_those_of_the_official_tool():
    assert flags.IGNORED_BY_FIT == 167492


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (0, []),
        (2097152, ["SOURCE"]),
        (4297064449, ["TRANSIENT", "SOURCE", "CONTAINS_BAD_PIXEL"]),
        (4566024192, ["OUTLIER", "SOURCE", "HALO", "CONTAINS_BAD_PIXEL"]),
        (8589934592, ["FIT_ERROR"]),
        (1 << 8, ["BIT_8"]),
    ],
)
def test_decode_worked_examples(value, names):
    assert flags.decode(value) == names


def test_worst_severity():
    assert flags.worst_severity(0) == "benign"
    assert flags.worst_severity(flags.SOURCE) == "benign"
    assert flags.worst_severity(flags.SOURCE | 1) == "warn"
    assert flags.worst_severity(1 << 3) == "warn"
    assert flags.worst_severity(flags.CONTAINS_BAD_PIXEL | 1) == "serious"
    assert flags.worst_severity(flags.FIT_ERROR | flags.CONTAINS_BAD_PIXEL) == "reject"


def test_mask_of_unknown_name():
    with pytest.raises(KeyError, match="NO_SUCH_FLAG"):
        flags.mask_of(["SOURCE", "NO_SUCH_FLAG"])


def test_bits_agree_with_a_real_header(real_data):
    cards = (real_data / "spherex_explorer" / "qr2_cutout_flags_header.txt").read_text()
    bits = {}
    for line in cards.splitlines():
        name, equals, rest = line.removeprefix("HIERARCH ").partition("=")
        if name.startswith("MP_") and equals:
            bits[name.strip().removeprefix("MP_")] = int(rest.partition("/")[0])
    assert len(bits) == 22
    assert bits == {name: flags.BY_NAME[name].bit for name in bits}
