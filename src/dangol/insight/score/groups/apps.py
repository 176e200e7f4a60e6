from django.apps import AppConfig


class Groups(AppConfig):
    name = "dangol.insight.score.groups"
    label = "groups"
