"""Ask the warehouse: any measures by any dimensions, under conditions, within what the member may see."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any

import ibis
from django.conf import settings
from django.utils.translation import get_language
from ibis.expr.types import Table

from dangol import engine
from dangol.base.errors import BadInput, Damaged, NotFound, TooMuch
from dangol.base.money import Currency, currency
from dangol.engine import Engine, Snapshot, Store
from dangol.insight.olap import framed, rules, tables
from dangol.insight.olap.own import reads as own
from dangol.insight.olap.rules.frames import Frame
from dangol.insight.olap.stars import reads as added
from dangol.insight.olap.stars import tables as declared
from dangol.insight.warehouse import reads as warehouse
from dangol.staff.reads import Member, require, scope_of
from dangol.staff.rules import Right, Scope

MOST_GROUPS = 200_000
Leaf = tuple[rules.Conditions, str]  # a measure the facts gave, under the conditions of what it is a part of


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


@dataclass(frozen=True)
class Opened:
    """A star ready to be asked. families: measures and a question -> tables of figures, one row a group.

    minor: whether its amounts are kept in minor units (else as decimals in major units).
    """

    engine: Engine
    model: rules.Model
    snapshot: Snapshot
    newest: bool
    families: Callable[[Sequence[str], tables.Question], list[Table]]
    currency: str
    generated: frozenset[str] = frozenset()
    minor: bool = True


def dimensions(snapshot: Snapshot | None = None) -> Mapping[str, rules.Dimension]:
    """Everything the company's own star can be grouped by: standard dimensions and the customers' own attributes."""
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
    opened = _declared(by, star) if star else _company(by)
    measures = list(dict.fromkeys(measures))
    if not opened.model.measures.keys() >= set(measures):
        opened = replace(opened, model=own.with_own(opened.model, trying).with_formulas(measures))
    condition = opened.model.plain(rules.parse(where))
    opened.model.check(measures, by_dimensions, sorted(rules.names(condition)))
    if order.removeprefix("-") not in ("", *measures, *by_dimensions):
        raise BadInput("Order by one of the measures or dimensions asked for.", field="order")
    if not 1 <= limit <= rules.MOST_ROWS:
        raise BadInput("The limit is a number from 1 to {most}.", field="limit", most=rules.MOST_ROWS)
    conditions = (condition,) if condition else ()
    rows = _sorted(_rows(opened, measures, by_dimensions, conditions), opened.model, by_dimensions, order)
    return Answer(
        columns=_columns(opened, measures, by_dimensions),
        rows=_shown(rows[:limit], opened.model, by_dimensions),
        total=_total(opened, measures, conditions) if total else None,
        groups=len(rows),
        snapshot=opened.snapshot.id,
        as_of=opened.snapshot.facts["as_of"],
        newest=opened.newest,
        currency=opened.currency,
    )


def question_of(model: rules.Model, by: Sequence[str], conditions: Sequence[rules.Condition]) -> tables.Question:
    """A split under conditions; those on the period alone are kept apart."""
    parts = [part for one in conditions for part in (one.parts if isinstance(one, rules.And) else (one,))]
    used = sorted({name for part in parts for name in rules.names(part)})
    timed = [all(model.dimensions[name].is_period for name in rules.names(part)) for part in parts]
    return tables.Question(
        by=tuple(model.dimensions[name] for name in by),
        used=tuple(model.dimensions[name] for name in used),
        rows=tuple(part for part, is_time in zip(parts, timed, strict=True) if not is_time),
        periods=tuple(part for part, is_time in zip(parts, timed, strict=True) if is_time),
    )


# ---- the company's own star ------------------------------------------------------------------------------------------


def _company(by: Member | None) -> Opened:
    """The company's own star within the member's scope. Segments are looked up where they are asked for only."""
    snapshot, newest = warehouse.current()
    opened, who = engine.current(), scope_of(by) if by is not None else Scope(everyone=True)

    def families(wanted: Sequence[str], question: tables.Question) -> list[Table]:
        segments = any(item.column == "segment" for item in (*question.by, *question.used))
        return _families(_star(opened, snapshot, who, segments=segments), wanted, question)

    return Opened(
        engine=opened,
        model=rules.model_of(warehouse.table(opened, snapshot, "customers").columns),
        snapshot=snapshot,
        newest=newest,
        families=families,
        currency=snapshot.facts["currency"],
        generated=frozenset(snapshot.facts.get("generated", ())),
    )


def _star(opened: Engine, snapshot: Snapshot, who: Scope, *, segments: bool = True) -> tables.Star:
    """The tables as the member may see them. segments: whether customers carry their segment."""
    found = {name: warehouse.table(opened, snapshot, name)
             for name in ("sales_lines", "customers", "products", "stores", "contacts", "responses")}  # fmt: skip
    people = _with_segment(opened, found["customers"]) if segments else found["customers"]
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


def _families(star: tables.Star, wanted: Sequence[str], question: tables.Question) -> list[Table]:
    families = {rules.MEASURES[name].family for name in wanted}
    built: dict[str, Callable[[], Table]] = {
        "sales": lambda: tables.sales(star, question, wanted),
        "base": lambda: tables.base(star, question),
        "cycle": lambda: tables.cycle(star, question),
        "retention": lambda: tables.retention(star, question),
        "contacts": lambda: tables.contacted(star, question),
        "responses": lambda: tables.responding(star, question),
    }
    return [build() for family, build in built.items() if family in families]


# ---- rows of an answer -----------------------------------------------------------------------------------------------


def _rows(
    opened: Opened, measures: Sequence[str], by: Sequence[str], conditions: rules.Conditions
) -> list[dict[str, Any]]:
    """One row a group: every family of measures answers once, the answers are laid side by side."""
    keys = [f"d_{name}" for name in by]
    groups: dict[tuple[Any, ...], int] = {}
    columns: dict[Leaf, list[Any]] = {}
    totals: list[tuple[rules.Conditions, list[str]]] = []
    for inside, wanted in opened.model.leaves(measures).items():
        if framed.is_total(inside):
            totals.append((inside, wanted))
            continue
        for name, found, values in _figures_of(opened, wanted, by, (*conditions, *inside)):
            places = [groups.setdefault(group, len(groups)) for group in found]
            column = columns[inside, name] = [None] * len(groups)
            for place, value in zip(places, values, strict=True):
                column[place] = value
    for column in columns.values():
        column.extend([None] * (len(groups) - len(column)))
    for inside, wanted in totals:
        inside_total = _totals_of(opened, wanted, by, conditions, inside=inside, groups=list(groups))
        columns |= {(inside, name): values for name, values in inside_total.items()}
    figures = [_figures(opened, name, columns, len(groups)) for name in measures]
    names = [*keys, *measures]
    return [
        dict(zip(names, (*group, *row), strict=True))
        for group, row in zip(groups, zip(*figures, strict=True), strict=True)
    ]


def _figures_of(
    opened: Opened, wanted: Sequence[str], by: Sequence[str], conditions: rules.Conditions
) -> Iterator[tuple[str, list[framed.Group], list[Any]]]:
    """What the facts give: measure, groups, figures. Where the conditions hold a frame, looked at from there."""
    here = [one for one in conditions if not isinstance(one, Frame)]
    if len(here) < len(conditions):

        def ask(by: Sequence[str], conditions: rules.Conditions, wanted: Sequence[str]) -> framed.Cells:
            return {name: dict(zip(found, values, strict=True))
                    for name, found, values in _figures_of(opened, wanted, by, conditions)}  # fmt: skip

        span = _span(opened.snapshot)
        cells = framed.answered(ask, opened.model, by, conditions, wanted=wanted, span=span) if span else {}
        yield from ((name, list(values), list(values.values())) for name, values in cells.items())
        return
    keys = [f"d_{name}" for name in by]
    for table in opened.families(wanted, question_of(opened.model, by, here)):
        part = opened.engine.arrow(table.limit(MOST_GROUPS + 1))
        if part.num_rows > MOST_GROUPS:
            raise TooMuch("The question has more than {most} groups. Ask for fewer dimensions or add a condition.",
                          most=MOST_GROUPS)  # fmt: skip
        found = (
            list(zip(*(part.column(key).to_pylist() for key in keys), strict=True)) if keys else [()] * part.num_rows
        )
        for name in (one for one in part.column_names if one in wanted):
            yield name, found, part.column(name).to_pylist()


def _totals_of(
    opened: Opened,
    wanted: Sequence[str],
    by: Sequence[str],
    conditions: rules.Conditions,
    *,
    inside: rules.Conditions,
    groups: Sequence[framed.Group],
) -> dict[str, list[Any]]:
    """Figures over all groups, or over those that are alike in some dimensions, for every group."""
    before, frame, behind = framed.off(inside)
    kept = framed.kept(frame, by)
    places = [list(by).index(name) for name in kept]
    found = {}
    for name, there, values in _figures_of(opened, wanted, kept, (*conditions, *before, *behind)):
        worth = dict(zip(there, values, strict=True))
        found[name] = [worth.get(tuple(group[place] for place in places)) for group in groups]
    return found


def _span(snapshot: Snapshot) -> tuple[date, date] | None:
    """The first and last day of the data, None where there is none."""
    first, last = (snapshot.facts.get(name) for name in ("first_day", "last_day"))
    return (date.fromisoformat(first[:10]), date.fromisoformat(last[:10])) if first and last else None


def _figures(opened: Opened, name: str, columns: Mapping[Leaf, list[Any]], size: int) -> list[Any]:
    """A measure in every group. Formulas reckon amounts in major units, so that a number in them means what it says."""
    measure, digits = opened.model.measures[name], currency(opened.currency).digits
    if measure.formula is None:
        values = columns.get((opened.model.under(measure, ()), name), [None] * size)
        scale, empty = 0 if opened.minor else digits, 0 if measure.zero else None
        return [empty if value is None else _number(value, measure.unit, scale) for value in values]
    money = {leaf for leaf in columns if opened.minor and digits and opened.model.measures[leaf[1]].unit == "money"}

    def figure(place: int) -> Any:
        def leaf(inside: rules.Conditions, part: str) -> Any:
            values = columns.get((inside, part))
            value = values[place] if values else None
            return Decimal(value).scaleb(-digits) if value is not None and (inside, part) in money else value

        return _number(opened.model.figure(name, leaf), measure.unit, digits)

    return [figure(place) for place in range(size)]


def _number(value: Any, unit: rules.Unit, digits: int) -> int | float | None:
    """A figure as a plain number: amounts in minor units (digits: to be scaled by), whole ones as whole numbers."""
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return None
    if unit not in (rules.Unit.MONEY, rules.Unit.COUNT):
        return float(value)
    if unit == rules.Unit.MONEY and digits:
        value = value.scaleb(digits) if isinstance(value, Decimal) else value * 10**digits
    if type(value) is int:
        return value
    return int(value) if value == int(value) else float(value)


def _natural(value: Any) -> tuple[Any, ...]:
    """A sort key that puts 2 before 10, texts after numbers and missing values last."""
    if value is None:
        return (2, 0, "")
    if isinstance(value, int | float | Decimal):
        return (0, value, "")
    text = str(value)
    return (0, int(text), text) if text.isascii() and text.isdigit() else (1, 0, text)


def _sorted(rows: list[dict[str, Any]], model: rules.Model, by: Sequence[str], order: str) -> list[dict[str, Any]]:
    rows = sorted(rows, key=lambda row: [_natural(row[f"d_{name}"]) for name in by])
    if not order:
        return rows
    name = order.removeprefix("-")
    key = f"d_{name}" if name in by else name
    there, missing = ([row for row in rows if (row[key] is None) is gone] for gone in (False, True))
    return [*sorted(there, key=lambda row: _natural(row[key]), reverse=order.startswith("-")), *missing]


def _shown(rows: Sequence[Mapping[str, Any]], model: rules.Model, by: Sequence[str]) -> list[dict[str, Any]]:
    """Rows by their outside names, periods and days as texts."""
    texts_of = {
        name: {value: _member(name, value, model) for value in {row[f"d_{name}"] for row in rows}} for name in by
    }
    keys = {f"d_{name}" for name in by}
    measures = [name for name in (rows[0] if rows else ()) if name not in keys]
    return [{name: texts_of[name][row[f"d_{name}"]] for name in by} | {name: row[name] for name in measures}
            for row in rows]  # fmt: skip


def _member(name: str, value: Any, model: rules.Model) -> Any:
    if value is None:
        return None
    if model.dimensions[name].is_period:
        return rules.period_text(name, value)
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return value.isoformat() if isinstance(value, date) else value


def _total(opened: Opened, measures: Sequence[str], conditions: rules.Conditions) -> dict[str, Any]:
    """The measures over everything; those that compare periods have no total."""
    whole = [name for name in measures if not opened.model.compares(name)]
    found = _rows(opened, whole, (), conditions) if whole else []
    return dict.fromkeys(measures) | (found[0] if found else {})


def _columns(opened: Opened, measures: Sequence[str], by: Sequence[str]) -> list[Column]:
    cuts = [opened.model.dimensions[name] for name in by]
    heads = [Column(one.name, *texts(one), generated=bool({one.name, one.column} & opened.generated)) for one in cuts]
    figures = [opened.model.measures[name] for name in measures]
    return [*heads, *(Column(one.name, *texts(one), one.unit.value) for one in figures)]


def texts(item: rules.Measure | rules.Dimension) -> tuple[str, str]:
    """Label and definition in the reader's language where they were declared in both, else as msgids."""
    if (get_language() or "").startswith("ko"):
        return item.ko or item.label, item.ko_definition or item.definition
    return item.label, item.definition


