"""Every page's address, by area of the navigation."""

from django.urls import include, path

urlpatterns = [
    path("", include("dangol.web.home.urls")),
    path("", include("dangol.web.entry.urls")),
    path("customers/privacy/", include("dangol.web.privacy.urls")),
    path("customers/surveys/", include("dangol.web.surveys.urls")),
    path("", include("dangol.web.surveys.public_urls")),
    path("customers/quality/", include("dangol.web.quality.urls")),
    path("customers/", include("dangol.web.customers.urls")),
    path("groups/", include("dangol.web.groups.urls")),
    path("explorer/", include("dangol.web.explorer.urls")),
    path("insight/", include("dangol.web.insight.urls")),
    path("analysis/", include("dangol.web.analysis.urls")),
    path("segments/", include("dangol.web.segments.urls")),
    path("campaigns/", include("dangol.web.campaigns.urls")),
    path("", include("dangol.web.campaigns.public_urls")),
    path("", include("dangol.web.feeds.urls")),
    path("sources/", include("dangol.web.sources.urls")),
    path("admin/", include("dangol.web.admin.urls")),
]
