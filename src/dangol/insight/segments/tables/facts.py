"""What conditions look at, and how one is answered: the facts, and an answer over them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from operator import and_

import ibis
from ibis.expr.types import BooleanValue, Table, Value

from dangol.insight.segments.rules import Measured


@dataclass(frozen=True)
class Facts:
    """Everything conditions look at, on one day.

    customers: one row each with their attributes. purchases (and the same rows as by_product), tickets, products,
    stores, channels, events, reach: as `prepared` writes them. scores: of a table some scoring days back, customer_id
    and scores, or None. members: of a segment as these facts have it, customer_id. measured: customer_id and `seen`, a
    measure of those with a figure that fits or not, and whether those without a row fit. only: the customers these
    facts are of, where they are of a few, and everybody: the facts these were taken from. birthdays: customer_id and
    month (1 to 12) of those whose day of birth is known by the solar calendar.
    """

    as_of: date
    customers: Table
    purchases: Table
    by_product: Table
    tickets: Table
    products: Table
    stores: Table
    channels: Table
    events: Table
    reach: Table
    scores: Callable[[str, int], Table | None]
    members: Callable[["Facts", int], Table]
    measured: Callable[["Facts", Measured], tuple[Table, bool]]
    birthdays: Table
    only: Sequence[int] | None = None
    everybody: "Facts | None" = None

    def of(self, ids: Sequence[int]) -> "Facts":
        """The same facts of a few customers only."""

        def only(table: Table) -> Table:
            return table.filter(table.customer_id.isin([ibis.literal(int(one), type="int64") for one in ids]))

        def scores(name: str, ago: int) -> Table | None:
            table = self.scores(name, ago)
            return None if table is None else only(table)

        return replace(
            self, customers=only(self.customers), purchases=only(self.purchases),
            by_product=only(self.purchases), tickets=only(self.tickets), events=only(self.events),
            reach=only(self.reach), scores=scores, members=lambda facts, one: only(self.members(facts, one)),
            birthdays=only(self.birthdays), only=[int(one) for one in ids], everybody=self,
        )  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """One condition's answer. seen: customer_id and `seen`, the value looked at, of those who have one.

    fits: whether a row of `seen` is what was asked for. others: whether customers without a row are, too (who bought
    nothing bought at most twice).
    """

    seen: Table
    fits: Callable[[Table], BooleanValue]
    others: bool = False

    @property
    def named(self) -> Table:
        """The customers whom the answer is about: those who fit, or, where others do, those who do not."""
        fits = self.fits(self.seen)
        return self.seen.filter(~fits if self.others else fits).select("customer_id")


def within(value: Value, least: float | None, most: float | None) -> BooleanValue:
    """Whether a value lies within bounds, both included; a missing one does not."""
    bounds = [value >= _number(value, least)] if least is not None else []
    bounds += [value <= _number(value, most)] if most is not None else []
    return reduce(and_, bounds, value.notnull()).fill_null(ibis.literal(False))


def _number(value: Value, bound: float) -> Value:
    return ibis.literal(bound, type="int64" if isinstance(bound, int) and value.type().is_integer() else "float64")
