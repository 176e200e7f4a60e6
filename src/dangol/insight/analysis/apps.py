from django.apps import AppConfig


class Analysis(AppConfig):
    name = "dangol.insight.analysis"
    label = "analysis"
