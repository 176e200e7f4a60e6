"""Facts laid down for conditions: purchases as numbers in order of customer, what happened, and who can be reached.

The star lies in order of days with texts for keys. A count while somebody edits has 300 ms: so purchases are written
once more, each text a number, a customer's lines beside each other, which is what adding up by customer needs;
again in order of product, so that a question about some products reads those only; and added up by day and store,
which is a third of the rows, for all that asks nothing of products.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from ibis.expr.types import Table

from dangol.base.errors import Damaged, NotFound
from dangol.customers.collect import reads as collect
from dangol.customers.consent import reads as consent
from dangol.customers.consent.rules import CHANNELS, MARKETING, NO_ADDRESS, NO_PROFILING, Permit
from dangol.customers.identify import reads as identify
from dangol.engine import Engine, Snapshot, Store, fresh
from dangol.engine.snapshots import Draft
from dangol.insight.segments import tables
from dangol.insight.warehouse import reads as warehouse
from dangol.insight.warehouse.rules import stretches
from dangol.work.actions import Running

VERSION = 2  # 2: orders numbered in time, months of birth, tickets
ADDRESS = {"email": "email", "sms": "phone", "kakao": "phone", "call": "phone"}
CELLS = pa.schema([("campaign_key", pa.string()), ("customer_id", pa.int64()), ("day", pa.date32())])


def N_(text: str) -> str:  # noqa: N802  marks a text for translation: doors show the note of a job in their language
    return text


def store() -> Store:
    """Where the prepared facts lie."""
    return Store(settings.DANGOL.home / "segments", keep=2)


def current() -> Snapshot:
    """The prepared facts that are served. Raises NotFound before the first cycle."""
    try:
        return store().current()[0]
    except NotFound:
        raise NotFound("Segments cannot be counted yet. Load a source and run the cycle first.") from None


def prepare(running: Running, controls: pa.Table | None = None) -> dict[str, Any]:
    """Lay the served star down for conditions. controls: who was kept in a control group, as CELLS.

    Purchases are taken over where the star is the same. Returns snapshot, rows, reused.
    """
    source, _newest = warehouse.current()
    running.progress(0, 4, N_("Working out who can be reached"))
    reach, born = _reach(), _birthdays()
    events = _web_events()
    controls = controls if controls is not None else CELLS.empty_table()
    name = f"{source.id}-{_hash(reach, born, controls, [one.sha256 for one in events])}"
    before = _served()
    if before is not None and before.id == name:
        return {"snapshot": name, "rows": dict(before.rows), "reused": True}
    same = before is not None and before.facts["warehouse"] == source.id
    with fresh() as engine, store().draft(name) as draft:
        draft.facts = {"version": VERSION, "warehouse": source.id, "as_of": source.facts["as_of"],
                       "reach_at": datetime.now(UTC).isoformat(),
                       "channels": sorted(reach["channel"].unique().to_pylist())}  # fmt: skip
        running.progress(1, 4, N_("Laying purchases down by customer"))
        if same and before is not None:
            for table in ("purchases", "by_product", "tickets", "products", "channels"):
                for path in before.paths(table):
                    draft.copy(table, path, before.file_rows[path.name], before.sha256[path.name])
        else:
            _purchases(engine, draft, source)
        running.progress(2, 4, N_("Writing down what happened"))
        _write(engine, draft, "events", tables.events(_star(engine, source), _raw(engine, events),
                                                      engine.memory(controls), _zone(source)))  # fmt: skip
        running.progress(3, 4, N_("Working out who can be reached"))
        path = draft.place("reach")
        pq.write_table(reach, path, compression="zstd")
        draft.add("reach", path, reach.num_rows)
        path = draft.place("birthdays")
        pq.write_table(born, path, compression="zstd")
        draft.add("birthdays", path, born.num_rows)
    made = store().open(name)
    return {"snapshot": name, "rows": dict(made.rows), "reused": False}


def _served() -> Snapshot | None:
    try:
        found = store().current()[0]
    except (NotFound, Damaged):
        return None
    return found if found.facts.get("version") == VERSION else None


def _hash(reach: pa.Table, born: pa.Table, controls: pa.Table, events: Sequence[str]) -> str:
    digest = hashlib.sha256("|".join(events).encode())
    for table, order in (
        (reach, ["channel", "customer_id"]),
        (born, ["customer_id"]),
        (controls, ["campaign_key", "customer_id"]),
    ):
        for batch in table.sort_by([(one, "ascending") for one in order]).combine_chunks().to_batches():
            for column in batch.columns:
                digest.update(str(column.to_pylist()).encode())
    return digest.hexdigest()[:16]


def _star(engine: Engine, source: Snapshot) -> Mapping[str, Table]:
    names = ("sales_lines", "products", "contacts", "responses", "survey_answers", "customer_keys")
    return {name: warehouse.table(engine, source, name) for name in names}


def _zone(source: Snapshot) -> Any:
    today = datetime.fromisoformat(source.facts["as_of"])
    return stretches(settings.DANGOL.zone, today - timedelta(days=3660), today)


def _write(engine: Engine, draft: Draft, name: str, table: Table) -> None:
    path = draft.place(name)
    draft.add(name, path, engine.write(table, path))


def _purchases(engine: Engine, draft: Draft, source: Snapshot) -> None:
    star = _star(engine, source)
    written: dict[str, Table] = {}
    for name, table in tables.codes(star).items():
        path = draft.place(name)
        draft.add(name, path, engine.write(table, path))
        written[name] = engine.table([path])
    lines = tables.purchases(star["sales_lines"], written)
    _write(engine, draft, "purchases", lines.order_by(["customer_id", "day"]))
    [path] = [draft.folder / entry["name"] for entry in draft.files if entry["table"] == "purchases"]
    _write(engine, draft, "by_product", engine.table([path]).order_by(["product", "customer_id"]))
    _write(engine, draft, "tickets", tables.tickets(engine.table([path])).order_by(["customer_id", "day"]))


def _web_events() -> list[Any]:
    return [file for file in collect.raw_files("events") if Path(file.path).exists()]


def _raw(engine: Engine, files: Sequence[Any]) -> Table | None:
    """Web events of all sources, each with the space its customer keys lie in."""
    found = [engine.table([Path(file.path)]) for file in files]
    parts = [tables.web_events(table, file.source) for table, file in zip(found, files, strict=True)]
    return ibis.union(*parts) if len(parts) > 1 else parts[0] if parts else None


def _birthdays() -> pa.Table:
    """Months of birth; the day itself is nobody's business here."""
    found = sorted(identify.birth_months().items())
    return pa.table({"customer_id": pa.array([one for one, _month in found], pa.int64()),
                     "month": pa.array([month for _one, month in found], pa.int8())})  # fmt: skip


