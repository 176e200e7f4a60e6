"""The room as a Django application."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Reports."""

    name = "dangol.reports"
    label = "reports"
