from django.apps import AppConfig


class Evaluate(AppConfig):
    name = "dangol.campaigns.evaluate"
    label = "evaluate"
