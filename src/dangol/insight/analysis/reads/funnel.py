"""The customer funnel."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from dangol.insight.analysis.reads.asking import Case
from dangol.insight.analysis.rules import funnel as rules
from dangol.insight.analysis.rules.findings import N_, Block, Chart, Column, Finding, Found, Sentence, Tile, say
from dangol.insight.analysis.tables import funnel as tables

MOST_MOVES = 12
NOT_YET = ""  # not a customer on that day
NOBODY = N_("No customer fits this condition.")


def found(case: Case) -> Found:
    """The report."""
    bounds = rules.Bounds(**case.ask.numbers)
    day, day_before = min(case.now.last, case.as_of), case.before.last
    counted = tables.groups(case.star(case.question), case.question, day, day_before, bounds)
    rows = [row | {side: tables.GROUPS[row[side]] for side in ("was", "is")} for row in case.arrow(counted)]
    now, before = _sizes(rows, "is"), _sizes(rows, "was")
    amounts: dict[str, int] = defaultdict(int)
    for row in rows:
        amounts[row["is"]] += row["amount"]
    told = rules.findings(now, before, amounts, bounds)
    return Found(
        told or [Finding(Sentence(NOBODY))], [_groups(now, before, amounts), _moves(rows)], _tiles(now, before)
    )


def _sizes(rows: list[dict[str, Any]], side: str) -> dict[str, int]:
    sizes: dict[str, int] = defaultdict(int)
    for row in rows:
        sizes[row[side]] += row["customers"]
    return {group: n for group, n in sizes.items() if group != NOT_YET}


def _tiles(now: Mapping[str, int], before: Mapping[str, int]) -> list[Tile]:
    steps, earlier = rules.steps(now), rules.steps(before)
    return [
        Tile(rules.LABELS[step], "count", n, say(N_("before: {n}"), n=("count", earlier[step])))
        for step, n in steps.items()
    ]


def _groups(now: Mapping[str, int], before: Mapping[str, int], amounts: Mapping[str, int]) -> Block:
    """Every group in the order it is set apart, the steps in between; the groups alone add up."""
    everyone, paid = sum(now.values()), sum(amounts.values())
    rows = []
    for name in rules.GROUPS:
        n, was, amount = now.get(name, 0), before.get(name, 0), amounts.get(name, 0)
        rows.append(
            {
                "group": Sentence(rules.LABELS[name]),
                "customers": n,
                "share": n / everyone if everyone else None,
                "before": was,
                "change": n - was,
                "amount": amount,
                "sales_share": amount / paid if paid > 0 else None,
            }
        )
    steps = rules.steps(now)
    drawn = _steps(now, steps)
    return Block(
        "groups",
        N_("Groups of the funnel"),
        [
            Column("group", N_("Group"), "text"),
            Column("customers", N_("Customers"), "count"),
            Column("share", N_("Share"), "share"),
            Column("before", N_("Before"), "count"),
            Column("change", N_("Change"), "steps"),
            Column("amount", N_("Sales of current days"), "money"),
            Column("sales_share", N_("Share of sales"), "share"),
        ],
        rows,
        {
            "customers": everyone,
            "before": sum(before.values()),
            "change": everyone - sum(before.values()),
            "amount": paid,
        },
        Chart(
            "funnel",
            "group",
            "customers",
            "tone",
            Sentence(N_("From accumulated to meaningful customers, and whom each step sets apart")),
            drawn,
        ),
    )


def _steps(now: Mapping[str, int], steps: Mapping[str, int]) -> list[dict[str, Any]]:
    """The funnel as bars: a step, then what it loses, to the next step."""
    drawn: list[dict[str, Any]] = []

    def bar(name: str, n: int, low: int, tone: str) -> None:
        drawn.append({"group": Sentence(rules.LABELS[name]), "customers": n, "low": low, "high": low + n, "tone": tone})

    at = steps[rules.ACCUMULATED]
    bar(rules.ACCUMULATED, at, 0, "whole")
    for names, step in ((rules.APART[:3], rules.CURRENT), (rules.APART[3:], rules.MEANINGFUL)):
        for name in names:
            at -= now.get(name, 0)
            bar(name, now.get(name, 0), at, "apart")
        bar(step, steps[step], 0, "whole")
    return drawn


def _moves(rows: list[dict[str, Any]]) -> Block:
    """The largest moves between groups since the day compared with."""
    moved = sorted(
        (row for row in rows if row["was"] != row["is"] and row["is"] != NOT_YET),
        key=lambda row: -row["customers"],
    )

    def name(group: str) -> Sentence:
        return Sentence(rules.LABELS[group] if group else N_("not yet a customer"))

    return Block(
        "moves",
        N_("The largest moves between the two days"),
        [
            Column("was", N_("Group before"), "text"),
            Column("is", N_("Group now"), "text"),
            Column("customers", N_("Customers"), "count"),
        ],
        [{"was": name(row["was"]), "is": name(row["is"]), "customers": row["customers"]} for row in moved[:MOST_MOVES]],
    )
