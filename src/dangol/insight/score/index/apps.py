from django.apps import AppConfig


class Index(AppConfig):
    name = "dangol.insight.score.index"
    label = "customer_index"
