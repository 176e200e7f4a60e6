"""Addresses of this area."""

from django.urls import path

from dangol.web.surveys import catalogue, making, results, sharing

app_name = "surveys"
urlpatterns = [
    path("", catalogue.index, name="list"),
    path("new/", catalogue.new, name="new"),
    path("<int:survey_id>/", making.questions, name="questions"),
    path("<int:survey_id>/do/", making.do, name="do"),
    path("<int:survey_id>/question/", making.question, name="question"),
    path("<int:survey_id>/settings/", making.settings_page, name="settings"),
    path("<int:survey_id>/preview/", making.preview, name="preview"),
    path("<int:survey_id>/share/", sharing.share, name="share"),
    path("<int:survey_id>/qr.<str:form>", sharing.qr, name="qr"),
    path("<int:survey_id>/results/", results.index, name="results"),
    path("<int:survey_id>/results/words/", results.words, name="words"),
    path("<int:survey_id>/results/export/", results.export, name="export"),
    path("<int:survey_id>/results/guardian/", results.guardian, name="guardian"),
]
