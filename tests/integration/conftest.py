"""What tests of the jobs share: a queue worked off in the test, and real workers."""

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

from jobs import archives, folders, products, sweeper, target_lists, tasks
from jobs.models import Job, request_of
from jobs.phases import Phase
from jobs.services import submit_job
from photometry_core import pipeline
from photometry_core.spectrum_files import save_product
from photometry_core.target_lists.reading import read_list
from photometry_core.types import MeasureOptions, Target
from tests.integration.faulty_archive import name_of
from tests.integration.in_process import KilledError, forget_leases

ROOT = Path(__file__).parents[2]
VISITOR = "a-visitor-of-the-tests"


@pytest.fixture
def site(settings, tmp_path, transactional_db):
    """Settings for quick tests, and a results folder of the test's own."""
    settings.SPHEREX_RESULTS_FOLDER = tmp_path / "results"
    settings.SPHEREX_ARCHIVE_OPENER = "tests.integration.faulty_archive.open_archive"
    settings.SPHEREX_HEARTBEAT_SECONDS = 0.05
    settings.SPHEREX_LEASE_SECONDS = 2.0
    settings.SPHEREX_CHUNK_ROWS = 20
    archives.open_for_reading.cache_clear()
    return settings


@pytest.fixture
def submit(site):
    """Submits a job; keywords say how the archive behaves."""

    def submit(n_targets=1, owner=VISITOR, options=None, key=None, **behaviour):
        return submit_job(
            owner=owner,
            title="a test",
            targets=[
                Target(name=f"star {i}", ra_deg=10.0 + i, dec_deg=20.0) for i in range(n_targets)
            ],
            options=options or MeasureOptions(),
            archive=name_of(**behaviour),
            submission_key=key,
        )

    return submit


@pytest.fixture
def work_off():
    """Does what the messages in the queue say, in this process, each so many times."""

    def work_off(deliveries=1):
        while messages := list(OrmQ.objects.order_by("pk")):
            for message in messages:
                message.delete()
                task = getattr(tasks, message.func().removeprefix("jobs.tasks."))
                for _ in range(deliveries):
                    task(*message.args())

    return work_off


def table_of(job, index=0):
    """Return the rows of a product as plain values that can be compared exactly."""
    job = Job.objects.get(pk=job.pk)
    table = products.spectrum(job, index).table
    return {name: [repr(value) for value in table[name].tolist()] for name in table.colnames} | {
        "stamps": products.stamps(job, index).image_mjy_sr.tobytes()
    }


def environment_of_test(site, **changed_settings):
    """Return the environment of processes that work with the database of the test."""
    values = {
        "SPHEREX_RESULTS_FOLDER": str(site.SPHEREX_RESULTS_FOLDER),
        "SPHEREX_ARCHIVE": name_of(),
        "SPHEREX_LEASE_SECONDS": site.SPHEREX_LEASE_SECONDS,
        "SPHEREX_HEARTBEAT_SECONDS": 0.1,
        "SPHEREX_CHUNK_ROWS": site.SPHEREX_CHUNK_ROWS,
        **changed_settings,
    }
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.integration.worker_settings",
        "PYTHONPATH": str(ROOT),
        "TEST_DATABASE": str(connection.settings_dict["NAME"]),
        "TEST_SETTINGS": json.dumps(values),
    }


@pytest.fixture
def workers(site, tmp_path):
    """Starts clusters of real worker processes on the database of the test."""
    started = []
    log = tmp_path / "workers.log"

    @contextmanager
    def running(n_clusters=1, **changed_settings):
        environment = environment_of_test(site, **changed_settings)
        clusters = []
        with log.open("ab") as output:
            for _ in range(n_clusters):
                cluster = subprocess.Popen(
                    [sys.executable, "-m", "django", "work"],
                    env=environment,
                    cwd=ROOT,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
                clusters.append(cluster)
                started.append(cluster)
        try:
            yield clusters
        except BaseException:
            print(log.read_text())
            raise
        finally:
            for cluster in clusters:
                kill_group(cluster)

    yield running
    for cluster in started:
        kill_group(cluster)


def kill_group(cluster):
    """Kill a cluster with all of its processes, as a power failure would."""
    with suppress(ProcessLookupError):
        os.killpg(cluster.pid, signal.SIGKILL)
    cluster.wait()


def processes_of(cluster):
    """Return the living processes of a cluster's group."""
    found = []
    for process in alive(psutil.process_iter()):
        with suppress(ProcessLookupError):
            if os.getpgid(process.pid) == cluster.pid:
                found.append(process)
    return found


def alive(processes):
    """Return those of some processes that have not ended; any may end while it is asked."""
    found = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def wait_for(condition, seconds=60.0, what="the condition"):
    """Wait until a function returns something true, and return it."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come true within {seconds} s")
        time.sleep(0.05)
    return found


@pytest.fixture
def at_exposure(monkeypatch):
    """Has something happen when an exposure is about to be measured; returns the order of work."""
    order = []
    actions = {}
    original = pipeline.measure_match

    def measure_match(match, *arguments):
        number = int(match.exposure.access)
        order.append(number)
        if queue := actions.get(number):
            queue.pop(0)()
        return original(match, *arguments)

    monkeypatch.setattr(pipeline, "measure_match", measure_match)

    def at_exposure(number, action):
        actions.setdefault(number, []).append(action)
        return order

    return at_exposure


@pytest.fixture
def spectra_read_here(monkeypatch):
    """Has files with spectra read by this process, unbounded: starting one takes seconds."""

    def run_module(module, folder, _name, _seconds):
        entrance = importlib.import_module(f"{module}.__main__")
        with monkeypatch.context() as patch:
            patch.setattr(entrance, "confine", lambda *_: None)
            entrance.main(folder)

    monkeypatch.setattr("photometry_core.foreign_spectra.isolation.run_module", run_module)


@pytest.fixture
def survive(work_off):
    """Works off the queue through deaths of workers; returns their number."""

    def survive():
        deaths = 0
        while True:
            try:
                work_off()
            except KilledError:
                deaths += 1
                forget_leases()
                assert deaths < 50
            sweeper.sweep()
            if not OrmQ.objects.exists():
                return deaths

    return survive


@pytest.fixture
def complete(client, settings, tmp_path):
    """Makes a completed job with the spectra that are given."""
    settings.SPHEREX_RESULTS_FOLDER = tmp_path
    visitor = client.get("/jobs/").wsgi_request.visitor

    def complete(*spectra, title="a job", **values):
        job = Job.objects.create(
            owner=visitor,
            title=title,
            phase=Phase.COMPLETED,
            archive="simulated",
            request=request_of([spectrum.target for spectrum in spectra], MeasureOptions(), "test"),
            n_targets=len(spectra),
            n_exposures=max(spectrum.n_found for spectrum in spectra),
            started=timezone.now(),
            ended=timezone.now(),
            **values,
        )
        folder = folders.published(job.pk)
        folder.mkdir(parents=True)
        for index, spectrum in enumerate(spectra):
            save_product(spectrum, folder, index)
        return job

    return complete


@pytest.fixture
def lists_read_here(monkeypatch):
    """Has lists be read in the process of the test, which is quicker than in one of its own."""
    monkeypatch.setattr(
        target_lists, "read_list_isolated", lambda pieces, name: read_list(b"".join(pieces), name)
    )
