"""One site and one browser for all journeys; no page may complain in its console."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.running_site import launch_arguments, running_site

# The other tests run beside these, and leave them half of a small machine.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The site, with web server and workers, as `manage.py run` starts it."""
    with running_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="session")
def seeded(site):
    """Jobs in every state: their ids, and what makes a browser their owner."""
    return site.seed()


@pytest.fixture(scope="session")
def lists(site, seeded):
    """Ids of lists of targets, by name; the owner of the seeded jobs has them."""
    return json.loads(site.run("tests.browser.seed_lists", seeded["jobs"]["measured"]))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Without maps: software draws them, and nothing else of a page may depend on them."""
    return browser_type_launch_args | launch_arguments(draws_maps=False)


@pytest.fixture(scope="session")
def base_url(site):
    return site.url


@pytest.fixture
def browser_context_args(browser_context_args):
    return browser_context_args | {"viewport": {"width": 1440, "height": 900}}


@pytest.fixture
def context(context, site):
    """A new visitor, whose pages must not break, nor break the site's security policy."""
    complaints = []
    # The whole policy, also what Chromium only notes.
    context.add_init_script(
        "addEventListener('securitypolicyviolation',"
        " (event) => console.error(`CSP ${event.violatedDirective} ${event.blockedURI}`))"
    )

    def listen(message):
        # The answers to a form with errors and to a filter with one, on purpose.
        refused = "status of 422" in message.text or "status of 400" in message.text
        # What Chromium says when graphics are computed without a graphics card, as here.
        slow = "GL Driver Message" in message.text and "GPU stall due to ReadPixels" in message.text
        if message.type in ("error", "warning") and not (refused or slow):
            complaints.append(f"{message.type}: {message.text}")

    context.on("console", listen)
    context.on("weberror", lambda error: complaints.append(f"uncaught: {error.error}"))
    context.set_default_timeout(30_000)
    yield context
    # A page that is left while it asks for news gives up asking, and htmx logs that as an error,
    # in two lines.
    given_up = [text for text in complaints if "htmx:sendAbort" in text]
    for text in given_up:
        complaints.remove(text)
        complaints.remove(text.replace("sendAbort", "afterRequest"))
    assert complaints == []


@pytest.fixture
def owner(context, seeded):
    """A page of the visitor who owns the seeded jobs."""
    # The cookie alone: the page that the claim leads to is not what most tests look at. The server
    # may be closing the connection that Playwright has kept.
    context.request.get(f"/claim/{seeded['claim']}", max_redirects=0, max_retries=5)
    return context.new_page()
