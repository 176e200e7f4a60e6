"""Sales trend and its causes."""

from collections.abc import Mapping, Sequence
from typing import Any

from dangol.insight.analysis.reads.asking import Case
from dangol.insight.analysis.rules import causes, spans
from dangol.insight.analysis.rules.causes import Change, Side
from dangol.insight.analysis.rules.findings import N_, OTHERS, Block, Chart, Column, Finding, Found, Sentence, Tile, say
from dangol.insight.analysis.rules.spans import Span
from dangol.insight.analysis.tables import causes as tables
from dangol.insight.analysis.tables import seasons as days

MOST_GROUPS = 40
TREND_MONTHS = 25
NOT_COVERED = N_("The data begin on {day}: the period compared with is not whole, so part of the change is only that.")


def found(case: Case) -> Found:
    """The report."""
    question = case.question
    sides: dict[Any, list[Side]] = {}
    for row in case.arrow(tables.sides(case.star(question), question, case.now, case.before)):
        group = sides.setdefault(case.group(row), [Side(), Side()])
        group[row["side"]] = Side(
            row["customers"], row["orders"], row["sales"], row["returns"], row["without_customer"]
        )
    moved = case.arrow(tables.moves(case.star(case.unsplit), case.unsplit, case.now, case.before))
    moves = {row["move"]: row for row in moved}
    buyers = {
        "before": sum(moves[name]["customers"] for name in (causes.KEPT, causes.LOST) if name in moves),
        "now": sum(row["customers"] for name, row in moves.items() if name != causes.LOST),
    }
    pairs = {group: (before, now) for group, (before, now) in sides.items()}
    changes = causes.decompose(pairs, buyers["before"], buyers["now"])
    notes = [] if case.is_covered else [say(NOT_COVERED, day=("day", case.first_day))]
    return Found(
        causes.findings(changes, moves, split=bool(case.split)) if changes else [Finding(Sentence(NOTHING))],
        [_waterfall(changes), *([_groups(case, changes)] if case.split else []), _moves(moves), _trend(case)],
        _tiles(changes, buyers),
        notes,
    )


NOTHING = N_("Nothing was sold in either period.")


def _tiles(changes: Sequence[Change], buyers: Mapping[str, int]) -> list[Tile]:
    before, now = (sum(getattr(one, side).amount for one in changes) for side in ("before", "now"))
    return [
        Tile(N_("Sales"), "money", now, say(N_("before: {amount}"), amount=("money", before))),
        Tile(
            N_("Change"),
            "change",
            (now - before) / before if before > 0 else None,
            say("{amount}", amount=("signed", now - before)),
        ),
        Tile(N_("Buying customers"), "count", buyers["now"], say(N_("before: {n}"), n=("count", buyers["before"]))),
    ]


def _waterfall(changes: Sequence[Change]) -> Block:
    """From the sales before to the sales now, an effect a step."""
    effects = causes.summed(changes)
    before = sum(one.before.amount for one in changes)
    rows: list[dict[str, Any]] = [
        {"step": Sentence(N_("Before")), "level": before, "low": 0, "high": before, "tone": "whole"}
    ]
    at = before
    for name in causes.EFFECTS:
        if effects[name]:
            rows.append(
                {
                    "step": Sentence(causes.LABELS[name]),
                    "effect": effects[name],
                    "level": at + effects[name],
                    "low": at,
                    "high": at + effects[name],
                    "tone": "up" if effects[name] > 0 else "down",
                }
            )
            at += effects[name]
    rows.append({"step": Sentence(N_("Now")), "level": at, "low": 0, "high": at, "tone": "whole"})
    return Block(
        "effects",
        N_("What moved sales"),
        [
            Column("step", N_("Cause"), "text"),
            Column("effect", N_("Effect"), "signed"),
            Column("level", N_("Sales"), "money"),
        ],
        rows,
        chart=Chart(
            "waterfall", "step", "effect", "tone", Sentence(N_("Sales before and now, and what each cause did"))
        ),
    )


def _groups(case: Case, changes: Sequence[Change]) -> Block:
    shown = list(changes[:MOST_GROUPS])
    if len(changes) > MOST_GROUPS:
        shown.append(causes.joined(changes[MOST_GROUPS:], Sentence(OTHERS)))
    used = [name for name in causes.EFFECTS if any(one.effects[name] for one in changes)]
    item = case.view.known[case.split]
    rows = [_row(one, used) for one in shown]
    total = {key: sum(row[key] for row in rows) for key in ("before", "now", "change", *used)}
    return Block(
        "groups",
        N_("Each group"),
        [
            Column("group", item.label, "text", item.definition, case.generated, case.split),
            Column("before", N_("Before"), "money"),
            Column("now", N_("Now"), "money"),
            Column("change", N_("Change"), "signed"),
            *(Column(name, causes.LABELS[name], "signed") for name in used),
        ],
        rows,
        total,
        Chart("diverging", "change", "group", caption=Sentence(N_("Change of sales by group"))),
    )


def _row(one: Change, used: Sequence[str]) -> dict[str, Any]:
    return {
        "group": one.group,
        "before": one.before.amount,
        "now": one.now.amount,
        "change": one.amount,
        **{name: one.effects[name] for name in used},
    }


def _moves(moves: Mapping[str, Mapping[str, Any]]) -> Block:
    rows: list[dict[str, Any]] = []
    for name in (name for name in causes.MOVES if name in moves):
        one = moves[name]
        move = {"move": Sentence(causes.MOVES[name]), "customers": one["customers"]}
        rows.append(move | {"before": one["before"], "now": one["now"], "change": one["now"] - one["before"]})
    total = {key: sum(row[key] for row in rows) for key in ("customers", "before", "now", "change")}
    return Block(
        "customers",
        N_("New, kept, returned and lost customers"),
        [
            Column("move", N_("Customers"), "text"),
            Column("customers", N_("Number of customers"), "count"),
            Column("before", N_("Sales before"), "money"),
            Column("now", N_("Sales now"), "money"),
            Column("change", N_("Change"), "signed"),
        ],
        rows,
        total,
        Chart("diverging", "change", "move", caption=Sentence(N_("What new, kept, returned and lost customers did"))),
    )


def _trend(case: Case) -> Block:
    """Sales month by month over two years up to the period's end."""
    first = max(spans.month_number(case.now.last) - TREND_MONTHS + 1, spans.month_number(case.first_day))
    span = Span(spans.month_first(first), case.now.last)
    parts = {
        **{month: N_("now") for month in _months(case.now)},
        **{month: N_("before") for month in _months(case.before)},
    }
    months: dict[int, list[int]] = {}
    for row in case.arrow(days.days(case.star(case.unsplit), case.unsplit, span)):
        one = months.setdefault(spans.month_number(row["day"]), [0, 0])
        one[0], one[1] = one[0] + row["amount"], one[1] + row["orders"]
    rows = [
        {
            "month": spans.month_first(month),
            "amount": amount,
            "orders": orders,
            "part": Sentence(parts.get(month, N_("other months"))),
        }
        for month, (amount, orders) in sorted(months.items())
    ]
    return Block(
        "trend",
        N_("Month by month"),
        [
            Column("month", N_("Month"), "month", dimension="month"),
            Column("amount", N_("Sales"), "money"),
            Column("orders", N_("Orders"), "count"),
            Column("part", N_("Period"), "text"),
        ],
        rows,
        chart=Chart("months", "month", "amount", "part", Sentence(N_("Sales by month; the two periods stand out"))),
    )


def _months(span: Span) -> range:
    return range(spans.month_number(span.first), spans.month_number(span.last) + 1)
