from django.apps import AppConfig


class Own(AppConfig):
    name = "dangol.insight.olap.own"
    label = "own_measures"
