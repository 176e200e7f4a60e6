from django.apps import AppConfig


class Staff(AppConfig):
    name = "dangol.staff"
    label = "staff"
