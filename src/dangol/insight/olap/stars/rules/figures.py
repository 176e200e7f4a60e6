"""The measures of a description."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dangol.base.errors import BadInput
from dangol.insight.olap.rules import (
    Condition,
    Measure,
    Model,
    Unit,
    formula_names,
    formula_parts,
    groupwise,
    names,
    parse,
    parse_formula,
)
from dangol.insight.olap.stars.rules.part import N_, Part, at
from dangol.insight.olap.stars.rules.shape import Fact, Figure, Table, Tree

WAYS = ("sum", "count", "distinct", "avg", "median", "min", "max", "formula")
MOST_MEASURES = 500
OVER_TIME = ("last", "first")
SAID = {
    "sum": ("Sum of {of} over {fact}.", "{fact} 자료의 {of} 합계입니다."),
    "count": ("Number of rows of {fact}.", "{fact} 자료의 행 수입니다."),
    "distinct": ("Number of different {of} in {fact}.", "{fact} 자료에서 서로 다른 {of} 수입니다."),
    "avg": ("Mean of {of} over {fact}.", "{fact} 자료의 {of} 평균입니다."),
    "median": ("Median of {of} over {fact}.", "{fact} 자료의 {of} 중앙값입니다."),
    "min": ("Smallest {of} in {fact}.", "{fact} 자료에서 가장 작은 {of} 값입니다."),
    "max": ("Largest {of} in {fact}.", "{fact} 자료에서 가장 큰 {of} 값입니다."),
    "formula": ("Computed: {of}.", "계산식: {of}."),
}
LAST = {
    "last": (" Over time: what stood on the last day.", " 기간에 대해서는 마지막 날의 값입니다."),
    "first": (" Over time: what stood on the first day.", " 기간에 대해서는 첫날의 값입니다."),
    "": ("", ""),
}
ALONE = (" Of a member only its own rows, without those below.", " 아래에 속한 구성원을 뺀 본인의 값만 셉니다.")


@dataclass(frozen=True)
class Ground:
    """What measures are made from. figures: how each is computed, filled in while they are read."""

    facts: Mapping[str, Fact]
    tables: Mapping[str, Table]
    trees: Mapping[str, Tree]
    figures: dict[str, Figure]


def measure(name: str, part: Part, ground: Ground) -> Measure:
    """A measure of the file. Raises BadInput that names the place."""
    way, of = _way(part)
    label, ko = part.texts("label", name)
    over = part.one_of("over_time", part.get("over_time", str, ""), ("", *OVER_TIME))
    alone = part.one_of("alone", part.get("alone", str, ""), ("", *ground.trees))
    facts = ground.facts
    fact = "" if way == "formula" else part.one_of("fact", part.get("fact", str, next(iter(facts))), list(facts))
    usual = Unit.RATIO if way in ("formula", "avg", "median") else Unit.COUNT
    unit = Unit(part.one_of("unit", part.get("unit", str, usual.value), [unit.value for unit in Unit]))
    more = zip(SAID[way], LAST[over], ALONE if alone else ("", ""), strict=True)
    english, korean = (text.format(of=of, fact=fact) + last + own for text, last, own in more)
    meaning, meaning_ko = part.texts("definition", english)
    zero = part.get("zero", bool, False)
    part.get("where", str, "")
    also = part.words("also")
    part.done()
    formula = parse_formula(of, f"{part.place}.{way}") if of else None
    if way != "formula":
        _figure(Figure(name, fact, way, formula, over, alone), part, ground)
    elif over or alone:
        raise BadInput("{place}: over_time and alone are for measures of a fact, not for a formula.", field="file",
                       place=part.place)  # fmt: skip
    return Measure(
        name, label, unit, meaning, fact or "formula", additive=way in ("sum", "count") and not over,
        formula=formula if way == "formula" else None, zero=zero, ko=ko, ko_definition=meaning_ko or (
            korean if meaning == english else ""), also=also,
    )  # fmt: skip


def _figure(one: Figure, part: Part, ground: Ground) -> None:
    """Keep how a measure is computed, where its fact has all it needs. Raises BadInput."""
    fact = ground.facts[one.fact]
    if one.of and (groupwise(one.of) or any(frames for frames, _name in formula_parts(one.of))):
        raise BadInput("{place}: functions of time and rank are for a formula over measures, not over columns.",
                       field="file", place=part.place)  # fmt: skip
    for column in formula_names(one.of) if one.of else ():
        part.one_of(one.way, column, list(ground.tables[fact.table].columns))
    if one.over_time and one.way == "distinct":
        raise BadInput("{place}: different things are not held over time. Leave over_time out.", field="file",
                       place=part.place)  # fmt: skip
    if one.over_time and not fact.date:
        raise BadInput("{place}: over_time needs a fact with a date.", field="file", place=part.place)
    if one.alone and ground.trees[one.alone].table not in {fact.table, *fact.paths}:
        raise BadInput("{place}: {fact} does not lead to {tree}.", field="file", place=part.place, fact=one.fact,
                       tree=one.alone)  # fmt: skip
    ground.figures[one.name] = one


def _way(part: Part) -> tuple[str, str]:
    """How the measure is computed and of what: exactly one of the ways."""
    chosen = [way for way in WAYS if way in part.data]
    part.asked |= set(WAYS)
    if len(chosen) != 1:
        raise BadInput("{place} needs exactly one of: {ways}.", field="file", place=part.place, ways=", ".join(WAYS))
    [way] = chosen
    of = part.data[way]
    if way == "count" and of is True:
        return way, ""
    if not isinstance(of, str) or not of.strip():
        raise BadInput("{place}: {name} must be {kind}.", field="file", place=part.place, name=way,
                       kind=N_("a text"))  # fmt: skip
    return way, of


def conditioned(model: Model, parts: Mapping[str, Part], ground: Ground) -> Model:
    """The model with the conditions and formulas of its measures checked: every one can be asked for."""
    measures = dict(model.measures)
    for name, part in parts.items():
        with at(part):
            condition = parse(part.data.get("where", ""))
            _check_columns(model, condition, ground, name)
            measures[name] = replace(measures[name], condition=model.plain(condition))
    model = replace(model, measures=measures)
    for name, part in parts.items():
        with at(part):
            model.check([name], ())
    return model


def _check_columns(model: Model, condition: Condition | None, ground: Ground, name: str) -> None:
    """Raises BadInput where a condition speaks of a column that is no dimension."""
    one = ground.figures.get(name)
    table = ground.tables[ground.facts[one.fact].table] if one else None
    for said in sorted(names(condition)):
        if table and said in table.columns and said not in model.dimensions:
            raise BadInput("{column} is a column; a condition speaks of dimensions. Add to [dimensions]: {column} = "
                           "{{ table = \"{table}\" }}", field="file", column=said, table=table.name)  # fmt: skip
