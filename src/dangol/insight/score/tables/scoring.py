"""RFM as Ibis expressions, the same on DuckDB and Spark: tables in, table out.

`lines` are the warehouse's sales lines: customer_id int64, day date, line_no int (0 = first line of an order), amount
int64 (minor units). A line with a negative amount is a return: it lowers the amount, but is no purchase, so it counts
for neither recency nor frequency. Orders are counted by their first line: exact distinct counts cost several times as
much.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import reduce
from typing import Any

import ibis
from ibis.expr.types import Table

from dangol.base.errors import BadInput
from dangol.insight.score.rules import AXES, TOP_SCORE, Axis, AxisCode, RfmScheme, from_quantiles, quantiles

VALUES: dict[AxisCode, str] = {"r": "recency_days", "f": "frequency", "m": "monetary"}


def of_channel(lines: Table, channel: str) -> Table:
    """The lines of one channel; all of them for ""."""
    return lines.filter(lines.channel == channel) if channel else lines


def first_day(lines: Table) -> Table:
    """One row with the earliest day of the lines: day, null where there are none."""
    return lines.aggregate(day=lines.day.min())


def _window_start(as_of: date, window_days: int | None) -> date | None:
    """The last day before the window."""
    return as_of - timedelta(days=window_days) if window_days else None


def spend(lines: Table, as_of: date, window_days: int | None) -> Table:
    """What each customer bought up to a day.

    Returns customer_id, first_day, last_day (purchases only), orders, amount (all history), frequency, monetary (in the
    window). Customers without a purchase are left out.
    """
    lines = lines.filter(lines.day <= ibis.literal(as_of))
    bought = lines.amount >= ibis.literal(0, type="int64")
    is_order = (lines.line_no == ibis.literal(0, type="int32")) & bought
    facts = {
        "first_day": lines.day.min(where=bought),
        "last_day": lines.day.max(where=bought),
        "orders": lines.count(where=is_order),
        "amount": lines.amount.sum(),
    }
    start = _window_start(as_of, window_days)
    if start is not None:
        inside = lines.day > ibis.literal(start)
        facts |= {"frequency": lines.count(where=is_order & inside), "monetary": lines.amount.sum(where=inside)}
    return _customers(lines.group_by("customer_id").aggregate(**facts))


def _customers(found: Table) -> Table:
    """One shape for `spend` however it was counted: whole numbers, nothing null, customers with a purchase only."""
    if "frequency" not in found.columns:
        found = found.mutate(frequency=found.orders, monetary=found.amount)
    whole = {name: found[name].cast("int64").fill_null(ibis.literal(0, type="int64"))
             for name in ("orders", "amount", "frequency", "monetary")}  # fmt: skip
    found = found.filter(found.last_day.notnull())
    return found.select("customer_id", "first_day", "last_day", **whole)


def breaks(ends: Sequence[date], window_days: int | None) -> list[date]:
    """The days at which a sum for some month end starts or stops to count, ascending."""
    starts = [start for end in ends if (start := _window_start(end, window_days))]
    return sorted({*ends, *starts})


def pieces(lines: Table, cuts: Sequence[date]) -> Table:
    """Purchases per customer between breaks: one pass over the lines serves every month end and window.

    cuts: ascending days. Returns customer_id, piece (0 = up to and with cuts[0]), first_day, last_day, orders, amount.
    """
    lines = lines.filter(lines.day <= ibis.literal(cuts[-1]))
    steps = [(lines.day <= ibis.literal(cut), ibis.literal(place, type="int16")) for place, cut in enumerate(cuts)]
    lines = lines.mutate(piece=ibis.cases(*steps))
    bought = lines.amount >= ibis.literal(0, type="int64")
    return lines.group_by("customer_id", "piece").aggregate(
        first_day=lines.day.min(where=bought),
        last_day=lines.day.max(where=bought),
        orders=lines.count(where=(lines.line_no == ibis.literal(0, type="int32")) & bought),
        amount=lines.amount.sum(),
    )


def spend_at(parts: Table, cuts: Sequence[date], as_of: date, window_days: int | None) -> Table:
    """The same as `spend` from `pieces`: as_of and the start of its window must be among the cuts."""
    last = cuts.index(as_of)
    parts = parts.filter(parts.piece <= ibis.literal(last, type="int16"))
    facts = {
        "first_day": parts.first_day.min(),
        "last_day": parts.last_day.max(),
        "orders": parts.orders.sum(),
        "amount": parts.amount.sum(),
    }
    start = _window_start(as_of, window_days)
    if start is not None:
        inside = parts.piece > ibis.literal(cuts.index(start), type="int16")
        facts |= {"frequency": parts.orders.sum(where=inside), "monetary": parts.amount.sum(where=inside)}
    return _customers(parts.group_by("customer_id").aggregate(**facts))


def quantile_values(spent: Table, scheme: RfmScheme, as_of: date) -> Table:
    """One row with the quantiles of every axis whose cut points are to be computed: columns r, f, m of float lists."""
    spent = _with_recency(spent, as_of)
    wanted = {code: spent[VALUES[code]].quantile(quantiles(axis))
              for code, axis in scheme.axes.items() if axis.method == "quantile"}  # fmt: skip
    return spent.aggregate(**wanted)


def _with_recency(spent: Table, as_of: date) -> Table:
    if "recency_days" in spent.columns:  # measured before
        return spent
    return spent.mutate(recency_days=ibis.literal(as_of).delta(spent.last_day, unit="day").cast("int64"))


def with_computed(engine: Any, spent: Table, as_of: date, scheme: RfmScheme) -> RfmScheme:
    """The scheme with its quantile axes' cut points taken from these customers. Raises BadInput when there are none.

    engine: a dangol.engine.Engine.
    """
    if scheme.is_ready:
        return scheme
    [found] = engine.arrow(quantile_values(spent, scheme, as_of)).to_pylist()
    if any(values is None or values[0] is None for values in found.values()):
        raise BadInput("There are no purchases to compute cut points from.", field="scheme")
    return scheme.with_cut_points({code: from_quantiles(code, values) for code, values in found.items()})


def _score(spent: Table, code: AxisCode, axis: Axis) -> ibis.Expr:
    value = spent[VALUES[code]]
    met = [(value <= cut if code == "r" else value >= cut).cast("int8")
           for cut in (ibis.literal(point, type="int64") for point in axis.cut_points)]  # fmt: skip
    return reduce(lambda total, one: total + one, met, ibis.literal(1, type="int8")).cast("int8")


def measured(spent: Table, as_of: date) -> Table:
    """What customers are graded by alone: recency_days, frequency, monetary. spent: as from `spend`."""
    return _with_recency(spent, as_of).select(*VALUES.values())


def _graded(spent: Table, as_of: date, scheme: RfmScheme) -> Table:
    """What customers bought (`spend` or `measured`) with the score of every axis."""
    spent = _with_recency(spent, as_of)
    return spent.mutate(**{code: _score(spent, code, axis) for code, axis in scheme.axes.items()})


def _named(found: Table, scheme: RfmScheme) -> Table:
    """Scores of the axes with their group ("543") and segment ("HHH")."""
    return found.mutate(group=_digits(found).cast("string"), segment=_segment(found, scheme))


def tried(spent: Table, as_of: date, scheme: RfmScheme) -> Table:
    """Customers per group by a scheme, each with its segment: named after counting, as there are few groups."""
    found = _graded(spent, as_of, scheme)
    return _named(found.group_by(*AXES).aggregate(customers=found.count()), scheme)


def scored(spent: Table, as_of: date, scheme: RfmScheme) -> Table:
    """Scores and segments by a scheme that has its cut points.

    Returns customer_id, as_of, first_day, last_day, orders, amount, recency_days, frequency, monetary, r, f, m, group
    (\"543\"), score (0..100) and segment (\"HHH\" … \"LLL\").
    """
    spent = _named(_graded(spent, as_of, scheme), scheme)
    total = sum(axis.weight for axis in scheme.axes.values())
    share = {code: TOP_SCORE * axis.weight / total / (axis.groups - 1) for code, axis in scheme.axes.items()}
    least = sum(share.values())
    score = sum((spent[code].cast("float64") * share[code] for code in AXES), ibis.literal(-least, type="float64"))
    return spent.select(
        "customer_id", "first_day", "last_day", "orders", "amount", "recency_days", "frequency", "monetary", *AXES,
        "group", "segment",
        as_of=ibis.literal(as_of),
        score=score.round(2),
    )  # fmt: skip


def _digits(spent: Table) -> ibis.Expr:
    """543 for the scores 5, 4 and 3: one number is written as text in a third of the time of three."""
    hundred, ten = ibis.literal(100, type="int16"), ibis.literal(10, type="int16")
    return spent.r.cast("int16") * hundred + spent.f.cast("int16") * ten + spent.m.cast("int16")


def _segment(spent: Table, scheme: RfmScheme) -> ibis.Expr:
    """The segment's code, chosen whole: putting letters together costs more than a few comparisons."""
    high = {code: spent[code] >= ibis.literal(axis.high_from, type="int8") for code, axis in scheme.axes.items()}

    def chosen(begun: str, rest: Sequence[AxisCode]) -> ibis.Expr:
        if not rest:
            return ibis.literal(begun)
        return ibis.ifelse(high[rest[0]], chosen(begun + "H", rest[1:]), chosen(begun + "L", rest[1:]))

    return chosen("", AXES)


def rfm(lines: Table, as_of: date, scheme: RfmScheme) -> Table:
    """Score every customer on one day, by a scheme that has its cut points. For columns see `scored`."""
    return scored(spend(lines, as_of, scheme.window_days), as_of, scheme)


def rfm_anew(engine: Any, lines: Table, as_of: date, scheme: RfmScheme) -> tuple[Table, RfmScheme]:
    """Score every customer with cut points computed from these very customers; the lines are read once.

    engine: a dangol.engine.Engine. Returns the scores (see `scored`) and the scheme with its cut points.
    """
    spent = engine.keep(spend(lines, as_of, scheme.window_days))
    ready = with_computed(engine, spent, as_of, scheme)
    return scored(spent, as_of, ready), ready


def history(parts: Table, cuts: Sequence[date], ends: Sequence[date], scheme: RfmScheme) -> Mapping[date, Table]:
    """Scores at every month end, from `pieces`: one table a month end, all by the same cut points."""
    return {end: scored(spend_at(parts, cuts, end, scheme.window_days), end, scheme) for end in ends}


def segment_sizes(scores: Table) -> Table:
    """Customers, sales and orders (of the window) and mean recency per day of scoring and segment."""
    return scores.group_by("as_of", "segment").aggregate(
        customers=scores.count(),
        sales=scores.monetary.sum().cast("int64"),
        orders=scores.frequency.sum().cast("int64"),
        recency_days=scores.recency_days.mean(),
        score=scores.score.mean(),
    )


def nearly_all(spent: Table, as_of: date) -> Table:
    """One row with the value under which 99 of 100 customers lie, on every axis: columns r, f, m."""
    spent = _with_recency(spent, as_of)
    return spent.aggregate(**{code: spent[VALUES[code]].quantile(0.99) for code in AXES})


def histogram(spent: Table, as_of: date, code: AxisCode, top: float, bins: int) -> Table:
    """Customers by the value of an axis, in bins of equal width on a square root scale from 0 to top: bin, customers.

    Most values are small and a few are huge: the root leaves both to be seen. Values below 0 are in the first bin,
    those from top on in the last.
    """
    spent = _with_recency(spent, as_of)
    zero, one = ibis.literal(0.0, type="float64"), ibis.literal(1.0, type="float64")
    share = ibis.greatest(spent[VALUES[code]].cast("float64") / ibis.literal(top, type="float64"), zero)
    place = (ibis.least(share, one).sqrt() * ibis.literal(float(bins), type="float64")).floor().cast("int64")
    return spent.group_by(bin=ibis.least(place, ibis.literal(bins - 1, type="int64"))).aggregate(
        customers=spent.count().cast("int64")
    )


def group_sizes(scores: Table) -> Table:
    """Customers and sales per group (\"543\") with its segment."""
    return scores.group_by("group", "segment").aggregate(
        customers=scores.count(), sales=scores.monetary.sum().cast("int64")
    )


def axis_sizes(scores: Table, code: AxisCode) -> Table:
    """Customers per score of one axis."""
    return scores.group_by(score=scores[code]).aggregate(customers=scores.count())


def sales_by_channel(lines: Table) -> Table:
    """What is bought through each channel: channel, orders int64, amount int64 (minor units)."""
    lines = lines.filter(lines.channel.notnull() & (lines.channel != ""))
    is_order = (lines.line_no == ibis.literal(0, type="int32")) & (lines.amount >= ibis.literal(0, type="int64"))
    return lines.group_by("channel").aggregate(
        orders=lines.count(where=is_order).cast("int64"), amount=lines.amount.sum().cast("int64")
    )


def side_by_side(newest: Mapping[int, Table]) -> Table:
    """Every customer's class by each of several schemes: customer_id, segment_<n>, score_<n>, group_<n>; null where
    a scheme does not know the customer. newest: number -> scores as from `scored`.
    """
    parts = [
        scores.select(
            "customer_id",
            **{f"segment_{number}": scores.segment, f"score_{number}": scores.score,
               f"group_{number}": _digits(scores).cast("string")},
        )
        for number, scores in newest.items()
    ]  # fmt: skip
    everybody = ibis.union(*(part.select("customer_id") for part in parts), distinct=True)
    return reduce(lambda wide, part: wide.left_join(part, "customer_id").drop("customer_id_right"), parts, everybody)
