"""Addresses of this area."""

from django.urls import path

from dangol.web.analysis import pages

app_name = "analysis"
urlpatterns = [
    path("", pages.index, name="index"),
    path("<slug:name>/", pages.report, name="report"),
]
