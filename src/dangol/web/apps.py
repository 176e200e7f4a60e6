from django.apps import AppConfig


class Web(AppConfig):
    name = "dangol.web"
    label = "web"
