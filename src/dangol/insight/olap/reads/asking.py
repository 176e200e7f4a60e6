"""Ask a star: any measures by any dimensions, under conditions, within what the member may see."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dangol.base.errors import BadInput
from dangol.insight.olap import naming, rules
from dangol.insight.olap.own import reads as own
from dangol.insight.olap.reads.answer import Answer, Column, texts
from dangol.insight.olap.reads.members import hints
from dangol.insight.olap.reads.opened import Opened, company, declared
from dangol.insight.olap.reads.shaping import found
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right


@dataclass(frozen=True)
class _Asked:
    """A question with everything called by its name. condition: on rows; kept: on measures, for the rows to keep."""

    measures: Sequence[str]
    by: Sequence[str]
    condition: rules.Condition | None
    kept: rules.Condition | None
    order: str


def ask(
    by: Member | None,
    measures: Sequence[str],
    by_dimensions: Sequence[str] = (),
    where: str = "",
    *,
    limit: int = rules.USUAL_ROWS,
    order: str = "",
    having: str = "",
    total: bool = False,
    star: str = "",
    trying: own.Written | None = None,
) -> Answer:
    """Measures by dimensions.

    measures: their names, or formulas over them (see `rules.formulas`). by: who asks; None is the installation itself
    and sees everything. where: see `rules.conditions`. order: a measure or dimension, with "-" before it for the
    largest first; else by the dimensions. having: a condition on measures: the rows that meet it are kept, the total
    stays that of all. star: which one is asked, "" for the company's own (see `stars`). trying: an own measure that is
    not kept yet. All names may be labels in either language or other words for them (see `naming`). Raises BadInput,
    NotAllowed, NotFound (no such star, no data yet), Damaged, TooMuch (over 10 seconds or 200,000 groups).
    """
    if by is not None:
        require(by, Right.INSIGHT_VIEW)
    opened = declared(by, star) if star else company(by)
    said = _Asked(list(measures), list(by_dimensions), rules.parse(where), rules.parse(having, "having"), order)
    opened, asked = _named(opened, said, trying)
    parts = [part for part in rules.parts_of(asked.condition) if not isinstance(part, rules.Over)]
    wanted = list(dict.fromkeys((*asked.measures, *sorted(rules.names(asked.kept)))))
    if asked.measures:
        opened.model.check(wanted, asked.by, sorted({name for part in parts for name in rules.names(part)}))
    else:
        opened.model.check((), asked.by)
    if asked.order.removeprefix("-") not in ("", *asked.measures, *asked.by):
        raise BadInput("Order by one of the measures or dimensions asked for.", field="order")
    if not 1 <= limit <= rules.MOST_ROWS:
        raise BadInput("The limit is a number from 1 to {most}.", field="limit", most=rules.MOST_ROWS)
    conditions = rules.pinned(opened.model, wanted, asked.by, asked.condition)
    figures = found(opened, wanted, asked.by, conditions)
    places = figures.ordered(asked.order)
    if asked.kept is not None:
        places = figures.kept(asked.kept, places)
    return Answer(
        columns=_columns(opened, asked.measures, asked.by),
        rows=figures.rows(asked.measures, places[:limit]),
        total=_total(opened, asked.measures, conditions) if total else None,
        groups=len(places),
        snapshot=opened.snapshot.id,
        as_of=opened.snapshot.facts["as_of"],
        newest=opened.newest,
        currency=opened.currency,
        hints=hints(opened, figures, asked.measures, asked.condition),
    )


def _named(opened: Opened, said: _Asked, trying: own.Written | None) -> tuple[Opened, _Asked]:
    """The question with everything called by its name, and the star with the formulas and own measures asked for."""
    model = opened.model
    names = {*said.measures, *said.by, *rules.names(said.condition), *rules.names(said.kept)}
    if not names <= {*model.measures, *model.dimensions}:
        model = naming.worded(own.with_own(model, trying))
        measures, cuts = naming.parted(model, said.measures, said.by)
        measures = naming.called(model, "measure", measures)
        kept = rules.renamed(said.kept, lambda name: naming.called(model, "measure", [name])[0])
        said = replace(said, measures=measures, by=naming.called(model, "dimension", cuts),
                       condition=model.named(said.condition), kept=kept)  # fmt: skip
        model = model.with_formulas(measures)
    order = naming.ordered(model, said.order, [*said.measures, *said.by])
    asked = replace(said, measures=list(dict.fromkeys(said.measures)), condition=model.plain(said.condition),
                    order=order)  # fmt: skip
    return replace(opened, model=model), asked


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
