"""Who fell between two scorings, as Ibis expressions: tables in, table out."""

import ibis
from ibis.expr.types import Table


def moved(before: Table, after: Table, least: float) -> Table:
    """Everybody who was scored on both days, and how they moved.

    before, after: customer_id, segment, score, monetary of `score.tables.scored`. least: fall of the score from which
    it counts. Returns customer_id, segment_before, segment, score_before, score, monetary_before, monetary,
    recency_days, fell (bool: fewer axes are high than before, or the score fell by `least`).
    """
    earlier = before.select("customer_id", segment_before="segment", score_before="score", monetary_before="monetary")
    joined = after.select("customer_id", "segment", "score", "monetary", "recency_days").inner_join(
        earlier, "customer_id"
    )
    high_before, high = (one.length() - one.replace("H", "").length()
                         for one in (joined.segment_before, joined.segment))  # fmt: skip
    by_score = joined.score_before - joined.score >= ibis.literal(least, type="float64")
    return joined.mutate(fell=(high < high_before) | by_score)


def with_branch(moved: Table, customers: Table) -> Table:
    """The same with each customer's branch ("" where unknown). customers: customer_id, branch of the star."""
    joined = moved.left_join(customers.select("customer_id", "branch"), "customer_id").drop("customer_id_right")
    return joined.mutate(branch=joined.branch.fill_null(""))


def fallen_by(moved: Table, *columns: str) -> Table:
    """How many fell among how many: the columns, customers, fallen, lost (money less than before, of the fallen)."""
    lost = (moved.monetary_before - moved.monetary).sum(where=moved.fell)
    return moved.group_by(*columns).aggregate(
        customers=moved.count().cast("int64"), fallen=moved.count(where=moved.fell).cast("int64"),
        lost=lost.cast("int64").fill_null(ibis.literal(0, type="int64")),
    )  # fmt: skip


def worst(moved: Table, limit: int) -> Table:
    """Those who fell, by the money they spend less, most first."""
    found = moved.filter(moved.fell).mutate(lost=(moved.monetary_before - moved.monetary).cast("int64"))
    return found.order_by([ibis.desc("lost"), ibis.asc("customer_id")]).limit(limit)
