"""Growing the tree of a version: who is looked at, what they were like before, what came of them, and the rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
from django.utils.translation import gettext_noop as N_  # noqa: N812
from ibis.expr.types import Table

from dangol.base.errors import BadInput, NotFound
from dangol.engine import Engine, Snapshot, current
from dangol.insight.score.groups import described, tables
from dangol.insight.score.groups.rules import clusters, naming, scaling, trees
from dangol.insight.score.groups.rules.features import feature
from dangol.insight.warehouse import reads as warehouse
from dangol.work.actions import Running

NOT_ATTRIBUTES = {"customer_id", "code", "unit_path", "unit_id", "rep", "rep_id", "first_day", "birth_year"}
CAMPAIGNS_SHOWN = 200
VALUES_TRIED = 6  # of an attribute, so many values become questions


def attributes(engine: Engine, source: Snapshot) -> dict[str, bool]:
    """The attributes of customers that rules may use, and whether anybody has a generated value there."""
    if "customers" not in source.files:
        return {}
    made = set(source.facts.get("generated", ()))
    columns = warehouse.table(engine, source, "customers").columns
    return {name: name in made for name in columns if name not in NOT_ATTRIBUTES}


@dataclass(frozen=True)
class Choices:
    """What a tree can be asked for. campaigns: (key, name); attributes: name -> generated; values: "column=value"."""

    campaigns: Sequence[tuple[str, str]]
    attributes: dict[str, bool]
    values: Sequence[str]


def choices() -> Choices:
    """What a tree can be asked for today; nothing before there is a warehouse."""
    try:
        source, _newest = warehouse.current()
    except NotFound:
        return Choices((), {}, ())
    engine = current()
    campaigns: list[tuple[str, str]] = []
    values: list[str] = []
    if {"campaigns", "contacts"} <= set(source.files):
        asked, contacts = (warehouse.table(engine, source, name) for name in ("campaigns", "contacts"))
        reached = contacts.select("campaign_key").distinct()
        rows = engine.arrow(asked.semi_join(reached, "campaign_key").order_by("campaign_key").limit(CAMPAIGNS_SHOWN))
        campaigns = [(row["campaign_key"], row["campaign"] or row["campaign_key"]) for row in rows.to_pylist()]
    known = attributes(engine, source)
    for name in known:
        people = warehouse.table(engine, source, "customers")
        rows = engine.arrow(tables.common_values(people, name, VALUES_TRIED + 1)).to_pylist()
        values += [f"{name}={row['value']}" for row in rows[:VALUES_TRIED] if len(rows) > 1]
    return Choices(campaigns, known, values)


def _names(engine: Engine, source: Snapshot, wanted: trees.Wanted) -> tuple[str, ...]:
    """The features to ask questions about; the target's own attribute is none of them. Raises BadInput."""
    names = list(described.members(engine, source, wanted.features))
    known = attributes(engine, source)
    own = wanted.of.partition("=")[0] if wanted.target == "attribute" else ""
    for column in wanted.attributes:
        if column not in known:
            raise BadInput("There is no attribute {name}.", field="attributes", name=column)
        if column == own:
            continue
        rows = engine.arrow(tables.common_values(warehouse.table(engine, source, "customers"), column, VALUES_TRIED))
        names += [f"is:{column}={row['value']}" for row in rows.to_pylist()]
    return tuple(names)


