"""The pages as a Django application."""

from django.apps import AppConfig


class ExplorerConfig(AppConfig):
    """Pages, templates and their helpers."""

    name = "explorer"
