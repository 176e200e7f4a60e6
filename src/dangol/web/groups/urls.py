"""Addresses of this area."""

from django.urls import path

from dangol.web.groups import pages

app_name = "groups"
urlpatterns = [
    path("", pages.index, name="list"),
    path("new/", pages.new, name="new"),
    path("<int:grouping_id>/", pages.grouping, name="one"),
    path("<int:grouping_id>/again/", pages.again, name="again"),
    path("<int:grouping_id>/retire/", pages.retire, name="retire"),
    path("<int:grouping_id>/<int:code>/", pages.group, name="group"),
    path("<int:grouping_id>/<int:code>/name/", pages.rename, name="rename"),
]
