"""Takes a source's query in: its rows go to a file of our own first, so that a load that was cut off goes on with the
very rows it began with, whatever has changed at the source meanwhile."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings

from dangol.base import sealing
from dangol.base.errors import NotFound, TooMuch
from dangol.base.identifiers import token
from dangol.base.network import networks
from dangol.customers.collect import places
from dangol.customers.collect.cutting import header_names
from dangol.customers.collect.feeds import databases
from dangol.customers.collect.feeds.databases.session import Asked
from dangol.customers.collect.feeds.models import Connection
from dangol.customers.collect.parser import BAD, TEXT, Writer
from dangol.customers.collect.rules import Definition

PURPOSE = "sources"
Tick = Callable[[int], None]


def keys() -> list[str]:
    """The installation's secrets, newest first."""
    return [str(settings.SECRET_KEY), *map(str, settings.SECRET_KEY_FALLBACKS)]


def address_of(connection: Connection) -> databases.Address:
    """Where a kept connection leads, with its password."""
    password = sealing.unseal(connection.sealed_password, keys=keys(), purpose=PURPOSE)
    return databases.Address(
        kind=connection.kind, host=connection.host, port=connection.port, database=connection.database,
        user=connection.user, password=password or "", tls=connection.tls, seconds=settings.DANGOL.source_seconds,
        inside=networks(settings.DANGOL.source_networks), root=str(settings.DANGOL.inbox),
    )  # fmt: skip


def connection_called(code: str) -> Connection:
    """A kept connection. Raises NotFound."""
    found = Connection.objects.filter(code=code).first()
    if found is None:
        raise NotFound("There is no connection {code}. Describe it first.", code=code)
    return found


def asked_of(definition: Definition) -> Asked:
    """The source's query from its watermark on."""
    options = definition.options
    overlap = options.get("overlap", "")
    return Asked(options.get("query", ""), options.get("watermark", ""), options.get("since", ""),
                 int(overlap) if overlap.isdecimal() else 0)  # fmt: skip


def ask(definition: Definition, folder: Path, *, limit: int | None, tick: Tick) -> dict[str, Any]:
    """Run the source's query and write its rows as text into a folder; returns what was found out about it.

    limit: stop after so many rows. Raises BadInput, Unavailable or TooMuch with the cause.
    """
    writer = Writer(folder, limit)
    most, end, line = settings.DANGOL.source_rows, time.monotonic() + settings.DANGOL.source_seconds, 1
    asked = asked_of(definition)
    with databases.enter(address_of(connection_called(definition.options.get("connection", "")))) as session:
        names = header_names([column.name for column in session.columns(asked.query)])
        writer.begin(names)
        for rows in session.stream(asked):
            columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
            more = writer.add(columns, pa.array(range(line, line + len(rows)), pa.int64()))
            line += len(rows)
            tick(line - 1)
            if not more:
                break
            if line > most + 1:
                raise TooMuch("The query gives more than {limit} rows. Narrow it, or raise the setting source_rows.",
                              limit=most)  # fmt: skip
            if time.monotonic() > end:
                raise TooMuch("The query took longer than the source's time limit. Narrow it, or add an index at the "
                              "source.")  # fmt: skip
    writer.close()
    return {"columns": names, "read": writer.rows, "bad": 0, "notes": []}


def fetch(definition: Definition, folder: Path, *, tick: Tick) -> str:
    """Run the source's query into a file under uploads/, whole or not at all; returns its name."""
    ask(definition, folder, limit=None, tick=tick)
    places.uploads().mkdir(parents=True, exist_ok=True, mode=0o700)
    name = token()
    places.publish(folder / TEXT, places.uploads() / name)
    return name


def laid_out(definition: Definition, fetched: Path, folder: Path) -> dict[str, Any]:
    """A fetched file as staged rows, and the highest watermark among them."""
    try:
        os.link(fetched, folder / TEXT)
    except OSError:
        shutil.copyfile(fetched, folder / TEXT)
    (folder / BAD).touch()
    with pa.memory_map(str(folder / TEXT)) as mapped, pa.ipc.open_file(mapped) as file:
        names = [name for name in file.schema.names if name != "_line"]
        batches = [file.get_batch(place) for place in range(file.num_record_batches)]
        read = sum(batch.num_rows for batch in batches)
        mark = _last(batches, definition.options.get("watermark", ""))
    return {"columns": names, "read": read, "bad": 0, "notes": [], "watermark": mark}


def _last(batches: list[pa.RecordBatch], column: str) -> str:
    """The last value of the column the rows are ordered by: the highest."""
    if not column:
        return ""
    for batch in reversed(batches):
        values = batch[column].drop_null()
        if len(values):
            return str(values[-1].as_py())
    return ""
