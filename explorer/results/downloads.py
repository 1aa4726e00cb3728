"""A download: which files it has, what it is called, and how it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

import numpy as np

from explorer.results import save_words
from explorer.results.bundles import Bundle, write_bundle
from explorer.results.channel_means import DEFAULT_RECIPE, channel_means
from explorer.results.dataset import Dataset, open_dataset
from explorer.results.file_names import UniqueStems, job_stem, spectrum_stem
from explorer.results.save_request import SaveRequest
from explorer.results.saved_contents import (
    Chosen,
    file_columns,
    measurements,
    shown_columns,
    shown_derived,
    shown_rows,
)
from explorer.results.saved_files import Images, SavedFile, files_of, write_table
from explorer.results.target_files import target_contents
from explorer.results.target_list import TargetLine, target_lines
from explorer.results.view import View
from jobs import products
from jobs.errors import ProductMissingError
from jobs.models import Job
from photometry_core.errors import InvalidInputError

CONTENT_TYPES = {
    ".vot": "application/x-votable+xml",
    ".fits": "application/fits",
    ".ecsv": "text/plain; charset=utf-8",
    ".csv": "text/csv; charset=utf-8; header=present",
    ".tbl": "text/plain; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
    ".zip": "application/zip",
}
"""Media type by extension."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Download:
    """Something to be saved, before it is.

    Parameters
    ----------
    job, save, view
        The job, what is wanted, and how it is looked at.
    files
        Its files; empty for a list of targets.
    targets
        Numbers of the targets that it has, or lists.
    n_missing
        Targets that are left out since their files are gone.
    file_name
        What the browser saves.
    reference
        Address of the results page.
    """

    job: Job
    save: SaveRequest
    view: View
    files: tuple[SavedFile, ...]
    targets: Sequence[int]
    n_missing: int
    file_name: str
    reference: str

    @property
    def is_bundle(self) -> bool:
        """Whether it is a zip file."""
        return self.file_name.endswith(".zip")

    @property
    def content_type(self) -> str:
        """Its media type."""
        return CONTENT_TYPES[self.file_name[self.file_name.rindex(".") :]]

    def words(self) -> tuple[str, list[str]]:
        """Return what is saved, in a sentence, and remarks on it.

        Raises
        ------
        InvalidInputError
            Something that is to be saved can't be computed.
        """
        if self.save.what == "list":
            return save_words.of_list(self.save, len(self.targets), self.file_name), []
        chosen = list({id(file.chosen): file.chosen for file in self.files}.values())
        _check(chosen, self.save)
        n_averages = sum(_count_averages(one) for one in chosen) if self.save.has_averages else 0
        sentence = save_words.of_files(
            self.save, self.files, chosen, n_averages, self.file_name, is_bundle=self.is_bundle
        )
        return sentence, save_words.remarks(self.save, self.view, chosen, self.n_missing)

    def write(self, stream: BinaryIO) -> None:
        """Write it to a stream.

        Raises
        ------
        InvalidInputError
            Something that is to be saved can't be computed.
        """
        if self.save.what == "list":
            contents = target_contents(self.job, self._lines(), self.reference)
            write_table(contents, self.save.file_format, stream)
        elif self.is_bundle:
            bundle = Bundle(
                job=self.job,
                save=self.save,
                view=self.view,
                files=self.files,
                lines=self._lines(),
                reference=self.reference,
                sentence=self.words()[0],
            )
            write_bundle(bundle, stream)
        else:
            self.files[0].write(stream)

    def _lines(self) -> list[TargetLine]:
        every = target_lines(self.job)
        return [every[number] for number in self.targets]


