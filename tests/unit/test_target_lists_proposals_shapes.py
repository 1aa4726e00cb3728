"""The four Sersic parameters by every style of header, and what is asked about them."""

import pytest

from photometry_core.target_lists.checks import check
from photometry_core.target_lists.mapping import Choice, Mapping
from photometry_core.target_lists.proposals import answer, propose, questions
from tests.target_tables import list_file

DEGREES = ("189.998958", "-11.623056")

SHAPES = {
    "sersic_index": ("n", "sersic", "sersic_n", "SERSIC", "nser", "n_sersic", "GALINDEX_r",
                     "SERSIC_N", "sersic_index"),
    "b/a": ("ba", "b/a", "q", "axrat", "AXIS_RATIO", "SERSIC_BA", "BA", "axis_ratio"),
    "a/b": ("ab", "a/b", "elongation", "ELONGATION", "ab_ratio"),
    "1-b/a": ("ell", "e", "ELLIPTICITY", "GALELLIP_r"),
    "position_angle": ("pa", "PA", "phi", "THETA_J2000", "THETA_SKY", "GALPA_r", "SERSIC_PHI",
                       "position_angle"),
    "asked angle": ("theta", "THETA_IMAGE", "THETA_WORLD", "PA_GALFIT"),
    "arcsec": ("SHAPE_R", "SERSIC_TH50", "re_arcsec", "Re [arcsec]", "reff (arcsec)"),
    "arcmin": ("re_arcmin", "Re (arcmin)"),
    "asked radius": ("re", "reff", "r_e", "r50", "GALRE_r", "FLUX_RADIUS", "effective_radius",
                     "Re (pix)", "Re (kpc)"),
}  # fmt: skip
_VALUES = {"b/a": "0.5", "a/b": "2.0", "1-b/a": "0.4", "sersic_index": "4"}
_ASKED = {"asked angle": "position_angle.kind", "asked radius": "effective_radius.unit",
          "a/b": "axis_ratio.kind", "1-b/a": "axis_ratio.kind"}  # fmt: skip
_TOO_SHORT = ("ab", "ell", "e")
_STYLES = [(kind, name) for kind, names in SHAPES.items() for name in names]


@pytest.mark.parametrize(("kind", "name"), _STYLES, ids=[f"{k} {n}" for k, n in _STYLES])
def test_sersic_parameters_by_every_style_of_header(kind, name):
    header = {"sersic_index": "sersic_n", "axis_ratio": "b/a", "position_angle": "PA",
              "effective_radius": "re_arcsec"}  # fmt: skip
    values = {"sersic_index": "4", "axis_ratio": "0.5", "position_angle": "30.5",
              "effective_radius": "5.5"}  # fmt: skip
    role = {"asked angle": "position_angle", "sersic_index": kind, "position_angle": kind}.get(
        kind, "axis_ratio" if kind in ("b/a", "a/b", "1-b/a") else "effective_radius"
    )
    header[role], values[role] = name, _VALUES.get(kind, values[role])
    file = list_file(["ra", "dec", *header.values()], [(*DEGREES, *values.values())])
    mapping = propose(file).mapping
    assert mapping.model == "sersic"
    assert mapping.choice(role).column == name
    assert [question.key for question in questions(file, mapping)] == (
        [_ASKED[kind]] if kind in _ASKED else []
    )
    if role == "axis_ratio":
        assert mapping.choice(role).kind == ("" if name in _TOO_SHORT else kind)
        assert [question.blocks for question in questions(file, mapping)] == (
            [name in _TOO_SHORT] if kind in _ASKED else []
        )
        if name in _TOO_SHORT:
            assert check(file, mapping).targets == []
            mapping = answer(file, mapping, "axis_ratio.kind", kind)
        [target] = check(file, mapping).targets
        assert target.profile.axis_ratio == pytest.approx(0.6 if kind == "1-b/a" else 0.5)
    if kind in ("arcsec", "arcmin"):
        assert mapping.choice(role).unit == kind


@pytest.mark.parametrize(
    ("name", "values"), [("ba", ("2.5", "3")), ("elongation", ("0.5", "0.6")), ("ar", ("0.5", "1"))]
)
def test_a_ratio_whose_values_contradict_its_name_is_asked_about(name, values):
    rows = [(*DEGREES, "4", value, "30.5", "5") for value in values]
    file = list_file(["ra", "dec", "sersic", name, "pa", "re_arcsec"], rows)
    mapping = propose(file).mapping
    assert [question.key for question in questions(file, mapping)] == ["axis_ratio.kind"]
    assert check(file, mapping).targets == []
    kind = "b/a" if float(values[0]) < 1 else "a/b"
    mapping = answer(file, mapping, "axis_ratio.kind", kind)
    assert all(target.profile.axis_ratio <= 1 for target in check(file, mapping).targets)
    assert questions(file, mapping) == []


def test_components_of_the_ellipticity_are_joined():
    header = ["ra", "dec", "SERSIC", "SHAPE_R", "SHAPE_E1", "SHAPE_E2"]
    file = list_file(header, [(*DEGREES, "4", "5", "0.2", "0.2")])
    mapping = propose(file).mapping
    assert questions(file, mapping) == []
    [target] = check(file, mapping).targets
    size = 0.08**0.5
    assert target.profile.axis_ratio == pytest.approx((1 - size) / (1 + size))
    assert target.profile.position_angle_deg == pytest.approx(22.5)


