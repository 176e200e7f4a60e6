"""Addresses of this area."""

from django.urls import path

from dangol.web.explorer import customers, files, pages

app_name = "explorer"
urlpatterns = [
    path("", pages.explorer, name="explorer"),
    path("result/", pages.result, name="result"),
    path("values/", pages.values, name="values"),
    path("cell/", pages.cell, name="cell"),
    path("customers/", customers.behind, name="customers"),
    path("file/", files.file, name="file"),
]
