"""Ask the warehouse: any measures by any dimensions, under conditions, within what the member may see."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
from django.conf import settings
from ibis.expr.types import Table

from dangol import engine
from dangol.base.errors import BadInput, Damaged, NotFound, TooMuch
from dangol.base.money import Currency, currency
from dangol.engine import Engine, Snapshot, Store
from dangol.insight.olap import rules, tables
from dangol.insight.warehouse import reads as warehouse
from dangol.staff.reads import Member, require, scope_of
from dangol.staff.rules import Right, Scope

MOST_GROUPS = 200_000
ZERO_WHERE_NOTHING = frozenset(
    {"sales_amount", "quantity", "discount", "orders", "customers", "buying_customers", "contacted_customers",
     "responding_customers"}
)  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column of an answer. unit: that of a measure (`rules.Unit`), empty for a dimension."""

    name: str
    label: str
    definition: str
    unit: str = ""
    generated: bool = False


@dataclass(frozen=True)
class Answer:
    """Figures. rows: dimension -> text, number or None (missing); measure -> number or None (not enough data).

    Amounts are in minor units, shares 0..1. groups: how many rows there are in all; `rows` may hold fewer.
    total: the same measures over everything asked, where it was asked for. newest: False where the newest snapshot is
    damaged and an older one answered.
    """

    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    total: Mapping[str, Any] | None
    groups: int
    snapshot: str
    as_of: str
    newest: bool
    currency: str

    @property
    def definitions(self) -> dict[str, str]:
        """What each measure and dimension means."""
        return {column.name: column.definition for column in self.columns}

    @property
    def generated_columns(self) -> list[str]:
        """Dimensions that hold generated data."""
        return [column.name for column in self.columns if column.generated]


def dimensions(snapshot: Snapshot | None = None) -> Mapping[str, rules.Dimension]:
    """Everything that can be grouped by: the standard dimensions and the customers' own attributes."""
    try:
        snapshot = snapshot or warehouse.current()[0]
    except (NotFound, Damaged):
        return rules.DIMENSIONS
    return rules.dimensions_of(warehouse.table(engine.current(), snapshot, "customers").columns)


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
) -> Answer:
    """Measures by dimensions.

    by: who asks; None is the installation itself and sees everything. where: see `rules.conditions`. order: a measure
    or dimension, with "-" before it for the largest first; else by the dimensions. star: which one is asked, "" for
    the company's own (see `stars`). Raises BadInput, NotAllowed, NotFound (no such star, no data yet), Damaged, TooMuch
    (over 10 seconds or 200,000 groups).
    """
    if by is not None:
        require(by, Right.INSIGHT_VIEW)
    _known_star(star)
    snapshot, newest = warehouse.current()
    known = dimensions(snapshot)
    measures = list(dict.fromkeys(measures))
    question = _question(measures, by_dimensions, where, known)
    if order.removeprefix("-") not in ("", *measures, *by_dimensions):
        raise BadInput("Order by one of the measures or dimensions asked for.", field="order")
    if not 1 <= limit <= rules.MOST_ROWS:
        raise BadInput("The limit is a number from 1 to {most}.", field="limit", most=rules.MOST_ROWS)
    opened = engine.current()
    star = _star(opened, snapshot, scope_of(by) if by is not None else Scope(everyone=True))
    rows = _sorted(_rows(opened, star, measures, question), question, order)
    return Answer(
        columns=_columns(measures, question, snapshot),
        rows=[_shown(row, question) for row in rows[:limit]],
        total=_total(opened, star, measures, question) if total else None,
        groups=len(rows),
        snapshot=snapshot.id,
        as_of=snapshot.facts["as_of"],
        newest=newest,
        currency=snapshot.facts["currency"],
    )


def _question(
    measures: Sequence[str], by: Sequence[str], where: str, known: Mapping[str, rules.Dimension]
) -> tables.Question:
    condition = rules.parse(where)
    used = sorted(rules.names(condition))
    rules.check(measures, by, known, used)
    parts = condition.parts if isinstance(condition, rules.And) else (condition,) if condition else ()
    timed = [all(known[name].is_period for name in rules.names(part)) for part in parts]
    return tables.Question(
        by=tuple(known[name] for name in by),
        used=tuple(known[name] for name in used),
        rows=tuple(part for part, is_time in zip(parts, timed, strict=True) if not is_time),
        periods=tuple(part for part, is_time in zip(parts, timed, strict=True) if is_time),
    )


