"""Keys as tables: which keys the facts use, and which of them have no customer yet."""

from collections.abc import Sequence
from typing import Any

import ibis
from ibis.expr.types import Table


def used_keys(facts: Sequence[Table]) -> Table:
    """The distinct (source, key) of fact tables that carry source and customer_key."""
    parts = [fact.select(source=fact.source, key=fact.customer_key) for fact in facts]
    together: Any = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return together.filter(together.key.notnull(), together.key != "").distinct()


def unlinked(groups: Table, existing: Table) -> Table:
    """The keys without a customer, and the customer of their group where one is there already.

    groups: source, key, group. existing: source, key, customer_id. Gives source, key, group, customer_id (or null),
    in order of group, so that the keys of one customer lie together.
    """
    known = groups.left_join(existing, ["source", "key"]).select("source", "key", "group", "customer_id")
    owners = (
        known.filter(known.customer_id.notnull()).group_by("group").agg(owner=lambda table: table.customer_id.min())
    )
    open_keys = known.filter(known.customer_id.isnull()).drop("customer_id")
    joined = open_keys.left_join(owners, "group")
    return joined.select("source", "key", "group", customer_id=joined.owner).order_by(["group", "source"])
