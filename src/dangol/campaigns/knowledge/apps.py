from django.apps import AppConfig


class Knowledge(AppConfig):
    name = "dangol.campaigns.knowledge"
    label = "knowledge"
