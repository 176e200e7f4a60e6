from django.apps import AppConfig


class Execute(AppConfig):
    name = "dangol.campaigns.execute"
    label = "execute"
