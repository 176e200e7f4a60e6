"""Addresses of this area."""

from django.urls import path

from dangol.web.home import pages

app_name = "home"
urlpatterns = [
    path("", pages.home, name="home"),
    path("help/", pages.help_page, name="help"),
    path("components/", pages.components, name="components"),
    path("cycle/", pages.run_cycle, name="cycle"),
    path("jobs/<int:job_id>/", pages.job, name="job"),
    path("jobs/<int:job_id>/cancel/", pages.cancel_job, name="cancel_job"),
]
