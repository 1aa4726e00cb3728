"""Lists of targets over HTTP: how they come in, what is refused, and what the pages say."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from explorer.fetching import Fetched, FetchError
from explorer.views import lists
from jobs import target_lists
from jobs.models import Job, TargetList
from photometry_core.target_lists.checks import Edits
from photometry_core.types import MeasureOptions
from tests.lists_of_targets import (
    KEY,
    TABLE,
    chain_table,
    long_table,
    opened,
    send,
    submit,
    words_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("lists_read_here")]


@pytest.fixture
def visitor(client):
    return client.get("/jobs/").wsgi_request.visitor


class TestIntake:
    def test_a_file_a_text_and_an_address_lead_to_the_page_with_the_list(
        self, client, visitor, monkeypatch
    ):
        asked = []
        monkeypatch.setattr(
            lists, "fetch", lambda address: asked.append(address) or Fetched("x.csv", TABLE)
        )
        opened(client)
        for fields in ({"text": TABLE.decode()}, {"url": "https://example.org/x.csv"}):
            response = client.post("/lists/", {**fields, "complete": "1"})
            assert response.status_code == 303
        assert asked == ["https://example.org/x.csv"]
        kept = TargetList.objects.order_by("created")
        assert [(one.owner, one.source, one.name) for one in kept] == [
            (visitor, "file", "stars.csv"),
            (visitor, "text", "pasted list"),
            (visitor, "url", "x.csv"),
        ]
        response = send(client, htmx=True)
        assert response["HX-Redirect"].startswith("/?list=")

    def test_the_page_says_what_it_takes_and_what_is_in_a_list(self, client):
        page = words_of(client.get("/?mode=multi"))
        assert "At most 10 MB and 20,000 rows" in page
        assert "TSV, IPAC, VOTable, FITS, ECSV, Parquet or machine-readable tables (MRT)" in page
        page = words_of(client.get(f"/?list={opened(client, long_table(137)).pk}"))
        assert "stars.csv 137 rows · 3 columns · CSV" in page
        assert "137 targets: 2 jobs of up to 100 targets" in page
        assert "Your lists 1" not in page
        assert "Your lists 1" in words_of(client.get("/?mode=multi"))

    def test_the_summary_is_renewed_when_the_list_was_changed(self, client):
        target_list = opened(client, long_table(3))
        address = f"/lists/{target_list.pk}/summary"
        assert b'data-good="3"' in client.get(address).content
        target_lists.save_edits(target_list, Edits(left_out={1}))
        response = client.get(address)
        assert b'data-good="2"' in response.content
        assert "2 targets: one job , 1 row left out" in words_of(response)

    @pytest.mark.parametrize(
        ("fields", "where", "words"),
        [
            ({}, "file", "Choose a file, or drop one here."),
            ({"file": SimpleUploadedFile("a.csv", b"")}, "file", "The file is empty."),
            ({"text": ""}, "text", "Paste the rows of a table."),
            ({"text": "ra,<b>"}, "text", "no rows"),
            ({"text": "x" * 900_001}, "text", "The text is larger than 0.9 MB"),
            ({"url": " "}, "url", "Type the address of a table."),
            ({"url": "http://127.0.0.1/x"}, "url", "not a host of the public internet"),
            ({"url": "ftp://a.org/" + "x" * 2000}, "url", "at most 2000 characters"),
            ({"text": "a", "url": "b"}, "url", "Several lists were sent"),
            ({"url": ["https://a.org/", "https://b.org/"]}, "url", "2 lists were sent"),
        ],
        ids=["1", "1-file", "1-text", "2", "text-long", "url", "ssrf", "url-long", "two", "93-url"],
    )
    def test_refusals_are_beside_the_field_and_keep_what_was_typed(
        self, client, fields, where, words
    ):
        response = client.post("/lists/", {**fields, "complete": "1"})
        assert response.status_code == 422
        page = response.content.decode()
        found = re.search(rf'id="list-{where}-error"[^>]*>([^<]*)<', page)
        assert words in found.group(1)
        assert f'id="source-{where}" checked' in " ".join(page.split())
        if where == "text" and len(fields["text"]) < 100:
            assert "ra,&lt;b&gt;</textarea>" in page or not fields["text"].strip()
        if where == "url" and isinstance(fields["url"], str):
            assert f'value="{fields["url"]}"' in page
        assert not TargetList.objects.exists()

    def test_a_spectrum_is_sent_to_the_page_that_opens_it(self, client):
        names = "wavelength,flux,flux_err,flags,flux_bkg_err,n_pix,reason"
        response = send(client, f"{names}\n1,2,3,4,5,6,\n".encode(), "<b>own.csv")
        page = response.content.decode()
        assert 'open it in the <a href="/upload/">Upload tab</a>' in page
        assert "&lt;b&gt;own.csv is a spectrum" in page

    def test_what_fetching_says_is_beside_the_address(self, client, monkeypatch):
        def fail(address):
            raise FetchError("a.org answers <404>.")

        monkeypatch.setattr(lists, "fetch", fail)
        response = client.post("/lists/", {"url": "https://a.org/x", "complete": "1"})
        assert response.status_code == 422
        assert b"a.org answers &lt;404&gt;." in response.content

    def test_a_disk_that_is_full_is_said(self, client, monkeypatch):
        def fail(**_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(lists, "open_list", fail)
        response = send(client)
        assert response.status_code == 503
        assert b"can&#x27;t store lists at the moment" in response.content

    def test_a_visitor_keeps_so_many_lists(self, client, settings):
        settings.SPHEREX_MAX_LISTS = 1
        opened(client)
        assert "1 of your lists are kept, and no more" in words_of(send(client))


class TestKnownAgain:
    def test_14_the_same_file_is_pointed_out_with_a_way_back(self, client):
        first = opened(client, name="first.csv")
        second = opened(client, name="second.csv")
        page = client.get(f"/?list={second.pk}")
        assert f"The same list as first.csv of {first.created:%-d %B %Y, %H:%M} UTC" in (
            words_of(page)
        )
        assert f'href="/?list={first.pk}" data-leaves-list>Use the earlier one' in (
            page.content.decode()
        )
        assert "The same list" not in words_of(client.get(f"/?list={first.pk}"))

    def test_14_a_file_is_the_same_as_its_pasted_rows(self, client):
        first = opened(client, TABLE)
        response = client.post(
            "/lists/", {"text": TABLE.decode().replace("\n", "\r\n"), "complete": "1"}
        )
        pasted = TargetList.objects.get(pk=response.url.partition("=")[2])
        assert target_lists.same_as(pasted) == first

    def test_a_mapping_that_was_taken_over_is_said(self, client):
        first = opened(client, name="first.csv")
        said = target_lists.mapping_of(first)
        said = said.with_choice("name", target_lists.mapping_of(first).choice("nothing"))
        target_lists.save_mapping(first, said)
        second = opened(client, long_table(4))
        page = words_of(client.get(f"/?list={second.pk}"))
        assert "It has the columns of first.csv of" in page
        assert "what you said about them is taken over (name). Look whether it fits." in page
        third = opened(client, b"name,ra,dec\nc,9.93,41\n")
        asked = words_of(client.get(f"/lists/{third.pk}/mapping"))
        assert "is it in hours?" in asked
        client.post(f"/lists/{third.pk}/mapping", {"answer:ra.unit": "hourangle"})
        page = words_of(client.get(f"/?list={opened(client, long_table(6)).pk}"))
        assert "is taken over (name). Look" in page
        fourth = opened(client, b"name,ra,dec\nd,8.93,41\n")
        assert "is taken over (unit of RA, name). Look" in words_of(
            client.get(f"/?list={fourth.pk}")
        )

    def test_nothing_is_taken_over_of_lists_of_which_nothing_was_said(self, client):
        opened(client, b"name,ra,dec\na,200.5,1\n")
        for text in (b"name,ra,dec\na,9.93,1\n", b"name,ra,dec\na,12:39:59.4,-1:00:00\n"):
            target_list = opened(client, text)
            assert "taken over" not in words_of(client.get(f"/?list={target_list.pk}"))
            assert target_lists.checked(target_list).count("error") == (text[14:17] == b"9.9")

    def test_a_list_is_deleted_by_its_owner_and_its_jobs_stay(self, client):
        target_list, other = opened(client), opened(client, long_table(4))
        submit(client, target_list)
        response = client.post(f"/lists/{target_list.pk}/delete", {"in_use": other.pk})
        assert (response.status_code, response.url) == (303, f"/?list={other.pk}")
        assert client.post(f"/lists/{other.pk}/delete").url == "/?mode=multi"
        assert not TargetList.objects.exists()
        assert Job.objects.get().target_list is None
        assert client.get("/jobs/").status_code == 200
        assert client.get(f"/?list={other.pk}").status_code == 404


class TestSubmission:
    def test_39_several_jobs_are_announced_and_belong_together(self, client):
        target_list = opened(client, long_table(250))
        response = submit(client, target_list)
        jobs = list(Job.objects.order_by("part"))
        assert response.url == f"/jobs/?submitted={jobs[0].pk}"
        page = words_of(client.get(response.url))
        assert "3 jobs were submitted for 250 targets of stars.csv" in page
        assert page.index("stars.csv (1 of 3)") < page.index("stars.csv (3 of 3)")
        assert "part 2 of 3 of stars.csv , 100 targets" in page
        response = client.get(f"/jobs/{jobs[1].pk}/")
        assert "Part 2 of 3 of the list stars.csv" in words_of(response)
        assert "100 in all; the first 20 are shown" in words_of(response)
        for address in (f"/?list={target_list.pk}", *(f"/jobs/{job.pk}/" for job in jobs)):
            assert f'href="{address}"' in response.content.decode()

    def test_one_job_is_shown_itself(self, client):
        target_list = opened(client)
        response = submit(client, target_list, title="two galaxies")
        job = Job.objects.get()
        assert response.url == f"/jobs/{job.pk}/"
        assert (job.title, job.n_targets, job.target_list) == ("two galaxies", 2, target_list)
        assert "From the list stars.csv" in words_of(client.get(response.url))
        assert "from stars.csv , 2 targets" in words_of(client.get("/jobs/rows"))

    def test_91_a_list_of_another_visitor_is_nothing(self, client):
        target_list = opened(Client())
        assert submit(client, target_list).status_code == 404
        assert client.get("/", {"list": target_list.pk}).status_code == 404
        for hidden in ("", "x" * 22, "../../etc", "0"):
            assert submit(client, TargetList(pk=hidden)).status_code in (404, 422)
        assert not Job.objects.exists()

    def test_92_a_form_sent_again_is_the_same_jobs(self, client):
        target_list = opened(client, long_table(150))
        first = submit(client, target_list)
        assert submit(client, target_list).url == first.url
        assert Job.objects.count() == 2

    def test_rows_with_errors_are_counted_and_left_out_with_one_click(self, client):
        target_list = opened(client, long_table(5, n_bad=2))
        response = submit(client, target_list, time_start="61000")
        assert response.status_code == 422
        page = response.content.decode()
        assert "2 rows have errors. Nothing is left out by itself" in page
        assert 'value="61000"' in page
        button = re.search(r'formaction="(/lists/[^"]+/leave-out)">Leave out all 2<', page)
        response = client.post(button.group(1))
        assert response.url == f"/?list={target_list.pk}"
        assert "3 targets: one job , 2 rows left out" in words_of(client.get(response.url))
        assert submit(client, target_list).status_code == 302

    def test_a_refused_form_keeps_its_list_in_the_address(self, client):
        target_list = opened(client, long_table(5, n_bad=2))
        for response in (client.get(f"/?list={target_list.pk}"), submit(client, target_list)):
            (address,) = re.findall(r'action="([^"]*)" class="job-form"', response.content.decode())
            assert address == f"/?list={target_list.pk}"
        page = client.get(address).content.decode()
        assert 'data-mode="multi"' in page
        assert "stars.csv" in page
        page = client.post("/?mode=multi", {"mode": "multi"}).content.decode()
        assert 'action="/?mode=multi" class="job-form"' in page
        page = client.post("/", {"target": "no such <thing>"}).content.decode()
        assert 'action="/?target=no+such+%3Cthing%3E" class="job-form"' in page

    def test_the_title_is_that_of_the_list_with_its_options(self, client):
        target_list = opened(client, name=f"{'long ' * 40}.csv")
        options = {"bands": ["2", "3"], "time_start": "60000"}
        asked = {"mode": "multi", "list": target_list.pk, **options}
        page = client.get("/position", asked).content.decode()
        (title,) = re.findall(r'data-list-title="([^"]*)"', page)
        submit(client, target_list, **options)
        assert Job.objects.get().title == title
        assert title.startswith("long long")
        assert title.endswith(" \u00b7 D2, D3 \u00b7 from MJD 60000.00")
        page = client.get(f"/?list={target_list.pk}").content.decode()
        assert f'placeholder="{target_list.name[:120]}"' in page
        assert b"data-list-title" not in Client().get("/position", asked).content

    def test_limits_are_said_before_and_after_sending(self, client, settings):
        settings.SPHEREX_MAX_TARGETS, settings.SPHEREX_MAX_ACTIVE_JOBS = 2, 3
        target_list = opened(client, long_table(9))
        assert "5 jobs are more than the 3 unfinished ones that you may have" in words_of(
            client.get(f"/?list={target_list.pk}")
        )
        assert "this list needs 5 jobs, and 0 of your jobs are not finished yet" in words_of(
            submit(client, target_list)
        )
        assert not Job.objects.exists()

    def test_39_a_chain_of_neighbours_that_is_too_long_is_cut_after_saying_so(self, client):
        target_list = opened(client, chain_table(103, step_arcsec=23.0))
        page = words_of(client.get(f"/?list={target_list.pk}"))
        assert "103 targets: 2 jobs of up to 100 targets" in page
        assert "1 pair of neighbours, 23.0 arcsec apart, falls into different jobs and is not" in (
            page
        )
        asked = {"mode": "multi", "list": target_list.pk, "background_size": "15"}
        answer = client.post("/estimate", asked).json()
        assert answer["jobs"] == 2
        assert submit(client, target_list).status_code == 302
        assert sorted(Job.objects.values_list("n_targets", flat=True)) == [3, 100]

    def test_39_more_than_a_job_takes_in_one_blend_is_said_with_its_rows(self, client):
        target_list = opened(client, chain_table(103, step_arcsec=6.0))
        page = words_of(client.get(f"/?list={target_list.pk}"))
        assert "103 targets: no jobs, as they are" in page
        assert "targets: one job" not in page
        assert "103 of them (rows 1 to 103) are chained so closely" in page
        asked = {"mode": "multi", "list": target_list.pk, "background_size": "15"}
        answer = client.post("/estimate", asked).json()
        assert answer["jobs"] == 0
        assert "leave at least 3 of them out" in answer["problem"]
        response = submit(client, target_list)
        assert response.status_code == 422
        assert "leave at least 3 of them out" in words_of(response)
        target_lists.save_edits(target_list, Edits(left_out={0, 50, 102}))
        page = words_of(client.get(f"/?list={target_list.pk}"))
        assert "100 targets: one job , 3 rows left out" in page


def test_the_list_of_a_job_that_changed_hands_is_not_shown(client):
    target_list = opened(Client())
    visitor = client.get("/jobs/").wsgi_request.visitor
    [job] = target_lists.submit_list(
        target_list=target_list,
        title="given away",
        options=MeasureOptions(),
        archive="simulated",
        submission_key=KEY,
    )
    Job.objects.filter(pk=job.pk).update(owner=visitor)
    for address in ("/jobs/", f"/jobs/{job.pk}/"):
        page = client.get(address).content.decode()
        assert "given away" in page
        assert "stars.csv" not in page
