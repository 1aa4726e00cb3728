"""What a job is asked for besides a position: shape, motion, neighbours, and every option."""

import html
import json
import re

import pytest
from django.http import QueryDict

from explorer import options_form
from explorer.so_far import so_far
from jobs.models import Job, request_of
from photometry_core.types import MeasureOptions, ProperMotion, SersicProfile, Target
from tests.integration.test_pages_form import filled, only_job, text_of

pytestmark = pytest.mark.django_db

GALAXY = {
    "model": "sersic",
    "sersic_index": "4",
    "axis_ratio": "0.5",
    "axis_ratio_kind": "b/a",
    "position_angle": "-30",
    "effective_radius": "6",
    "effective_radius_unit": "arcsec",
}
MOVING = {"pm_ra": "-798.58", "pm_dec": "\u221210328.1", "ref_epoch": "2016.0"}
NEIGHBOURS = [
    {"name": "<b>near</b>", "ra": 12.341, "dec": 34.89},
    {"name": "n2", "ra": 12.34, "dec": 34.9},
]
NEAR_M81 = [
    {"name": "<i>arm</i>", "ra": 148.91, "dec": 69.07},
    {"name": "core", "ra": 148.88822, "dec": 69.066},
]
UNUSUAL = {
    "bands": ["2"],
    "releases": ["qr3"],
    "aperture_radius": "12.5",
    "psf_center": "array",
    "weights": "plane",
    "background_size": "21",
    "time_end": "61000.25",
}


def form_values(page):
    """Return what a browser would send of a page with the form."""
    sent = {}
    for tag in re.findall(r"<input[^>]*>", page):
        attributes = {
            name: html.unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)
        }
        name = attributes.get("name")
        if name is None or (
            attributes.get("type") in ("radio", "checkbox") and " checked" not in tag
        ):
            continue
        sent.setdefault(name, []).append(attributes.get("value", ""))
    for name, options in re.findall(r'<select name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)" selected', options)
        sent[name] = chosen or re.findall(r'<option value="([^"]*)"', options)[:1]
    return sent


def test_a_galaxy_that_moves_with_neighbours_reaches_the_job(client):
    client.post("/", filled(**GALAXY, **MOVING, partners=json.dumps(NEIGHBOURS)))
    job = only_job()
    first, *others = job.targets
    assert first.profile == SersicProfile(
        sersic_index=4.0,
        effective_radius_arcsec=6.0,
        axis_ratio=0.5,
        position_angle_deg=-30.0,
    )
    assert first.motion == ProperMotion(
        pm_ra_mas_yr=-798.58, pm_dec_mas_yr=-10328.1, ref_epoch_yr=2016.0
    )
    assert others == [
        Target(name="<b>near</b>", ra_deg=12.341, dec_deg=34.89),
        Target(name="n2", ra_deg=12.34, dec_deg=34.9),
    ]
    assert (
        job.title
        == "J004921.60+345324.0 \u00b7 with 2 neighbours \u00b7 S\u00e9rsic n 4 \u00b7 moving"
    )
    assert "<b>near" not in client.get("/", {"from": job.pk}).content.decode()


def test_every_option_reaches_the_job(client):
    client.post("/", filled(**UNUSUAL))
    job = only_job()
    assert job.options == MeasureOptions(
        detectors=(2,),
        mjd_range=(None, 61000.25),
        background_size_pix=21,
        weights="plane",
        psf_center="array",
        aperture_radius_arcsec=12.5,
        releases=("qr3",),
    )
    assert "QR3 \u00b7 aperture 12.5 arcsec \u00b7 PSF by array \u00b7 VARIANCE plane" in job.title


