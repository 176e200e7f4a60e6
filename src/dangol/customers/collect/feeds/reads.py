"""Looks at connections, tables, watched folders and sites."""

from dangol.customers.collect.feeds.connections import (
    Browsed,
    ConnectionView,
    browse,
    connection,
    connections,
    tables,
)
from dangol.customers.collect.feeds.folders import folder_of
from dangol.customers.collect.feeds.pulling import FETCHED, schedule_code
from dangol.customers.collect.feeds.pushing import RowTaken, Taken, rows_of_csv, rows_of_lines
from dangol.customers.collect.feeds.sites import SiteView, origin_known, site, sites

__all__ = [
    "FETCHED", "Browsed", "ConnectionView", "RowTaken", "SiteView", "Taken", "browse", "connection",
    "connections", "folder_of", "origin_known", "rows_of_csv", "rows_of_lines", "schedule_code", "site", "sites",
    "tables",
]  # fmt: skip
