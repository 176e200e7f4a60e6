"""Customer indexes as Ibis expressions, the same on DuckDB and Spark."""

from collections.abc import Sequence
from functools import reduce

import ibis
from ibis.expr.types import NumericValue, StringValue, Table

from dangol.insight.score.groups.rules.features import feature
from dangol.insight.score.index.rules import BINS, RFM, TOP, Definition, Grade, Part

LOWEST = -1e300  # below every value: what is unknown ranks last
EDGES = (0.01, 0.99)


def _float(value: float) -> NumericValue:
    # Written out as a number, DuckDB would take it for a DECIMAL, whose products overflow.
    return ibis.literal(repr(float(value))).cast("float64")


def column_of(part: Part) -> str:
    """The column a part reads."""
    if part.source == RFM:
        return RFM
    return f"group_{part.grouping_id}" if part.is_group else feature(part.source).column


def edges(found: Table, parts: Sequence[Part]) -> Table:
    """One row: 1 % and 99 % of the values of every part on a range, as low_<n> and high_<n> by its place."""
    wanted = {f"{name}_{place}": found[column_of(part)].quantile(share) for place, part in enumerate(parts)
              if part.scale == "range" and not part.is_group
              for name, share in zip(("low", "high"), EDGES, strict=True)}  # fmt: skip
    return found.aggregate(**wanted)


def scored(found: Table, definition: Definition) -> Table:
    """customer_id, part_<n> (0..100 by place) and index (0..100, one decimal).

    found: customer_id and the columns of all parts; what is unknown counts 0.
    """
    names = [f"part_{place}" for place in range(len(definition.parts))]
    with_parts = found.mutate(**{name: _points(found, part)
                                 for name, part in zip(names, definition.parts, strict=True)})  # fmt: skip
    weighed = [with_parts[name] * _float(share) for name, share in zip(names, definition.shares, strict=True)]
    total = reduce(lambda one, other: one + other, weighed)
    return with_parts.select("customer_id", *names, index=total.round(1).cast("float64"))


def _points(found: Table, part: Part) -> NumericValue:
    value = found[column_of(part)]
    if part.is_group:
        steps = [(value == ibis.literal(code, type="int16"), _float(points)) for code, points in part.points]
        return ibis.cases(*steps, else_=_float(0))
    if part.scale == "percentile":
        place = ibis.percent_rank().over(order_by=value.fill_null(_float(LOWEST)))
        points = place.cast("float64") * _float(TOP)
    else:
        low, high = part.low or 0.0, part.high or 0.0
        width = high - low if high > low else 1.0
        points = ibis.greatest(_float(0), ibis.least(_float(TOP), (value - _float(low)) * _float(TOP / width)))
    points = _float(TOP) - points if part.reverse else points
    return ibis.ifelse(value.isnull(), _float(0), points)


def grade(index: NumericValue, grades: Sequence[Grade]) -> StringValue:
    """The grade of an index."""
    return ibis.cases(*[(index >= _float(one.least), ibis.literal(one.name)) for one in grades])


def spread(told: Table) -> Table:
    """Customers and sum of the index by grade and step: grade, bin, customers, total. told: index and grade."""
    step = (told.index / _float(TOP / BINS)).floor().cast("int64")
    binned = told.mutate(bin=ibis.least(step, ibis.literal(BINS - 1, type="int64")))
    return binned.group_by("grade", "bin").aggregate(customers=binned.count(), total=binned.index.sum())
