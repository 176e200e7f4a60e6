"""Addresses of this area."""

from django.urls import path

from dangol.web.groups import index_pages, pages

app_name = "groups"
urlpatterns = [
    path("", pages.index, name="list"),
    path("new/", pages.new, name="new"),
    path("tree/", pages.new_tree, name="new_tree"),
    path("index/", index_pages.index, name="index_list"),
    path("index/new/", index_pages.new, name="index_new"),
    path("index/preview/", index_pages.preview, name="index_preview"),
    path("index/<int:index_id>/", index_pages.one, name="index_one"),
    path("index/<int:index_id>/change/", index_pages.change, name="index_change"),
    path("index/<int:index_id>/live/", index_pages.make_live, name="index_live"),
    path("index/<int:index_id>/retire/", index_pages.retire, name="index_retire"),
    path("<int:grouping_id>/", pages.grouping, name="one"),
    path("<int:grouping_id>/again/", pages.again, name="again"),
    path("<int:grouping_id>/rules/", pages.change, name="rules"),
    path("<int:grouping_id>/retire/", pages.retire, name="retire"),
    path("<int:grouping_id>/<int:code>/", pages.group, name="group"),
    path("<int:grouping_id>/<int:code>/live/", pages.make_live, name="make_live"),
    path("<int:grouping_id>/<int:code>/name/", pages.rename, name="rename"),
]
