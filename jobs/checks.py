"""System checks of the jobs, run by Django with every management command."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from jobs import archives
from photometry_core.errors import ArchiveError

TAG = "jobs"


@register(TAG)
def check_results_folder(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Products can be written."""
    folder = Path(settings.SPHEREX_RESULTS_FOLDER)
    # It is made when it is first written to.
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if existing.is_dir() and os.access(existing, os.W_OK | os.X_OK):
        return []
    return [
        Error(
            f"Results can't be written to {folder}.",
            hint="Set SPHEREX_RESULTS_FOLDER to a folder that this user may write to.",
            id="jobs.E001",
        )
    ]


@register(TAG)
def check_queue(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The queue does not deliver messages again while they are in work."""
    cluster = settings.Q_CLUSTER
    timeout, retry = cluster["timeout"], cluster["retry"]
    # A message may be fetched and then wait for everything that was fetched before it.
    longest = (cluster["queue_limit"] + 1) * timeout / cluster["workers"] + timeout
    found: list[CheckMessage] = []
    if retry <= longest:
        found.append(
            Error(f"Q_CLUSTER: retry is {retry} s and must exceed {longest:g} s.", id="jobs.E002")
        )
    if timeout < 2 * settings.SPHEREX_CHUNK_SECONDS:
        found.append(
            Error(
                f"Q_CLUSTER: timeout is {timeout} s and must be at least twice "
                f"SPHEREX_CHUNK_SECONDS, {settings.SPHEREX_CHUNK_SECONDS:g} s.",
                id="jobs.E003",
            )
        )
    if timeout % cluster["guard_cycle"]:
        found.append(Error("Q_CLUSTER: guard_cycle must divide timeout.", id="jobs.E004"))
    if settings.SPHEREX_LEASE_SECONDS < 2 * settings.SPHEREX_HEARTBEAT_SECONDS:
        found.append(
            Error("A lease must outlast two heartbeats, or it lapses in use.", id="jobs.E005")
        )
    return found


@register(TAG, deploy=True)
def check_archive(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The archive can be opened."""
    try:
        archives.open_anew(settings.SPHEREX_ARCHIVE)
    except ArchiveError as error:
        return [Error(str(error), hint="Set SPHEREX_ARCHIVE.", id="jobs.E006")]
    return []
