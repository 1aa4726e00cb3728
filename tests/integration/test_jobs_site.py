"""The whole site as one command: what it starts, starts again, and leaves behind."""

import re
import signal
import socket
import sys
import urllib.error
import urllib.request
from contextlib import suppress
from http.cookiejar import CookieJar

import psutil
import pytest
from django.core.management import CommandError, call_command

from jobs import products
from jobs.management.commands import demo, run
from jobs.models import Job
from jobs.phases import Phase
from tests.integration.conftest import ROOT, alive, environment_of_test, wait_for


@pytest.fixture
def start(site, tmp_path):
    """Starts a command of the site on the database of the test."""
    started = []
    output = tmp_path / "site.log"

    def start(command, *arguments, **changed_settings):
        changed_settings = {"SPHEREX_SWEEP_SECONDS": 0.3} | changed_settings
        with output.open("ab") as file:
            process = psutil.Popen(
                [sys.executable, "-m", "django", command, *arguments],
                env=environment_of_test(site, **changed_settings),
                cwd=ROOT,
                stdout=file,
                stderr=file,
            )
        started.append(process)
        return process, output.read_text

    yield start
    # Shown if the test fails.
    print(output.read_text() if output.exists() else "")
    for process in started:
        for member in [process, *family_of(process)]:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        process.wait()


def family_of(process):
    """Return all processes that a process started, directly or not."""
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def clusters_of(process):
    return [child for child in alive(process.children()) if "work" in command_of(child)]


def command_of(process):
    """Return the words of its command line; none if it has just ended."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/static/nothing", timeout=5):
            return True
    except urllib.error.HTTPError as error:
        return error.code == 404
    except OSError:
        return False


def is_completed(job):
    job.refresh_from_db()
    assert job.phase not in (Phase.ERROR, Phase.ABORTED)
    return job.phase == Phase.COMPLETED


def test_it_works_revives_what_dies_and_stops_cleanly(start, submit):
    port = free_port()
    process, output = start("run", "--port", str(port), "--workers", "3")
    wait_for(lambda: answers(port))
    wait_for(lambda: f"http://127.0.0.1:{port}/" in output())
    assert len(clusters_of(process)) == 2
    job = submit(n=40)
    wait_for(lambda: is_completed(job))

    before = family_of(process)
    for leader in process.children():
        leader.kill()
    # Nothing of the old groups goes on unseen, and all is there again.
    wait_for(lambda: not alive(before))
    wait_for(lambda: answers(port))
    job = submit(n=40)
    wait_for(lambda: is_completed(job))

    family = family_of(process)
    assert len(family) > 10
    process.send_signal(signal.SIGINT)
    assert process.wait(15) == 0
    assert alive(family) == []
    assert output().rstrip().endswith("Stopped.")
    assert "Traceback" not in output()


def test_a_deaf_cluster_is_replaced_and_nothing_outlives_the_supervisor(start, submit):
    # A worker killed while it waits for work takes the lock of its queue with it.
    port = free_port()
    process, output = start(
        "run",
        *("--port", str(port), "--workers", "2"),
        SPHEREX_STALL_SECONDS=4.0,
        SPHEREX_RENUDGE_SECONDS=1.0,
    )
    (leader,) = wait_for(lambda: clusters_of(process))
    # The workers are the first that a cluster starts, before its monitor and its pusher.
    wait_for(lambda: len(family_of(leader)) == 5)
    (sentinel,) = leader.children()
    for worker in sorted(sentinel.children(), key=lambda p: p.pid)[:2]:
        worker.kill()
    job = submit(n=20)
    wait_for(lambda: is_completed(job), 60)
    assert "no worker takes it" in output()

    family = family_of(process)
    process.kill()
    process.wait()
    wait_for(lambda: not alive(family), 15)


def test_the_demo_shows_a_first_job_to_whoever_follows_its_link(start, capsys):
    process, output = start("demo", "--port", str(free_port()), "--workers", "2")
    (link,) = wait_for(lambda: re.findall(r"Results: (http://\S+)", output()), 90)
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    with browser.open(link, timeout=30) as page:
        address, text = page.url, page.read().decode()
    job = Job.objects.get()
    assert address.endswith(f"/jobs/{job.pk}/results/")
    assert demo.OBJECT in text
    assert "simulated" in text.casefold()
    with browser.open(address, timeout=30) as page:
        assert page.status == 200
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(address, timeout=30)
    assert job.n_exposures > 100
    assert products.spectrum(job, 0).n_measured == job.n_exposures == job.n_done

    family = family_of(process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    assert alive(family) == []
    assert "Traceback" not in output()

    # The next start finds the job of this one.
    again = demo.Command()
    again.prepare()
    assert again._job_id == job.pk
    assert Job.objects.count() == 1
    assert job.title in capsys.readouterr().out


def test_a_port_that_is_taken_is_named():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(CommandError, match=f"--port: can't listen on 127.0.0.1, port {port} "):
            call_command("run", port=port)


@pytest.mark.parametrize(
    ("option", "value"), [("port", 70000), ("workers", 0), ("host", "no.such.host.invalid")]
)
def test_options_that_can_not_be_used_are_named(option, value):
    with pytest.raises(CommandError, match=str(value)):
        call_command("run", **{option: value})


def test_the_next_free_port_is_taken_unless_one_is_asked_for(monkeypatch):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        taken = listener.getsockname()[1]
        monkeypatch.setattr(run, "DEFAULT_PORT", taken)
        assert taken < run._free_port("127.0.0.1", None) <= taken + 20


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://localhost:8000"),
        ("::", "http://localhost:8000"),
        ("::1", "http://[::1]:8000"),
        ("example.org", "http://example.org:8000"),
    ],
)
def test_addresses_work_in_a_browser(host, address):
    assert run._address(host, 8000) == address
