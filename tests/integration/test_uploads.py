"""Files that visitors open: the page, the job that each becomes, its products, its end."""

import io
import json
import os
import time
import zipfile

import numpy as np
import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from explorer import upload_form
from explorer.upload_form import QUESTIONS, UploadForm
from jobs import folders, products, sweeper
from jobs.errors import ProductMissingError
from jobs.models import Job, new_job_id, request_of
from jobs.phases import Phase
from jobs.uploads import open_upload
from photometry_core.foreign_tables import limits
from photometry_core.foreign_tables.units import is_flux_density, is_wavelength, parse_unit
from photometry_core.spectrum_files import save_product, spectrum_bytes
from photometry_core.types import MeasureOptions
from tests.foreign_files import BIG_FLAGS, fits_with_stamps, official_flat, official_raw
from tests.spectra import made_spectrum

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("spectra_read_here")]

PLAIN = b"wavelength,flux\n2.0,3\n1.0,4\n"


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.SPHEREX_RESULTS_FOLDER = tmp_path / "results"


@pytest.fixture
def client():
    return Client()


@pytest.fixture
def visitor(client):
    return client.get("/jobs/").wsgi_request.visitor


def send(client, content, name="x.csv", htmx=False, **answers):
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(
        "/upload/", {"file": SimpleUploadedFile(name, content), **answers}, headers=headers
    )


def opened(client, content, name, **answers) -> Job:
    response = send(client, content, name, **answers)
    assert response.status_code == 303, response.content.decode()
    job = Job.objects.get(pk=response.url.split("/")[2])
    assert response.url == f"/jobs/{job.pk}/results/"
    return job


def schema_of(job, index=0):
    return pq.read_schema(folders.published(job.pk) / f"{index}.parquet")


def completed_job(owner, *spectra) -> Job:
    targets = [spectrum.target for spectrum in spectra]
    job = Job.objects.create(
        owner=owner,
        title="measured",
        phase=Phase.COMPLETED,
        archive="simulated",
        request=request_of(targets, MeasureOptions(), "test"),
        n_targets=len(targets),
        n_exposures=9,
    )
    folders.published(job.pk).mkdir(parents=True)
    for index, spectrum in enumerate(spectra):
        save_product(spectrum, folders.published(job.pk), index)
    return job


def saved_from(job, index, spectrum) -> bytes:
    """Return a VOTable that says which job it comes from."""
    told = f'<INFO name="job_id" value="{job.pk}"/><INFO name="target_index" value="{index}"/>'
    return spectrum_bytes(spectrum, "votable").replace(b"<TABLE ", told.encode() + b"<TABLE ")


def nothing_is_left():
    work = folders.all_work()
    return not work.exists() or not list(work.iterdir())


