"""``manage.py work``: a cluster of worker processes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django_q.cluster import Cluster

# Loaded before the workers are forked: they share the memory, start at once, and a fault in the
# code shows here, where workers that can't load their task would die again and again.
from jobs import tasks  # noqa: F401
from photometry_core import prepare


class Command(BaseCommand):
    """Works on jobs until it is told to stop."""

    help = "Start a cluster of worker processes that work on jobs; SIGTERM or Ctrl-C stops it."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the cluster."""
        if not settings.SECRET_KEY:
            raise RuntimeError("messages can't be read without a secret key")
        # A worker that compiled while it holds a chunk would seem to hang.
        prepare.main()
        Cluster().start()
