"""Who breaks a rule: within one's own tree, page by page, with what has been mended since."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from dangol.customers.identify import reads as identify
from dangol.customers.identify.reads import quality as identify_quality
from dangol.customers.identify.rules import CustomerQuery
from dangol.customers.quality import tables
from dangol.customers.quality.reads.ruling import breaking, rule
from dangol.customers.quality.reads.stored import newest
from dangol.engine import current_local
from dangol.staff.reads import Member, require, scope_of
from dangol.staff.rules import Right


@dataclass(frozen=True)
class Issue:
    """A customer who broke a rule when it was measured. customer: identify's masked row. mended: no more by now."""

    customer: Any
    mended: bool


@dataclass(frozen=True)
class IssuePage:
    """Some of the customers who break a rule; next: the id after which the following ones begin."""

    rows: Sequence[Issue]
    next: int | None


def _found(by: Member, rule_id: int) -> Any:
    """The breakers one may see as a table; None where nothing was measured for this rule yet."""
    require(by, Right.CUSTOMERS_VIEW)
    snapshot = newest()
    if snapshot is None or str(rule_id) not in snapshot.facts["rules"]:
        return None
    scope = scope_of(by)
    everything = current_local().table(snapshot.paths("broken"))
    broken = everything.filter(everything[f"rule_{rule_id}"])
    return tables.in_scope(broken, unit_path=scope.unit_path, rep_id=scope.member_id, everyone=scope.everyone)


def issues(by: Member, rule_id: int, *, after: int = 0, limit: int = 50) -> IssuePage:
    """Customers of one's own tree who broke a rule at the last measuring, in order of id. Raises NotFound."""
    asked = rule(by, rule_id)
    found = _found(by, rule_id)
    if found is None:
        return IssuePage([], None)
    ids = _ids(found, after, limit + 1)
    page = ids[:limit]
    rows = _customers(by, page)
    mended = _mended(asked, [row.id for row in rows])
    return IssuePage([Issue(row, row.id in mended) for row in rows], page[-1] if len(ids) > limit else None)


def _ids(found: Any, after: int, limit: int) -> list[int]:
    import ibis

    chosen = found.filter(found.customer_id > ibis.literal(after, "int64")).order_by("customer_id").limit(limit)
    ids: list[int] = current_local().arrow(chosen.select("customer_id"))["customer_id"].to_pylist()
    return ids


def _customers(by: Member, ids: Sequence[int]) -> list[Any]:
    """The rows of the ids that one may still see, in order of id."""
    if not ids:
        return []
    page = identify.search(by, CustomerQuery(ids=tuple(ids), size=len(ids)))
    return sorted(page.rows, key=lambda row: row.id)


def _mended(asked: Any, ids: Sequence[int]) -> set[int]:
    """Which of a few customers break the rule no more. A shared value is not known from a few alone."""
    if not ids or asked.kind == "unique":
        return set()
    people = pa.Table.from_batches(list(identify_quality.people(ids=ids)), schema=identify_quality.schema())
    return set(ids) - breaking(people, [asked])[0]


def issue_count(by: Member, rule_id: int) -> int:
    """How many customers of one's own tree broke a rule at the last measuring."""
    found = _found(by, rule_id)
    if found is None:
        return 0
    return int(current_local().arrow(found.agg(n=found.count()))["n"][0].as_py())
