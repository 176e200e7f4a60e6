"""Make, change and take away a measure of one's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from django.db import IntegrityError, transaction

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.insight.olap import naming, rules
from dangol.insight.olap import reads as olap
from dangol.insight.olap.own import reads, uses
from dangol.insight.olap.own.models import OwnMeasure
from dangol.insight.olap.own.reads import Written
from dangol.insight.olap.stars.rules import NAME
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right

MOST = 200


def check(*, by: Member, given: Written) -> rules.Measure:
    """The measure as it would be asked; keeps nothing. Raises BadInput with field and place, NotFound, NotAllowed."""
    require(by, Right.INSIGHT_EDIT)
    model = olap.model(by, given.star)
    if not NAME.fullmatch(given.name) or given.name != given.name.lower():
        raise BadInput("Use small English letters, digits and single underscores for the name, like net_sales.",
                       field="name")  # fmt: skip
    known = model.measures.get(given.name)
    if given.name in model.dimensions or (known is not None and not known.own):
        raise BadInput("The name {name} is taken. Choose another.", field="name", name=given.name)
    for field in ("label_en", "label_ko"):
        if not getattr(given, field).strip():
            raise BadInput("Say what the measure is called in both languages.", field=field)
    if given.unit not in {unit.value for unit in rules.Unit}:
        raise BadInput("There is no unit {unit}.", field="unit", unit=given.unit[:20])
    return _fitting(model, given)


def tried(*, by: Member, given: Written) -> tuple[rules.Measure, olap.Answer | None]:
    """A measure and its figure over everything; keeps nothing. None for one that compares periods, or before any data.

    Raises like `check`, and TooMuch.
    """
    found = check(by=by, given=given)
    try:
        return found, olap.ask(by, [given.name], star=given.star, trying=given)
    except (NotFound, BadInput):
        return found, None


def _fitting(model: rules.Model, given: Written) -> rules.Measure:
    """The measure within its star, where it and all that are made of it can be asked."""
    base = replace(model, measures={name: one for name, one in model.measures.items() if not one.own})
    with _in("condition" if given.condition else "formula"):
        reads.measure(base, given)
    whole = reads.with_own(base, given)
    made = whole.measures[given.name].formula
    for name in rules.formula_names(made) if made else ():
        if name not in whole.measures:
            wrong = rules.unknown("measure", name, list(whole.measures), naming.worded(whole).words)
            raise BadInput(wrong.template, field="formula", **wrong.params)
    for one in (given.name, *reads.users(whole, given.name)):
        with _in("condition"):
            _could_be_asked(whole, one)
    return whole.measures[given.name]


@contextmanager
def _in(where: str) -> Iterator[None]:
    """Errors with the field of the form: what is wrong with a dimension is wrong in the condition."""
    try:
        yield
    except BadInput as wrong:
        field = where if wrong.field in ("by", "where", "dimension", "hierarchy") else "formula"
        raise BadInput(wrong.template, field=field, **wrong.params) from None


def _could_be_asked(model: rules.Model, name: str) -> None:
    """Raises BadInput for a circle or a condition by what its facts do not have."""
    periods = ("month",) if model.compares(name) else ()
    model.check([name], periods)


def save(*, by: Member, given: Written) -> Written:
    """Keep a measure as its next version. given.version: the one it was changed from, 0 for a new one.

    Raises BadInput, NotAllowed, NotFound, Conflict where somebody else changed it meanwhile or it exists already.
    """
    check(by=by, given=given)
    if len(reads.written(given.star)) >= MOST:
        raise BadInput("There are {most} own measures already. Take one away first.", field="name", most=MOST)
    last = reads.last_version(given.star, given.name)
    there = last and not reads.versions(given.star, given.name)[0].gone
    if given.version != last and (there or given.version):
        raise Conflict("Somebody else has changed this measure meanwhile. Open it again.")
    _keep(by, given, last + 1)
    return reads.one(given.star, given.name)


def remove(*, by: Member, star: str, name: str, anyway: bool = False) -> None:
    """Take a measure away; its versions stay on record. anyway: also from the views and mailings that show it.

    Raises Conflict where it is in use (see `uses`), NotFound, NotAllowed.
    """
    require(by, Right.INSIGHT_EDIT)
    given = reads.one(star, name)
    uses.refuse_where_used(by, star, name, anyway=anyway)
    _keep(by, given, given.version + 1, gone=True)


def _keep(by: Member, given: Written, version: int, *, gone: bool = False) -> None:
    try:
        with transaction.atomic():
            OwnMeasure.objects.create(
                star=given.star, name=given.name, version=version, label_en=given.label_en.strip(),
                label_ko=given.label_ko.strip(), unit=given.unit, formula=given.formula.strip(),
                condition=given.condition.strip(), gone=gone, by=by,
            )  # fmt: skip
    except IntegrityError:
        raise Conflict("Somebody else has changed this measure meanwhile. Open it again.") from None
