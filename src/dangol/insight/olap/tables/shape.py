"""The tables of the star, and a question to it with the columns its answer has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import ibis
from ibis.expr.types import DateValue, IntegerColumn, IntegerValue, Table, Value

from dangol.insight.olap import rules
from dangol.insight.olap.rules import Dimension
from dangol.insight.warehouse.rules import Stretch


@dataclass(frozen=True)
class Star:
    """The tables of the warehouse, already bounded by what the member may see; customers carry their segment.

    bounded: whether lines, contacts, responses and web events of other customers must be left out. days: first and
    last day of the sales lines. zone: how the company's clock differs from UTC over them. different: the number of
    different customers of a column in so many groups at most, as one aggregate; None where the engine has no quick one
    (see `Engine.bits`). held: a table made of products, stores or customers, worked out once under its name for all
    questions to the same data. visits, tickets: None in a layout that had none. complete: whether the customer of
    every line and visit is among the customers (or left out by `bounded`).
    """

    sales_lines: Table
    customers: Table
    products: Table
    stores: Table
    contacts: Table
    responses: Table
    web_events: Table
    units: Table
    visits: Table | None = None
    tickets: Table | None = None
    bounded: bool = False
    complete: bool = False
    days: tuple[date, date] | None = None
    zone: Sequence[Stretch] = ()
    different: Callable[[IntegerColumn, int], IntegerValue | None] | None = None
    held: Callable[[tuple[str, ...], Table], Table] = lambda _name, table: table


@dataclass(frozen=True)
class Question:
    """What is asked: figures by dimensions, under conditions on rows and conditions on the period alone.

    ranking: the rows over which customers are ranked, where their ranks are asked for.
    """

    by: tuple[Dimension, ...]
    used: tuple[Dimension, ...] = ()  # in the conditions
    rows: tuple[rules.Condition, ...] = ()
    periods: tuple[rules.Condition, ...] = ()
    ranking: "Question | None" = None

    @property
    def keys(self) -> list[str]:
        """The columns of the answer's dimensions."""
        return [column(dimension) for dimension in self.by]

    @property
    def timeless(self) -> list[str]:
        """The same without periods."""
        return [column(dimension) for dimension in self.by if not dimension.is_period]

    @property
    def times(self) -> list[str]:
        """The periods among them, from the longest to the shortest: sorted so, they run in order of time."""
        order = {name: place for place, name in enumerate(reversed(rules.PERIODS))}
        found = sorted((item for item in self.by if item.is_period), key=lambda item: order[item.name])
        return [column(dimension) for dimension in found]


def column(dimension: Dimension) -> str:
    """The column of a dimension in the tables of this module."""
    return f"d_{dimension.name}"


def whole(number: int) -> IntegerValue:
    """A whole number of 64 bits: a bare literal would be of 8 bits on one engine and of 32 on the other."""
    return ibis.literal(number, type="int64")


def period(name: str, day: DateValue) -> IntegerValue:
    """The number of the period of a day; the same as `rules.period_number`."""
    year = day.year().cast("int64")
    if name == "day":
        return day.epoch_days().cast("int64")
    if name == "week":
        return ((day.epoch_days().cast("int64") + whole(3)) / whole(7)).floor().cast("int64")
    if name == "month":
        return year * whole(12) + day.month().cast("int64") - whole(1)
    if name == "quarter":
        return year * whole(4) + ((day.month().cast("int64") - whole(1)) / whole(3)).floor().cast("int64")
    if name == "half":
        return year * whole(2) + ((day.month().cast("int64") - whole(1)) / whole(6)).floor().cast("int64")
    return year


def grouped(table: Table, keys: Sequence[str], **figures: Value) -> Table:
    """Figures by keys; of everything where there is no key."""
    return table.group_by(*keys).aggregate(**figures) if keys else table.aggregate(**figures)
