"""Addresses of this area."""

from django.urls import path

from dangol.web.explorer import pages as explorer
from dangol.web.insight import channel, days, lifetime, measures, moves, pages, scheme, warning

app_name = "insight"
urlpatterns = [
    path("", pages.segments, name="segments"),
    path("segments/<str:code>/", pages.segment, name="segment"),
    path("segments/<str:code>/strategy/", pages.strategy, name="strategy"),
    path("segments/<str:code>/live/", pages.make_live, name="make_live"),
    path("channels/", channel.give, name="give_scheme"),
    path("channels/withdraw/", channel.withdraw, name="withdraw_scheme"),
    path("days/", days.score, name="score_days"),
    path("migration/", moves.migration, name="migration"),
    path("migration/segment/", moves.segment, name="migration_segment"),
    path("warning/", warning.warning, name="warning"),
    path("warning/segment/", warning.segment, name="warning_segment"),
    path("scheme/", scheme.scheme, name="scheme"),
    path("scheme/preview/", scheme.preview, name="scheme_preview"),
    path("lifetime/", lifetime.lifetime, name="lifetime"),
    path("lifetime/segment/", lifetime.segment, name="lifetime_segment"),
    path("figures/", explorer.moved_here, name="figures"),
    path("measures/", measures.measures, name="measures"),
    path("measures/new/", measures.measure, name="new_measure"),
    path("measures/check/", measures.check, name="check_measure"),
    path("measures/<str:name>/", measures.measure, name="measure"),
    path("measures/<str:name>/remove/", measures.remove, name="remove_measure"),
    path("scheme/versions/<int:version>/use/", scheme.use_again, name="scheme_use"),
]
