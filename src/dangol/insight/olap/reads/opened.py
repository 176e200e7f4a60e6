"""Stars ready to be asked: the company's own within what a member may see, and those that were added."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import ibis
from django.conf import settings
from ibis.expr.types import Table

from dangol import engine
from dangol.base.errors import Damaged, NotFound
from dangol.engine import Engine, Snapshot, Store, span_of
from dangol.insight.olap import naming, rules, tables
from dangol.insight.olap.stars import reads as added
from dangol.insight.olap.stars import tables as declared_tables
from dangol.insight.warehouse import reads as warehouse
from dangol.insight.warehouse.rules import Stretch, stretches
from dangol.staff.reads import Member, require, scope_of
from dangol.staff.rules import Right, Scope


@dataclass(frozen=True)
class Opened:
    """A star ready to be asked. families: measures and a question -> tables of figures, one row a group.

    minor: whether its amounts are kept in minor units (else as decimals in major units). span: the first and last day
    of the facts of a family of measures, None where it has none.
    """

    engine: Engine
    model: rules.Model
    snapshot: Snapshot
    newest: bool
    families: Callable[[Sequence[str], tables.Question], list[Table]]
    currency: str
    generated: frozenset[str] = frozenset()
    minor: bool = True
    span: Callable[[str], tuple[date, date] | None] = lambda _family: None


def question_of(model: rules.Model, by: Sequence[str], conditions: Sequence[rules.Condition]) -> tables.Question:
    """A split under conditions; those on the period alone are kept apart."""
    parts = [part for one in conditions for part in rules.parts_of(one)]
    over = next((part for part in parts if isinstance(part, rules.Over)), None)
    parts = [part for part in parts if not isinstance(part, rules.Over)]
    used = sorted({name for part in parts for name in rules.names(part)})
    timed = [all(model.dimensions[name].is_period for name in rules.names(part)) for part in parts]
    return tables.Question(
        by=tuple(model.dimensions[name] for name in by),
        used=tuple(model.dimensions[name] for name in used),
        rows=tuple(part for part, is_time in zip(parts, timed, strict=True) if not is_time),
        periods=tuple(part for part, is_time in zip(parts, timed, strict=True) if is_time),
        ranking=_ranking(model, parts, over) if rules.ranks(model, [*by, *used]) else None,
    )


def _ranking(model: rules.Model, parts: Sequence[rules.Condition], over: rules.Over | None) -> tables.Question:
    """The rows over which customers are ranked."""
    return question_of(model, (), rules.parts_of((over or rules.over(model, parts)).of))


def company(by: Member | None) -> Opened:
    """The company's own star within the member's scope. Segments are looked up where they are asked for only."""
    snapshot, newest = warehouse.current()
    opened, who = engine.current(), scope_of(by) if by is not None else Scope(everyone=True)

    def families(wanted: Sequence[str], question: tables.Question) -> list[Table]:
        return _families(_star(opened, snapshot, who, segments=_of_segments(question)), wanted, question)

    return Opened(
        engine=opened,
        model=rules.model_of(warehouse.table(opened, snapshot, "customers").columns).until(end_of(snapshot)),
        snapshot=snapshot,
        newest=newest,
        families=families,
        currency=snapshot.facts["currency"],
        generated=frozenset(snapshot.facts.get("generated", ())),
        span=lambda _family: days_of(snapshot),
    )


def _of_segments(question: tables.Question) -> bool:
    """Whether customers' segments are asked for."""
    asked = (question, question.ranking) if question.ranking else (question,)
    return any(item.column == "segment" for one in asked for item in (*one.by, *one.used))


def _star(opened: Engine, snapshot: Snapshot, who: Scope, *, segments: bool = True) -> tables.Star:
    """The tables as the member may see them. segments: whether customers carry their segment."""
    names = ("sales_lines", "customers", "products", "stores", "contacts", "responses", "web_events", "units")
    found = {name: warehouse.table(opened, snapshot, name) for name in names}
    scores = _scores() if segments else None
    people = _with_segment(opened, found["customers"], scores) if segments else found["customers"]
    people = people.mutate(first_month=people.first_day.strftime("%Y-%m"))
    if not who.everyone:
        people = people.filter(_seen(people, who))
    return tables.Star(
        **{**found, "customers": people},
        visits=warehouse.visits(opened, snapshot),
        tickets=warehouse.tickets(opened, snapshot),
        bounded=not who.everyone,
        complete=snapshot.facts.get("strangers") == 0,
        days=days_of(snapshot),
        zone=_zone(settings.DANGOL.zone, *days_of(snapshot) or ()),
        different=lambda numbers, groups: opened.bits(numbers, span, groups) if (span := _ids(snapshot)) else None,
        held=lambda name, table: opened.held((snapshot.id, scores.id if scores else "", *name), table),
    )


def days_of(snapshot: Snapshot) -> tuple[date, date] | None:
    """First and last day of the data, None where there is none."""
    first, last = (snapshot.facts.get(name) for name in ("first_day", "last_day"))
    return (date.fromisoformat(first[:10]), date.fromisoformat(last[:10])) if first and last else None


def end_of(snapshot: Snapshot) -> date | None:
    """The last day of the data."""
    days = days_of(snapshot)
    return days[1] if days else None


