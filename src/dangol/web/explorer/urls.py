"""Addresses of this area."""

from django.urls import path

from dangol.web.explorer import customers, files, mailings, pages, panels, views, working

app_name = "explorer"
urlpatterns = [
    path("", pages.explorer, name="explorer"),
    path("result/", pages.result, name="result"),
    path("answer/", working.work, name="work"),
    path("answer/<int:job_id>/stop/", working.stop, name="stop"),
    path("values/", panels.values, name="values"),
    path("cell/", panels.cell, name="cell"),
    path("customers/", customers.behind, name="customers"),
    path("customers/segment/", customers.segment, name="customers_segment"),
    path("file/", files.file, name="file"),
    path("views/", views.views, name="views"),
    path("views/act/", views.act, name="view_act"),
    path("views/<int:view_id>/mail/", mailings.mailings, name="mailings"),
    path("views/<int:view_id>/mail/<int:mailing_id>/", mailings.act, name="mailing_act"),
    path("sent/<int:copy_id>/", mailings.copy, name="copy"),
]
