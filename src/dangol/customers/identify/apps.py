from django.apps import AppConfig


class Identify(AppConfig):
    name = "dangol.customers.identify"
    label = "identify"
