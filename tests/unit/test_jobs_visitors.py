"""Visitors: a signed cookie, kept for long, and links that hand a job over."""

import pytest
from django.core import signing
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import resolve, reverse

from jobs import visitors
from jobs.models import Job
from jobs.phases import Phase
from jobs.visitors import (
    CLAIM_AGE_SECONDS,
    COOKIE_AGE_SECONDS,
    RENEWAL_SECONDS,
    VisitorMiddleware,
    claim,
    claim_token,
    new_visitor,
)

DAY = 86400


@pytest.fixture
def now(monkeypatch):
    """A clock that the test sets, in seconds."""
    clock = [1_800_000_000.0]
    monkeypatch.setattr("django.core.signing.time.time", lambda: clock[0])
    return clock


def visit(cookie=None, view=lambda _request: HttpResponse()):
    """Return the visitor that a view saw, and the response."""
    request = RequestFactory().get("/")
    if cookie is not None:
        request.COOKIES["visitor"] = cookie
    seen = []

    def look(request):
        seen.append(request.visitor)
        return view(request)

    response = VisitorMiddleware(look)(request)
    return seen[0], response


def test_a_browser_stays_the_same_visitor():
    visitor, response = visit()
    cookie = response.cookies["visitor"]
    assert visit(cookie.value)[0] == visitor
    assert "visitor" not in visit(cookie.value)[1].cookies
    assert visit()[0] != visitor


def test_the_cookie_is_for_the_server_only_and_long_lived():
    cookie = visit()[1].cookies["visitor"]
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == COOKIE_AGE_SECONDS == 400 * DAY
    assert cookie["path"] == "/"


def test_on_a_public_site_it_is_for_https_only(settings):
    settings.VISITOR_COOKIE_SECURE = True
    assert visit()[1].cookies["visitor"]["secure"] is True


def test_answers_are_private():
    response = visit()[1]
    assert response["Cache-Control"] == "private"
    assert "Cookie" in response["Vary"]

    def cached(_request):
        return HttpResponse(headers={"Cache-Control": "no-store"})

    assert visit(view=cached)[1]["Cache-Control"] == "no-store"


@pytest.mark.parametrize("change", ["", "x", "short", "unsigned", "other salt", "other name"])
def test_cookies_that_are_not_ours_make_a_new_visitor(change):
    visitor, response = visit()
    value = response.cookies["visitor"].value
    forged = {
        "": "",
        "x": value[:-1] + ("x" if value[-1] != "x" else "y"),
        "short": value.split(":")[0],
        "unsigned": visitor,
        "other salt": signing.get_cookie_signer(salt="visitor").sign(visitor),
        "other name": signing.get_cookie_signer(salt="visitorjobs.visitor").sign("../../etc"),
    }[change]
    found, answer = visit(forged)
    assert found != visitor
    assert "visitor" in answer.cookies


def test_regular_visitors_never_lose_their_cookie(now):
    visitor, response = visit()
    value = response.cookies["visitor"].value
    now[0] += RENEWAL_SECONDS + DAY
    again, response = visit(value)
    assert again == visitor
    renewed = response.cookies["visitor"].value
    now[0] += COOKIE_AGE_SECONDS - DAY
    assert visit(renewed)[0] == visitor
    assert visit(value)[0] != visitor


@pytest.mark.django_db
class TestClaim:
    @pytest.fixture
    def job(self):
        return self.make_job(new_visitor())

    def make_job(self, owner):
        return Job.objects.create(
            owner=owner,
            title="",
            phase=Phase.COMPLETED,
            archive="simulated",
            request={},
            n_targets=1,
        )

    def follow(self, token, visitor):
        request = RequestFactory().get("/")
        request.visitor = visitor
        return request, claim(request, token)

    def test_the_pages_have_it(self, job):
        match = resolve(reverse("claim", args=[claim_token(job)]))
        assert match.func is claim

    def test_a_new_browser_becomes_the_owner(self, client, job):
        response = client.get(reverse("claim", args=[claim_token(job)]))
        assert response.status_code == 302
        assert response.url == reverse("results", args=[job.pk])
        assert client.get(response.url).status_code != 404
        job.refresh_from_db()
        assert visit(client.cookies["visitor"].value)[0] == job.owner

    def test_one_with_jobs_of_its_own_keeps_them(self, job):
        mine = self.make_job("me")
        request, response = self.follow(claim_token(job), "me")
        assert response.status_code == 302
        assert request.visitor == "me"
        assert set(Job.objects.owned_by("me")) == {mine, job}
        # Used again it changes nothing.
        job.refresh_from_db()
        self.follow(claim_token(job), "me")
        assert set(Job.objects.owned_by("me")) == {mine, job}

    def test_a_link_does_not_take_a_job_from_whoever_claimed_it(self, job):
        token = claim_token(job)
        for visitor in ("me", "you"):
            self.make_job(visitor)
            self.follow(token, visitor)
        assert job in Job.objects.owned_by("me")
        assert job not in Job.objects.owned_by("you")

    def test_it_is_valid_for_a_day(self, client, job, now):
        address = reverse("claim", args=[claim_token(job)])
        now[0] += CLAIM_AGE_SECONDS + 1
        assert client.get(address).status_code == 404

    @pytest.mark.parametrize("token", ["x", "a.b:1:2"])
    def test_forged_links_lead_nowhere(self, client, token):
        assert client.get(reverse("claim", args=[token])).status_code == 404

    def test_a_visitor_cookie_is_no_claim(self, client, job):
        signed = signing.get_cookie_signer(salt=visitors._COOKIE_SALT).sign(f"{job.pk}.{job.owner}")
        assert client.get(reverse("claim", args=[signed])).status_code == 404
