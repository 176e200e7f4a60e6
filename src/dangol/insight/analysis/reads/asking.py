"""What is asked of a report, checked against the data: periods, split, conditions, numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any

import pyarrow as pa
from ibis.expr.types import Table

from dangol.base.errors import BadInput, NotFound
from dangol.insight.analysis.reads import kept
from dangol.insight.analysis.rules import catalogue, spans
from dangol.insight.analysis.rules.catalogue import Kind
from dangol.insight.analysis.rules.findings import Sentence, named
from dangol.insight.analysis.rules.spans import Span
from dangol.insight.olap import reads as olap
from dangol.insight.olap.reads import View
from dangol.insight.olap.tables import Question, Star
from dangol.insight.score import rules as score
from dangol.staff.reads import Member

LENGTHS = (1, 3, 6, 12)
MOST_MONTHS_SHOWN = 36
MOST_VALUES = 60  # of a dimension, to be chosen from
FILTERS = ("branch", "region", "segment", "age_band", "brand", "product_major")
ATTRIBUTES = ("branch", "region", "segment", "age_band")


@dataclass(frozen=True)
class Ask:
    """What somebody asks for; empty where the usual is wanted.

    end: last month, like 2017-12. months: how many. against: previous or year. only: dimension -> value. where: see
    `olap.rules.conditions`. numbers, ways: the report's options and choices by name.
    """

    report: str
    end: str = ""
    months: int = 0
    against: str = spans.PREVIOUS
    split: str | None = None
    only: Mapping[str, str] = field(default_factory=dict)
    where: str = ""
    numbers: Mapping[str, int] = field(default_factory=dict)
    ways: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[Any, ...]:
        """The same as one value that can be looked up."""
        return (
            self.report,
            self.end,
            self.months,
            self.against,
            self.split,
            tuple(sorted(self.only.items())),
            self.where,
            tuple(sorted(self.numbers.items())),
            tuple(sorted(self.ways.items())),
        )


@dataclass(frozen=True)
class Case:
    """A question that is whole: what a report works on."""

    by: Member | None
    kind: Kind
    ask: Ask
    view: View
    now: Span
    before: Span
    question: Question
    first_day: date
    as_of: date

    def arrow(self, table: Table) -> list[dict[str, Any]]:
        """The rows of a table."""
        rows: list[dict[str, Any]] = self.table(table).to_pylist()
        return rows

    def table(self, table: Table) -> pa.Table:
        """The same as one Arrow table."""
        return self.view.engine.arrow(table)

    @property
    def key(self) -> str:
        """What the answer is kept under."""
        return kept.key_of(self.view, self.by, self.ask.key)

    def star(self, question: Question) -> Star:
        """The star for a question: customers carry their segment only where it is asked about."""
        segments = any(item.column == "segment" for item in (*question.by, *question.used))
        return self.view.star if segments else self.view.bare

    @property
    def unsplit(self) -> Question:
        """The same conditions without the split."""
        return replace(self.question, by=())

    @property
    def split(self) -> str:
        """The dimension it is split by, or nothing."""
        return self.ask.split or ""

    def group(self, row: Mapping[str, Any]) -> Any:
        """The group of a row, as a cell."""
        return cell(self.split, row[f"d_{self.split}"]) if self.split else ""

    @property
    def is_covered(self) -> bool:
        """Whether the data reach back over the whole period compared with."""
        return self.first_day <= self.before.first

    @property
    def generated(self) -> bool:
        """Whether the split's values are generated."""
        made = set(self.view.snapshot.facts.get("generated", ()))
        return bool(self.split) and bool({self.split, self.view.known[self.split].column} & made)


def cell(dimension: str, value: Any) -> Any:
    """A value of a dimension as a cell: an RFM segment by its name, a missing one said."""
    if dimension == "segment" and value in score.SEGMENTS:
        return Sentence("{name}", {"name": ("segment", value)})
    return named(value)


