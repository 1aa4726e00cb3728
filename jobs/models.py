"""The tables: jobs, and the chunks that they are divided into."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import models
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from jobs.leases import Leased
from jobs.phases import ACTIVE, Phase
from photometry_core.archive import SIMULATED
from photometry_core.archive.search import ExposureMatch
from photometry_core.types import MeasureOptions, Target

UPLOAD = "upload"
"""The archive of jobs that are files which their owners opened."""
ID_PATTERN = r"[A-Za-z][A-Za-z0-9_-]{21}"
"""What the id of a job looks like."""


def new_job_id() -> str:
    """Return an id of 128 random bits that starts with a letter, as XML wants ids to."""
    while not (text := secrets.token_urlsafe(16))[0].isalpha():
        pass
    return text


class JobQuerySet(models.QuerySet["Job"]):
    """Jobs as their owners ask for them."""

    def owned_by(self, visitor: str) -> JobQuerySet:
        """Return the jobs of a visitor, newest first, with their progress.

        Every page that shows a job gets it from here, so that a stranger's job does not exist.
        """
        return (
            self.filter(owner=visitor)
            .annotate(exposures_done=Coalesce(Sum("chunks__n_done"), 0))
            .select_related("target_list")
            .defer(*(f"target_list__{name}" for name in TargetList.LARGE))
            .order_by("-created", "part", "-id")
        )

    def submitted_with(self, job: Job) -> JobQuerySet:
        """Return the jobs that a list was divided into when a job was submitted, in their order."""
        if job.target_list_id is None:
            return self.filter(pk=job.pk)
        return self.filter(
            owner=job.owner, target_list=job.target_list_id, created=job.created
        ).order_by("part")

    def active(self) -> JobQuerySet:
        """Return the jobs that have not ended."""
        return self.filter(phase__in=ACTIVE)


class Job(Leased):
    """Targets to be measured on all exposures of an archive that cover them.

    Its lease is held while exposures are searched for, and while products are assembled. A file
    that its owner opened is a job as well (`is_upload`): completed, with products, and with no
    exposures, chunks or lease.

    Parameters
    ----------
    id
        Unguessable.
    owner
        The visitor who submitted it.
    submission_key
        The same for repetitions of one submission (a double click); unique for an owner.
    title
        What the owner calls it.
    phase
        As in `jobs.phases`, which alone changes it.
    archive
        Name of the archive.
    request
        ``targets``, ``options`` and ``software`` (name and version that took the job) as JSON.
        An opened file has ``upload`` as well; its targets may have no position, and it has
        options only if the file says them.
    n_targets, n_exposures
        Numbers of targets, and of exposures found; the latter is `None` until searched.
    created, started, ended
        Times of submission, of the first work on it, and of its end. All jobs that a list was
        divided into have the same time of submission.
    error_kind
        ``usage`` (the request can't be fulfilled), ``transient`` (trying again may help),
        ``fatal`` (a fault of this program or its machine), or empty.
    error_message
        What went wrong and what a person can do about it.
    notice
        What holds the job up at the moment; empty if nothing does.
    problems
        One sentence per file that the archive could not consider, and per exposure given up.
    target_list
        The list that its targets are from; `None` if they were typed, or it was deleted.
    part, n_parts
        Which of the jobs that a list was divided into it is, from 1, and how many those are.
    """

    id = models.CharField(primary_key=True, max_length=22, default=new_job_id, editable=False)
    owner = models.CharField(max_length=64)
    submission_key = models.CharField(max_length=64, null=True)  # noqa: DJ001 null is not unique
    title = models.CharField(max_length=200)
    phase = models.CharField(max_length=9, choices=Phase.choices, default=Phase.PENDING)
    archive = models.CharField(max_length=500)
    request = models.JSONField()
    n_targets = models.PositiveIntegerField()
    n_exposures = models.PositiveIntegerField(null=True)
    created = models.DateTimeField(default=timezone.now)
    started = models.DateTimeField(null=True)
    ended = models.DateTimeField(null=True)
    error_kind = models.CharField(max_length=9, default="", blank=True)
    error_message = models.TextField(default="", blank=True)
    notice = models.TextField(default="", blank=True)
    problems = models.JSONField(default=list)
    target_list = models.ForeignKey(
        "TargetList", on_delete=models.SET_NULL, null=True, related_name="jobs"
    )
    part = models.PositiveIntegerField(default=1)
    n_parts = models.PositiveIntegerField(default=1)

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(phase__in=Phase.values), name="job_phase_is_legal"),
            models.CheckConstraint(
                condition=Q(error_kind__in=["", "usage", "transient", "fatal"]),
                name="job_error_kind_is_legal",
            ),
            models.UniqueConstraint(
                fields=["owner", "submission_key"], name="job_submitted_once_per_key"
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-created"], name="job_of_owner"),
            models.Index(fields=["phase"], name="job_in_phase"),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.phase})"

    @property
    def targets(self) -> list[Target]:
        """The targets."""
        return [Target.from_json(values) for values in self.request["targets"]]

    @property
    def options(self) -> MeasureOptions:
        """What to measure, and how."""
        return MeasureOptions.from_json(self.request["options"])

    @property
    def is_upload(self) -> bool:
        """Whether it is a file that its owner opened; `targets` and `options` are not for those."""
        return self.archive == UPLOAD and "upload" in self.request

    @property
    def is_active(self) -> bool:
        """Whether the job has not ended."""
        return self.phase in ACTIVE

    @property
    def simulated(self) -> bool:
        """Whether the data are simulated."""
        if self.is_upload:
            return self.request["upload"]["simulated"] is True
        return self.archive == SIMULATED

    @property
    def n_done(self) -> int:
        """Number of exposures done so far."""
        done: int | None = self.__dict__.get("exposures_done")
        if done is None:
            done = self.chunks.aggregate(done=Coalesce(Sum("n_done"), 0))["done"]
        return done


class TargetList(models.Model):
    """A list of targets that a visitor brought, with what the visitor said and changed.

    Parameters
    ----------
    id
        Unguessable.
    owner
        The visitor.
    name
        Of the file, or made of where the list is from.
    source
        ``file``, ``text`` (pasted) or ``url``.
    created, changed
        Times of its coming and of the last change.
    content
        The `ListFile` as JSON, packed by zlib.
    n_rows
        Rows of its largest table.
    digest
        SHA-256 of the bytes that came, to know the same list again.
    layout
        SHA-256 of the names of its columns, to know what was said of one like it.
    mapping
        `photometry_core.target_lists.mapping.Mapping` as JSON.
    mapping_from
        An earlier list with the same columns of which something was taken over into its mapping;
        `None` if nothing was, or once the mapping was changed.
    corrections, left_out, located
        Fields of `photometry_core.target_lists.checks.Edits` as JSON.
    other_tables
        ``mapping``, ``corrections`` and ``left_out`` of the tables of the file that were in use
        before, by their numbers.
    """

    id = models.CharField(primary_key=True, max_length=22, default=new_job_id, editable=False)
    owner = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    source = models.CharField(max_length=4)
    created = models.DateTimeField(default=timezone.now)
    changed = models.DateTimeField(default=timezone.now)
    content = models.BinaryField()
    n_rows = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    layout = models.CharField(max_length=64)
    mapping = models.JSONField()
    mapping_from = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    corrections = models.JSONField(default=dict)
    left_out = models.JSONField(default=list)
    located = models.JSONField(default=dict)
    other_tables = models.JSONField(default=dict)

    LARGE = ("content", "mapping", "corrections", "left_out", "located", "other_tables")
    """Fields that a table of lists does not need."""

    class Meta:
        indexes = [models.Index(fields=["owner", "-changed"], name="target_list_of_owner")]

    def __str__(self) -> str:
        return f"{self.id} ({self.n_rows} rows)"


class Chunk(Leased):
    """Some exposures of a job, measured by one worker at a time.

    Parameters
    ----------
    job, number
        The job, and which of its chunks this is.
    exposures
        The `ExposureMatch` values as JSON, in the order of work; emptied when the job has ended.
    n_exposures
        How many there are, or were.
    is_done
        Whether all of them are measured.
    result
        Token of the claim whose file holds the measurements; empty until done.
    n_done
        Exposures measured, for the progress.
    in_hand
        Index of the exposure that a worker is busy with; only written when a worker died
        before, since it costs a write for each.
    crashes
        The `in_hand` of every worker that died, in order of time.
    given_up
        Indices of the exposures that are not tried any more.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    exposures = models.JSONField()
    n_exposures = models.PositiveIntegerField()
    is_done = models.BooleanField(default=False)
    result = models.CharField(max_length=16, default="", blank=True)
    n_done = models.PositiveIntegerField(default=0)
    in_hand = models.PositiveIntegerField(null=True, blank=True)
    crashes = models.JSONField(default=list)
    given_up = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="chunk_number_is_unique"),
        ]
        indexes = [
            models.Index(
                fields=["lease_until"], condition=Q(is_done=False), name="chunk_still_to_do"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.number}"

    @property
    def is_suspect(self) -> bool:
        """Whether a worker died of it, perhaps: the next one had better be careful."""
        return self.attempts > 1 or bool(self.crashes)

    @property
    def matches(self) -> list[ExposureMatch]:
        """The exposures, each with the indices of the targets it covers."""
        return [ExposureMatch.from_json(values) for values in self.exposures]


def request_of(targets: list[Target], options: MeasureOptions, software: str) -> dict[str, Any]:
    """Return the `Job.request` of targets and options."""
    return {
        "targets": [target.to_json() for target in targets],
        "options": options.to_json(),
        "software": software,
    }
