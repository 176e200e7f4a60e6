"""Addresses of this area."""

from django.urls import path

from dangol.web.explorer import pages as explorer
from dangol.web.insight import lifetime, pages, scheme

app_name = "insight"
urlpatterns = [
    path("", pages.segments, name="segments"),
    path("segments/<str:code>/", pages.segment, name="segment"),
    path("segments/<str:code>/strategy/", pages.strategy, name="strategy"),
    path("migration/", pages.migration, name="migration"),
    path("scheme/", scheme.scheme, name="scheme"),
    path("scheme/preview/", scheme.preview, name="scheme_preview"),
    path("lifetime/", lifetime.lifetime, name="lifetime"),
    path("figures/", explorer.moved_here, name="figures"),
]
