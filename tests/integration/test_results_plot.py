"""Questions that the plot asks the server, and what strangers and strange requests get."""

import base64
import dataclasses
import json

import numpy as np
import pytest

from jobs.models import Job
from photometry_core import flags
from photometry_core.types import Target
from tests.spectra import made_spectrum

pytestmark = pytest.mark.django_db


def ask(client, job, name, index=0, view=None, **body):
    return client.post(
        f"/jobs/{job.pk}/targets/{index}/{name}",
        json.dumps({"view": view or {}, **body}),
        content_type="application/json",
    )


def strict(response):
    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    return json.loads(response.content, parse_constant=refuse)


def unpacked(values):
    return np.frombuffer(base64.b64decode(values["data"]), values["dtype"])


def test_points_of_a_view(client, complete):
    spectrum = made_spectrum(60, 3)
    job = complete(spectrum)
    view = {"unit": "mJy", "panels": ["snr"], "filters": {"det_id": {"text": "in (2, 4)"}}}
    found = strict(ask(client, job, "points", view=view))
    detectors = np.asarray(spectrum.table["det_id"])
    rows = unpacked(found["points"]["row"])
    measured = ~np.ma.getmaskarray(spectrum.table["flux"])
    np.testing.assert_array_equal(rows, np.flatnonzero(np.isin(detectors, (2, 4)) & measured))
    np.testing.assert_allclose(
        unpacked(found["panels"][0]["y"]), np.asarray(spectrum.table["flux"])[rows] * 1e-3
    )
    assert found["panels"][0]["label"] == "Flux density (mJy)"
    assert found["file_stem"] == "M_81_spherex_simulated_flux_mJy_filtered"
    assert found["provenance"][0].startswith("SIMULATED")
    n_kept = found["counts"]["kept"]
    assert found["provenance"][-1] == f"{n_kept} of 63 rows shown; filters: det_id in (2, 4)"
    # What the controls offer is that of the whole spectrum.
    assert sum(count for _, count in found["about"]["detectors"]) == 60
    assert {"flux", "snr", "flux_bkg", "fit_ql"} <= {
        column["name"] for column in found["about"]["columns"]
    }


def test_the_empty_plot_and_its_vocabulary(client, complete):
    job = complete(made_spectrum(5, 0))
    found = strict(client.get(f"/jobs/{job.pk}/targets/0/figure?panels=2"))
    assert found["item"]["doc"]
    assert [key for key, _ in found["vocabulary"]["units"]][:2] == ["uJy", "mJy"]
    for panels in ("", "0", "6", "x", "\u0661"):
        assert client.get(f"/jobs/{job.pk}/targets/0/figure?panels={panels}").status_code == 404


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ({"y": "nothing"}, "nothing"),
        ({"y": "obs_publisher_did"}, "obs_publisher_did"),
        ({"panels": ["flux"] * 5}, "panels"),
        ({"color": "nothing"}, "nothing"),
        ({"unit": "furlong"}, "furlong"),
        ({"filters": {"flux": {"text": "> "}}}, "flux"),
    ],
)
def test_what_cannot_be_plotted_is_answered_with_a_sentence(client, complete, view, words):
    job = complete(made_spectrum(12, 0))
    answer = ask(client, job, "points", view=view)
    assert answer.status_code == 400
    assert words in strict(answer)["error"]


def test_spectra_are_compared_with_filters_or_without(client, complete):
    second = Target(name="other", ra_deg=10.0, dec_deg=20.0)
    job = complete(made_spectrum(24, 0), made_spectrum(18, 0, target=second, seed=3))
    view = {
        "filters": {"det_id": {"text": "= 1"}},
        "compare": [{"job": job.pk, "target": 1}, {"job": job.pk, "target": 0}],
    }
    for all_targets, count in ((False, 18), (True, 3)):
        found = strict(ask(client, job, "points", view=view, all_targets=all_targets))
        assert [one["name"] for one in found["spectra"]] == ["M 81", "other"]
        numbers = unpacked(found["points"]["spectrum"])
        assert np.count_nonzero(numbers == 0) == 4
        assert np.count_nonzero(numbers == 1) == count


def test_spectra_of_the_same_name_are_told_apart_by_their_jobs(client, complete):
    job, other = complete(made_spectrum(5, 0)), complete(made_spectrum(5, 0), title="last week")
    view = {"compare": [{"job": other.pk, "target": 0}]}
    found = strict(ask(client, job, "points", view=view))
    assert [one["name"] for one in found["spectra"]] == ["M 81", "M 81 \u00b7 last week"]


