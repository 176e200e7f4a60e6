"""Addresses of this area."""

from django.urls import path

from dangol.web.segments import building, catalogue, looking, saving

app_name = "segments"
urlpatterns = [
    path("", catalogue.index, name="list"),
    path("new/", building.new, name="new"),
    path("upload/", catalogue.upload, name="upload"),
    path("overlap/", looking.overlap, name="overlap"),
    path("values/", building.values, name="values"),
    path("<int:segment_id>/", building.one, name="one"),
    path("<int:segment_id>/do/", building.do, name="do"),
    path("<int:segment_id>/save/", saving.save, name="save"),
    path("<int:segment_id>/counts/", building.counts, name="counts"),
    path("<int:segment_id>/people/", looking.people, name="people"),
    path("<int:segment_id>/why/", looking.why, name="why"),
    path("<int:segment_id>/left-out/", catalogue.left_out, name="left_out"),
    path("<int:segment_id>/history/", looking.history, name="history"),
]
