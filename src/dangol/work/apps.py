from django.apps import AppConfig


class Work(AppConfig):
    name = "dangol.work"
    label = "work"
