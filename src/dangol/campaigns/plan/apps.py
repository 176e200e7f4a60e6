from django.apps import AppConfig


class Plan(AppConfig):
    name = "dangol.campaigns.plan"
    label = "plan"