# ---- plain values for doors ------------------------------------------------------------------------------------------


def major(value: Any, unit: str, money: Currency) -> Any:
    """A figure for a script or a spreadsheet: amounts in major units, exact to the minor unit."""
    if value is None or unit != rules.Unit.MONEY or not money.digits:
        return value
    return value / 10**money.digits if isinstance(value, int) else float(Decimal(repr(value)).scaleb(-money.digits))


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


# ---- what can be asked -----------------------------------------------------------------------------------------------


def names(by: Member | None = None, star: str = "") -> dict[str, list[dict[str, Any]]]:
    """All that can be asked of a star: measures (name, label, unit, definition), dimensions (name, label, definition)
    and hierarchies (name, label, levels: names of dimensions from coarse to fine). Raises NotAllowed, NotFound.
    """
    if by is not None:
        require(by, Right.INSIGHT_VIEW)
    found = model(by, star)
    return {
        "measures": [_named(item) | {"unit": item.unit.value} for item in found.measures.values()],
        "dimensions": [_named(item) for item in found.dimensions.values()],
        "hierarchies": [{"name": item.name, "label": label(item), "levels": list(item.levels)}
                        for item in found.hierarchies],
    }  # fmt: skip


def label(item: rules.Hierarchy | rules.Model) -> str:
    """A label in the reader's language, or its msgid."""
    return item.ko if item.ko and (get_language() or "").startswith("ko") else item.label