def _star(opened: Engine, snapshot: Snapshot, who: Scope) -> tables.Star:
    """The tables as the member may see them."""
    found = {name: warehouse.table(opened, snapshot, name)
             for name in ("sales_lines", "customers", "products", "stores", "contacts", "responses")}  # fmt: skip
    people = _with_segment(opened, found["customers"])
    if not who.everyone:
        people = people.filter(_seen(people, who))
    return tables.Star(**{**found, "customers": people}, bounded=not who.everyone)


def _seen(people: Table, who: Scope) -> Any:
    """The scope as a condition on the warehouse's customers."""
    if who.unit_path is not None:
        return people.unit_path.startswith(who.unit_path)
    if who.member_id is not None:
        return (people.rep_id == who.member_id) | (people.rep == f"rep {who.member_id}")
    return ibis.literal(False)


def _with_segment(opened: Engine, people: Table) -> Table:
    """Customers with the segment of the newest scores; missing before the first scoring."""
    try:
        scores, _newest = Store(settings.DANGOL.home / "scores").current()
        scored = opened.table(scores.paths("rfm"))
    except (NotFound, Damaged):
        return people.mutate(segment=ibis.null("string"))
    last = scored.filter(scored.as_of == scored.as_of.max()).select("customer_id", "segment")
    return people.left_join(last, "customer_id").drop("customer_id_right")


