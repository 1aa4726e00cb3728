"""The pages as a Django application."""

from django.apps import AppConfig


class ExplorerConfig(AppConfig):
    """The pages and their templates."""

    name = "explorer"
