"""Addresses of the links in messages; they need no account."""

from django.urls import path

from dangol.web.campaigns import public
from dangol.web.privacy import preferences

app_name = "links"
urlpatterns = [
    path("p/<str:signed>", preferences.preferences, name="preferences"),
    path("c/<str:signed>", public.click, name="click"),
    path("q/<str:signed>", public.survey, name="survey"),
    path("o/<str:signed>", public.offer, name="offer"),
]
