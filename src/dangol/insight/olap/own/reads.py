"""Looks at the measures people made."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext

from dangol.base.errors import BadInput, NotFound
from dangol.insight.olap import naming, rules
from dangol.insight.olap.own.models import OwnMeasure


def N_(text: str) -> str:  # noqa: N802  marks a text for translation
    return text


FUNCTIONS = {
    "previous": N_("period before"),
    "year_before": N_("a year before"),
    "year_to_date": N_("year to date"),
    "quarter_to_date": N_("quarter to date"),
    "month_to_date": N_("month to date"),
    "moving_mean": N_("moving mean"),
    "total": N_("total"),
    "rank": N_("rank"),
    "cumulative": N_("added up from the largest"),
    "if_missing": N_("where missing, the second"),
}


@dataclass(frozen=True)
class Written:
    """A measure as somebody wrote it. version: 0 before it is kept."""

    star: str
    name: str
    label_en: str
    label_ko: str
    unit: str
    formula: str
    condition: str = ""
    version: int = 0
    by: str = ""
    at: datetime | None = None
    gone: bool = False


def written(star: str) -> list[Written]:
    """The measures of a star in force, by name."""
    return [one for one in _newest(star).values() if not one.gone]


def one(star: str, name: str) -> Written:
    """A measure in force. Raises NotFound."""
    found = _newest(star).get(name)
    if found is None or found.gone:
        raise NotFound("There is no own measure {name}.", name=name[:60])
    return found


def versions(star: str, name: str) -> list[Written]:
    """All versions of a measure, the newest first."""
    return [_written(row) for row in _rows(star).filter(name=name).order_by("-version")]


def last_version(star: str, name: str) -> int:
    """The number of the newest version, 0 where the name was never used."""
    found = _newest(star).get(name)
    return found.version if found else 0


def stamp() -> int:
    """What changes with every change of any measure: for what is kept of their figures."""
    return OwnMeasure.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def _rows(star: str) -> QuerySet[OwnMeasure]:
    return OwnMeasure.objects.filter(star=star).select_related("by")


def _newest(star: str) -> dict[str, Written]:
    return {row.name: _written(row) for row in _rows(star).order_by("name", "version")}


def _written(row: OwnMeasure) -> Written:
    return Written(row.star, row.name, row.label_en, row.label_ko, row.unit, row.formula, row.condition, row.version,
                   row.by.name, row.at, row.gone)  # fmt: skip


def with_own(model: rules.Model, trying: Written | None = None) -> rules.Model:
    """The model with the own measures of its star. trying: one to take as it is written now.

    One that no longer fits its star is left out: a column of the source may have gone.
    """
    made = []
    kept = written(model.name)
    for given in [one for one in kept if trying is None or one.name != trying.name] + ([trying] if trying else []):
        try:
            made.append(measure(model, given))
        except BadInput:
            continue
    fresh = {one.name for one in made} - set(model.measures)
    return _said(model.with_measures(made), fresh)


def measure(model: rules.Model, given: Written) -> rules.Measure:
    """A written measure as one that can be asked. Raises BadInput with the field and the place in it."""
    condition, names = rules.parse(given.condition), set(rules.formula_names(rules.parse_formula(given.formula)))
    if not names | rules.names(condition) <= {*model.measures, *model.dimensions}:
        model = naming.worded(model)
    return rules.Measure(
        given.name, given.label_en, rules.Unit(given.unit), given.formula, "formula",
        formula=model.formula(given.formula), condition=model.plain(model.named(condition)), own=True,
        ko=given.label_ko, ko_definition=given.condition,
    )  # fmt: skip


def _said(model: rules.Model, own: set[str]) -> rules.Model:
    """The model with the definitions of own measures written out in both languages."""
    return model.with_definitions(
        {name: (_definition(model, name, "en"), _definition(model, name, "ko")) for name in own}
    )


def _definition(model: rules.Model, name: str, language: str) -> str:
    """What an own measure is, from the labels of what it is made of."""
    item = model.measures[name]

    def label(part: str) -> str:
        if part.endswith("()"):
            return gettext(FUNCTIONS[part[:-2]])
        known = model.measures.get(part) or model.dimensions.get(part)
        if known is None:
            return part
        return (known.ko if language == "ko" else "") or gettext(known.label)

    with translation.override(language):
        said = rules.said(item.formula, label) if item.formula else ""
        condition = item.ko_definition
        if not condition:
            return said
        return gettext("%(formula)s, only where %(condition)s") % {"formula": said, "condition": condition}


def users(model: rules.Model, name: str) -> list[str]:
    """The measures made of this one, by name."""
    return [one.name for one in model.measures.values()
            if one.formula is not None and name in rules.formula_names(one.formula)]  # fmt: skip
