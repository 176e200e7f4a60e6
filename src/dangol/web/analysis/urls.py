"""Addresses of this area."""

from django.urls import path

from dangol.web.analysis import indicators, pages, people, working

app_name = "analysis"
urlpatterns = [
    path("", pages.index, name="index"),
    path("indicators/", indicators.indicators, name="indicators"),
    path("goals/<int:goal_id>/remove/", indicators.remove_goal, name="remove_goal"),
    path("people/", people.people, name="people"),
    path("<slug:name>/answer/", working.work, name="work"),
    path("<slug:name>/", pages.report, name="report"),
]
