"""One customer's rows of the warehouse, laid down in order of customer so that a page never scans the star."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from dangol.base.errors import Damaged, NotFound
from dangol.engine import Engine, Snapshot, Store, current, fresh, rows_of
from dangol.engine.lookup import GROUP_ROWS
from dangol.insight.warehouse import reads as warehouse
from dangol.work.actions import Running

LINES_LIMIT = 50_000


@dataclass(frozen=True)
class Facts:
    """One customer's purchase lines (newest first), contacts and responses; available: False without a warehouse."""

    lines: Sequence[Mapping[str, Any]] = ()
    contacts: Sequence[Mapping[str, Any]] = ()
    responses: Sequence[Mapping[str, Any]] = ()
    available: bool = False


def store() -> Store:
    """Where purchases and campaign rows lie in order of customer, so that one customer's are found without a scan."""
    return Store(settings.DANGOL.home / "profiles", keep=2)


def publish(running: Running) -> dict[str, Any]:
    """Lay the served snapshot's rows down in order of customer; a step of the cycle after the warehouse.

    One customer's page then reads one row group of each table, whatever the number of sales lines: the same filter on
    the star, which lies in order of days, reads the whole column. Returns {snapshot, rows, reused}.
    """
    snapshot, _newest = warehouse.current()
    served = _published(snapshot)
    if served is not None:
        return {"snapshot": served.id, "rows": dict(served.rows), "reused": True}
    with fresh() as engine, store().draft(snapshot.id) as draft:
        for done, (name, table) in enumerate(_tables(engine, snapshot).items()):
            running.progress(done, 3, name)
            path = draft.place(name)
            draft.add(name, path, engine.write(table.order_by("customer_id"), path, group_rows=GROUP_ROWS))
    made = store().open(snapshot.id)
    return {"snapshot": made.id, "rows": dict(made.rows), "reused": False}


def _published(snapshot: Snapshot) -> Snapshot | None:
    """What was laid down of this very snapshot, if it is whole."""
    try:
        return store().open(snapshot.id)
    except (NotFound, Damaged):
        return None


def _tables(engine: Engine, snapshot: Snapshot) -> dict[str, Any]:
    """The rows a customer's page shows: purchase lines with classes, contacts and responses with the campaign."""
    products = warehouse.table(engine, snapshot, "products")
    named = products.select("product_key", "product_major", "product_minor", "product")
    lines = warehouse.table(engine, snapshot, "sales_lines")
    lines = lines.select("customer_id", "order_id", "sold_at", "day", "amount", "product_key")
    campaigns = warehouse.table(engine, snapshot, "campaigns").select("campaign_key", "campaign", "starts_on")
    joined = {
        name: warehouse.table(engine, snapshot, name).left_join(campaigns, "campaign_key", rname="{name}_of_campaign")
        for name in ("contacts", "responses")
    }
    return {"lines": lines.left_join(named, "product_key", rname="{name}_of_class"), **joined}


def facts_of(*ids: int) -> Facts:
    """The customer's rows; nothing where there is no whole snapshot. Not laid down yet: asked of the star itself.

    ids: under which the person is known; a snapshot from before a merge has the rows under each of them.
    """
    try:
        snapshot, _newest = warehouse.current()
    except (NotFound, Damaged):
        return Facts()
    laid_down = _published(snapshot)
    if laid_down is not None:
        names = ("lines", "contacts", "responses")
        rows = {
            name: [row for one in ids for row in rows_of(laid_down.paths(name), "customer_id", one)] for name in names
        }
    else:
        engine = current()
        rows = {
            name: engine.arrow(table.filter(table.customer_id.isin(list(ids)))).to_pylist()
            for name, table in _tables(engine, snapshot).items()
        }
    rows["lines"] = sorted(rows["lines"], key=lambda line: line["sold_at"], reverse=True)[:LINES_LIMIT]
    return Facts(**rows, available=True)
