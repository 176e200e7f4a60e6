"""The fields somebody may ask for: measures, dimensions, hierarchies; and conditions on them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from dangol.insight.olap import reads as olap
from dangol.insight.olap import rules
from dangol.reports.asked import ENDS, LACKS, PLAIN, STARTS, Asked, Figure, Filter
from dangol.staff.reads import Member

PEOPLE = frozenset({"customers", "buying_customers", "contacted_customers", "responding_customers"})
USUAL = "sales_amount"
SUMMABLE = frozenset({"money", "count"})


@dataclass(frozen=True)
class Field:
    """A measure or a dimension. place: where a dimension lies (period, customer, product, …).

    unit: of a measure. additive: whether figures of groups add up to the whole. compares: whether it compares with the
    period before, so that it needs exactly one. zero: whether a group without rows counts 0. needs: the dimensions it
    cannot be asked without; among: whether it looks at the other groups, so that it needs a split. base: of those
    three, a measure it is made of that can be asked in any way. ranked: whether a dimension ranks customers by what
    they bought under the conditions; ordered: whether its members have an order of their own. also: other words for it.
    """

    name: str
    label: str
    definition: str
    unit: str = ""
    additive: bool = False
    compares: bool = False
    base: str = ""
    zero: bool = False
    place: str = ""
    needs: frozenset[str] = frozenset()
    among: bool = False
    ranked: bool = False
    ordered: bool = False
    also: Sequence[str] = ()

    @property
    def partial(self) -> bool:
        """Whether a measure cannot be asked at every level of a table."""
        return self.compares or self.among or bool(self.needs)

    @property
    def is_period(self) -> bool:
        """Whether it cuts time."""
        return self.place == "period"

    def fits(self, names: Sequence[str], periods: Sequence[str]) -> bool:
        """Whether a measure can be answered split by these dimensions, of which some are periods.

        Those that compare periods need exactly one.
        """
        if self.compares and len(periods) != 1:
            return False
        return self.needs <= set(names) and bool(names or not self.among)


@dataclass(frozen=True)
class Hierarchy:
    """Levels from coarse to fine."""

    name: str
    label: str
    levels: tuple[str, ...]


@dataclass(frozen=True)
class Fields:
    """All that may be asked for. called: the dimensions that a condition speaks of, by whatever words it names them."""

    measures: Mapping[str, Field]
    dimensions: Mapping[str, Field]
    hierarchies: Sequence[Hierarchy]
    called: Callable[[str], set[str]] = field(default=lambda where: rules.names(rules.parse(where)), compare=False)

    def finer(self, name: str, taken: Sequence[str] = ()) -> str:
        """The next level below a dimension that is not on the axes yet; empty at the bottom or outside of any."""
        for one in self.hierarchies:
            if name in one.levels:
                below = [level for level in one.levels[one.levels.index(name) + 1 :] if level not in taken]
                if below:
                    return below[0]
        return ""

    def usual(self) -> Asked:
        """What is asked before anybody chose: sales by month, or else the first that there is."""
        rows = ("month",) if "month" in self.dimensions else tuple(self.dimensions)[:1]
        measure = USUAL if USUAL in self.measures else next(iter(self.measures), "")
        return Asked(rows=rows, figures=(Figure(measure, PLAIN),) if measure else ())

    def known(self, asked: Asked) -> Asked:
        """The state without what there is not (any more): a field of another star, an attribute that went."""
        kept = [one in self.dimensions for one in asked.dimensions]
        figures = tuple(one for one in asked.figures if one.measure in self.measures)
        filters = tuple(one for one in asked.filters if one.name in self.dimensions)
        if all(kept) and figures == asked.figures and filters == asked.filters:
            return asked
        return Asked(
            rows=tuple(one for one in asked.rows if one in self.dimensions),
            columns=tuple(one for one in asked.columns if one in self.dimensions), figures=figures, filters=filters,
            where=asked.where, top=asked.top, totals=asked.totals, heat=asked.heat, chart=asked.chart, star=asked.star,
            every=asked.every,
        )  # fmt: skip


def of(by: Member | None, star: str = "") -> Fields:
    """The fields of a star. Raises NotAllowed, NotFound, Damaged."""
    named: dict[str, Any] = olap.names(by, star)
    model = olap.model(by, star)
    return Fields(
        {one["name"]: _measure(model, one) for one in named["measures"]},
        {one["name"]: _dimension(model, one) for one in named["dimensions"]},
        [Hierarchy(one["name"], one["label"], tuple(one["levels"])) for one in named["hierarchies"]],
        partial(olap.dimensions_in, model),
    )  # fmt: skip


def _measure(model: Any, named: Mapping[str, Any]) -> Field:
    one = model.measures[named["name"]]
    found = Field(**named, additive=one.additive, compares=model.compares(one.name), zero=one.zero,
                  needs=model.needs(one.name), among=model.compares_groups(one.name))  # fmt: skip
    return replace(found, base=_base(model, one.name)) if found.partial else found


def _dimension(model: Any, named: Mapping[str, Any]) -> Field:
    one = model.dimensions[named["name"]]
    return Field(**named, place=one.of, ranked=one.ranked, ordered=one.is_period or one.ordered)


def _base(model: Any, name: str) -> str:
    """A measure that one is made of and that can be asked in any way; else the star's usual one."""
    parts = [leaf for leaves in model.leaves([name]).values() for leaf in leaves]
    known = [leaf for leaf in (*parts, USUAL, *model.measures) if leaf in model.measures]
    return next((leaf for leaf in known
                 if not (model.compares(leaf) or model.needs(leaf) or model.compares_groups(leaf))), "")  # fmt: skip


