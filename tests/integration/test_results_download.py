"""Saving: every format holds what the product holds, and the words before it are true."""

import dataclasses
import io
import json
import re

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.io.votable import parse
from astropy.table import Table
from django.test import Client

from explorer.results.downloads import CONTENT_TYPES
from explorer.results.save_request import FORMAT_NAMES
from jobs import folders
from photometry_core import flags
from photometry_core.spectrum import COLUMNS
from photometry_core.spectrum_files import FORMATS, load_spectrum, load_stamps, stamps_path
from photometry_core.types import Target
from tests.spectra import made_spectrum

pytestmark = pytest.mark.django_db

STEM = "M_81_J095533.17+690355.0_spherex_simulated_point"
MASK = flags.CONTAINS_BAD_PIXEL | flags.FIT_ERROR
VIEW = {"mask": str(MASK)}
HOSTILE = '=HYPERLINK("x")\n<script>'
READERS = {
    "votable": "votable", "fits": "fits", "ecsv": "ascii.ecsv", "csv": "ascii.csv",
    "ipac": "ascii.ipac",
}  # fmt: skip


def save(client, job, index=0, view=None, **fields):
    return client.post(
        f"/jobs/{job.pk}/targets/{index}/download", {"view": json.dumps(view or {}), **fields}
    )


def plan(client, job, index=0, view=None, **fields):
    response = client.post(
        f"/jobs/{job.pk}/targets/{index}/download/plan",
        json.dumps({"view": view or {}, "save": fields}),
        content_type="application/json",
    )
    assert response.status_code == 200, response.content
    return response.json()


def name_of(response):
    # A file that nobody reads to its end stays open.
    content_of(response)
    return re.search(r'filename="([^"]+)"', response["Content-Disposition"])[1]


def content_of(response):
    assert response.status_code == 200
    if not hasattr(response, "saved"):
        response.saved = response.getvalue()
    return response.saved


def values_of(table, name):
    """Return a column as plain values with None for nulls, whatever a format made of it."""
    column = table[name]
    mask = np.ma.getmaskarray(column)
    plain = [
        None if null or (isinstance(value, float) and np.isnan(value)) else value
        for value, null in zip(np.ma.getdata(column).tolist(), mask, strict=True)
    ]
    return ["" if value is None and column.dtype.kind in "USO" else value for value in plain]


def read(content, file_format):
    if file_format == "parquet":
        return parquet_table(content)
    if file_format == "fits":
        return Table.read(io.BytesIO(content), format="fits", hdu="SPECTRUM")
    # astropy takes the digits of `huge` for a number that it has no room for.
    converters = {"converters": {"huge": str}} if file_format in ("csv", "ipac") else {}
    return Table.read(io.BytesIO(content), format=READERS[file_format], **converters)


def parquet_table(content):
    arrow = pq.read_table(io.BytesIO(content))
    return {name: arrow.column(name).to_pylist() for name in arrow.column_names}


def provenance_of(content):
    """Return the INFOs and PARAMs of a VOTable."""
    document = parse(io.BytesIO(content), verify="exception")
    infos = {info.name: info.value for info in document.resources[0].infos}
    return infos, {param.name: param.value for param in document.get_first_table().params}


def expected_of(spectrum, rows):
    found = {}
    for column in COLUMNS:
        values = spectrum.table[column.name]
        mask = np.ma.getmaskarray(values)
        found[column.name] = [
            None if mask[row] else np.ma.getdata(values)[row].item() for row in rows
        ]
    return found


def assert_holds(content, file_format, spectrum, rows):
    table, expected = read(content, file_format), expected_of(spectrum, rows)
    for column in COLUMNS:
        found = table[column.name] if file_format == "parquet" else values_of(table, column.name)
        wanted = expected[column.name]
        if column.dtype == "bool":
            found, wanted = [str(one) for one in found], [str(one) for one in wanted]
        if column.dtype == "str":
            found, wanted = [one or "" for one in found], [one or "" for one in wanted]
        if column.dtype == "f8" and all(one is None for one in wanted):
            # A column of nulls may come back as one of any type.
            found = [one or None for one in found]
        assert found == wanted, column.name


def shown_rows(spectrum):
    return np.flatnonzero((np.asarray(spectrum.table["flags"]) & MASK) == 0).tolist()