def _reach() -> pa.Table:
    """Who may be written to on which channel by day, and why not: channel, customer_id, reason (empty: may be).

    Only those who ever said a word about a channel have a row. Segments are grades: who refuses to be graded by a
    machine is not reached through them (PIPA art. 37-2(1)).
    """
    noon = datetime.now(settings.DANGOL.zone).replace(hour=12, minute=0, second=0, microsecond=0)
    addresses = identify.with_address()
    rows: dict[str, list[Any]] = {"channel": [], "customer_id": [], "reason": []}
    for channel in CHANNELS:
        ids = sorted(consent.who_answered(MARKETING, channel))
        ungraded = consent.refused_profiling(ids) if ids else set()
        held = addresses.get(ADDRESS.get(channel, ""))
        for one, verdict in consent.permits(ids, MARKETING, channel, noon, settings.DANGOL.zone).items():
            reason = "" if isinstance(verdict, Permit) else verdict.reason
            if held is not None and one not in held:
                reason = NO_ADDRESS
            elif not reason and one in ungraded:
                reason = NO_PROFILING
            rows["channel"].append(channel)
            rows["customer_id"].append(one)
            rows["reason"].append(reason)
    return pa.table(
        [rows["channel"], rows["customer_id"], rows["reason"]],
        schema=pa.schema([("channel", pa.string()), ("customer_id", pa.int64()), ("reason", pa.string())]),
    )
