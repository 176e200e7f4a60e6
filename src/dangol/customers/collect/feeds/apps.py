from django.apps import AppConfig


class Feeds(AppConfig):
    name = "dangol.customers.collect.feeds"
    label = "feeds"