@pytest.mark.parametrize("file_format", FORMAT_NAMES)
@pytest.mark.parametrize("rows", ["all", "shown"])
def test_every_format_holds_the_rows_of_the_product(client, complete, file_format, rows):
    spectrum = made_spectrum(40, 3)
    job = complete(spectrum)
    response = save(client, job, view=VIEW, rows=rows, format=file_format)
    content = content_of(response)
    wanted = shown_rows(spectrum) if rows == "shown" else range(43)
    assert 10 < len(wanted) <= 43
    assert_holds(content, file_format, spectrum, wanted)
    assert name_of(response).startswith(STEM + ("_filtered." if rows == "shown" else "."))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "attachment" in response["Content-Disposition"]


def test_flags_beyond_33_bits_are_exact_in_every_format(client, complete):
    spectrum = made_spectrum(4, 1)
    odd = (1 << 40) | (1 << 33) | (1 << 32) | 1
    spectrum.table["flags"] = [odd, 1 << 33, 1 << 32, 0, flags.FIT_ERROR]
    job = complete(spectrum)
    for file_format in FORMAT_NAMES:
        assert_holds(
            content_of(save(client, job, format=file_format)), file_format, spectrum, range(5)
        )


def test_a_votable_says_where_it_comes_from_and_what_was_left_out(client, complete):
    spectrum = made_spectrum(40, 3)
    job = complete(spectrum)
    content = content_of(save(client, job, view=VIEW, rows="shown"))
    document = parse(io.BytesIO(content), verify="exception")
    infos = {info.name: info.value for info in document.resources[0].infos}
    assert infos["job_id"] == job.pk
    assert infos["rows"] == f"{len(shown_rows(spectrum))} of 43"
    assert infos["mask"].startswith(f"{MASK} (left out: rows with any of CONTAINS_BAD_PIXEL, ")
    assert infos["data"] == "simulated"
    assert infos["releases"] == "qr2"
    assert infos["citation"] == "Simulated data: no data release to cite"
    assert infos["reference_url"] == f"http://testserver/jobs/{job.pk}/results/?target=0"
    params = {param.name: param.value for param in document.get_first_table().params}
    assert params["target_index"] == 0
    assert params["exposures_found"] == 43
    assert params["exposures_measured"] == 40
    header = fits.open(io.BytesIO(content_of(save(client, job, format="fits"))))[1].header
    assert header["JOBID"] == job.pk
    assert header["TARGETIX"] == 0
    assert header["SIMULATD"] is True
    assert any(line == f"job_id = {job.pk}" for line in header["HISTORY"])


def test_every_kind_of_file_has_a_media_type():
    assert {extension for extension, _ in FORMATS.values()} | {".zip"} == set(CONTENT_TYPES)
    assert set(FORMAT_NAMES) == set(FORMATS)


def test_data_that_were_observed_are_cited_by_their_releases(client, complete):
    spectrum = made_spectrum(4, 0)
    spectrum.table["data_collection"] = ["spherex_qr2", "spherex_qr3_deep", "spherex_qr3", "x"]
    spectrum = dataclasses.replace(
        spectrum, provenance=dataclasses.replace(spectrum.provenance, simulated=False)
    )
    job = complete(spectrum)
    document = parse(io.BytesIO(content_of(save(client, job))), verify="exception")
    infos = {info.name: info.value for info in document.resources[0].infos}
    assert "QR2 (doi:10.26131/IRSA652) and QR3 (doi:10.26131/IRSA662)" in infos["citation"]
    assert infos["data"] == "observed"


def test_a_parquet_file_of_all_rows_is_the_product_again(client, complete, tmp_path):
    spectrum = made_spectrum(12, 1)
    job = complete(spectrum)
    path = tmp_path / "s.parquet"
    path.write_bytes(content_of(save(client, job, format="parquet")))
    loaded = load_spectrum(path)
    assert (loaded.target, loaded.provenance) == (spectrum.target, spectrum.provenance)
    request = json.loads(pq.read_schema(path).metadata[b"spherex_explorer"])
    assert (request["job_id"], request["target_index"]) == (job.pk, 0)
    path.write_bytes(content_of(save(client, job, view=VIEW, rows="shown", format="parquet")))
    assert b"spherex_explorer" not in pq.read_schema(path).metadata


def test_columns_as_shown(client, complete):
    job = complete(made_spectrum(6, 0))
    view = {"columns": ["flux", "row", "wavelength", "snr", "nothing"]}
    table = Table.read(io.BytesIO(content_of(save(client, job, view=view, columns="shown"))))
    assert table.colnames == ["flux", "row", "wavelength", "snr"]
    assert table["row"].tolist() == list(range(6))
    said = plan(client, job, view=view, columns="shown")
    assert "6 rows, 4 columns:" in said["sentence"]


