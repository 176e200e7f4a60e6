"""What can be asked: stars, and their measures, dimensions and hierarchies."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import get_language

from dangol import engine
from dangol.base.errors import Damaged, NotFound
from dangol.engine import Snapshot
from dangol.insight.olap import naming, rules
from dangol.insight.olap.own import reads as own
from dangol.insight.olap.reads.answer import texts
from dangol.insight.olap.reads.opened import declared, end_of
from dangol.insight.olap.stars import reads as added
from dangol.insight.warehouse import reads as warehouse
from dangol.staff.reads import Member, require, scope_of
from dangol.staff.rules import Right


def dimensions(snapshot: Snapshot | None = None) -> Mapping[str, rules.Dimension]:
    """Everything the company's own star can be grouped by: standard dimensions and the customers' own attributes."""
    try:
        snapshot = snapshot or warehouse.current()[0]
    except (NotFound, Damaged):
        return rules.DIMENSIONS
    return rules.dimensions_of(warehouse.table(engine.current(), snapshot, "customers").columns)


def names(by: Member | None = None, star: str = "") -> dict[str, list[dict[str, Any]]]:
    """All that can be asked of a star: measures (name, label, unit, definition, also: other words for it), dimensions
    (name, label, definition, also) and hierarchies (name, label, levels: names of dimensions from coarse to fine).
    Raises NotAllowed, NotFound.
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


def resembling(
    found: Mapping[str, list[dict[str, Any]]], words: Sequence[str], by: Member | None = None, star: str = ""
) -> dict[str, list[dict[str, Any]]]:
    """Of what `names` gives, that which has to do with some words. Raises like `names`."""
    said = naming.worded(model(by, star)).words
    near = {kind: {name for word in words for name in (said.name(kind, word), *said.holding(kind, word))}
            for kind in ("measure", "dimension", "hierarchy")}  # fmt: skip
    kinds = {"measures": "measure", "dimensions": "dimension", "hierarchies": "hierarchy"}
    return {title: [item for item in items if item["name"] in near[kinds[title]]] for title, items in found.items()}


def dimensions_in(asked: rules.Model, where: str) -> set[str]:
    """The names of the dimensions that a condition speaks of, whatever words it calls them by. Raises BadInput."""
    condition = rules.parse(where)
    if not rules.names(condition) <= asked.dimensions.keys():
        asked = naming.worded(asked)
    return rules.names(asked.plain(asked.named(condition)))


def label(item: rules.Hierarchy | rules.Model) -> str:
    """A label in the reader's language, or its msgid."""
    return item.ko if item.ko and (get_language() or "").startswith("ko") else item.label


def _named(item: rules.Measure | rules.Dimension) -> dict[str, Any]:
    shown, definition = texts(item)
    return {"name": item.name, "label": shown, "definition": definition, "also": rules.words(item)}


def model(by: Member | None, star: str = "") -> rules.Model:
    """What can be asked of a star, own measures included. Raises NotFound."""
    if star:
        return own.with_own(declared(by, star).model)
    try:
        snapshot = warehouse.current()[0]
        columns = warehouse.table(engine.current(), snapshot, "customers").columns
    except (NotFound, Damaged):
        return own.with_own(rules.model_of(()))
    return own.with_own(rules.model_of(columns).until(end_of(snapshot)))


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