def _named(item: rules.Measure | rules.Dimension) -> dict[str, str]:
    shown, definition = texts(item)
    return {"name": item.name, "label": shown, "definition": definition}


def model(by: Member | None, star: str = "") -> rules.Model:
    """What can be asked of a star, own measures included. Raises NotFound."""
    if star:
        return own.with_own(_declared(by, star).model)
    try:
        snapshot = warehouse.current()[0]
        columns = warehouse.table(engine.current(), snapshot, "customers").columns
    except (NotFound, Damaged):
        columns = ()
    return own.with_own(rules.model_of(columns))


def stars(by: Member | None = None) -> list[dict[str, str]]:
    """The stars the member may ask, the company's own first: name ("" for the company's own) and label.

    A star that was added knows nothing of who is in charge of whom: only members who see every customer may ask it.
    """
    if by is not None:
        require(by, Right.INSIGHT_VIEW)
    company = [{"name": "", "label": rules.COMPANY}]
    if by is not None and not scope_of(by).everyone:
        return company
    return company + [{"name": star.model.name, "label": label(star.model)} for star, _snapshot in added.whole()]


def _declared(by: Member | None, star: str) -> Opened:
    """A star that was added. Raises NotFound, also where the member may not see everyone; Damaged."""
    if by is not None and not scope_of(by).everyone:
        raise added.missing(star)
    found, snapshot, newest = added.current(star)
    opened = engine.current()

    def read(name: str) -> Table:
        return opened.table(snapshot.paths(name))

    return Opened(
        engine=opened,
        model=found.model,
        snapshot=snapshot,
        newest=newest,
        families=lambda wanted, question: list(declared.families(read, found, wanted, question)),
        currency=found.currency,
        minor=False,
    )


# ---- for rooms above -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class View:
    """The star as a member may see it, for questions that no measure answers. known: the dimensions by name."""

    engine: Engine
    snapshot: Snapshot
    newest: bool
    star: tables.Star
    known: Mapping[str, rules.Dimension]

    def question(self, by_dimensions: Sequence[str] = (), where: str = "") -> tables.Question:
        """A split and a condition over sales lines, checked. Raises BadInput."""
        asked = rules.model_of(self.star.customers.columns)
        condition = asked.plain(rules.parse(where))
        asked.check(["sales_amount"], by_dimensions, sorted(rules.names(condition)))
        return question_of(asked, by_dimensions, (condition,) if condition else ())


def view(by: Member | None, engine_of: Callable[[], Engine] = engine.current) -> View:
    """The star within the member's scope (None is the installation). Raises NotAllowed, NotFound, Damaged."""
    if by is not None:
        require(by, Right.INSIGHT_VIEW)
    snapshot, newest = warehouse.current()
    opened = engine_of()
    star = _star(opened, snapshot, scope_of(by) if by is not None else Scope(everyone=True))
    return View(opened, snapshot, newest, star, rules.dimensions_of(star.customers.columns))