@pytest.mark.parametrize(
    ("kind", "typed", "unit", "radius"),
    [("a/b", "2", "arcmin", "0.1"), ("1-b/a", "0.5", "pix", "1")],
)
def test_other_conventions_are_converted_when_they_are_named(client, kind, typed, unit, radius):
    changed = {
        "axis_ratio_kind": kind,
        "axis_ratio": typed,
        "effective_radius_unit": unit,
        "effective_radius": radius,
    }
    client.post("/", filled(**GALAXY | changed))
    profile = only_job().targets[0].profile
    assert profile.axis_ratio == 0.5
    assert profile.effective_radius_arcsec == {"arcmin": 6.0, "pix": 6.15}[unit]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (GALAXY | {"sersic_index": ""}, "Nothing given; allowed: 0.5 to 6."),
        (GALAXY | {"sersic_index": "6.5"}, "6.5 given; allowed: 0.5 to 6"),
        (GALAXY | {"sersic_index": "2,5"}, "'2,5' is not a number"),
        (GALAXY | {"axis_ratio": "2.3"}, "It looks like a/b: b/a would be 0.4348."),
        (GALAXY | {"axis_ratio_kind": "q"}, "q given; allowed: b/a, a/b, 1-b/a."),
        (GALAXY | {"position_angle": "361"}, "361 given; allowed: -360 to 360 degrees"),
        (GALAXY | {"effective_radius": "0"}, "0 given; allowed: above 0, to 20 arcsec"),
        (MOVING | {"ref_epoch": ""}, "write the Julian year of the position, such as 2016.0."),
        (MOVING | {"pm_ra": "30000"}, "30000 mas/yr is not a proper motion; allowed: -20000"),
        (MOVING | {"ref_epoch": "57389"}, "57389 is not a Julian year; allowed: 1850 to 2100"),
        ({"aperture_radius": "2"}, "2 given; allowed: 3 to 60 arcsec."),
        ({"releases": ["qr9"]}, "qr9 is not a release; allowed: qr2, qr3."),
        ({"weights": "none"}, "none given; allowed: model, plane."),
        ({"background_size": "\uff11\uff15"}, "'\uff11\uff15' is not a whole number; allowed:"),
        ({"background_size": ""}, "Nothing given; allowed: a whole number of pixels"),
        ({"time_start": "2460796.5"}, "is it a Julian date? Its MJD would be 60796"),
        (
            {"time_start": "2026-01-01", "time_end": "2025-06-01"},
            "before its start: 2025-06-01 00:00:00 given; allowed: 2026-01-01 00:00:00 or later.",
        ),
        (MOVING | {"pm_ra": "abc"}, "like 2.5. Allowed: -20000 to 20000 mas/yr."),
    ],
)
def test_what_can_not_be_is_refused_beside_its_field_and_said_before(client, changed, message):
    response = client.post("/", filled(**changed))
    page = text_of(response)
    assert response.status_code == 422
    assert not Job.objects.exists()
    assert page.count(message) == 2
    for value in changed.values():
        if isinstance(value, str) and value not in ("", "q", "none"):
            assert f'value="{value}"' in page
    # The same sentence is there before anything is sent, instead of a number or a picture.
    answer = client.post("/estimate", filled(**changed)).json()
    (problem,) = answer["problems"]
    assert changed.keys() >= {problem["field"]}
    assert message in problem["message"]
    assert answer["stopped"] == (
        f"Not counted: {problem['label']} is {'missing' if problem['missing'] else 'not valid'}"
    )
    assert not answer.keys() & {"rows", "pace", "bands"}
    assert problem["missing"] == (changed[problem["field"]] == "" and "pixels" not in message)


def test_what_depends_on_a_field_that_is_not_valid_is_not_shown(client):
    sent = filled(time_start="2026-01-01", time_end="2025-06-01", aperture_radius="1")
    assert client.post("/preview", sent).json()["missing"] == "No preview: Until is not valid."
    answer = client.get("/sky/footprints", sent)
    assert answer.status_code == 400
    assert answer.json() == {"error": "No footprints: Until is not valid."}
    stopped = client.post("/estimate", sent).json()["stopped"]
    assert stopped == "Not counted: Until and Aperture radius are not valid"
    assert (
        '\u00b7 Until and Aperture radius are not valid"'
        in client.get("/position", sent).content.decode()
    )
    # Options hold for a list, too; the fields of a single target wait.
    listed = sent | {"mode": "multi", "pm_ra": "abc"}
    assert len(client.post("/estimate", listed).json()["problems"]) == 2
    half = client.post("/estimate", filled(pm_ra="5", pm_dec="?")).json()["stopped"]
    assert half == "Not counted: \u03bc\u03b4 is not valid and Epoch of the position is missing"


@pytest.mark.parametrize(
    ("partners", "message"),
    [
        ("[", "The neighbours can't be read"),
        ("7", "The neighbours can't be read"),
        ("[" * 9000, "The neighbours can't be read"),
        ('[{"name": "x", "ra": 400, "dec": 0}]', "400 is not a right ascension"),
        ('[{"name": "x", "ra": NaN, "dec": 0}]', "nan is not a right ascension"),
        ('[{"name": 5, "ra": 1, "dec": 0}]', "The neighbours can't be read"),
        ('[{"ra": 1, "dec": 0}]', "The neighbours can't be read"),
        (json.dumps(NEIGHBOURS), "targets: 3 given; allowed: at most 2"),
    ],
)  # fmt: skip
def test_neighbours_that_were_tampered_with_are_refused_in_words(
    client, settings, partners, message
):
    settings.SPHEREX_MAX_TARGETS = 2
    response = client.post("/", filled(partners=partners))
    assert response.status_code == 422
    assert message in text_of(response)
    assert not Job.objects.exists()
    said = client.post("/estimate", filled(partners=partners)).json()
    # Targets of the form are not divided into several jobs, so that none is promised.
    assert said.get("jobs", 1) < 2
    if "at most 2" in message:
        assert (said["jobs"], said["problem"]) == (0, message)


