"""Ask a star: any measures by any dimensions, under conditions, within what the member may see."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dangol.base.errors import BadInput
from dangol.insight.olap import rules
from dangol.insight.olap.own import reads as own
from dangol.insight.olap.reads.answer import Answer, Column, texts
from dangol.insight.olap.reads.opened import Opened, company, declared
from dangol.insight.olap.reads.shaping import found
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right


def ask(
    by: Member | None,
    measures: Sequence[str],
    by_dimensions: Sequence[str] = (),
    where: str = "",
    *,
    limit: int = rules.USUAL_ROWS,
    order: str = "",
    total: bool = False,
    star: str = "",
    trying: own.Written | None = None,
) -> Answer:
    """Measures by dimensions.

    measures: their names, or formulas over them (see `rules.formulas`). by: who asks; None is the installation itself
    and sees everything. where: see `rules.conditions`. order: a measure or dimension, with "-" before it for the
    largest first; else by the dimensions. star: which one is asked, "" for the company's own (see `stars`). trying: an
    own measure that is not kept yet. Raises BadInput, NotAllowed, NotFound (no such star, no data yet), Damaged,
    TooMuch (over 10 seconds or 200,000 groups).
    """
    if by is not None:
        require(by, Right.INSIGHT_VIEW)
    opened = declared(by, star) if star else company(by)
    measures = list(dict.fromkeys(measures))
    if not opened.model.measures.keys() >= set(measures):
        opened = replace(opened, model=own.with_own(opened.model, trying).with_formulas(measures))
    condition = opened.model.plain(rules.parse(where))
    parts = [part for part in rules.parts_of(condition) if not isinstance(part, rules.Over)]
    opened.model.check(measures, by_dimensions, sorted({name for part in parts for name in rules.names(part)}))
    if order.removeprefix("-") not in ("", *measures, *by_dimensions):
        raise BadInput("Order by one of the measures or dimensions asked for.", field="order")
    if not 1 <= limit <= rules.MOST_ROWS:
        raise BadInput("The limit is a number from 1 to {most}.", field="limit", most=rules.MOST_ROWS)
    conditions = rules.pinned(opened.model, measures, by_dimensions, condition)
    figures = found(opened, measures, by_dimensions, conditions)
    return Answer(
        columns=_columns(opened, measures, by_dimensions),
        rows=figures.rows(measures, figures.ordered(order)[:limit]),
        total=_total(opened, measures, conditions) if total else None,
        groups=len(figures.groups),
        snapshot=opened.snapshot.id,
        as_of=opened.snapshot.facts["as_of"],
        newest=opened.newest,
        currency=opened.currency,
    )


def _total(opened: Opened, measures: Sequence[str], conditions: rules.Conditions) -> dict[str, Any]:
    """The measures over everything; those that compare periods or groups have no total."""
    model = opened.model
    whole = [name for name in measures
             if not (model.compares(name) or model.needs(name) or model.compares_groups(name))]  # fmt: skip
    figures = found(opened, whole, (), conditions) if whole else None
    [row] = figures.rows(whole, [0]) if figures and figures.groups else [{}]
    return dict.fromkeys(measures) | row


def _columns(opened: Opened, measures: Sequence[str], by: Sequence[str]) -> list[Column]:
    cuts = [opened.model.dimensions[name] for name in by]
    heads = [Column(one.name, *texts(one), generated=bool({one.name, one.column} & opened.generated)) for one in cuts]
    figures = [opened.model.measures[name] for name in measures]
    return [*heads, *(Column(one.name, *texts(one), one.unit.value) for one in figures)]
