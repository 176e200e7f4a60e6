from django.apps import AppConfig


class Channels(AppConfig):
    name = "dangol.channels"
    label = "channels"