def test_images_are_those_of_the_rows(client, complete, tmp_path):
    spectrum = made_spectrum(30, 2)
    job = complete(spectrum)
    response = save(client, job, view=VIEW, rows="shown", format="fits", images="1")
    path = tmp_path / name_of(response)
    path.write_bytes(content_of(response))
    rows = shown_rows(spectrum)
    with fits.open(path) as hdus:
        hdus.verify("exception")
        names = [hdu.name for hdu in hdus[1:]]
        assert names == ["SPECTRUM", "IMAGE", "VARIANCE", "MODEL", "FLAGS", "PLACE"]
        assert len(hdus["SPECTRUM"].data) == len(rows)
        assert hdus["IMAGE"].header["BUNIT"] == "MJy / sr"
    assert_holds(path.read_bytes(), "fits", spectrum, rows)
    found = load_stamps(path)
    wanted = load_stamps(stamps_path(folders.published(job.pk), 0), rows)
    for field in dataclasses.fields(wanted):
        np.testing.assert_array_equal(getattr(found, field.name), getattr(wanted, field.name))


def test_averages_are_a_table_of_their_own(client, complete):
    spectrum = made_spectrum(60, 2)
    job = complete(spectrum)
    said = plan(client, job, data="averages")
    response = save(client, job, data="averages")
    table = Table.read(io.BytesIO(content_of(response)))
    assert name_of(response) == said["file_name"] == f"{STEM}_binned.vot"
    assert f"{len(table)} averages of channels made of all 62 rows" in said["sentence"]
    assert set(table["n_used"]) != {0}
    assert str(table["flux"].unit) == "uJy"
    assert table["n_found"].sum() == 60
    with fits.open(
        io.BytesIO(content_of(save(client, job, data="averages", format="fits")))
    ) as hdus:
        assert [hdu.name for hdu in hdus[1:]] == ["BINNED_SPECTRUM"]
        assert len(hdus[1].data) == len(table)
        assert any("recipe = " in line for line in hdus[1].header["HISTORY"])
    said = plan(client, job, data="both", format="fits", images=True)
    assert said["sentence"].startswith(
        "1 zip file with 1 FITS file of measurements (all 62 rows, with their images), "
        f"1 FITS file of {len(table)} averages of channels, the list of targets"
    )


def test_columns_of_ones_own_are_saved_with_their_expressions(client, complete):
    spectrum = made_spectrum(30, 2)
    job = complete(spectrum)
    derived = [
        {
            "name": "bad_pixel",
            "expression": 'MOD(FLOOR("flags" / POWER(2, 32)), 2)',
            "kind": "long",
        },
        {"name": "ratio", "expression": "flux / flux_bkg", "unit": "uJy", "description": "A ratio"},
        {"name": "word", "expression": "upper(model)", "kind": "text"},
    ]
    view = {"derived": derived, "filters": {"bad_pixel": {"text": "= 1"}}}
    said = plan(client, job, view=view, rows="shown")
    rows = [row for row, value in enumerate(spectrum.table["flags"].tolist()) if value >> 32 & 1]
    assert len(rows) > 2
    assert f"{len(rows)} of 32 rows, {len(COLUMNS)} columns + 3 derived: " in said["sentence"]
    for file_format in FORMAT_NAMES:
        content = content_of(save(client, job, view=view, rows="shown", format=file_format))
        assert_holds(content, file_format, spectrum, rows)
        table = read(content, file_format)
        assert list(table["bad_pixel"]) == [1] * len(rows)
        assert list(table["word"]) == ["POINT"] * len(rows)
        wanted = [spectrum.table["flux"][row] / spectrum.table["flux_bkg"][row] for row in rows]
        np.testing.assert_allclose(np.asarray(table["ratio"], float), wanted, rtol=1e-15)
    content = content_of(save(client, job, view=view))
    fields = {f.name: f for f in parse(io.BytesIO(content)).get_first_table().fields}
    assert fields["ratio"].description == "Derived: flux / flux_bkg; A ratio"
    table = Table.read(io.BytesIO(content))
    assert np.ma.getmaskarray(table["ratio"]).tolist() == [False] * 30 + [True] * 2
    infos = {i.name: i.value for i in parse(io.BytesIO(content_of(
        save(client, job, view=view, rows="shown")
    ))).resources[0].infos}  # fmt: skip
    assert infos["filters"] == "bad_pixel = 1"
    broken = {"derived": [{"name": "x", "expression": "nothing + 1"}]}
    assert "nothing" in plan(client, job, view=broken)["error"]
    response = save(client, job, view=broken)
    assert response.status_code == 400