def frame(engine: Engine, source: Snapshot, wanted: trees.Wanted, names: Sequence[str]) -> tuple[Table, date]:
    """Customers as they were on the day before the target's period, and `hit`: whether the target came true.

    Nothing of a feature lies after that day, so that no rule can read the answer. Returns the table and the day.
    """
    as_of = described.day_of(source)
    before = as_of if wanted.target == "attribute" else as_of - timedelta(days=wanted.target_days)
    if wanted.target == "responded":
        found, before = _contacted(engine, source, wanted.of)
        people = described.described(engine, source, before, wanted.window_days, names)
        return engine.keep(people.inner_join(found, "customer_id")), before
    people = described.described(engine, source, before, wanted.window_days, names)
    if wanted.target == "attribute":
        return engine.keep(_with_attribute(engine, source, people, wanted.of)), before
    lines = warehouse.table(engine, source, "sales_lines")
    later = tables.bought_in(lines, before, as_of)
    if wanted.target == "asleep":
        active = tables.bought_in(lines, before - timedelta(days=wanted.target_days), before)
        people = people.semi_join(active.filter(active.bought > ibis.literal(0, type="int64")), "customer_id")
    joined = people.left_join(later, "customer_id").drop("customer_id_right")
    zero = ibis.literal(0, type="int64")
    joined = joined.mutate(bought=joined.bought.fill_null(zero), later=joined.later.fill_null(zero))
    if wanted.target == "asleep":
        hit = joined.bought == zero
    else:
        [least] = engine.arrow(joined.aggregate(q=joined.later.quantile(1 - trees.HIGH_SHARE)))["q"].to_pylist()
        hit = (joined.later.cast("float64") >= ibis.literal(float(least or 0.0))) & (joined.later > zero)
    return engine.keep(joined.mutate(hit=hit).drop("bought", "later")), before


def _contacted(engine: Engine, source: Snapshot, campaign: str) -> tuple[Table, date]:
    """Who was contacted in a campaign and whether they responded; the day before it began. Raises NotFound."""
    real = ibis.literal(0, type="int64")
    contacts, responses, campaigns = (warehouse.table(engine, source, name)
                                      for name in ("contacts", "responses", "campaigns"))  # fmt: skip
    contacts = contacts.filter(contacts.campaign_key == campaign, contacts.customer_id.notnull(),
                               contacts.generated.fill_null(real) == real)  # fmt: skip
    responses = responses.filter(responses.campaign_key == campaign, responses.generated.fill_null(real) == real)
    days = [
        *engine.arrow(contacts.aggregate(day=contacts.contacted_on.min()))["day"].to_pylist(),
        *engine.arrow(campaigns.filter(campaigns.campaign_key == campaign).select("starts_on"))[
            "starts_on"
        ].to_pylist(),
    ]
    known = [day for day in days if day is not None]
    if not known:
        raise NotFound("This campaign has contacted nobody yet.")
    people = contacts.select("customer_id").distinct()
    answered = responses.select("customer_id").distinct().mutate(hit=ibis.literal(True))
    joined = people.left_join(answered, "customer_id").drop("customer_id_right")
    return joined.mutate(hit=joined.hit.fill_null(ibis.literal(False))), min(known) - timedelta(days=1)


def _with_attribute(engine: Engine, source: Snapshot, people: Table, of: str) -> Table:
    column, _sign, value = of.partition("=")
    if column not in attributes(engine, source):
        raise BadInput("There is no attribute {name}.", field="of", name=column)
    customers = warehouse.table(engine, source, "customers")
    side = customers.select("customer_id", own_=customers[column].cast("string"))
    joined = people.inner_join(side.filter(side.own_.notnull()), "customer_id")
    return joined.mutate(hit=joined.own_ == ibis.literal(value)).drop("own_")


