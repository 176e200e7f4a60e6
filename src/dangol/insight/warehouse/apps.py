from django.apps import AppConfig


class Warehouse(AppConfig):
    name = "dangol.insight.warehouse"
    label = "warehouse"