# ---- conditions ------------------------------------------------------------------------------------------------------


def quoted(value: Any) -> str:
    """A value as the grammar of conditions writes it."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def among(name: str, values: Sequence[Any], *, out: bool = False) -> str:
    """The condition that a dimension has one of some values, or none of them; missing is a value like any other."""
    there = [value for value in values if value is not None]
    missing = len(there) < len(values)
    listed = f"{name} = {quoted(there[0])}" if len(there) == 1 else f"{name} in ({', '.join(map(quoted, there))})"
    if out:
        parts = ([f"not ({listed})"] if there else []) + ([f"{name} is not null"] if missing else [])
        if missing or not there:
            return " and ".join(parts) or "1 = 1"
        return f"{parts[0]} or {name} is null"
    parts = ([listed] if there else []) + ([f"{name} is null"] if missing else [])
    return " or ".join(parts)


def condition(one: Filter) -> str:
    """The condition of a filter."""
    low = f"{one.name} >= {quoted(one.low)}" if one.low else ""
    high = f"{one.name} <= {quoted(one.high)}" if one.high else ""
    return both(among(one.name, one.values, out=one.out) if one.values else "", low, high, _text(one))


def _text(one: Filter) -> str:
    """The condition on a part of a text; what is missing holds no part of any."""
    sign = {STARTS: "starts with", ENDS: "ends with"}.get(one.way, "contains")
    has = f"{one.name} {sign} {quoted(one.has)}" if one.has else ""
    return f"not ({has}) or {one.name} is null" if has and one.way == LACKS else has


def ranked(asked: Asked, fields: Fields) -> str:
    """Over which rows customers are ranked, where the table asks for their ranks: those of the whole table.

    So a part of the table, a cell and its customers keep the ranks that the table shows.
    """
    known = fields.dimensions
    names = {name for name in known if known[name].ranked}
    if any(isinstance(part, rules.Over) for part in rules.parts_of(rules.parse(asked.where))):
        return ""
    typed = fields.called(asked.where)
    if not names & {*asked.dimensions, *(one.name for one in asked.filters), *typed}:
        return ""
    rest = [condition(one) for one in asked.filters if one.name not in names]
    return f"ranked over ({both(*rest, '' if names & typed else asked.where)})"


def both(*conditions: str) -> str:
    """All of some conditions, those that are empty left out."""
    there = [one for one in conditions if one]
    return " and ".join(f"({one})" if " or " in one.lower() else one for one in there)
