"""Databases as sources: one module a kind, each with `session(address)`; a session looks and reads, never writes."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from importlib import import_module

from dangol.customers.collect.feeds.databases.session import Address, Column, Session, Table

KINDS = ("postgresql", "mysql", "sqlite")

__all__ = ["KINDS", "Address", "Column", "Session", "Table", "enter"]


def enter(address: Address) -> AbstractContextManager[Session]:
    """Open a database for reading only.

    Raises BadInput with the cause where the address, user or password is wrong or the place is not allowed, Unavailable
    where the database does not answer now.
    """
    module = import_module(f"{__name__}.{address.kind}")
    session: Callable[[Address], AbstractContextManager[Session]] = module.session
    return session(address)


Rows = Iterator[list[list[str | None]]]
