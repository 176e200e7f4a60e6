"""Addresses of this area."""

from django.urls import path

from dangol.web.customers import golden, joining, one, pages, pairs

app_name = "customers"
urlpatterns = [
    path("", pages.index, name="list"),
    path("rules/", golden.golden_rules, name="rules"),
    path("pairs/", pairs.queue, name="pairs"),
    path("pairs/decide/", pairs.decide, name="decide"),
    path("pairs/<int:pair_id>/", pairs.pair, name="pair"),
    path("undo/<int:change_id>/", one.undo, name="undo"),
    path("<int:customer_id>/", one.show, name="one"),
    path("<int:customer_id>/history/", golden.whole_history, name="history"),
    path("<int:customer_id>/why/<slug:name>/", golden.why, name="why"),
    path("<int:customer_id>/why/<slug:name>/lock/", golden.lock, name="lock"),
    path("<int:customer_id>/merge/", joining.merge, name="merge"),
    path("<int:customer_id>/claim/", joining.claim, name="claim"),
    path("<int:customer_id>/part/", joining.part, name="part"),
    path("<int:customer_id>/timeline/", one.timeline, name="timeline"),
    path("<int:customer_id>/unmask/", one.unmask, name="unmask"),
    path("<int:customer_id>/fields/<slug:name>/", one.field, name="field"),
]
