"""Which door answers which address."""

from django.urls import include, path

from dangol.api import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("", include("dangol.web.urls")),
]

handler400 = "dangol.web.failures.bad_request"
handler403 = "dangol.web.failures.forbidden"
handler404 = "dangol.web.failures.not_found"
handler500 = "dangol.web.failures.broken"
