"""Datasets of the results page, read from products as the page reads them."""

from types import SimpleNamespace

from explorer.results.dataset import open_dataset
from jobs import folders
from jobs.models import new_job_id
from jobs.phases import Phase
from photometry_core.spectrum_files import save_product


def saved_dataset(spectrum):
    """Return a spectrum after it was saved into the results folder."""
    job = SimpleNamespace(pk=new_job_id(), phase=Phase.COMPLETED, n_targets=1)
    folder = folders.published(job.pk)
    folder.mkdir(parents=True)
    save_product(spectrum, folder, 0)
    return open_dataset(job, 0)
