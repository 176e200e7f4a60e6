"""A definition asked of a past day: purchases and events up to it, RFM as scored last before it.

What the house keeps of today only (consent, lifetime value, groups, indexes, classes by channel) is not made up for a
day it was not known on: a definition that asks for it is refused.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dangol.base.errors import BadInput, NotFound
from dangol.engine import Engine
from dangol.insight.score import reads as score
from dangol.insight.segments import counting, rules, tables
from dangol.insight.segments.models import Segment

LONGEST_DAYS = 3660


def check(root: rules.Group, day: date, as_of: date) -> None:
    """Raises BadInput for a day that is not past, or a definition nobody can know the people of on that day."""
    wrong = problem(root, day, as_of)
    if wrong is not None:
        raise wrong


def problem(root: rules.Group, day: date, as_of: date) -> BadInput | None:
    """Why nobody can know who met a definition on a day; None where it can be known."""
    if not as_of - timedelta(days=LONGEST_DAYS) <= day <= as_of:
        return BadInput("Choose a day up to {last}, the last one in the figures.", field="day", last=as_of)
    if day == as_of:
        return None
    if of_today(root):
        return BadInput(
            "This segment asks for something that is known of today only: who can be written to, lifetime value, "
            "groups, indexes or classes by channel. Freeze it as it is now, or take that condition out.",
            field="day",
        )  # fmt: skip
    scores = [one for one in _all_conditions(root) if isinstance(one, rules.Score)]
    if any(_scoring_day(day, one.months_ago) is None for one in scores):
        return BadInput("There are no RFM scores of {day} yet. Choose a later day.", field="day", day=day)
    return None


def of_today(root: rules.Group) -> list[rules.Condition]:
    """The conditions, also of the segments it is made from, whose answer is known of today only."""
    return [one for one in _all_conditions(root) if isinstance(one, rules.Reach)
            or (isinstance(one, rules.Score) and one.table != "rfm")]  # fmt: skip


def _all_conditions(root: rules.Group) -> Iterable[rules.Condition]:
    """The conditions of a definition and of the live segments it is made from."""
    waiting, seen = [root], set[int]()
    while waiting:
        node = waiting.pop()
        yield from (one for _path, one in rules.conditions(node))
        parts = rules.segments_in(node) - seen
        seen |= parts
        found = Segment.objects.filter(pk__in=parts, kind="live").values_list("definition", flat=True)
        waiting += [rules.from_dict(one) for one in found]


def _scoring_day(day: date, months_ago: int) -> date | None:
    """The last day customers were scored on up to a day, and so many scoring days before it."""
    try:
        days = score.months()
    except NotFound:
        return None
    place = bisect_right(days, day) - 1 - months_ago
    return days[place] if place >= 0 else None


def scoring_days() -> list[date]:
    """The days customers were scored on, the newest first: what people usually look back to."""
    try:
        return score.months()[::-1]
    except NotFound:
        return []


def facts_on(engine: Engine, now: counting.Served, day: date) -> tables.Facts:
    """The served facts as they were on a day. Attributes of customers are those of today."""
    whole = counting.facts(engine, now)

    def until(table: Any) -> Any:
        return table.filter(table.day <= day)

    def scores(name: str, ago: int) -> Any:
        scored = _scoring_day(day, ago)
        if name != "rfm" or scored is None:
            return None
        return counting.with_group(score.table(engine, scored))

    customers = whole.customers
    return replace(
        whole, as_of=day, customers=customers.filter(customers.first_day.isnull() | (customers.first_day <= day)),
        purchases=until(whole.purchases), by_product=until(whole.by_product), tickets=until(whole.tickets),
        events=until(whole.events), scores=scores,
    )  # fmt: skip


def first_day(engine: Engine, now: counting.Served) -> date | None:
    """The first day the figures know a purchase of; before it nobody can say how many there were. None: of none."""
    purchases = counting.facts(engine, now).purchases
    found: date | None = engine.arrow(purchases.aggregate(day=purchases.day.min()))["day"][0].as_py()
    return found


class Then(counting.Counter):
    """Answers over the facts of a past day, put together like those of today."""

    def __init__(self, engine: Engine, day: date, check: counting.Check = lambda: None) -> None:
        super().__init__(engine, check)
        self._facts = facts_on(engine, self.now, day)
        ids = engine.arrow(self._facts.customers.select("customer_id"))["customer_id"].to_numpy()
        self.now = replace(self.now, as_of=day, everybody=self.now.bits(ids), known=OrderedDict(), reaches={})


def members_on(engine: Engine, root: rules.Group, day: date) -> NDArray[np.int64]:
    """Who met a definition on a day: int64[n], ascending. Raises as `check`, and NotFound before the first cycle."""
    check(root, day, counting.served(engine).as_of)
    then = Then(engine, day)
    return then.now.ids(then.node(root))