def test_a_spectrum_of_somebody_else_is_skipped_with_a_sentence(client, complete):
    job, theirs = complete(made_spectrum(5, 0)), complete(made_spectrum(7, 0))
    Job.objects.filter(pk=theirs.pk).update(owner="somebody else")
    view = {"compare": [{"job": theirs.pk, "target": 0}, {"job": job.pk, "target": 9}]}
    found = strict(ask(client, job, "points", view=view))
    assert len(found["spectra"]) == 1
    assert len(found["skipped"]) == 2
    assert "somebody else's" in found["skipped"][0]
    for name in ("points", "multiples", "blend", "plot.html"):
        assert ask(client, theirs, name, row=0).status_code == 404
    for name in ("figure?panels=1", "spectra"):
        assert client.get(f"/jobs/{theirs.pk}/targets/0/{name}").status_code == 404


def test_small_plots_of_all_targets(client, complete):
    spectra = [
        made_spectrum(6 + number, 0, target=Target(name=f"star {number}", ra_deg=1, dec_deg=2))
        for number in range(26)
    ]
    job = complete(*spectra)
    found = strict(ask(client, job, "multiples"))
    assert [plot["n"] for plot in found["plots"]] == list(range(6, 30))
    rest = strict(ask(client, job, "multiples", start=24))
    assert [plot["name"] for plot in rest["plots"]] == ["star 24", "star 25"]
    for start in (-1, 26, "x", None, 1.5, True):
        assert ask(client, job, "multiples", start=start).status_code == 400
    listed = strict(client.get(f"/jobs/{job.pk}/targets/0/spectra"))
    assert len(listed["names"]) == listed["n_targets"] == 26


def blended(target, correlation):
    spectrum = made_spectrum(12, 1, target=target)
    spectrum.table["flux_corr"][:] = correlation
    return spectrum


def test_a_blend_names_its_partners(client, complete):
    first = Target(name="first", ra_deg=10.0, dec_deg=20.0)
    near = dataclasses.replace(first, name="near", dec_deg=20.0 + 12.0 / 3600)
    far = dataclasses.replace(first, name="far", dec_deg=20.0 + 60.0 / 3600)
    job = complete(blended(first, -0.4), blended(near, -0.4), blended(far, 0.01))
    found = strict(ask(client, job, "blend", row=5))
    assert found["correlation"] == -0.4
    (partner,) = found["partners"]
    assert (partner["name"], partner["target"]) == ("near", 1)
    assert partner["separation"] == pytest.approx(12.0, abs=1e-3)
    exposures = [
        [str(value) for value in spectrum.table["obs_publisher_did"]]
        for spectrum in (blended(first, 0), blended(near, 0))
    ]
    assert exposures[1][partner["row"]] == exposures[0][5]
    assert (partner["correlation"], partner["at_most"]) == (-0.4, None)
    x, y = (
        [np.asarray(blended(one, 0).table[name], float) for one in (first, near)]
        for name in ("x_image", "y_image")
    )
    assert partner["pixels"] == pytest.approx(
        np.hypot(x[0][5] - x[1][partner["row"]], y[0][5] - y[1][partner["row"]])
    )
    assert strict(ask(client, job, "blend", index=2, row=5))["correlation"] is None
    for row in (-1, 13, "x", None, True):
        assert ask(client, job, "blend", row=row).status_code == 400


def test_a_correlation_is_that_of_a_pair_only_where_both_say_so(client, complete):
    places = {"middle": 0, "strong": 10, "weak": 20, "alone": 25}
    stars = [
        Target(name=name, ra_deg=10.0, dec_deg=20.0 + arcsec / 3600)
        for name, arcsec in places.items()
    ]
    job = complete(*map(blended, stars, (-0.4, -0.4, 0.15, np.nan)))
    found = strict(ask(client, job, "blend", row=5))
    said = {one["name"]: (one["correlation"], one["at_most"]) for one in found["partners"]}
    assert said == {"strong": (-0.4, None), "weak": (None, 0.15), "alone": (None, None)}
    # A file that was opened may not say where its targets are.
    lost = [{"name": "lost", "ra_deg": None, "dec_deg": None}]
    Job.objects.filter(pk=job.pk).update(request=job.request | {"targets": lost})
    assert strict(ask(client, job, "blend", row=5))["partners"] == []


def test_the_interactive_page_is_a_download(client, complete):
    job = complete(made_spectrum(30, 0))
    view = {"unit": "nufnu", "mask": str(flags.FIT_ERROR | flags.CONTAINS_BAD_PIXEL)}
    answer = ask(client, job, "plot.html", view=view)
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert (
        'filename="M_81_spherex_simulated_flux_nufnu_filtered.html"'
        in answer["Content-Disposition"]
    )
    text = answer.content.decode()
    assert "SIMULATED data" in text
    assert "left out: rows with any of CONTAINS_BAD_PIXEL, FIT_ERROR" in text
    assert "W m" in text
