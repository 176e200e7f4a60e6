from django.apps import AppConfig


class Segments(AppConfig):
    name = "dangol.insight.segments"
    label = "segments"