class TestPage:
    def test_the_form_says_what_it_takes(self, client):
        page = client.get("/upload/").content.decode()
        for word in ("VOTable", "FITS", "ECSV", "CSV", "IPAC", "Parquet", "zip", "official tool"):
            assert word in page
        assert '<a href="/upload/" aria-current="page">' in page
        assert "<select" not in page
        assert 'enctype="multipart/form-data"' in page

    def test_questions_are_asked_when_they_are_needed_and_keep_their_answers(self, client):
        response = send(client, PLAIN)
        page = response.content.decode()
        assert response.status_code == 422
        assert "One more thing before this file can be opened" in page
        assert "does not say the unit of &#x27;wavelength&#x27; and &#x27;flux&#x27;" in page
        assert '<select name="wavelength_unit"' in page
        assert '<select name="flux_unit"' in page
        response = send(client, PLAIN, wavelength_unit="um")
        page = response.content.decode()
        assert response.status_code == 422
        assert '<option value="um" selected>' in page
        assert '<select name="flux_unit" id="id_flux_unit" required>' in page
        job = opened(client, PLAIN, "x.csv", wavelength_unit="um", flux_unit="mJy")
        table = pq.read_table(folders.published(job.pk) / "0.parquet")
        assert table.column("flux").to_pylist() == [4000.0, 3000.0]

    def test_columns_can_be_chosen(self, client):
        content = b"a_wave_um,b_wave_um,flux_uJy\n1.0,2.0,3\n"
        page = send(client, content).content.decode()
        assert '<option value="b_wave_um">b_wave_um</option>' in page
        job = opened(client, content, "x.csv", wavelength_column="b_wave_um")
        table = pq.read_table(folders.published(job.pk) / "0.parquet")
        assert table.column("wavelength").to_pylist() == [2.0]

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "The file is empty."),
            (b"\x00\x01\x02", "neither a text nor in a format that can be opened"),
            (b"ra,dec\n1,2\n", "no column that can be recognised as wavelength"),
            (b"a<b>&,c\n1,2\n", "a&lt;b&gt;&amp;"),
        ],
    )
    def test_errors_are_above_the_form(self, client, content, words):
        response = send(client, content)
        page = response.content.decode()
        assert response.status_code == 422
        assert page.index("This file was not opened") < page.index(words) < page.index("<form")
        assert not Job.objects.exists()
        assert nothing_is_left()

    def test_no_file_is_an_error(self, client):
        response = client.post("/upload/", {})
        assert response.status_code == 422
        assert b"Choose a file, or drop one on the box." in response.content

    def test_a_file_that_is_too_large_is_not_stored(self, client, monkeypatch):
        for module in ("explorer.upload_limit", "explorer.upload_form"):
            monkeypatch.setattr(f"{module}.MAX_FILE_BYTES", 1000)
        monkeypatch.setattr(upload_form, "_MOST_MB", "1 kB")
        response = send(client, b"x" * 200_000)
        assert response.status_code == 422
        assert b"The file is larger than 1 kB." in response.content
        assert not response.wsgi_request.FILES
        assert b"The file is larger than 1 kB." in send(client, b"x" * 2000).content

    def test_scripts_are_told_where_to_go(self, client):
        response = send(client, official_flat(), htmx=True)
        assert response.status_code == 200
        assert response["HX-Redirect"] == f"/jobs/{Job.objects.get().pk}/results/"

    def test_every_unit_that_can_be_chosen_is_one(self):
        fields = UploadForm().fields
        assert set(fields) == {"file", *QUESTIONS}
        for value, _ in fields["wavelength_unit"].choices[1:]:
            assert is_wavelength(parse_unit(value))
        for value, _ in fields["flux_unit"].choices[1:]:
            assert is_flux_density(parse_unit(value))

    def test_a_unit_that_can_not_be_chosen_is_refused(self, client):
        assert send(client, PLAIN, wavelength_unit="10**9999999 m").status_code == 422


