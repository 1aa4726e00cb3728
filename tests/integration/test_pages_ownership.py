"""Jobs of a visitor do not exist for another one: every address is tried.

The list of addresses is the site's own. A new one without a rule here fails the test.
"""

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from jobs import folders
from jobs.models import Job, TargetList, request_of
from jobs.phases import Phase
from jobs.visitors import claim_token
from photometry_core.spectrum_files import save_product
from photometry_core.types import MeasureOptions
from tests.lists_of_targets import KEY, opened
from tests.spectra import made_spectrum

pytestmark = pytest.mark.django_db

OPEN_TO_ALL = {
    "new_job",
    "position_feedback",
    "time_feedback",
    "jobs",
    "job_rows",
    "method",
    "help",
    "upload",
    "estimate",
    "preview",
    "neighbours",
    "activity",
    "latest_result",
    "lists",
    "sky_coverage",
    "sky_footprints",
    "sky_hips_moc",
    "sky_hips_properties",
    "sky_hips_whole_sky",
    "sky_tile",
}
"""They belong to no job and no list; what they list is checked below."""
OPEN_TO_HOLDERS = {"claim", "shared", "linked_file"}
"""They are given to others on purpose; the token in the address is the key."""
OF_A_JOB = {
    "job": ("get", ""),
    "job_status": ("get", ""),
    "cancel_job": ("post", ""),
    "rename_job": ("post", ""),
    "delete_upload": ("post", ""),
    "results": ("get", ""),
    "target_list": ("get", ""),
    "results_head": ("get", ""),
    "results_about": ("get", ""),
    "targets_file": ("get", ""),
    "share": ("post", ""),
    "revoke_links": ("post", ""),
    "spectrum_file": ("get", ""),
    "download": ("post", ""),
    "download_plan": ("ask", ""),
    "file_links": ("ask", ""),
    "result_flags": ("ask", ""),
    "result_flags_of_row": ("ask", ""),
    "result_checks": ("ask", ""),
    "cutouts": ("get", "?rows=0"),
    "plot_figure": ("get", "?panels=1"),
    "plot_points": ("ask", ""),
    "plot_file": ("ask", ""),
    "plot_multiples": ("ask", ""),
    "plot_spectra": ("get", ""),
    "plot_blend": ("ask", ""),
    "result_table": ("ask", ""),
    "result_statistics": ("ask", ""),
    "check_expression": ("ask", ""),
}
"""How each is asked (``ask``: a view in JSON), and what comes behind its address."""
OF_A_LIST = {
    "list_summary": ("get", {}),
    "list_mapping": ("get", {}),
    "list_rows": ("get", {}),
    "list_row": ("post", {"action": "leave_out"}),
    "list_positions": ("get", {}),
    "list_report": ("get", {}),
    "list_resolve": ("post", {}),
    "leave_out_of_list": ("post", {}),
    "delete_list": ("post", {}),
}
"""How each is asked, and with which fields."""


@pytest.fixture
def owner():
    return Client()


@pytest.fixture
def job(owner, settings, tmp_path):
    settings.SPHEREX_RESULTS_FOLDER = tmp_path
    spectrum = made_spectrum(3, 0)
    job = Job.objects.create(
        owner=owner.get("/jobs/").wsgi_request.visitor,
        title="secret survey",
        phase=Phase.COMPLETED,
        archive="simulated",
        request=request_of([spectrum.target], MeasureOptions(), "test"),
        n_targets=1,
        n_exposures=3,
        started=timezone.now(),
        ended=timezone.now(),
    )
    folders.published(job.pk).mkdir(parents=True)
    save_product(spectrum, folders.published(job.pk), 0)
    return job


def asking(client, name, job_id):
    """Return the answer to the visitor behind a client."""
    method, query = OF_A_JOB[name]
    [pattern] = [one for one in get_resolver().url_patterns if one.name == name]
    arguments = [job_id, 0] if "index" in pattern.pattern.converters else [job_id]
    address = reverse(name, args=arguments) + query
    if method == "ask":
        view = {"derived": [{"name": "twice", "expression": "2 * flux"}]}
        body = {"view": view, "row": 0, "name": "twice"}
        return client.post(address, body, content_type="application/json")
    if name == "rename_job":
        return client.post(address, {"title": "secret survey"})
    response = getattr(client, method)(address)
    # A file that nobody reads to its end stays open.
    b"".join(response)
    return response


