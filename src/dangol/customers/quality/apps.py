from django.apps import AppConfig


class Quality(AppConfig):
    name = "dangol.customers.quality"
    label = "quality"