class TestJob:
    def test_a_file_becomes_a_completed_job(self, client, visitor):
        job = opened(client, official_flat(), "10.5_-3.25.xml")
        assert (job.owner, job.phase, job.archive) == (visitor, Phase.COMPLETED, "upload")
        assert job.is_upload
        assert not job.simulated
        assert job.title == "10.5_-3.25.xml"
        assert job.created == job.started == job.ended
        [target] = job.request["targets"]
        assert (target["ra_deg"], target["dec_deg"]) == (10.5, -3.25)
        assert job.request["upload"]["origin"] == "official"
        assert job.request["upload"]["simulated"] is None
        assert "options" not in job.request
        assert sorted(path.name for path in folders.published(job.pk).iterdir()) == [
            "0.parquet", "job.json",
        ]  # fmt: skip
        assert nothing_is_left()
        schema = schema_of(job)
        assert schema.field("flux").metadata == {
            b"unit": b"uJy",
            b"ucd": b"phot.flux.density;em.IR",
            b"description": b"Total (untruncated) flux density; may be negative",
        }
        about = json.loads(schema.metadata[b"spherex_explorer"])
        assert about["target"] == target
        assert about["upload"]["columns"]["wavelength"] == {"from": "lambda", "unit": "um"}
        table = pq.read_table(folders.published(job.pk) / "0.parquet")
        assert table.column("flags").to_pylist() == [BIG_FLAGS, 1 << 21, 0]

    def test_a_file_of_ours_brings_its_request_and_stamps(self, client, tmp_path):
        spectrum = made_spectrum(5, 1)
        save_product(spectrum, tmp_path, 0)
        job = opened(client, fits_with_stamps(spectrum, tmp_path), "ours.fits")
        assert job.simulated
        assert job.request["options"] == spectrum.options.to_json()
        assert job.request["upload"]["facts"]["target_name"] == "M 81"
        loaded = products.spectrum(job, 0)
        assert loaded.target == spectrum.target
        assert loaded.provenance == spectrum.provenance
        stamps = products.stamps(job, 0, [4, 0])
        assert np.array_equal(
            stamps.image_mjy_sr, spectrum.stamps.image_mjy_sr[[4, 0]], equal_nan=True
        )

    def test_a_file_with_several_spectra_is_one_job(self, client):
        job = opened(client, official_raw(), "raw.xml")
        assert job.n_targets == 2
        assert [target["name"] for target in job.request["targets"]] == ["first", "second"]
        assert json.loads(schema_of(job, 1).metadata[b"spherex_explorer"])["target"]["name"] == (
            "second"
        )

    def test_a_zip_may_mix(self, client):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("a.xml", official_flat())
            archive.writestr("b.csv", "wavelength_um,flux_uJy\n1,2\n")
        job = opened(client, stream.getvalue(), "both.zip")
        assert job.request["upload"]["origin"] == "other"
        assert job.request["targets"][1] == {"name": "b", "ra_deg": None, "dec_deg": None}

    def test_only_so_many_are_kept(self, client, settings):
        settings.SPHEREX_MAX_UPLOADS = 2
        for _ in range(2):
            job = opened(client, official_flat(), "x.xml")
        response = send(client, official_flat())
        assert response.status_code == 422
        assert b"2 of your opened files are kept" in response.content
        client.post(f"/jobs/{job.pk}/delete")
        opened(client, official_flat(), "x.xml")
        # Another visitor has a number of their own.
        opened(Client(), official_flat(), "x.xml")

    def test_names_are_texts_and_no_paths(self, client):
        job = opened(client, official_flat(), "../../etc/<b>\u202ex\x07.xml")
        assert job.title == "<b>x.xml"
        assert "<b>x.xml" not in client.get("/jobs/").content.decode()

    def test_nothing_is_left_of_a_file_that_can_not_be_stored(self, visitor, monkeypatch):
        def fail(*_, **__):
            raise OSError("no space left")

        monkeypatch.setattr(Job.objects.__class__, "create", fail)
        with pytest.raises(OSError, match="no space"):
            open_upload(owner=visitor, file_name="x.xml", pieces=[official_flat()])
        assert nothing_is_left()
        assert not [path for path in folders.all_work().parent.iterdir() if path.name[0] != "."]

    def test_the_sweeper_removes_what_a_stopped_site_left(self):
        old, young = folders.work(new_job_id()), folders.work(new_job_id())
        for path in (old, young):
            path.mkdir(parents=True)
        os.utime(old, (time.time() - 4000, time.time() - 4000))
        sweeper.sweep()
        assert young.exists()
        assert not old.exists()

    def test_pieces_are_counted(self, visitor, monkeypatch):
        monkeypatch.setattr(limits, "MAX_FILE_BYTES", 10)
        with pytest.raises(ValueError, match=r"x\.csv is too large"):
            open_upload(owner=visitor, file_name="x.csv", pieces=[b"123456"] * 2)
        assert nothing_is_left()


