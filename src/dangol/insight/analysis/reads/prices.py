"""At which prices customers buy, and how that moved."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

from dangol.base.money import currency
from dangol.insight.analysis.reads.asking import Case
from dangol.insight.analysis.rules import steps
from dangol.insight.analysis.rules.findings import (
    BEFORE,
    N_,
    NOTHING_SOLD,
    Block,
    Bought,
    Chart,
    Column,
    Finding,
    Found,
    Sentence,
    Tile,
    say,
)
from dangol.insight.analysis.tables import purchases as tables

LARGEST = N_("Strongest price band: {band} ({share} of sales).")
GAINED = N_("Biggest gain in share: {band}, {points} against the period before.")
GAVE = N_("Biggest loss in share: {band}, {points} against the period before.")
LEAST_POINTS = 0.001


def found(case: Case) -> Found:
    """The report on price bands."""
    edges = steps.money(currency(settings.DANGOL.currency).digits)
    rows = case.arrow(tables.prices(case.star(case.unsplit), case.unsplit, case.now, case.before, edges))
    sides: list[dict[int, dict[str, Any]]] = [{}, {}]
    for row in rows:
        sides[row["side"]][row["band"]] = row
    before, now = sides
    whole = [sum(row["sales"] for row in side.values()) for side in sides]
    if not whole[1]:
        return Found([Finding(Sentence(NOTHING_SOLD))], [])
    told = []
    for band in sorted({*now, *before}):
        one, was = now.get(band, {}), before.get(band, {})
        share = one.get("sales", 0) / whole[1]
        earlier = was.get("sales", 0) / whole[0] if whole[0] else None
        told.append(
            {
                "band": steps.price_text(edges, band),
                "ends": steps.ends(edges, band),
                "amount": one.get("sales", 0),
                "share": share,
                "pieces": one.get("pieces", 0),
                "customers": one.get("customers", 0),
                "before": earlier,
                "points": share - earlier if earlier is not None else None,
            }
        )
    pieces = sum(row["pieces"] for row in now.values())
    tiles = [
        Tile(
            N_("Unit price"),
            "money",
            whole[1] / pieces if pieces else None,
            say(N_("before: {amount}"), amount=("money", _price(before.values()))) if whole[0] else None,
        ),
        Tile(N_("Pieces"), "count", pieces),
    ]
    return Found(_told(told), [_bands(told)], tiles)


def _price(rows: Any) -> float:
    rows = list(rows)
    return float(sum(row["sales"] for row in rows) / max(sum(row["pieces"] for row in rows), 1))


def _told(rows: Sequence[dict[str, Any]]) -> list[Finding]:
    best = max(rows, key=lambda row: row["share"])
    told = [Finding(say(LARGEST, band=("label", best["band"]), share=("share", best["share"])))]
    changes = sorted((row for row in rows if row["points"] is not None), key=lambda row: row["points"])
    if changes and changes[-1]["points"] >= LEAST_POINTS:
        told.append(Finding(_moved(GAINED, changes[-1]), "good"))
    if changes and changes[0]["points"] <= -LEAST_POINTS:
        gave = changes[0]
        told.append(Finding(_moved(GAVE, gave), "bad", "up_sell", ("HHL",), bought=_before_at(gave)))
    return told


def _moved(template: str, row: Mapping[str, Any]) -> Sentence:
    return say(template, band=("label", row["band"]), points=("points", row["points"]))


def _before_at(row: Mapping[str, Any]) -> tuple[Bought, ...]:
    """Who bought at the prices of a band in the period before."""
    low, high = row["ends"]
    return (Bought(BEFORE, price_from=low, price_to=high),)


def _bands(rows: Sequence[dict[str, Any]]) -> Block:
    return Block(
        "bands",
        N_("Price bands"),
        [
            Column("band", N_("Price of a piece"), "text", dimension="price_band"),
            Column("amount", N_("Sales"), "money"),
            Column("share", N_("Share of sales"), "share"),
            Column("before", N_("Share before"), "share"),
            Column("points", N_("Change"), "points"),
            Column("pieces", N_("Pieces"), "count"),
            Column("customers", N_("Customers"), "count"),
        ],
        rows,
        chart=Chart("columns", "band", "share", caption=Sentence(N_("Share of sales by the price of a piece"))),
    )
