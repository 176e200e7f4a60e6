from django.apps import AppConfig


class Privacy(AppConfig):
    name = "dangol.privacy"
    label = "privacy"
