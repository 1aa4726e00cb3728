"""The cutouts of a job as the results page asks for them."""

import base64
import json

import numpy as np
import pytest

from jobs import folders
from photometry_core.spectrum_files import load_stamps, stamps_path
from photometry_core.types import Target
from tests.spectra import made_spectrum

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>\"'&"


def ask(client, job, query, index=0):
    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    response = client.get(f"/jobs/{job.pk}/targets/{index}/cutouts?{query}")
    return response.status_code, json.loads(response.content, parse_constant=refuse)


def unpack(packed):
    return np.frombuffer(base64.b64decode(packed["data"]), packed["dtype"])


def test_cutouts_are_the_saved_stamps(client, complete):
    job = complete(made_spectrum(20, 3))
    status, found = ask(client, job, "rows=4,2,21")
    assert status == 200
    assert found["n_rows"] == 23
    first, second, failed = found["cutouts"]
    assert [one["row"] for one in (first, second, failed)] == [4, 2, 21]
    stamps = load_stamps(stamps_path(folders.published(job.pk), 0), [4, 2])
    for number, cutout in enumerate((first, second)):
        pixels = cutout["pixels"]
        for name, plane in (("image", stamps.image_mjy_sr), ("flags", stamps.flags)):
            np.testing.assert_array_equal(unpack(pixels[name]), plane[number].ravel())
    assert failed["pixels"] is None
    assert failed["missing"] == "level2_x.fits: HDU VARIANCE is missing"


def test_captions_are_in_the_unit_that_is_asked_for(client, complete):
    job = complete(made_spectrum(20, 0))
    _, micro = ask(client, job, "rows=3&pixels=0")
    _, magnitude = ask(client, job, "rows=3&unit=abmag&pixels=0")
    [in_micro], [in_magnitudes] = micro["cutouts"], magnitude["cutouts"]
    assert in_micro["unit_label"] == "\u00b5Jy"
    assert in_magnitudes["unit_label"] == "mag"
    assert "pixels" not in in_micro
    expected = 23.9 - 2.5 * np.log10(float(in_micro["flux_text"]))
    assert float(in_magnitudes["flux_text"]) == pytest.approx(expected, abs=0.003)


def test_flags_beyond_32_bits_reach_the_browser_as_names(client, complete):
    job = complete(made_spectrum(20, 1))
    _, found = ask(client, job, "pixels=0&rows=" + ",".join(str(row) for row in range(21)))
    names = [{flag["name"] for flag in cutout["flags"]} for cutout in found["cutouts"]]
    assert {"CONTAINS_BAD_PIXEL", "SOURCE"} in names
    assert names[-1] == {"FIT_ERROR"}
    # The number itself never leaves: a script's 32-bit operators would get it wrong.
    assert "4297064448" not in json.dumps(found)


@pytest.mark.parametrize(
    "query",
    [
        "", "rows=", "rows=a", "rows=1,", "rows=-1", "rows=\u0661", "rows=23", "rows=999999999",
        "rows=9999999999", "rows=" + ",".join(["0"] * 31), "rows=0&unit=Jy", "rows=0&pixels=yes",
    ],
)  # fmt: skip
def test_what_does_not_exist_is_refused_in_words(client, complete, query):
    job = complete(made_spectrum(20, 3))
    status, found = ask(client, job, query)
    assert status == 400
    assert "allowed" in found["error"]


def test_without_stamps_there_is_a_sentence_and_everything_else(client, complete):
    job = complete(made_spectrum(5, 0))
    stamps_path(folders.published(job.pk), 0).unlink()
    status, found = ask(client, job, "rows=1,2")
    assert status == 200
    for cutout in found["cutouts"]:
        assert cutout["pixels"] is None
        assert "no cutouts" in cutout["missing"]
        assert cutout["flux_text"]


def test_a_target_that_does_not_exist_is_not_found(client, complete):
    job = complete(made_spectrum(5, 0))
    assert client.get(f"/jobs/{job.pk}/targets/1/cutouts?rows=0").status_code == 404
    assert client.post(f"/jobs/{job.pk}/targets/0/cutouts?rows=0").status_code == 405


def test_hostile_names_are_data(client, complete):
    spectrum = made_spectrum(2, 1)
    spectrum.table["reason"] = ["", "", HOSTILE]
    here = spectrum.target
    other = Target(name=HOSTILE, ra_deg=here.ra_deg, dec_deg=here.dec_deg + 0.005)
    job = complete(spectrum, made_spectrum(1, 0, target=other))
    status, found = ask(client, job, "rows=0,2")
    assert status == 200
    assert found["cutouts"][0]["pixels"]["neighbours"][0]["name"] == HOSTILE
    assert found["cutouts"][1]["missing"] == HOSTILE


def test_the_page_lists_the_flags_of_pixels_as_data(client, complete):
    job = complete(made_spectrum(3, 0))
    page = client.get(f"/jobs/{job.pk}/results/").content.decode()
    listed = page.partition('<script id="image-flags" type="application/json">')[2]
    flags = json.loads(listed.partition("</script>")[0])
    assert {flag["name"] for flag in flags} >= {"TRANSIENT", "SOURCE", "SATELLITE_HALO"}
    assert "CONTAINS_BAD_PIXEL" not in {flag["name"] for flag in flags}
