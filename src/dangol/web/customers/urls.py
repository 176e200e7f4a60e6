"""Addresses of this area."""

from django.urls import path

from dangol.web.customers import one, pages

app_name = "customers"
urlpatterns = [
    path("", pages.index, name="list"),
    path("undo/<int:change_id>/", one.undo, name="undo"),
    path("<int:customer_id>/", one.show, name="one"),
    path("<int:customer_id>/timeline/", one.timeline, name="timeline"),
    path("<int:customer_id>/unmask/", one.unmask, name="unmask"),
    path("<int:customer_id>/fields/<slug:name>/", one.field, name="field"),
]
