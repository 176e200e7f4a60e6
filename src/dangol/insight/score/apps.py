from django.apps import AppConfig


class Score(AppConfig):
    name = "dangol.insight.score"
    label = "score"
