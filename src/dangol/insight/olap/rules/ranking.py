"""Over which rows customers are ranked: said in the question, or else all its conditions but those on ranks."""

from collections.abc import Iterable, Sequence

from dangol.base.errors import BadInput
from dangol.insight.olap.rules.conditions import And, Condition, Over, inner_overs, names, parts_of
from dangol.insight.olap.rules.frames import Frame
from dangol.insight.olap.rules.model import Model


def ranks(model: Model, asked: Iterable[str]) -> bool:
    """Whether one of these dimensions ranks customers."""
    return any(model.dimensions[name].ranked for name in asked if name in model.dimensions)


def pinned(
    model: Model, measures: Sequence[str], by: Sequence[str], condition: Condition | None
) -> tuple[Condition, ...]:
    """The conditions of a question, with the rows said over which customers are ranked where it asks for their ranks.

    So the same customers stay in a rank where the figures of another period or of a part are asked. Raises BadInput.
    """
    parts = parts_of(condition)
    said = [part for part in parts if isinstance(part, Over)]
    if len(said) > 1 or any(inner_overs(part) for part in parts):
        raise BadInput("Write “ranked over (…)” once, joined to the other conditions by “and”.", field="where")
    if said:
        if not ranks(model, model.dimensions):
            raise BadInput("This star has no ranks of customers. Leave “ranked over (…)” out.", field="where")
        model.check([model.ranked_by], (), sorted(names(said[0])))
        if ranks(model, names(said[0])):
            raise BadInput("Customers cannot be ranked over their own ranks.", field="where")
        return parts
    inside = {name for conditions in model.leaves(measures) for one in conditions
              if not isinstance(one, Frame) for name in names(one)}  # fmt: skip
    if not ranks(model, {*by, *names(condition), *inside}):
        return parts
    return (*parts, over(model, parts))


def over(model: Model, parts: Iterable[Condition]) -> Over:
    """The rows over which customers are ranked where nothing is said: all conditions on sales but those on ranks."""
    of_sales = model.splits[model.measures[model.ranked_by].family]
    kept = tuple(
        part for part in parts
        if not ranks(model, names(part)) and all(model.dimensions[name].of in of_sales for name in names(part))
    )  # fmt: skip
    return Over(None if not kept else kept[0] if len(kept) == 1 else And(kept))
