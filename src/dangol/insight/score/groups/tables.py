"""Features, clusters and their profiles as Ibis expressions, the same on DuckDB and Spark."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import reduce

import ibis
from ibis.expr.types import BooleanValue, NumericValue, Table

from dangol.insight.score.groups.rules import trees
from dangol.insight.score.groups.rules.clusters import Centres
from dangol.insight.score.groups.rules.features import ATTRIBUTE, LIFETIME, family_members, feature
from dangol.insight.score.groups.rules.scaling import FAR, Scale

PRIME, STEP = 2_147_483_647, 48_271  # Source: Park and Miller (1988), CACM 31: the minimal standard generator
ZERO = ("orders", "amount")  # nothing in the window is none, not unknown


def _float(value: float) -> NumericValue:
    # Written out as a number, DuckDB would take it for a DECIMAL, whose products overflow.
    return ibis.literal(repr(float(value))).cast("float64")


def _ratio(part: NumericValue, whole: NumericValue) -> NumericValue:
    return ibis.ifelse(whole > _float(0), part / whole.nullif(_float(0)), ibis.null("float64"))


def features(lines: Table, products: Table | None, as_of: date, window_days: int | None, names: Sequence[str]) -> Table:
    """The features of every customer with a purchase up to a day.

    lines: sales lines of the warehouse; products: needed for shares of product classes. Returns customer_id, `sales`
    (float64, minor units in the window) and a float64 column a feature; null where unknown. Features of
    lifetime value are joined on by `with_lifetime`.
    """
    lines = lines.filter(lines.customer_id.notnull(), lines.day <= ibis.literal(as_of))
    classes = family_members(names, "class")
    if classes and products is not None:
        side = products.select(class_key_="product_key", class_="product_major")
        lines = lines.left_join(side, lines.product_key == side.class_key_)
    summed = lines.group_by("customer_id").aggregate(**_sums(lines, as_of, window_days, names))
    summed = summed.filter(summed.last_day.notnull())
    wanted = [name for name in names if name not in LIFETIME and not is_attribute(name)]
    return summed.select("customer_id", sales=summed.amount.cast("float64"),
                         **{feature(name).column: _value(summed, name, as_of) for name in wanted})  # fmt: skip


def _sums(lines: Table, as_of: date, window_days: int | None, names: Sequence[str]) -> dict[str, ibis.Value]:
    zero = ibis.literal(0, type="int64")
    bought = lines.amount >= zero
    order = (lines.line_no == ibis.literal(0, type="int32")) & bought
    inside = _inside(lines, as_of, window_days)
    found = {
        "first_day": lines.day.min(where=bought), "last_day": lines.day.max(where=bought),
        "all_orders": lines.count(where=order), "orders": lines.count(where=order & inside),
        "amount": lines.amount.sum(where=inside).fill_null(zero), "lines": lines.count(where=bought & inside),
    }  # fmt: skip
    if "discount_share" in names:
        found["discount"] = lines.discount.sum(where=inside).fill_null(zero)
    for family, column in (("class", "class_"), ("channel", "channel")):
        for value in family_members(names, family):
            of = inside & (lines[column] == ibis.literal(value)).fill_null(ibis.literal(False))
            found[f"sum_{feature(f'{family}:{value}').column}"] = lines.amount.sum(where=of).fill_null(zero)
    return found


def _inside(lines: Table, as_of: date, window_days: int | None) -> BooleanValue:
    if window_days is None:
        return lines.day <= ibis.literal(as_of)
    return lines.day > ibis.literal(as_of - timedelta(days=window_days))


def _value(summed: Table, name: str, as_of: date) -> NumericValue:
    one = feature(name)
    amount, orders = summed.amount.cast("float64"), summed.orders.cast("float64")
    if one.value:
        share = _ratio(summed[f"sum_{one.column}"].cast("float64"), amount)
        within = ibis.greatest(_float(0), ibis.least(_float(1), share))
        return ibis.ifelse(share.isnull(), ibis.null("float64"), within)
    day = ibis.literal(as_of)
    return {
        "recency_days": lambda: day.delta(summed.last_day, unit="day").cast("float64"),
        "orders": lambda: orders,
        "amount": lambda: amount,
        "average_ticket": lambda: _ratio(amount, orders),
        "lines_per_order": lambda: _ratio(summed.lines.cast("float64"), orders),
        "discount_share": lambda: _ratio(summed.discount.cast("float64"), amount + summed.discount.cast("float64")),
        "interval_days": lambda: _ratio(summed.last_day.delta(summed.first_day, unit="day").cast("float64"),
                                        summed.all_orders.cast("float64") - _float(1)),
        "tenure_days": lambda: day.delta(summed.first_day, unit="day").cast("float64"),
    }[name]()  # fmt: skip


def with_lifetime(found: Table, lifetime: Table, names: Sequence[str]) -> Table:
    """Features with those of lifetime value beside them; null for customers without one.

    lifetime: customer_id and the columns of features.LIFETIME.
    """
    wanted = [name for name in names if name in LIFETIME]
    side = lifetime.select("customer_id", **{name: lifetime[name].cast("float64") for name in wanted})
    return found.left_join(side, "customer_id").drop("customer_id_right")


def is_attribute(name: str) -> bool:
    """Whether a feature says that an attribute has a value: `is:kids=2`."""
    return name.startswith(f"{ATTRIBUTE.name}:")


def with_attributes(found: Table, customers: Table, names: Sequence[str]) -> Table:
    """Features with those of attributes beside them: 1.0 where the attribute has the value, else 0.0."""
    pairs = {name: feature(name).value.split("=", 1) for name in names if is_attribute(name)}
    columns = list(dict.fromkeys(column for column, _value in pairs.values()))
    side = customers.select("customer_id", **{f"own_{place}": customers[one].cast("string")
                                              for place, one in enumerate(columns)})  # fmt: skip
    joined = found.left_join(side, "customer_id").drop("customer_id_right")
    flags = {feature(name).column: joined[f"own_{columns.index(column)}"] == ibis.literal(value)
             for name, (column, value) in pairs.items()}  # fmt: skip
    whole = {
        name: ibis.ifelse(flag.fill_null(ibis.literal(False)), _float(1), _float(0)) for name, flag in flags.items()
    }
    return joined.mutate(**whole).select(*found.columns, *whole)


def common_values(customers: Table, column: str, most: int) -> Table:
    """The values of an attribute that most customers have: value, customers; most rows at most."""
    found = customers.select(value=customers[column].cast("string"))
    found = found.filter(found.value.notnull(), found.value != ibis.literal(""))
    counted = found.group_by("value").aggregate(customers=lambda t: t.count())
    return counted.order_by(counted.customers.desc(), counted.value).limit(most)


def leaf_of(found: Table, tree: trees.Tree, fills: Mapping[str, float]) -> ibis.Value:
    """The number of the leaf each customer falls into, int16. fills: what stands in for a missing feature."""
    if "code" in tree:
        return ibis.literal(tree["code"], type="int16")
    name = tree["feature"]
    below = found[feature(name).column].fill_null(_float(fills[name])) < _float(tree["threshold"])
    return ibis.ifelse(below, leaf_of(found, tree["low"], fills), leaf_of(found, tree["high"], fills))


def held_out(found: Table) -> ibis.Value:
    """Whether a customer is held out of growing a tree: 3 of 10, by their number, the same ones every time."""
    mixed = (found.customer_id % ibis.literal(PRIME, type="int64")) * ibis.literal(STEP, type="int64")
    tenth = (mixed % ibis.literal(PRIME, type="int64")) % ibis.literal(10, type="int64")
    return tenth < ibis.literal(trees.HELD_TENTHS, type="int64")


def leaves(frame: Table, tree: trees.Tree, fills: Mapping[str, float]) -> Table:
    """Customers and hits of every leaf, all and held out. frame: features with `hit` (bool)."""
    found = frame.mutate(code=leaf_of(frame, tree, fills), held_=held_out(frame))
    return found.group_by("code").aggregate(
        customers=found.count(), hits=found.count(where=found.hit), held=found.count(where=found.held_),
        held_hits=found.count(where=found.held_ & found.hit),
    )  # fmt: skip


def bought_in(lines: Table, after: date, until: date) -> Table:
    """What customers bought after a day, until another one: customer_id, bought (orders), later (amount)."""
    inside = lines.filter(
        lines.customer_id.notnull(), lines.day > ibis.literal(after), lines.day <= ibis.literal(until)
    )
    zero = ibis.literal(0, type="int64")
    return inside.group_by("customer_id").aggregate(
        bought=inside.count(where=inside.amount >= zero), later=inside.amount.sum().cast("int64")
    )


def largest(lines: Table, products: Table, family: str, most: int) -> Table:
    """The values of a family with the largest sales: value, amount; most rows at most."""
    if family == "class":
        side = products.select(class_key_="product_key", class_="product_major")
        lines = lines.left_join(side, lines.product_key == side.class_key_)
    column = lines["class_" if family == "class" else "channel"]
    sums = lines.group_by(value=column).aggregate(amount=lines.amount.sum().cast("int64"))
    sums = sums.filter(sums.value.notnull(), sums.value != ibis.literal(""))
    return sums.order_by(sums.amount.desc(), sums.value).limit(most)


def sample(found: Table, size: int) -> Table:
    """So many customers at most, drawn by their number: the same customers every time, in mixed order."""
    mixed = (found.customer_id % ibis.literal(PRIME, type="int64")) * ibis.literal(STEP, type="int64")
    place = mixed % ibis.literal(PRIME, type="int64")
    return found.mutate(place_=place).order_by("place_", "customer_id").limit(size).drop("place_")


def scaled(found: Table, scales: Sequence[Scale]) -> dict[str, NumericValue]:
    """Features on scale, a value a column (see `rules.scaling.scaled`)."""
    return {feature(one.name).column: _on_scale(found[feature(one.name).column], one) for one in scales}


def _on_scale(value: NumericValue, scale: Scale) -> NumericValue:
    value = value.fill_null(_float(scale.fill))
    if scale.log:
        value = (ibis.greatest(value, _float(0)) + _float(1)).ln()
    moved = (value - _float(scale.centre)) / _float(scale.spread)
    return ibis.greatest(_float(-FAR), ibis.least(_float(FAR), moved))


def clustered(found: Table, scales: Sequence[Scale], centres: Centres, codes: Sequence[int]) -> Table:
    """Features with `code`, the number of the nearest cluster, int16; ties go to the earlier cluster.

    codes: the number of each centre. Columns `z_<feature>` hold the values on scale.
    """
    z = found.mutate(**{f"z_{name}": value for name, value in scaled(found, scales).items()})
    names = [f"z_{feature(one.name).column}" for one in scales]
    away = z.mutate(**{f"away_{place}": _distance(z, names, centres, place) for place in range(len(codes))})
    columns = [away[f"away_{place}"] for place in range(len(codes))]
    least = reduce(ibis.least, columns)
    steps = [(column == least, ibis.literal(code, type="int16")) for column, code in zip(columns, codes, strict=True)]
    return away.mutate(code=ibis.cases(*steps).cast("int16")).drop(*[f"away_{place}" for place in range(len(codes))])


def _distance(z: Table, names: Sequence[str], centres: Centres, place: int) -> NumericValue:
    parts = [
        (z[name] - _float(centre)) * (z[name] - _float(centre)) * _float(1 / variance)
        for name, centre, variance in zip(names, centres.centres[place], centres.variances[place], strict=True)
    ]
    return reduce(lambda total, part: total + part, parts, _float(centres.biases[place]))


def overlap(before: Table, now: Table) -> Table:
    """How many customers old and new groups share. Both: customer_id, code. Returns old, new, customers."""
    side = before.select("customer_id", old="code")
    joined = now.select("customer_id", new="code").inner_join(side, "customer_id")
    return joined.filter(joined.old.notnull()).group_by("old", "new").aggregate(customers=lambda t: t.count())


def profile(found: Table, names: Sequence[str]) -> Table:
    """One row a group, and one for all (code null): customers, sales, and of every feature mean and, on scale, mean.

    found: as from `clustered`. Columns mean_<column>, z_<column>, and in the row of all sd_<column>.
    """
    columns = [feature(name).column for name in names]
    facts = {"customers": found.count().cast("int64"), "sales": found.sales.sum()}
    facts |= {f"mean_{name}": found[name].mean() for name in columns}
    facts |= {f"z_{name}": found[f"z_{name}"].mean() for name in columns}
    spread = {f"sd_{name}": found[f"z_{name}"].std(how="pop") for name in columns}
    groups = found.group_by("code").aggregate(**facts, **spread)
    whole = found.aggregate(**facts, **spread)
    return groups.union(whole.mutate(code=ibis.null(groups.code.type())).select(*groups.columns))
