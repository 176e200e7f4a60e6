"""A year of purchases of a few invented customers, as sales lines and as a warehouse snapshot."""

import hashlib
import random
import shutil
import tempfile
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from dangol.engine import Store
from dangol.staff.reads import system
from dangol.work.actions import Quiet

_scored: dict[str, tuple] = {}

FIRST, LAST = date(2025, 1, 3), date(2025, 12, 31)
COLUMNS = pa.schema(
    [
        ("order_id", pa.string()), ("line_no", pa.int32()), ("customer_id", pa.int64()), ("day", pa.date32()),
        ("quantity", pa.int64()), ("amount", pa.int64()),
    ]
)  # fmt: skip


def line(order: str, customer: int, day: date, amount: int, line_no: int = 0) -> dict:
    return {"order_id": order, "line_no": line_no, "customer_id": customer, "day": day, "quantity": 1, "amount": amount}


def table(rows: list[dict]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=COLUMNS)


def many(customers: int = 60, seed: int = 7) -> pa.Table:
    """Skewed random purchases with some returned orders; customer 1 buys on the first and on the last day."""
    dice = random.Random(seed)
    rows = [line("first", 1, FIRST, 1000), line("last", 1, LAST, 1000)]
    for customer in range(2, customers + 2):
        for order in range(1 + int(dice.expovariate(0.2))):
            day = FIRST + timedelta(days=dice.randrange((LAST - FIRST).days + 1))
            sign = -1 if order and dice.random() < 0.08 else 1
            for number in range(dice.randrange(1, 4)):
                amount = sign * dice.randrange(1, 50_000)
                rows.append(line(f"{customer}-{order}", customer, day, amount, number))
    return table(rows)


def in_channels(lines: pa.Table) -> pa.Table:
    """The same purchases: the odd customers buy in the shop, every third one on the web only, the others in both."""
    ways = ["web" if customer % 3 == 0 or (customer % 2 == 0 and day.day % 2) else "shop"
            for customer, day in zip(lines["customer_id"].to_pylist(), lines["day"].to_pylist(), strict=True)]  # fmt: skip
    return lines.append_column("channel", pa.array(ways, pa.string()))


def numbered_from(first: int, lines: pa.Table) -> pa.Table:
    """The same purchases by customers first, first + 1, … in place of 1, 2, …: PostgreSQL begins no table anew at 1."""
    place = lines.schema.get_field_index("customer_id")
    return lines.set_column(place, "customer_id", pc.add(lines["customer_id"], first - 1))


def warehouse(home: Path, lines: pa.Table, snapshot_id: str = "20260101-000000", *more: pa.Table) -> None:
    """A warehouse snapshot that holds these sales lines, and their customers: every third one without a branch.

    more: lines that came later, a file each.
    """
    ids = sorted({one for part in (lines, *more) for one in part["customer_id"].to_pylist()})
    branches = pa.array(["Gangnam" if one % 3 else None for one in ids], pa.string())
    with Store(home / "warehouse").draft(snapshot_id) as draft:
        for part in (lines, *more):
            path = draft.place("sales_lines")
            pq.write_table(part, path)
            draft.add("sales_lines", path, part.num_rows)
        path = draft.place("customers")
        pq.write_table(pa.table({"customer_id": pa.array(ids, pa.int64()), "branch": branches}), path)
        draft.add("customers", path, len(ids))
        draft.facts = {"as_of": LAST.isoformat(), "first_day": FIRST.isoformat(), "currency": "KRW"}


def scored(home: Path, lines: pa.Table) -> tuple[dict, list]:
    """Score these lines in this home; returns what the run says and what it published.

    The same lines are scored once a process: later tests get copies of the snapshots and the scheme's cut points.
    """
    from dangol.insight.score import actions
    from dangol.insight.score.actions import scoring
    from dangol.insight.score.models import Scheme

    key = hashlib.sha256(repr(lines.to_pylist()).encode()).hexdigest()
    if key not in _scored:
        published: list = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(scoring.identify, "publish_standings", lambda rows, **about: published.append((rows, about)))
            warehouse(home, lines)
            said = actions.run(Quiet())
        kept = Path(tempfile.mkdtemp(prefix="dangol-scored-", dir=home.parent.parent)) / "home"
        shutil.copytree(home, kept)
        _scored[key] = (kept, said, published, Scheme.objects.values("version", "definition", "cut_on").get())
        return dict(said), list(published)
    kept, said, published, scheme = _scored[key]
    shutil.copytree(kept, home, dirs_exist_ok=True)
    Scheme.objects.create(**scheme, by=system())
    return dict(said), list(published)