def case(by: Member | None, ask: Ask, *, view: View | None = None) -> Case:
    """The question made whole. view: what the member sees, where it is opened already.

    Raises NotAllowed, NotFound (no data, no such report), BadInput, Damaged.
    """
    kind = catalogue.kind(ask.report)
    view = view or olap.view(by)
    facts = view.snapshot.facts
    if not facts.get("first_day") or not facts.get("as_of"):
        raise NotFound("There are no purchases yet. Load a source and run the cycle first.")
    first_day, as_of = date.fromisoformat(facts["first_day"]), date.fromisoformat(facts["as_of"])
    if kind.subject and not ask.only and not ask.where:
        ask = replace(ask, only=_subject(by, view, kind.subject))
    ask = _whole(kind, ask, first_day, as_of, view)
    now = spans.span(spans.month_of(ask.end), ask.months)
    question = view.question([ask.split] if ask.split else [], condition(ask))
    if kind.of_people and any(item.of not in ("customer", "posting") for item in question.used):
        raise BadInput("This report looks at all customers: its conditions can only be about customers.", field="where")
    return Case(by, kind, ask, view, now, spans.compared(now, ask.against), question, first_day, as_of)


def _whole(kind: Kind, ask: Ask, first_day: date, as_of: date, view: View) -> Ask:
    """The same with the usual where nothing was said. Raises BadInput."""
    end = spans.month_of(ask.end) if ask.end else spans.last_full_month(first_day, as_of)
    split = ask.split if ask.split is not None else next(iter(kind.splits), "")
    if split not in (*kind.splits, ""):
        raise BadInput("This report cannot be split by {dimension}.", field="split", dimension=split[:40])
    if kind.splits and not split and "" not in kind.splits:
        split = kind.splits[0]
    only = {name: value for name, value in ask.only.items() if value}
    if unknown := next((name for name in only if name not in view.known), None):
        raise BadInput("There is no dimension {name}.", field="where", name=unknown[:40])
    numbers = {one.name: _number(one, ask.numbers.get(one.name, one.usual)) for one in kind.options}
    ways = {one.name: _way(one, ask.ways.get(one.name, one.usual)) for one in kind.choices}
    months = ask.months or _usual_months(kind, end, spans.month_number(first_day))
    return Ask(kind.name, spans.month_text(end), months, ask.against, split, only, ask.where, numbers, ways)


def _usual_months(kind: Kind, end: int, first: int) -> int:
    """The usual length, or a shorter one that the data cover twice."""
    known = end - first + 1
    if not kind.compares:
        return max(1, min(kind.months, known))
    return next((length for length in (kind.months, 3, 1) if length <= kind.months and known >= 2 * length), 1)


def _number(option: catalogue.Option, value: int) -> int:
    if not option.least <= value <= option.most:
        raise BadInput("Give a number from {least} to {most}.", field=option.name, least=option.least, most=option.most)
    return value


def _way(choice: catalogue.Choice, value: str) -> str:
    if value not in choice.values:
        raise BadInput("Choose one of: {known}.", field=choice.name, known=", ".join(choice.values))
    return value


def _subject(by: Member | None, view: View, names: Sequence[str]) -> dict[str, str]:
    """The first value of the first dimension that has several; nothing where none has."""
    return next(({name: found[0]} for name, found in values(by, view, names).items()), {})


def condition(ask: Ask) -> str:
    """The chosen values and the written condition as one."""
    chosen = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in sorted(ask.only.items()) if value]
    written = [f"({ask.where})"] if ask.where.strip() else []
    return " and ".join((*chosen, *written))


def months_shown(found: Case) -> list[str]:
    """The months a period may end with, newest first."""
    last = max(spans.last_full_month(found.first_day, found.as_of), spans.month_number(found.now.last))
    first = max(spans.month_number(found.first_day), last - MOST_MONTHS_SHOWN + 1)
    return [spans.month_text(month) for month in range(last, first - 1, -1)]


def values(by: Member | None, view: View, names: Sequence[str]) -> dict[str, list[str]]:
    """The values of dimensions a reader can choose from; those with one value or too many are left out."""
    known = [name for name in names if name in view.known]
    found = {name: kept.listed(values_key(view, by, name), partial(values_of, view, name)) for name in known}
    return {name: values for name, values in found.items() if 2 <= len(values) <= MOST_VALUES}


def values_key(view: View, by: Member | None, name: str) -> str:
    """What the values of a dimension are kept under."""
    return kept.key_of(view, by, "values", name)


def values_of(view: View, name: str) -> list[str]:
    """The values of a dimension, one more than may be shown where there are too many."""
    if name == "segment":
        return list(score.SEGMENTS)
    item = view.known[name]
    table = view.bare.products if item.of == "product" else view.bare.customers
    found = table.filter(table[item.column].notnull()).select(value=item.column).distinct().limit(MOST_VALUES + 1)
    return sorted(str(row) for row in view.engine.arrow(found)["value"].to_pylist())
