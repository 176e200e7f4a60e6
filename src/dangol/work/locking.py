"""Rows taken by one worker at a time."""

from typing import Any

from django.db import connection


def locked(rows: Any) -> Any:
    """The rows locked for this transaction, those that others hold left out."""
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True, of=("self",))
    return rows  # SQLite: the transaction began IMMEDIATE and is alone