@lru_cache(maxsize=4)
def _zone(zone: ZoneInfo, *span: date) -> Sequence[Stretch]:
    """How the company's clock differs from UTC over a span of days."""
    return stretches(zone, *(datetime.combine(day, time()) for day in span)) if span else ()


def _ids(snapshot: Snapshot) -> tuple[int, int] | None:
    """The least and largest customer_id of the sales lines."""
    return span_of(snapshot.paths("sales_lines"), "customer_id")


def _seen(people: Table, who: Scope) -> Any:
    """The scope as a condition on the warehouse's customers."""
    if who.unit_path is not None:
        return people.unit_path.startswith(who.unit_path)
    if who.member_id is not None:
        return (people.rep_id == who.member_id) | (people.rep == f"rep {who.member_id}")
    return ibis.literal(False)


def _scores() -> Snapshot | None:
    """The newest scores; None before the first scoring."""
    try:
        return Store(settings.DANGOL.home / "scores").current()[0]
    except (NotFound, Damaged):
        return None


def _with_segment(opened: Engine, people: Table, scores: Snapshot | None) -> Table:
    """Customers with the segment of the newest scores; missing before the first scoring."""
    if scores is None or "rfm" not in scores.files:
        return people.mutate(segment=ibis.null("string"))
    scored = opened.table(scores.paths("rfm"))
    last = scored.filter(scored.as_of == scored.as_of.max()).select("customer_id", "segment")
    return people.left_join(last, "customer_id").drop("customer_id_right")


def _families(star: tables.Star, wanted: Sequence[str], question: tables.Question) -> list[Table]:
    families = {rules.MEASURES[name].family for name in wanted}
    by = tables.coded(star, question)
    built: dict[str, Callable[[], list[Table]]] = {
        "sales": lambda: tables.sales(star, question, wanted),
        "best": lambda: [by.named(tables.best_shares(by.star, by.question, wanted))],
        "base": lambda: [by.named(tables.base(by.star, by.question))],
        "cycle": lambda: [by.named(tables.cycle(by.star, by.question))],
        "retention": lambda: [by.named(tables.retention(by.star, by.question))],
        "contacts": lambda: [tables.reached(star, question, "contacts", wanted)],
        "responses": lambda: [tables.reached(star, question, "responses", wanted)],
        "events": lambda: [tables.reached(star, question, "events", wanted)],
    }
    return [table for family, build in built.items() if family in families for table in build()]


def declared(by: Member | None, star: str) -> Opened:
    """A star that was added. Raises NotFound, also where the member may not see everyone; Damaged."""
    if by is not None and not scope_of(by).everyone:
        raise added.missing(star)
    found, snapshot, newest = added.current(star)
    opened = engine.current()

    def read(name: str) -> Table:
        return opened.table(snapshot.paths(name))

    return Opened(
        engine=opened,
        model=found.model.until(end_of(snapshot)),
        snapshot=snapshot,
        newest=newest,
        families=lambda wanted, question: list(declared_tables.families(read, found, wanted, question)),
        currency=found.currency,
        minor=False,
        span=lambda fact: _span(snapshot, fact),
    )


def _span(snapshot: Snapshot, fact: str) -> tuple[date, date] | None:
    """The days of one fact; those of all in a snapshot that does not tell them apart."""
    days = snapshot.facts.get("days")
    if days is None:
        return days_of(snapshot)
    span = days.get(fact)
    return (date.fromisoformat(span[0]), date.fromisoformat(span[1])) if span else None


# ---- for rooms above -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class View:
    """The star as a member may see it, for questions that no measure answers."""

    engine: Engine
    snapshot: Snapshot
    newest: bool
    who: Scope

    @cached_property
    def star(self) -> tables.Star:
        """The tables, customers with their segment."""
        return _star(self.engine, self.snapshot, self.who)

    @cached_property
    def bare(self) -> tables.Star:
        """The same without segments, which cost a join of every customer."""
        return _star(self.engine, self.snapshot, self.who, segments=False)

    @cached_property
    def model(self) -> rules.Model:
        """What can be asked of it."""
        found = rules.model_of(warehouse.table(self.engine, self.snapshot, "customers").columns)
        return found.until(end_of(self.snapshot))

    @property
    def known(self) -> Mapping[str, rules.Dimension]:
        """The dimensions by name."""
        return self.model.dimensions

    def asked(self, question: tables.Question) -> tables.Star:
        """The tables a question needs: with segments where it asks for them."""
        return self.star if _of_segments(question) else self.bare

    def question(self, by_dimensions: Sequence[str] = (), where: str = "") -> tables.Question:
        """A split and a condition over sales lines, checked. Raises BadInput."""
        asked, condition = self.model, rules.parse(where)
        if not rules.names(condition) <= asked.dimensions.keys():
            asked = naming.worded(asked)
        condition = asked.plain(asked.named(condition))
        asked.check(["sales_amount"], by_dimensions, sorted(rules.names(condition)))
        return question_of(asked, by_dimensions, rules.pinned(asked, ["sales_amount"], by_dimensions, condition))


def view(by: Member | None, engine_of: Callable[[], Engine] = engine.current) -> View:
    """The star within the member's scope (None is the installation). Raises NotAllowed, NotFound, Damaged."""
    if by is not None:
        require(by, Right.INSIGHT_VIEW)
    snapshot, newest = warehouse.current()
    return View(engine_of(), snapshot, newest, scope_of(by) if by is not None else Scope(everyone=True))