def plan_download(job: Job, index: int, view: View, save: SaveRequest, reference: str) -> Download:
    """Return what a request to save comes to.

    Parameters
    ----------
    job, index
        The job, and the target that is looked at.
    view
        How it is looked at; the same filters hold for other targets.
    save
        What is wanted.
    reference
        Address of the results page.

    Raises
    ------
    InvalidInputError
        A filter, a column or a target is not what it should be, or there are no images.
    ProductMissingError
        The target's own files are gone.
    """
    numbers = _numbers(job, index, save)
    if save.what == "list":
        return Download(
            job=job,
            save=save,
            view=view,
            files=(),
            targets=numbers,
            n_missing=0,
            file_name=f"{job_stem(job.title, job.pk, job.simulated)}_targets{save.extension}",
            reference=reference,
        )
    datasets = _datasets(job, numbers, may_miss=save.what != "this")
    stems = UniqueStems()
    files: list[SavedFile] = []
    for dataset in datasets:
        chosen = _chosen(dataset, view, save, reference)
        stem = spectrum_stem(dataset) + ("_filtered" if chosen.is_filtered else "")
        files += files_of(chosen, save, _images(job, dataset, save), stems.take(stem))
    if not files:
        raise InvalidInputError("None of these targets has a file any more.")
    return Download(
        job=job,
        save=save,
        view=view,
        files=tuple(files),
        targets=numbers,
        n_missing=len(numbers) - len(datasets),
        file_name=_file_name(job, save, files, datasets),
        reference=reference,
    )


def has_images(job: Job, index: int) -> bool:
    """Whether the stamps of a target are there."""
    try:
        products.stamps(job, index, [])
    except ProductMissingError:
        return False
    return True


def _numbers(job: Job, index: int, save: SaveRequest) -> Sequence[int]:
    if save.what in ("all", "list"):
        return range(job.n_targets)
    if save.what == "this":
        return [index]
    for number in save.targets:
        if number >= job.n_targets:
            raise InvalidInputError(f"targets: {number} given; allowed: 0 to below {job.n_targets}")
    return save.targets


def _datasets(job: Job, numbers: Sequence[int], *, may_miss: bool) -> list[Dataset]:
    found = []
    for number in numbers:
        try:
            found.append(open_dataset(job, number))
        except ProductMissingError:
            if not may_miss:
                raise
    return found


def _chosen(dataset: Dataset, view: View, save: SaveRequest, reference: str) -> Chosen:
    if save.rows == "shown":
        rows = shown_rows(dataset, view)
    else:
        rows = np.arange(dataset.n_rows, dtype=np.int64)
    as_shown = save.columns == "shown"
    return Chosen(
        dataset=dataset,
        view=view,
        rows=rows,
        columns=shown_columns(dataset, view) if as_shown else file_columns(dataset),
        derived=shown_derived(view) if as_shown else tuple(one.name for one in view.derived),
        reference=reference,
    )


def _images(job: Job, dataset: Dataset, save: SaveRequest) -> Images | None:
    if not save.images:
        return None
    if not has_images(job, dataset.index):
        raise InvalidInputError(f"{dataset.name} has no images.")
    return partial(products.stamps, job, dataset.index)


def _file_name(
    job: Job, save: SaveRequest, files: Sequence[SavedFile], datasets: Sequence[Dataset]
) -> str:
    if len(files) == 1:
        return files[0].name
    if len(datasets) == 1:
        return (
            f"{spectrum_stem(datasets[0])}{'_filtered' if files[0].chosen.is_filtered else ''}.zip"
        )
    is_simulated = any(dataset.is_simulated for dataset in datasets)
    return f"{job_stem(job.title, job.pk, is_simulated)}_{len(datasets)}_spectra.zip"


def _check(chosen: Sequence[Chosen], save: SaveRequest) -> None:
    """Compute what can fail, so that it fails before anything is written."""
    for one in chosen:
        if one.derived and save.has_measurements:
            measurements(one)


def _count_averages(chosen: Chosen) -> int:
    recipe = chosen.view.binning or DEFAULT_RECIPE
    return int(channel_means(chosen.dataset, recipe, chosen.rows).n_used.size)
