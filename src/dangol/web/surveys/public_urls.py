"""Addresses of the public pages; they need no account."""

from django.urls import path

from dangol.web.surveys import public

app_name = "public"
urlpatterns = [
    path("s/me/<str:signed>", public.personal, name="personal"),
    path("s/<str:token>", public.anybody, name="survey"),
]
