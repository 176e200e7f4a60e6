"""Cohorts of the first purchase."""

from typing import Any

from dangol.insight.analysis.reads.asking import Case
from dangol.insight.analysis.rules import cohorts as rules
from dangol.insight.analysis.rules import spans
from dangol.insight.analysis.rules.findings import N_, Block, Chart, Column, Found, Sentence, Tile, say
from dangol.insight.analysis.tables import cohorts as tables


def found(case: Case) -> Found:
    """The report."""
    first, last = spans.month_number(case.now.first), spans.month_number(case.now.last)
    rows = case.arrow(tables.cells(case.star(case.question), case.question, case.now))
    cells = {(row["cohort"], row["month"]): (row["customers"], row["amount"]) for row in rows}
    found = rules.triangle(cells, first, last)
    money, least = case.ask.ways["by"] == "money", case.ask.numbers["least"]
    begin = spans.month_number(case.first_day)
    newcomers = [one for one in found if one.month > begin]
    whole = rules.mean(newcomers, last - first + 1, money=money, least=least)
    notes = [say(FEW, least=("count", least))]
    if first <= begin:
        notes.append(say(BEGIN, month=("month", spans.month_first(begin))))
    return Found(
        rules.findings(newcomers, least=least),
        [_triangle(found, whole, money=money, least=least, notes=notes)],
        _tiles(newcomers, whole),
    )


FEW = N_("– stands where the cohort has fewer than {least} customers.")
BEGIN = N_(
    "The data begin in {month}: who was seen then may have bought before, so that month is left out of the mean."
)


def _tiles(found: list[rules.Cohort], whole: list[float | None]) -> list[Tile]:
    tiles = [Tile(N_("New customers"), "count", sum(one.size for one in found))]
    for since in (1, 3, 6):
        if len(whole) > since and whole[since] is not None:
            tiles.append(
                Tile(
                    N_("Stay in a later month"),
                    "share",
                    whole[since],
                    say(N_("month {n} after the first purchase"), n=("count", since)),
                )
            )
    return tiles


def _triangle(
    found: list[rules.Cohort], whole: list[float | None], *, money: bool, least: int, notes: list[Sentence]
) -> Block:
    """A row a cohort, a column a month since; the mean of all large enough ones at the foot."""
    width = max((len(one.customers) for one in found), default=0)
    rows: list[dict[str, Any]] = []
    drawn: list[dict[str, Any]] = []
    for one in found:
        shares = rules.shares(one, money=money, least=least)
        month = spans.month_first(one.month)
        rows.append(
            {
                "cohort": month,
                "size": one.size,
                "amount": one.amounts[0],
                **{f"m{since}": share for since, share in enumerate(shares)},
            }
        )
        drawn += [
            {"cohort": month, "since": since, "share": share}
            for since, share in enumerate(shares)
            if since and share is not None
        ]
    title = (
        N_("Sales that stay, by months since the first purchase")
        if money
        else N_("Customers who stay, by months since the first purchase")
    )
    return Block(
        "triangle",
        title,
        [
            Column("cohort", N_("First purchase"), "month"),
            Column("size", N_("Customers"), "count"),
            Column("amount", N_("Sales in the first month"), "money"),
            *(Column(f"m{since}", f"+{since}", "share") for since in range(1, width)),
        ],
        rows,
        {f"m{since}": share for since, share in enumerate(whole)},
        Chart(
            "heat",
            "since",
            "cohort",
            "share",
            Sentence(N_("The stronger the colour, the more of the first month is still there")),
            drawn,
            labels={"since": N_("Months since the first purchase"), "share": N_("Share")},
        ),
        notes=notes,
        dense=True,
    )
