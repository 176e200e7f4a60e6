"""Addresses of this area."""

from django.urls import path

from dangol.web.feeds import databases, schedules, script, sites

app_name = "feeds"
urlpatterns = [
    path("sources/connections/", databases.connections, name="connections"),
    path("sources/connections/new/", databases.new_connection, name="new_connection"),
    path("sources/connections/<str:code>/", databases.connection, name="connection"),
    path("sources/connections/<str:code>/change/", databases.change_connection, name="change_connection"),
    path("sources/connections/<str:code>/test/", databases.test_connection, name="test_connection"),
    path("sources/connections/<str:code>/remove/", databases.remove_connection, name="remove_connection"),
    path("sources/connections/<str:code>/look/", databases.look, name="look"),
    path("sources/sites/", sites.sites, name="sites"),
    path("sources/sites/new/", sites.new_site, name="new_site"),
    path("sources/sites/<str:code>/", sites.site, name="site"),
    path("sources/sites/<str:code>/key/", sites.renew_key, name="renew_key"),
    path("sources/<str:code>/schedule/", schedules.source, name="source"),
    path("admin/schedules/", schedules.schedules, name="schedules"),
    path("admin/schedules/<int:schedule_id>/", schedules.schedule, name="schedule"),
    path("admin/schedules/<int:schedule_id>/run/", schedules.run, name="run"),
    path("admin/schedules/<int:schedule_id>/switch/", schedules.switch, name="switch"),
    path("admin/schedules/<int:schedule_id>/remove/", schedules.remove, name="remove"),
    path("dangol-events.js", script.script, name="script"),
]
