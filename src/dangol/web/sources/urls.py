"""Addresses of this area."""

from django.urls import path

from dangol.web.sources import describing, loading, mending, pages

app_name = "sources"
urlpatterns = [
    path("", pages.sources, name="list"),
    path("new/", describing.upload, name="new"),
    path("describe/", describing.describe, name="describe"),
    path("loads/<int:load_id>/", loading.load, name="load"),
    path("loads/<int:load_id>/undo/", loading.undo, name="undo"),
    path("loads/<int:load_id>/redo/", loading.redo, name="redo"),
    path("loads/<int:load_id>/again/", loading.again, name="again"),
    path("loads/<int:load_id>/look/", loading.look, name="look"),
    path("quarantine/", mending.quarantine, name="quarantine"),
    path("quarantine/mend/", mending.mend, name="mend"),
    path("quarantine/rows/<int:row_id>/", mending.row, name="row"),
    path("quarantine/retry/", mending.retry, name="retry"),
    path("quarantine/ignore/", mending.ignore, name="ignore"),
    path("quarantine/export/", mending.export, name="export"),
    path("<str:code>/", pages.source, name="source"),
    path("<str:code>/check/", loading.check, name="check"),
    path("<str:code>/change/", describing.change, name="change"),
]