def test_every_address_has_a_rule():
    names = {pattern.name for pattern in get_resolver().url_patterns}
    assert None not in names
    assert names == OPEN_TO_ALL | OPEN_TO_HOLDERS | set(OF_A_JOB) | set(OF_A_LIST)


@pytest.mark.parametrize("name", sorted(OF_A_JOB))
def test_a_stranger_finds_nothing(owner, job, name):
    forged = Client()
    for cookie in ("visitor", "shared"):
        forged.cookies[cookie] = f"{job.owner}:forged:signature"
    for stranger in (Client(), forged):
        response = asking(stranger, name, job.pk)
        assert response.status_code == 404
        assert b"secret survey" not in response.content
        # Exactly what an id that does not exist gets: no way to find out which ids do.
        nothing = asking(stranger, name, "A" * 22)
        assert nothing.status_code == 404
        assert nothing.content == response.content
    assert asking(owner, name, job.pk).status_code in (200, 302, 303)
    assert Job.objects.get(pk=job.pk).phase == Phase.COMPLETED


@pytest.fixture
def target_list(owner, lists_read_here):
    return opened(owner, name="secret survey")


def asking_for_list(client, name, list_id):
    method, fields = OF_A_LIST[name]
    arguments = [list_id, 0] if name == "list_row" else [list_id]
    return getattr(client, method)(reverse(name, args=arguments), fields)


@pytest.mark.parametrize("name", sorted(OF_A_LIST))
def test_91_a_stranger_finds_no_list(owner, target_list, name):
    stranger = Client()
    response = asking_for_list(stranger, name, target_list.pk)
    assert response.status_code == 404
    assert response.content == asking_for_list(stranger, name, "A" * 22).content
    assert TargetList.objects.get(pk=target_list.pk).changed == target_list.changed
    assert asking_for_list(owner, name, target_list.pk).status_code in (200, 303)


def test_91_a_stranger_s_form_is_about_no_list(target_list):
    stranger = Client()
    form = {"mode": "multi", "list": target_list.pk, "background_size": 15, "submission_key": KEY}
    assert stranger.get("/", {"list": target_list.pk}).status_code == 404
    assert stranger.post("/", form).status_code == 404
    assert stranger.post("/estimate", form).status_code == 404
    for page in ("/", "/?mode=multi", "/lists/"):
        assert b"secret survey" not in stranger.get(page).content
    # A form that is refused for something else shows nothing of it either.
    response = stranger.post("/", form | {"background_size": "x"})
    assert response.status_code == 422
    assert b"secret survey" not in response.content
    assert not Job.objects.exists()


def test_a_stranger_sees_no_trace_in_lists_and_forms(job):
    stranger = Client()
    for page in ("/jobs/", "/jobs/rows", "/"):
        assert b"secret survey" not in stranger.get(page).content
    assert stranger.get("/", {"from": job.pk}).status_code == 404


def test_a_stranger_can_not_cancel(job):
    Job.objects.filter(pk=job.pk).update(phase=Phase.EXECUTING, ended=None)
    assert Client().post(f"/jobs/{job.pk}/cancel").status_code == 404
    assert Job.objects.get(pk=job.pk).phase == Phase.EXECUTING


def test_a_claim_makes_the_holder_the_owner(job):
    friend = Client()
    response = friend.get(reverse("claim", args=[claim_token(job)]))
    assert response.url.startswith(f"/jobs/{job.pk}/")
    assert friend.get(f"/jobs/{job.pk}/results/").status_code == 200


@pytest.mark.parametrize("token", ["x", "a.b.c"])
def test_a_claim_that_nobody_made_is_nothing(token):
    assert Client().get(reverse("claim", args=[token])).status_code == 404


def test_no_cache_on_the_way_keeps_a_visitors_page(owner, job):
    for name in OF_A_JOB:
        if OF_A_JOB[name][0] == "get":
            response = asking(owner, name, job.pk)
            assert "private" in response["Cache-Control"]
            assert "Cookie" in response["Vary"]
