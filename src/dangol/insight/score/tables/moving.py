"""Two scorings beside each other, as Ibis expressions: who went from which segment to which."""

import ibis
from ibis.expr.types import Table

from dangol.insight.score.rules import AXES, NOT_YET


def migration(before: Table, after: Table) -> Table:
    """How many customers went from which segment to which between two scorings; \"\" is not yet a customer.

    Nobody leaves: who has bought once is scored for ever.
    """
    before = before.select("customer_id", segment_before="segment")
    joined = after.select("customer_id", "segment", "monetary").left_join(before, "customer_id")
    joined = joined.mutate(segment_before=joined.segment_before.fill_null(NOT_YET))
    return joined.group_by("segment_before", "segment").aggregate(
        customers=joined.count(), sales=joined.monetary.sum().cast("int64")
    )


def standings(after: Table, before: Table | None) -> Table:
    """What is published per customer: the latest scores with the segment at the previous month end."""
    kept = after.select("customer_id", "first_day", "last_day", "orders", "amount", "recency_days", *AXES, "score",
                        "segment")  # fmt: skip
    if before is None:
        return kept.mutate(segment_before=ibis.literal(""))
    joined = kept.left_join(before.select("customer_id", segment_before="segment"), "customer_id").drop(
        "customer_id_right"
    )
    return joined.mutate(segment_before=joined.segment_before.fill_null(""))


def moved(before: Table, after: Table, code_before: str, code: str) -> Table:
    """Who went from one segment (NOT_YET: no customer yet) to another between two scorings.

    Returns customer_id, score_before, score, monetary_before, monetary, recency_days.
    """
    now = after.filter(after.segment == code).select("customer_id", "score", "monetary", "recency_days")
    if code_before == NOT_YET:
        found = now.anti_join(before, "customer_id")
        return found.mutate(score_before=ibis.null("float64"), monetary_before=ibis.null("int64"))
    was = before.filter(before.segment == code_before)
    return now.inner_join(was.select("customer_id", score_before="score", monetary_before="monetary"), "customer_id")


def richest(moved: Table, limit: int) -> Table:
    """Those of `moved` who buy for the most now."""
    return moved.order_by([ibis.desc("monetary"), ibis.asc("customer_id")]).limit(limit)