def _rows(
    opened: Engine, star: tables.Star, measures: Sequence[str], question: tables.Question
) -> list[dict[str, Any]]:
    """One row a group: every family of measures answers once, the answers are laid side by side."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for table in _families(star, measures, question):
        part = opened.arrow(table.limit(MOST_GROUPS + 1))
        if part.num_rows > MOST_GROUPS:
            raise TooMuch("The question has more than {most} groups. Ask for fewer dimensions or add a condition.",
                          most=MOST_GROUPS)  # fmt: skip
        for row in part.to_pylist():
            found.setdefault(tuple(row[key] for key in question.keys), {}).update(row)
    return [_figures(row, measures, question) for row in found.values()]


def _families(star: tables.Star, measures: Sequence[str], question: tables.Question) -> list[Table]:
    wanted = {part for name in measures for part in (name, *rules.RATIOS.get(name, ()))}
    families = {rules.MEASURES[name].family for name in wanted}
    built: dict[str, Callable[[], Table]] = {
        "sales": lambda: tables.sales(star, question, buyers="buying_customers" in wanted, orders="orders" in wanted),
        "base": lambda: tables.base(star, question),
        "cycle": lambda: tables.cycle(star, question),
        "retention": lambda: tables.retention(star, question),
        "contacts": lambda: tables.contacted(star, question),
        "responses": lambda: tables.responding(star, question),
    }
    return [build() for family, build in built.items() if family in families]


def _figures(row: Mapping[str, Any], measures: Sequence[str], question: tables.Question) -> dict[str, Any]:
    """The measures of a group: nothing counted is 0, nothing to divide by is None."""
    figures = {tables.column(item): row.get(tables.column(item)) for item in question.by}
    for name in measures:
        if name in rules.RATIOS:
            above, below = (row.get(part) for part in rules.RATIOS[name])
            figures[name] = above / below if above is not None and below else None
        else:
            value = row.get(name)
            figures[name] = 0 if value is None and name in ZERO_WHERE_NOTHING else value
    return figures


def _natural(value: Any) -> tuple[Any, ...]:
    """A sort key that puts 2 before 10, texts after numbers and missing values last."""
    if value is None:
        return (2, 0, "")
    if isinstance(value, int | float):
        return (0, value, "")
    return (0, int(value), value) if value.isascii() and value.isdigit() else (1, 0, value)


def _sorted(rows: list[dict[str, Any]], question: tables.Question, order: str) -> list[dict[str, Any]]:
    rows = sorted(rows, key=lambda row: [_natural(row[key]) for key in question.keys])
    if not order:
        return rows
    name = order.removeprefix("-")
    key = name if name in rules.MEASURES else f"d_{name}"
    there, missing = ([row for row in rows if (row[key] is None) is gone] for gone in (False, True))
    return [*sorted(there, key=lambda row: _natural(row[key]), reverse=order.startswith("-")), *missing]


def _shown(row: Mapping[str, Any], question: tables.Question) -> dict[str, Any]:
    """A row by its outside names, periods as texts."""
    shown: dict[str, Any] = {}
    for item in question.by:
        value = row[tables.column(item)]
        shown[item.name] = rules.period_text(item.name, value) if item.is_period and value is not None else value
    return shown | {name: value for name, value in row.items() if name in rules.MEASURES}


def _total(opened: Engine, star: tables.Star, measures: Sequence[str], question: tables.Question) -> dict[str, Any]:
    """The measures over everything; those that compare periods have no total."""
    whole = [name for name in measures if rules.MEASURES[name].family != "retention"]
    asked = tables.Question((), question.used, question.rows, question.periods)
    found = _rows(opened, star, whole, asked) if whole else []
    return dict.fromkeys(measures) | (found[0] if found else {})


def _columns(measures: Sequence[str], question: tables.Question, snapshot: Snapshot) -> list[Column]:
    made = set(snapshot.facts.get("generated", ()))
    heads = [Column(item.name, item.label, item.definition, generated=item.name in made or item.column in made)
             for item in question.by]  # fmt: skip
    figures = [rules.MEASURES[name] for name in measures]
    return [*heads, *(Column(item.name, item.label, item.definition, item.unit.value) for item in figures)]


# ---- plain values for doors ------------------------------------------------------------------------------------------


def major(value: Any, unit: str, money: Currency) -> Any:
    """A figure for a script or a spreadsheet: amounts in major units, exact to the minor unit."""
    if value is None or unit != rules.Unit.MONEY or not money.digits:
        return value
    return value / 10**money.digits


def plain(answer: Answer) -> dict[str, Any]:
    """An answer as plain values: what `dangol query --json` prints and the API returns.

    Amounts are in major units; periods are texts (2017-03, 2017-Q1, 2017-W05); what is missing is null.
    """
    money = currency(answer.currency)
    units = {column.name: column.unit for column in answer.columns}

    def line(row: Mapping[str, Any]) -> dict[str, Any]:
        return {name: major(value, units[name], money) for name, value in row.items()}

    return {
        "measures": [_head(column) | {"unit": _unit(column.unit, money)} for column in answer.columns if column.unit],
        "dimensions": [_head(column) for column in answer.columns if not column.unit],
        "rows": [line(row) for row in answer.rows],
        "total": line(answer.total) if answer.total is not None else None,
        "groups": answer.groups,
        "snapshot": answer.snapshot,
        "as_of": answer.as_of,
        "newest": answer.newest,
        "generated": answer.generated_columns,
    }


def _head(column: Column) -> dict[str, str]:
    return {"name": column.name, "label": column.label, "definition": column.definition}


def _unit(unit: str, money: Currency) -> str:
    return money.code if unit == rules.Unit.MONEY else unit


def names(by: Member | None = None, star: str = "") -> dict[str, list[dict[str, Any]]]:
    """All that can be asked of a star: measures (name, label, unit, definition), dimensions (name, label, definition)
    and hierarchies (name, label, levels: names of dimensions from coarse to fine). Raises NotAllowed, NotFound.
    """
    if by is not None:
        require(by, Right.INSIGHT_VIEW)
    _known_star(star)
    return {
        "measures": [
            {"name": item.name, "label": item.label, "unit": item.unit.value, "definition": item.definition}
            for item in rules.MEASURES.values()
        ],
        "dimensions": [
            {"name": item.name, "label": item.label, "definition": item.definition} for item in dimensions().values()
        ],
        "hierarchies": [
            {"name": item.name, "label": item.label, "levels": list(item.levels)} for item in rules.HIERARCHIES
        ],
    }


def stars(by: Member | None = None) -> list[dict[str, str]]:
    """The stars the member may ask, the company's own first: name ("" for the company's own) and label."""
    if by is not None:
        require(by, Right.INSIGHT_VIEW)
    return [{"name": "", "label": rules.COMPANY}]


def _known_star(star: str) -> None:
    if star:
        raise NotFound("There is no star {name}.", name=star[:60])
