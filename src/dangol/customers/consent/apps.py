from django.apps import AppConfig


class Consent(AppConfig):
    name = "dangol.customers.consent"
    label = "consent"