def test_filters_that_make_no_sense_spoil_only_what_they_decide(client, complete):
    job = complete(made_spectrum(5, 0))
    view = {"filters": {"flux": {"text": "> > 5"}}}
    said = plan(client, job, view=view)
    assert "all 5 rows" in said["sentence"]
    assert said["choices"]["n_shown"] is None
    assert "flux" in plan(client, job, view=view, rows="shown")["error"]


@pytest.mark.parametrize("file_format", FORMAT_NAMES)
def test_the_sentence_is_true_of_the_file(client, complete, file_format):
    spectrum = made_spectrum(40, 3)
    job = complete(spectrum)
    said = plan(client, job, view=VIEW, rows="shown", format=file_format)
    n_rows = len(shown_rows(spectrum))
    response = save(client, job, view=VIEW, rows="shown", format=file_format)
    assert said["sentence"] == (
        f"1 {FORMAT_NAMES[file_format]} file, {n_rows} of 43 rows, "
        f"{len(COLUMNS)} columns: {name_of(response)}"
    )
    assert said["choices"]["n_rows"] == 43
    assert said["choices"]["n_shown"] == n_rows
    everything = plan(client, job, view=VIEW, rows="all", format=file_format)
    assert "file, all 43 rows, " in everything["sentence"]


def test_remarks_say_what_somebody_may_not_expect(client, complete):
    job = complete(made_spectrum(20, 3))
    view = {"unit": "abmag", "sort": "flux", "descending": True, "redshift": 0.1}
    remarks = " ".join(plan(client, job, view=view, format="csv")["remarks"])
    for words in (
        "Fluxes in files are in µJy; the page shows mag",
        "by wavelength; on the page they are sorted by flux",
        "observed ones",
        "CSV has no place for units",
        "The data are simulated: every file and its name say so.",
    ):
        assert words in remarks
    table = Table.read(io.BytesIO(content_of(save(client, job, view=view))))
    assert str(table["flux"].unit) == "uJy"


def test_hostile_texts_are_texts_in_every_format(client, complete):
    target = Target(name=HOSTILE, ra_deg=1.0, dec_deg=2.0)
    spectrum = made_spectrum(2, 1, target=target)
    spectrum.table["reason"] = ["", "", HOSTILE]
    spectrum.table["obs_publisher_did"] = ["@SUM(1)", "é", "-2+3"]
    job = complete(spectrum, title=HOSTILE)
    for file_format in FORMAT_NAMES:
        response = save(client, job, format=file_format)
        assert re.fullmatch(r"[A-Za-z0-9_.+-]+", name_of(response))
        content_of(response)
    response = save(client, job, what="list", format="csv")
    assert re.fullmatch(r"[A-Za-z0-9_.+-]+", name_of(response))
    rows = content_of(save(client, job, format="csv")).decode().split("\r\n")
    assert "'@SUM(1)" in rows[1]
    assert "'=HYPERLINK" in rows[3]
    # Numbers are no formulas, negative or not.
    assert not re.search(r"'-\d", rows[1])


def test_what_can_not_be_saved_is_said_and_not_saved(client, complete):
    job = complete(made_spectrum(4, 0))
    for fields, words in (
        ({"format": "exe"}, "format: 'exe' given; allowed: votable, fits"),
        ({"rows": "some"}, "rows: 'some' given"),
        ({"colour": "red"}, "'colour' is not known"),
        ({"data": "averages", "images": "1"}, "Images belong to measurements"),
        ({"view": "{"}, "view: not JSON"),
        ({"view": '{"mask": "-1"}'}, "mask: '-1' given"),
    ):
        response = client.post(f"/jobs/{job.pk}/targets/0/download", fields)
        assert response.status_code == 400
        assert words in response.content.decode().replace("&#x27;", "'")
    assert plan(client, job, format="exe")["error"].startswith("format: 'exe' given")
    stamps_path(folders.published(job.pk), 0).unlink()
    assert plan(client, job, images=True)["error"] == "M 81 has no images."
    assert plan(client, job)["choices"]["has_images"] is False


def test_a_form_without_its_token_is_refused(complete, client):
    job = complete(made_spectrum(2, 0))
    careful = Client(enforce_csrf_checks=True)
    careful.cookies = client.cookies
    assert save(careful, job).status_code == 403


def test_an_empty_spectrum_can_be_saved(client, complete):
    job = complete(made_spectrum(0, 0))
    for file_format in FORMAT_NAMES:
        content_of(save(client, job, format=file_format, images="1"))
    said = plan(client, job)
    assert "all 0 rows" in said["sentence"] or "0 rows" in said["sentence"]
    assert any("There is no row" in words for words in said["remarks"])
