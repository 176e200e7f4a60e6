"""Addresses of this area."""

from django.urls import path

from dangol.web.quality import lists, pages, programmes, ruling

app_name = "quality"
urlpatterns = [
    path("", pages.board, name="board"),
    path("branches/", pages.branches, name="branches"),
    path("reps/", pages.reps, name="reps"),
    path("sources/", pages.sources, name="sources"),
    path("findings/", pages.findings, name="findings"),
    path("measure/", pages.measure, name="measure"),
    path("rules/", ruling.index, name="rules"),
    path("rules/begin/", ruling.begin, name="begin"),
    path("rules/new/<slug:kind>/", ruling.new, name="new_rule"),
    path("rules/preview/<slug:kind>/", ruling.preview, name="preview"),
    path("rules/<int:rule_id>/", ruling.change, name="rule"),
    path("rules/<int:rule_id>/switch/", ruling.switch, name="switch"),
    path("rules/<int:rule_id>/undo/", ruling.undo, name="undo_rule"),
    path("rules/<int:rule_id>/customers/", lists.issues, name="issues"),
    path("programmes/", programmes.index, name="programmes"),
    path("programmes/new/", programmes.new, name="new_programme"),
    path("programmes/<int:programme_id>/", programmes.one, name="programme"),
    path("programmes/<int:programme_id>/stop/", programmes.stop, name="stop_programme"),
    path("tasks/", programmes.tasks, name="tasks"),
    path("tasks/<int:task_id>/", programmes.handle, name="task"),
]
