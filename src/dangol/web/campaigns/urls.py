"""Addresses of this area."""

from django.urls import path

from dangol.web.campaigns import catalogue, knowledge, launching, mailbox, planning, results

app_name = "campaigns"
urlpatterns = [
    path("", catalogue.index, name="list"),
    path("new/", planning.draft, name="draft"),
    path("<int:plan_id>/", planning.editor, name="plan"),
    path("<int:plan_id>/panel/", planning.panel, name="panel"),
    path("<int:plan_id>/simulation/", planning.simulation, name="simulation"),
    path("<int:plan_id>/preview/", planning.preview, name="preview"),
    path("<int:plan_id>/do/", planning.do, name="do"),
    path("<int:plan_id>/approve/", planning.approve, name="approve"),
    path("<int:plan_id>/launch/", launching.launch, name="launch"),
    path("runs/<int:run_id>/", launching.run, name="run"),
    path("runs/<int:run_id>/numbers/", launching.numbers, name="numbers"),
    path("runs/<int:run_id>/result/", results.result, name="result"),
    path("knowledge/", knowledge.index, name="knowledge"),
    path("knowledge/<str:campaign_key>/", knowledge.lesson, name="lesson"),
    path("mailbox/", mailbox.index, name="mailbox"),
    path("mailbox/<str:name>/", mailbox.letter, name="letter"),
]
