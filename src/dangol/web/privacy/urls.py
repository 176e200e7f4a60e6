"""Addresses of this area."""

from django.urls import path

from dangol.web.privacy import consents, incidents, requests, texts

app_name = "privacy"
urlpatterns = [
    path("", consents.overview, name="overview"),
    path("notices/", consents.notices, name="notices"),
    path("notices/send/", consents.send, name="send_notices"),
    path("customers/<int:customer_id>/", consents.customer, name="customer"),
    path("customers/<int:customer_id>/say/", consents.say, name="say"),
    path("customers/<int:customer_id>/guardian/", consents.guardian, name="guardian"),
    path("customers/<int:customer_id>/link/", consents.link, name="link"),
    path("texts/", texts.texts, name="texts"),
    path("texts/new/", texts.new, name="new_text"),
    path("texts/<int:text_id>/", texts.text, name="text"),
    path("requests/", requests.board, name="requests"),
    path("requests/new/", requests.new, name="new_request"),
    path("requests/<int:request_id>/", requests.one, name="request"),
    path("requests/<int:request_id>/do/", requests.act, name="act"),
    path("requests/<int:request_id>/report/", requests.report, name="report"),
    path("requests/<int:request_id>/export/", requests.export, name="export"),
    path("requests/<int:request_id>/erase/", requests.erase, name="erase"),
    path("retention/", incidents.retention, name="retention"),
    path("breach/", incidents.breach, name="breach"),
]
