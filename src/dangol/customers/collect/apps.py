from django.apps import AppConfig


class Collect(AppConfig):
    name = "dangol.customers.collect"
    label = "collect"