class TestStampsOfTheJob:
    def test_the_pixels_come_from_the_job_as_long_as_it_exists(self, client, visitor):
        first, second = made_spectrum(4, 0, seed=2), made_spectrum(6, 1)
        measured = completed_job(visitor, first, second)
        content = saved_from(measured, 1, second)
        # A row of another image, and a different order.
        content = content.replace(b"0002_1/D3", b"9992_1/D3")
        job = opened(client, content, "saved.vot")
        link = json.loads((folders.published(job.pk) / "0.stamps.json").read_text())
        assert (link["job"], link["target"]) == (measured.pk, 1)
        assert link["rows"].count(None) == 1
        missing = link["rows"].index(None)
        stamps = products.stamps(job, 0)
        for row, source_row in enumerate(link["rows"]):
            if row == missing:
                assert np.isnan(stamps.image_mjy_sr[row]).all()
                assert stamps.origin_pix[row].tolist() == [-1, -1]
            else:
                assert np.array_equal(
                    stamps.image_mjy_sr[row],
                    second.stamps.image_mjy_sr[source_row],
                    equal_nan=True,
                )
        some = products.stamps(job, 0, [5, missing])
        assert np.array_equal(some.flags[0], stamps.flags[5])
        with pytest.raises(ProductMissingError, match="no such row"):
            products.stamps(job, 0, [7])
        measured.delete()
        assert np.isnan(products.stamps(job, 0).image_mjy_sr).all()

    def test_a_stranger_s_job_has_no_pixels_for_others(self, client):
        spectrum = made_spectrum(3, 0)
        stranger = Client()
        measured = completed_job(stranger.get("/jobs/").wsgi_request.visitor, spectrum)
        job = opened(client, saved_from(measured, 0, spectrum), "saved.vot")
        assert not (folders.published(job.pk) / "0.stamps.json").exists()
        with pytest.raises(ProductMissingError):
            products.stamps(job, 0)

    def test_a_job_that_changed_hands_has_no_pixels_for_its_former_owner(self, client, visitor):
        spectrum = made_spectrum(3, 0)
        measured = completed_job(visitor, spectrum)
        job = opened(client, saved_from(measured, 0, spectrum), "saved.vot")
        assert np.isfinite(products.stamps(job, 0).image_mjy_sr).any()
        Job.objects.filter(pk=measured.pk).update(owner="somebody else")
        assert np.isnan(products.stamps(job, 0).image_mjy_sr).all()

    @pytest.mark.parametrize("index", [1, 999999])
    def test_a_target_that_the_job_does_not_have_is_ignored(self, client, visitor, index):
        spectrum = made_spectrum(3, 0)
        measured = completed_job(visitor, spectrum)
        job = opened(client, saved_from(measured, index, spectrum), "saved.vot")
        assert not (folders.published(job.pk) / "0.stamps.json").exists()


class TestList:
    def test_the_list_names_it_and_offers_results_and_its_end(self, client):
        job = opened(client, official_raw(), "mine.xml")
        for address in ("/jobs/", "/jobs/rows"):
            page = client.get(address).content.decode()
            assert "mine.xml" in page
            assert "uploaded file" in page
            assert "2 spectra" in page
            assert f"/jobs/{job.pk}/results/" in page
            assert f"/jobs/{job.pk}/delete" in page
            assert f"?from={job.pk}" not in page

    def test_its_page_is_its_results(self, client):
        job = opened(client, official_flat(), "x.xml")
        assert client.get(f"/jobs/{job.pk}/").url == f"/jobs/{job.pk}/results/"
        assert client.get("/", {"from": job.pk}).status_code == 404

    def test_only_the_owner_deletes_it(self, client):
        job = opened(client, official_flat(), "x.xml")
        address = f"/jobs/{job.pk}/delete"
        assert Client().post(address).status_code == 404
        assert client.get(address).status_code == 405
        assert Job.objects.filter(pk=job.pk).exists()
        assert client.post(address).url == "/jobs/"
        assert not Job.objects.filter(pk=job.pk).exists()
        assert not folders.published(job.pk).exists()
        assert client.post(address).status_code == 404

    def test_a_measured_job_is_not_deleted_that_way(self, client, visitor):
        measured = completed_job(visitor, made_spectrum(2, 0))
        client.post(f"/jobs/{measured.pk}/delete")
        assert Job.objects.filter(pk=measured.pk).exists()
        assert folders.published(measured.pk).exists()