def grow(
    engine: Engine, source: Snapshot, wanted: trees.Wanted, running: Running, *, before: Table | None, next_code: int
) -> tuple[dict[str, Any], int, Table | None]:
    """What a version of a tree is: the plain values of Version.fitted, the next number never used, and its frame.

    before: as for clusters (see fitting.fit). Raises BadInput, NotFound, Cancelled.
    """
    running.progress(0, 100, N_("Describing customers"))
    names = _names(engine, source, wanted)
    found, day = frame(engine, source, wanted, names)
    [counted] = engine.arrow(found.aggregate(n=found.count(), hits=found.count(where=found.hit))).to_pylist()
    said = {"day": day.isoformat(), "customers": counted["n"], "hits": counted["hits"], "features": list(names),
            "needed": trees.FEWEST_CUSTOMERS, "generated": _generated(engine, source, wanted, names)}  # fmt: skip
    if (
        counted["n"] < trees.FEWEST_CUSTOMERS
        or min(counted["hits"], counted["n"] - counted["hits"]) < trees.FEWEST_HITS
    ):
        return {**said, "answer": "too_few"}, next_code, None
    running.progress(20, 100, N_("Growing the tree"))
    rows = engine.arrow(tables.sample(found.filter(~tables.held_out(found)), clusters.SAMPLE))
    raw = np.column_stack([rows[feature(name).column].to_numpy(zero_copy_only=False).astype(float) for name in names])
    medians = [float(np.median(known)) if len(known := column[~np.isnan(column)]) else 0.0 for column in raw.T]
    x = np.where(np.isnan(raw), medians, raw)
    tree = trees.grown(x, rows["hit"].to_numpy(zero_copy_only=False).astype(bool), names, wanted.seed)
    if "code" in tree:
        return {**said, "answer": "no_rule"}, next_code, None
    fills = dict(zip(names, medians, strict=True))
    tree, next_code = _numbered(engine, source, wanted, tree, fills, before=before, next_code=next_code)
    running.progress(70, 100, N_("Checking the rules on customers held out"))
    used = trees.used(tree)
    scales, _same = scaling.fit(used, x[:, [names.index(name) for name in used]])
    return {
        **said, "answer": "fitted", "features": used, "tried": list(names), "tree": tree, "codes": trees.codes(tree),
        "fills": {name: fills[name] for name in used}, "scales": scaling.as_dicts(scales), "edited": False,
        "leaves": leaves(engine, found, tree, fills),
    }, next_code, found.select("customer_id", *[feature(name).column for name in used], "hit")  # fmt: skip


def _generated(engine: Engine, source: Snapshot, wanted: trees.Wanted, names: Sequence[str]) -> list[str]:
    """The attributes among features and target in which anybody has a generated value."""
    known = attributes(engine, source)
    columns = [feature(name).value.partition("=")[0] for name in names if tables.is_attribute(name)]
    columns += [wanted.of.partition("=")[0]] if wanted.target == "attribute" else []
    return sorted({column for column in columns if known.get(column)})


def _numbered(
    engine: Engine, source: Snapshot, wanted: trees.Wanted, tree: trees.Tree, fills: dict[str, float], *,
    before: Table | None, next_code: int,
) -> tuple[trees.Tree, int]:  # fmt: skip
    """The leaves with numbers of earlier ones whose customers of today they share, else new ones by falling rate."""
    places = sorted(trees.codes(tree))
    overlap: dict[tuple[int, int], int] = {}
    if before is not None:
        day = described.day_of(source)
        now = described.described(engine, source, day, wanted.window_days, trees.used(tree))
        shared = tables.overlap(before, now.mutate(code=tables.leaf_of(now, tree, fills)))
        overlap = {(int(row["old"]), int(row["new"])): int(row["customers"])
                   for row in engine.arrow(shared).to_pylist()}  # fmt: skip
    numbers, next_code = naming.matched(overlap, places, next_code)
    return trees.renumbered(tree, numbers), next_code


def leaves(engine: Engine, found: Table, tree: trees.Tree, fills: dict[str, float]) -> list[dict[str, int]]:
    """How every leaf does in a frame; leaves nobody falls into have 0."""
    rows = {row["code"]: row for row in engine.arrow(tables.leaves(found, tree, fills)).to_pylist()}
    none = {"customers": 0, "hits": 0, "held": 0, "held_hits": 0}
    return [{"code": code, **{name: int(rows.get(code, none)[name]) for name in none}} for code in trees.codes(tree)]


def members(found: Table, fitted: dict[str, Any]) -> Table:
    """Described customers with the code of their leaf and their features on scale."""
    z = found.mutate(**{f"z_{name}": value for name, value in
                        tables.scaled(found, scaling.from_dict(fitted["scales"])).items()})  # fmt: skip
    return z.mutate(code=tables.leaf_of(z, fitted["tree"], fitted["fills"]))
