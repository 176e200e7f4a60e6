"""A measure of each customer: the figure a question split by customers would give, for those that have one.

The facts are asked once for all customers, and the formula is reckoned over columns. Where a figure lies next to a
bound somebody asks for, it is reckoned once more as the explorer does it, exactly.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dangol.base.errors import BadInput
from dangol.base.money import currency
from dangol.engine import Engine
from dangol.insight.olap import reads, rules, tables
from dangol.insight.olap.own import reads as own
from dangol.insight.olap.reads.opened import Opened, company, question_of
from dangol.insight.olap.reads.shaping import Found, Leaf
from dangol.insight.olap.rules.formulas import Constant, Name, Negative, Operation, Otherwise
from dangol.insight.olap.rules.frames import Frame
from dangol.insight.olap.tables.sales import COUNTING_ORDERS, PER_CUSTOMER
from dangol.insight.warehouse.rules import SUMS

CUSTOMER = rules.Dimension(
    "customer", "", "", "customer", "customer_id"
)  # asked here only: a page of it would be endless
OF_ONE = frozenset({*SUMS, *COUNTING_ORDERS} - PER_CUSTOMER)
NEAR = 1e-9  # of its size: where a figure in floating point may lie on the wrong side of a bound
FEW = 2_000  # customers for whom every figure is reckoned exactly
Numbers = NDArray[np.float64]


def problem(model: rules.Model, name: str) -> BadInput | None:
    """Why a measure says nothing about one customer, or does not exist; None where it does."""
    if name not in model.measures:
        return BadInput("The measure {name} does not exist any more. Choose another one.", field="measure",
                        name=name[:60])  # fmt: skip
    label = reads.texts(model.measures[name])[0]
    try:
        leaves = model.leaves([name])
    except BadInput as wrong:
        return wrong
    framed = any(isinstance(one, Frame) for inside in leaves for one in inside)
    if framed or model.compares_groups(name) or model.needs(name):
        return BadInput(
            "“{label}” compares periods or groups: it says nothing about one customer. Choose another one.",
            field="measure", label=label,
        )  # fmt: skip
    inside = {part for conditions in leaves for one in conditions if not isinstance(one, Frame)
              for part in rules.names(one)}  # fmt: skip
    if rules.ranks(model, inside) or not {leaf for wanted in leaves.values() for leaf in wanted} <= OF_ONE:
        return BadInput(
            "“{label}” counts customers or is not made of sales: it says nothing about one customer. Choose another "
            "one.", field="measure", label=label,
        )  # fmt: skip
    return None


def offered(model: rules.Model) -> list[rules.Measure]:
    """The measures that say something about one customer, people's own first."""
    found = [one for one in model.measures.values() if problem(model, one.name) is None]
    return sorted(found, key=lambda one: not one.own)


@dataclass(frozen=True)
class Figures:
    """A measure of customers. ids: int64[n], ascending; values: float64[n], nan where missing; money in minor units.

    empty: the figure of a customer without a row, None where missing.
    """

    ids: NDArray[np.int64]
    values: Numbers
    empty: float | None


def figures(
    measure: str, engine: Engine, *, days: tuple[date | None, date | None] = (None, None),
    ids: Sequence[int] | None = None, bounds: Sequence[float] = (),
) -> Figures:  # fmt: skip
    """A measure of all customers with sales, or of a few.

    days: the first and the last day that count, None for no bound. ids: only these. bounds: numbers the figures are
    held against, at which they must be exact. Raises BadInput (see `problem`), NotFound before any data.
    """
    opened = company(None)
    opened = replace(opened, model=own.with_own(opened.model))
    wrong = problem(opened.model, measure)
    if wrong is not None:
        raise wrong
    customers, leaves = _leaves(opened, engine, measure, days, ids)
    minor = currency(opened.currency).digits if opened.minor else 0
    made = _Columns(opened.model, leaves, len(customers), minor).whole(measure)
    near = np.zeros(len(customers), dtype=bool) if len(customers) > FEW else np.ones(len(customers), dtype=bool)
    for bound in bounds:
        near |= np.abs(made - bound) <= NEAR * max(1.0, abs(bound))
    made[near] = _exact(opened, leaves, measure, np.flatnonzero(near))
    [empty] = _exact(opened, {leaf: np.full(1, np.nan) for leaf in leaves}, measure, np.zeros(1, dtype=np.int64))
    return Figures(customers, made, None if np.isnan(empty) else float(empty))


