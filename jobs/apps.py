"""The jobs as a Django application."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class JobsConfig(AppConfig):
    """Jobs, their workers and their sweeper."""

    name = "jobs"

    def ready(self) -> None:
        """Register the checks; see to the schedule whenever the tables are brought up to date."""
        from jobs import checks  # noqa: F401 registers them

        post_migrate.connect(_schedule_sweeps, dispatch_uid="jobs.schedule_sweeps")


def _schedule_sweeps(app_config: AppConfig, **_: Any) -> None:
    if app_config.name == "django_q":
        from jobs.sweeper import schedule_sweeps

        schedule_sweeps()
