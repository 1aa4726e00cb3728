"""What goes wrong with jobs, and how their owners are told."""

from __future__ import annotations

import errno
import logging
import secrets
from dataclasses import dataclass
from typing import Literal

from photometry_core.errors import ArchiveError, InvalidInputError

log = logging.getLogger(__name__)

DISK_FULL_NOTICE = (
    "The server has no room left to save measurements. "
    "The job goes on by itself when there is room again."
)


class LimitError(InvalidInputError):
    """A submission exceeds a limit of the site; the message names the limit."""


class ProductMissingError(LookupError):
    """A job has no such product: it is not completed, or has no such target or row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a job ends without a product.

    Parameters
    ----------
    kind
        ``usage``, ``transient`` or ``fatal``, as in `jobs.models.Job`.
    message
        What went wrong, and what a person can do about it.
    """

    kind: Literal["usage", "transient", "fatal"]
    message: str


def is_disk_full(error: OSError) -> bool:
    """Whether the error says that a disk, or a quota on it, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def failure_of(error: Exception) -> Failure:
    """Return what the owner of a job is told about an error; the log gets the rest."""
    if isinstance(error, ArchiveError):
        return Failure(
            kind="transient",
            message=f"{error}. Submit the job again later; if this happens again, "
            "tell the people who run this site.",
        )
    if isinstance(error, InvalidInputError):
        return Failure(kind="usage", message=f"{error}. Submit a new job with the value corrected.")
    reference = secrets.token_hex(4)
    log.error("job error %s", reference, exc_info=error)
    return Failure(
        kind="fatal",
        message="The program failed in a way that was not foreseen. Submitting the job again "
        "will probably not help; please tell the people who run this site, and give them the "
        f"reference {reference}.",
    )


def gave_up(what: str, attempts: int) -> Failure:
    """Return the failure of work whose worker died again and again."""
    return Failure(
        kind="fatal",
        message=f"The program stopped {attempts} times while {what}, each time at another "
        "place or before it got anywhere. Submit the job again; if this happens again, tell "
        "the people who run this site.",
    )
