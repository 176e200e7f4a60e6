"""Finding the clusters of a version: describe, sample, try every number of clusters, choose, number them."""

from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext_noop as N_  # noqa: N812
from ibis.expr.types import Table

from dangol.base.errors import BadInput
from dangol.engine import Engine, Snapshot
from dangol.insight.score.groups import described, tables
from dangol.insight.score.groups.rules import clusters, naming, scaling
from dangol.insight.score.groups.rules.features import feature
from dangol.work.actions import Running

TRYING = N_("Trying numbers of clusters")


def fit(
    engine: Engine, source: Snapshot, wanted: clusters.Wanted, running: Running, *, before: Table | None, next_code: int
) -> tuple[dict[str, Any], int]:
    """What a version of clusters is: the plain values of Version.fitted, and the next number never used.

    before: customer_id and code of the version in force, None for the first. Raises BadInput, Cancelled.
    """
    day = described.day_of(source)
    names = described.members(engine, source, wanted.features)
    running.progress(0, 100, N_("Describing customers"))
    found = described.described(engine, source, day, wanted.window_days, names)
    customers = int(engine.arrow(found.count().name("n").as_table())["n"][0].as_py())
    needed = max(clusters.FEWEST_CUSTOMERS, 10 * wanted.k)
    said = {"day": day.isoformat(), "customers": customers, "features": list(names), "needed": needed}
    if customers < needed:
        return {**said, "answer": "too_few"}, next_code
    raw = described.matrix(engine, found, names, clusters.SAMPLE)
    scales, same = scaling.fit(names, raw)
    if not scales:
        raise BadInput("These features are the same for every customer. Choose others.", field="features")
    z = scaling.scaled(raw[:, [names.index(one.name) for one in scales]], scales)
    candidates, centres = clusters.tried(
        wanted, z, lambda done, total: running.progress(10 + 70 * done // total, 100, TRYING)
    )
    choice = clusters.chosen(candidates, wanted.k)
    picked = centres[choice.k]
    codes, next_code = _numbered(engine, found, scales, picked, before=before, next_code=next_code)
    return {
        **said, "answer": "fitted", "sample": len(z), "same": list(same), "scales": scaling.as_dicts(scales),
        "candidates": [asdict(one) for one in candidates], "choice": asdict(choice), "codes": codes,
        "centres": picked.as_dict(),
    }, next_code  # fmt: skip


def _numbered(
    engine: Engine, found: Table, scales: tuple[scaling.Scale, ...], centres: clusters.Centres, *,
    before: Table | None, next_code: int,
) -> tuple[list[int], int]:  # fmt: skip
    """The number of every centre: an earlier group's where it has its customers, else new ones by sales a customer."""
    places = list(range(len(centres.centres)))
    now = tables.clustered(found, scales, centres, places).select("customer_id", "code", "sales")
    rows = engine.arrow(now.group_by("code").aggregate(mean=now.sales.mean())).to_pylist()
    by_sales = sorted(places, key=lambda place: -next((row["mean"] for row in rows if row["code"] == place), 0.0))
    shared = engine.arrow(tables.overlap(before, now)).to_pylist() if before is not None else []
    overlap = {(int(row["old"]), int(row["new"])): int(row["customers"]) for row in shared}
    numbers, next_code = naming.matched(overlap, by_sales, next_code)
    return [numbers[place] for place in places], next_code


def members(found: Table, fitted: dict[str, Any]) -> Table:
    """Described customers with the code of their cluster and their features on scale (see `tables.clustered`)."""
    return tables.clustered(
        found, scaling.from_dict(fitted["scales"]), clusters.centres_from(fitted["centres"]), fitted["codes"]
    )


def profile(engine: Engine, found: Table, fitted: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
    """How the clusters are today: size, sales, means and what distinguishes each, as plain values of Version.profile.

    named: titles given before, by code; a group keeps the title it was born with.
    """
    scales = scaling.from_dict(fitted["scales"])
    names = [one.name for one in scales]
    rows = {row["code"]: row for row in engine.arrow(tables.profile(found, names)).to_pylist()}
    whole = rows.pop(None)
    groups = {code: _group(row, whole, names) for code, row in sorted(rows.items())}
    born = naming.titles({code: [naming.Trait(**one) for one in group["traits"]] for code, group in groups.items()})
    for code, group in groups.items():
        group["title"] = named.get(str(code)) or [one.as_dict() for one in born[code]]
    return {"customers": int(whole["customers"]), "sales": round(whole["sales"] or 0),
            "means": {name: whole[f"mean_{feature(name).column}"] for name in names},
            "groups": {str(code): group for code, group in groups.items()}}  # fmt: skip


def _group(row: dict[str, Any], whole: dict[str, Any], names: list[str]) -> dict[str, Any]:
    columns = {name: feature(name).column for name in names}
    differences = {
        name: (row[f"z_{column}"] - whole[f"z_{column}"]) / whole[f"sd_{column}"]
        for name, column in columns.items()
        if whole[f"sd_{column}"]
    }
    return {
        "customers": int(row["customers"]), "sales": round(row["sales"] or 0),
        "means": {name: row[f"mean_{column}"] for name, column in columns.items()},
        "differences": {name: round(value, 3) for name, value in differences.items()},
        "traits": [one.as_dict() for one in naming.traits(differences)],
    }  # fmt: skip
