from django.apps import AppConfig


class Surveys(AppConfig):
    name = "dangol.customers.surveys"
    label = "surveys"