def test_sersic_parameters_that_are_missing_are_asked_for():
    file = list_file("ra,dec,q", ["189.9,-11.6,0.5"])
    mapping = Mapping(model="sersic", roles=propose(file).mapping.roles)
    keys = [question.key for question in questions(file, mapping)]
    assert keys == ["sersic_index", "axis_ratio", "position_angle", "effective_radius"]
    mapping = answer(file, mapping, "axis_ratio", "q")
    for role, constant, unit in (
        ("sersic_index", "4", ""), ("position_angle", "30", "deg"),
        ("effective_radius", "5", "arcsec"),
    ):  # fmt: skip
        mapping = mapping.with_choice(role, Choice(constant=constant, unit=unit))
    assert questions(file, mapping) == []
    [target] = check(file, mapping).targets
    assert (target.profile.sersic_index, target.profile.axis_ratio) == (4.0, 0.5)


def galaxies(ratio, value):
    header = ["ra", "dec", "sersic_n", ratio, "pa", "re_arcsec"]
    return list_file(header, [(*DEGREES, "4", value, "30.5", "5")])


@pytest.mark.parametrize(
    ("name", "value", "text", "guess"),
    [
        ("ellipticity", "0.4", "ellipticity, b/a = 1 - ellipticity", "1-b/a"),
        ("e", "0.4", "ellipticity, b/a = 1 - e", "1-b/a"),
        ("elongation", "2.5", "major over minor axis, b/a = 1 / elongation", "a/b"),
    ],
)
def test_what_is_read_as_another_ratio_than_b_over_a_is_confirmed(name, value, text, guess):
    file = galaxies(name, value)
    mapping = propose(file).mapping
    [asked] = questions(file, mapping)
    assert asked.text == f"{name} is read as {text}: is that right?"
    assert next(key for key, _ in asked.answers) == guess
    assert {key for key, _ in asked.answers} == {"b/a", "a/b", "1-b/a"}
    assert asked.blocks == (name == "e")
    confirmed = answer(file, mapping, asked.key, guess)
    assert questions(file, confirmed) == []
    assert check(file, confirmed).targets[0].profile.axis_ratio == pytest.approx(
        0.6 if guess == "1-b/a" else 0.4
    )
    if guess == "1-b/a":
        other = answer(file, mapping, asked.key, "b/a")
        assert questions(file, other) == []
        assert check(file, other).targets[0].profile.axis_ratio == 0.4


@pytest.mark.parametrize(
    ("header", "missing", "words"),
    [
        ("n,q,pa", "effective_radius", "n, q and pa look like a part of a S\u00e9rsic "
         "profile; not found: effective radius. What are the targets?"),
        ("ba,pa,re_arcsec", "sersic_index", "not found: S\u00e9rsic index."),
        ("n,q,pa,re_kpc", "effective_radius", "re_kpc is in kpc: an angular radius is needed."),
    ],
)  # fmt: skip
def test_a_part_of_a_shape_is_asked_about_and_what_is_missing_is_needed(header, missing, words):
    values = {"n": "4", "q": "0.5", "ba": "0.5", "pa": "30.5", "re_arcsec": "5", "re_kpc": "3"}
    row = [*DEGREES, *(values[name] for name in header.split(","))]
    file = list_file(f"ra,dec,{header}", [row])
    mapping = propose(file).mapping
    [asked] = questions(file, mapping)
    assert (asked.key, asked.blocks) == ("model", True)
    assert words in asked.text
    assert check(file, mapping).targets == []
    stars = answer(file, mapping, "model", "point")
    assert questions(file, stars) == []
    assert check(file, stars).targets[0].profile is None
    galaxy = answer(file, mapping, "model", "sersic")
    [needed] = questions(file, galaxy)
    assert (needed.key, needed.blocks, needed.answers) == (missing, True, ())
    assert check(file, galaxy).rows[0].status == "error"
    assert ("an angular radius is needed" in needed.text) == ("kpc" in header)
    unit = "arcsec" if missing == "effective_radius" else ""
    galaxy = galaxy.with_choice(missing, Choice(constant="2", unit=unit))
    assert questions(file, galaxy) == []
    assert check(file, galaxy).targets[0].profile.axis_ratio == 0.5


@pytest.mark.parametrize("header", ["n", "q,mag", "index,ar", "pa,theta"])
def test_less_than_two_parameters_are_no_part_of_a_shape(header):
    file = list_file(f"ra,dec,{header}", [[*DEGREES, *["0.5"] * len(header.split(","))]])
    assert questions(file, propose(file).mapping) == []


def test_a_radius_with_the_unit_kpc_is_said_to_be_no_angle():
    header = "ra,dec,n,q,pa,Re"
    file = list_file(header, [(*DEGREES, "4", "0.5", "30.5", "5")], units={"Re": "kpc"})
    [asked] = questions(file, propose(file).mapping)
    assert asked.key == "effective_radius.unit"
    assert "Re is in kpc: an angular radius is needed." in asked.text