def _leaves(
    opened: Opened, engine: Engine, measure: str, days: tuple[date | None, date | None], ids: Sequence[int] | None
) -> tuple[NDArray[np.int64], dict[Leaf, Numbers]]:
    """The customers with rows, and what the facts gave for each, nan where nothing."""
    view = reads.view(None, lambda: engine)
    timed = [
        rules.parse(f"day {sign} '{day.isoformat()}'") for sign, day in zip((">=", "<="), days, strict=True) if day
    ]
    parts = {}
    for inside, wanted in opened.model.leaves([measure]).items():
        conditions = [one for one in (*timed, *inside) if one is not None and not isinstance(one, Frame)]
        question = replace(question_of(opened.model, (), conditions), by=(CUSTOMER,))
        star = view.star if any(item.column == "segment" for item in question.used) else view.bare
        for table in tables.sales(_only(star, ids), question, wanted):
            rows = engine.arrow(table.filter(table.d_customer.notnull()))
            keys = rows["d_customer"].to_numpy()
            parts.update({(inside, name): (keys, rows[name].to_numpy().astype(np.float64))
                          for name in wanted if name in rows.column_names})  # fmt: skip
    everyone = np.unique(np.concatenate([keys for keys, _values in parts.values()]).astype(np.int64))
    leaves = {}
    for leaf, (keys, values) in parts.items():
        leaves[leaf] = np.full(len(everyone), np.nan)
        leaves[leaf][np.searchsorted(everyone, keys)] = values
    return everyone, leaves


def _only(star: tables.Star, ids: Sequence[int] | None) -> tables.Star:
    if ids is None:
        return star
    lines = star.sales_lines
    return replace(star, sales_lines=lines.filter(lines.customer_id.isin([int(one) for one in ids])), complete=False)


def _exact(opened: Opened, leaves: Mapping[Leaf, Numbers], measure: str, places: NDArray[np.int64]) -> Numbers:
    """The figures at some places as the explorer reckons them."""
    plain = {leaf: [None if np.isnan(one) else int(one) for one in values[places]] for leaf, values in leaves.items()}
    found = Found(opened, (CUSTOMER.name,), [(int(place),) for place in places], plain)
    said: list[Any] = found.figures(measure, range(len(places)))
    return np.array([np.nan if one is None else float(one) for one in said], dtype=np.float64)


@dataclass(frozen=True)
class _Columns:
    """Formulas over columns, as `rules.computed` reckons them one by one; nan is missing."""

    model: rules.Model
    leaves: Mapping[Leaf, Numbers]
    length: int
    digits: int

    def whole(self, name: str) -> Numbers:
        """The numbers of the measure that is asked for; amounts in minor units."""
        measure = self.model.measures[name]
        inside = self.model.under(measure, ())
        if measure.formula is None:
            return self.leaf(name, inside)
        scale = 10.0**self.digits if measure.unit == rules.Unit.MONEY else 1.0
        return self.formula(measure.formula, inside) * scale

    def part(self, name: str, under: rules.Conditions) -> Numbers:
        """The numbers of a measure within a formula: amounts in major units."""
        measure = self.model.measures[name]
        inside = self.model.under(measure, under)
        if measure.formula is not None:
            return self.formula(measure.formula, inside)
        scale = 10.0**self.digits if measure.unit == rules.Unit.MONEY else 1.0
        return self.leaf(name, inside) / scale

    def leaf(self, name: str, inside: rules.Conditions) -> Numbers:
        """What the facts gave."""
        found = self.leaves.get((inside, name), np.full(self.length, np.nan))
        return np.nan_to_num(found, nan=0.0) if self.model.measures[name].zero else found.copy()

    def formula(self, formula: Any, inside: rules.Conditions) -> Numbers:
        """The numbers of a formula over measures."""
        match formula:
            case Constant(number):
                return np.full(self.length, float(number))
            case Name(name):
                return self.part(name, inside)
            case Negative(inner):
                return -self.formula(inner, inside)
            case Otherwise(first, second):
                one = self.formula(first, inside)
                return np.where(np.isnan(one), self.formula(second, inside), one)
            case Operation(sign, left, right):
                return OPERATIONS[sign](self.formula(left, inside), self.formula(right, inside))
        raise ValueError("A formula that looks at other periods or groups says nothing about one customer.")


def _added(left: Numbers, right: Numbers) -> Numbers:
    """A sum of which what is missing counts as nothing; missing where both are."""
    both = np.isnan(left) & np.isnan(right)
    return np.where(both, np.nan, np.nan_to_num(left, nan=0.0) + np.nan_to_num(right, nan=0.0))


def _divided(left: Numbers, right: Numbers) -> Numbers:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(right == 0, np.nan, left / right)


OPERATIONS: Mapping[str, Callable[[Numbers, Numbers], Numbers]] = {
    "+": _added, "-": lambda left, right: _added(left, -right), "*": lambda left, right: left * right, "/": _divided,
}  # fmt: skip