def test_neighbours_of_another_target_are_not_fitted_with_this_one(client):
    at_limit = {"name": "rim", "ra": 12.34, "dec": 34.89 + 59.9 / 3600}
    beyond = {"name": "out", "ra": 12.34, "dec": 34.89 - 60.1 / 3600}
    many = [{"name": f"far {n}", "ra": n, "dec": 0} for n in (0, 90, 180, 270)]
    sent = filled(partners=json.dumps([*NEIGHBOURS, at_limit, beyond, *many]), title="mine")
    response = client.post("/", sent)
    assert response.status_code == 422
    message = (
        "Too far from J004921.60+345324.0 to be fitted together with it: out (60.1 arcsec), "
        "far 0 (36.75 degrees), far 90 (79.90 degrees) and 2 more; allowed: at most 60 arcsec. "
        "Take off what was chosen for another target."
    )
    page = text_of(response)
    assert f'<a href="#partners">Choice of neighbours</a>: {message}' in page
    assert 'data-most-arcsec="60.0"' in page
    assert not Job.objects.exists()
    # What was chosen is still there, and can be taken off without scripts, too.
    shown = form_values(response.content.decode())
    assert (shown["partners"], shown["title"]) == ([sent["partners"]], ["mine"])
    box = '<input type="checkbox" name="partners" value="">'
    assert box in page
    assert box not in text_of(client.get("/"))
    said = client.post("/estimate", sent).json()
    assert said["stopped"] == "Not counted: Choice of neighbours is not valid"
    assert [problem["message"] for problem in said["problems"]] == [message]
    client.post("/", sent | {"partners": [sent["partners"], ""]})
    assert len(only_job().targets) == 1


def test_the_pole_and_the_first_meridian_are_no_distance(client):
    polar = [{"name": "across", "ra": 190, "dec": 89.995}]
    client.post("/", filled(target="10 89.995", partners=json.dumps(polar)))
    assert only_job().targets[1].name == "across"


def test_targets_of_a_list_that_was_deleted_are_no_neighbours(client):
    client.post("/", filled(partners=json.dumps(NEIGHBOURS)))
    job = only_job()
    assert client.get("/", {"from": job.pk}).status_code == 200
    first, second, _ = job.targets
    far = Target(name="elsewhere", ra_deg=200.0, dec_deg=0.0)
    job.request = request_of([first, second, far], MeasureOptions(), "SPHEREx Explorer")
    job.save()
    assert client.get("/", {"from": job.pk}).status_code == 404


def test_the_tractor_is_only_taken_where_it_is_installed(client, monkeypatch):
    monkeypatch.setattr(options_form, "why_no_tractor", lambda: "it is not installed")
    response = client.post("/", filled(engine="tractor"))
    assert response.status_code == 422
    assert "The Tractor can't be used here: it is not installed." in text_of(response)
    monkeypatch.setattr(options_form, "why_no_tractor", lambda: "")
    client.post("/", filled(engine="tractor"))
    assert only_job().options.engine == "tractor"


def test_an_earlier_job_comes_back_whole(client):
    asked = {**GALAXY, **MOVING, **UNUSUAL, "partners": json.dumps(NEAR_M81)}
    client.post("/", filled(target="m81", **asked))
    job = only_job()
    page = client.get("/", {"from": job.pk}).content.decode()
    # What is folded away is told.
    assert "D2 \u00b7 until MJD 61000.25 \u00b7 21 px background" in text_of(
        client.get("/", {"from": job.pk})
    )
    client.post("/", form_values(page))
    again = Job.objects.exclude(pk=job.pk).get()
    assert again.request == job.request


def test_everything_typed_is_still_there_after_an_error(client):
    sent = filled(
        target="361 5", partners=json.dumps(NEIGHBOURS), title="mine", **GALAXY, **MOVING, **UNUSUAL
    ) | {"axis_ratio_kind": "a/b", "effective_radius_unit": "pix", "resolver": "simbad"}
    page = client.post("/", sent).content.decode()
    shown = form_values(page)
    for name, value in sent.items():
        # The simulated sky has no other resolvers, so that none can be chosen.
        if name != "resolver":
            assert shown[name] == (value if isinstance(value, list) else [value]), name


def test_a_list_leaves_what_is_typed_for_a_single_target_alone(client):
    response = client.post(
        "/", filled(mode="multi", target="361 5", **GALAXY | {"axis_ratio": "9"})
    )
    page = text_of(response)
    assert response.status_code == 422
    assert "361 degrees" not in page
    assert 'value="361 5"' in page
    assert 'value="multi" checked' in page


def test_the_valid_part_of_a_form_is_what_it_would_send(client):
    data = QueryDict(mutable=True)
    for name, value in filled(target="m81", **GALAXY, **MOVING, **UNUSUAL).items():
        data.setlist(name, value if isinstance(value, list) else [value])
    data["partners"] = json.dumps(NEAR_M81)
    whole = so_far(data)
    client.post("/", data)
    job = only_job()
    assert (list(whole.targets), whole.options) == (job.targets, job.options)

    data.update({"axis_ratio": "", "pm_ra": "", "weights": "x"})
    for name in ("axis_ratio", "pm_ra", "weights"):
        data[name] = "?"
    partly = so_far(data)
    assert partly.targets[0] == Target(
        name="M 81", ra_deg=job.targets[0].ra_deg, dec_deg=job.targets[0].dec_deg
    )
    assert partly.options.weights == "model"
    assert partly.options.detectors == (2,)

    data["mode"], data["list"] = "multi", "abc"
    assert so_far(data).targets == ()
    assert so_far(data).list_id == "abc"
