"""Jobs in every state, put into the database of the site whose environment this runs in.

Prints their ids, and a token that makes a browser their owner, as JSON.
"""

import json
import sys
from datetime import timedelta

import django

django.setup()

from django.utils import timezone  # noqa: E402 settings must be there first

from jobs import folders  # noqa: E402
from jobs.models import Chunk, Job, request_of  # noqa: E402
from jobs.phases import Phase  # noqa: E402
from jobs.visitors import claim_token, new_visitor  # noqa: E402
from photometry_core import flags  # noqa: E402
from photometry_core.spectrum_files import save_product  # noqa: E402
from photometry_core.types import MeasureOptions, Target  # noqa: E402
from tests.spectra import made_spectrum  # noqa: E402

LONG_TITLE = "A title as long as people make them when they paste the abstract of their proposal"
VISITOR = new_visitor()
FAR_AWAY = timezone.now() + timedelta(days=1)


def add_job(phase, *targets, **values):
    now = timezone.now()
    targets = targets or (Target(name="M 81", ra_deg=148.88822, dec_deg=69.0653),)
    return Job.objects.create(
        owner=VISITOR,
        phase=phase,
        archive="simulated",
        request=request_of(list(targets), MeasureOptions(), "SPHEREx Explorer"),
        n_targets=len(targets),
        started=now - timedelta(seconds=20),
        ended=None if phase == Phase.EXECUTING else now,
        **values,
    )


def add_chunk(job, n_done, **values):
    Chunk.objects.create(
        job=job, number=0, exposures=[], n_exposures=job.n_exposures, n_done=n_done, **values
    )


def add_completed(*spectra, **values):
    n_exposures = max(spectrum.n_found for spectrum in spectra)
    targets = [spectrum.target for spectrum in spectra]
    job = add_job(Phase.COMPLETED, *targets, n_exposures=n_exposures, **values)
    add_chunk(job, n_exposures, is_done=True)
    folder = folders.published(job.pk)
    folder.mkdir(parents=True)
    for index, spectrum in enumerate(spectra):
        save_product(spectrum, folder, index)
    return job


def all_flagged():
    spectrum = made_spectrum(60, 1)
    spectrum.table["flags"] |= flags.BY_NAME["DICHROIC"].mask
    return spectrum


def of_a_list():
    """Return spectra of nine targets: the later, the fainter, and the last one has no flux."""
    spectra = []
    for number in range(9):
        target = Target(name=f"field {number + 1}", ra_deg=10.0 + number, dec_deg=-20.0)
        spectrum = made_spectrum(6 if number < 8 else 0, 1 + number % 2, target=target)
        spectrum.table["flux"] *= 1.0 - 0.1 * number
        spectra.append(spectrum)
    return spectra


def seed():
    second = Target(name="J004921.60+345324.0", ra_deg=12.34, dec_deg=34.89)
    running = add_job(Phase.EXECUTING, title=LONG_TITLE, n_exposures=340)
    # Somebody holds the lease, so that no worker takes it and it stays as it is.
    add_chunk(running, 127, lease_token="elsewhere", lease_until=FAR_AWAY)
    stopped = add_job(
        Phase.ERROR,
        title="M 81",
        error_kind="transient",
        error_message="archive: no answer within 60 s. Submit the job again later.",
    )
    cancelled = add_job(Phase.ABORTED, title="M 81, cancelled", n_exposures=200)
    add_chunk(cancelled, 20)
    return {
        "measured": add_completed(made_spectrum(230, 3), title="Synthetic"),
        "several": add_completed(
            made_spectrum(30, 0), made_spectrum(20, 1, target=second), title="Two targets"
        ),
        "list": add_completed(*of_a_list(), title="Nine targets"),
        "flagged": add_completed(all_flagged(), title="All flagged"),
        "uncovered": add_completed(made_spectrum(0, 0), title="No exposure"),
        "unmeasured": add_completed(made_spectrum(0, 4), title="Nothing measured"),
        "running": running,
        "stopped": stopped,
        "cancelled": cancelled,
    }


if __name__ == "__main__":
    jobs = seed()
    ids = {name: job.pk for name, job in jobs.items()}
    json.dump({"jobs": ids, "claim": claim_token(jobs["measured"])}, sys.stdout)
