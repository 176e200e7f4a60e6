"""Which customers of a list have what scores say of them, and the figures a list shows and sorts by."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from urllib.parse import parse_qs

from django.utils.translation import gettext

from dangol.base.errors import BadInput, Damaged, NotFound
from dangol.customers.identify.picked import Figure
from dangol.customers.identify.rules import CustomerQuery
from dangol.insight.score import reads as score
from dangol.insight.score.groups import reads as groups
from dangol.insight.score.index import reads as customer_index
from dangol.insight.score.lifetime import reads as lifetime
from dangol.insight.score.reads import channels
from dangol.insight.segments import reads as segments
from dangol.insight.segments.rules import Group, Score
from dangol.staff import reads as staff
from dangol.staff.reads import Member

Ends = tuple[float | None, float | None]
ANY_NUMBER: Ends = (None, None)
MAIN = "index"


@dataclass(frozen=True)
class Wanted:
    """What a list asks of scores; empty means no condition.

    groups: "<column>.<code>" of group_choices. classes: "<column>.<class>" of class_choices. index: by key of `indexes`
    (0..100); value: lifetime value (minor units); both from and to, included.
    """

    groups: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    index: tuple[tuple[str, Ends], ...] = ()
    value: Ends = ANY_NUMBER


def group_choices() -> list[tuple[str, str]]:
    """The groups of all groupings that have been counted."""
    return [(f"{one.name}.{code}", f"{one.label} · {name}")
            for one in groups.columns() for code, name in one.groups.items()]  # fmt: skip


def class_choices() -> list[tuple[str, str]]:
    """The classes by all channels with a scheme of their own."""
    own = channels.columns()
    names = score.strategies() if own else {}
    return [(f"{one.segment}.{code}", f"{one.label} · {code} {said.name}")
            for one in own for code, said in names.items()]  # fmt: skip


def indexes() -> dict[str, customer_index.ColumnView]:
    """The indexes that are counted, by the key lists know them by: MAIN for the first, its column for another."""
    return {MAIN if place == 0 else one.name: one for place, one in enumerate(customer_index.columns())}


def index_key(index_id: int) -> str:
    """The key of an index in lists. Raises BadInput for one that is not counted."""
    found = next((key for key, one in indexes().items() if one.index_id == index_id), None)
    if found is None:
        raise BadInput("There is no such index, or it has not been counted yet.", field="index_id")
    return found


def is_index(key: str) -> bool:
    """Whether a key of a list is that of an index."""
    return key == MAIN or key.startswith("index_")


def narrowed(query: CustomerQuery, wanted: Wanted) -> CustomerQuery:
    """The question with what it asks of scores, and with the figure it sorts by. Raises BadInput for unknown ones."""
    parts = list(_conditions(wanted))
    if parts and query.segments:  # known to the scores, too: fewer customers are walked past
        parts.append(Group(parts=(Score("rfm", "segment", values=query.segments),)))
    if parts:
        try:
            query = replace(query, among=segments.meeting(Group(parts=tuple(parts))))
        except (NotFound, Damaged):
            raise _unknown() from None
    return query


def figure_of(sort: str) -> Figure | None:
    """What a list sorts by, where it is not known to the operations database."""
    if sort == "value":
        return lifetime.figure()
    if not is_index(sort):
        return None
    try:
        found = indexes().get(sort)
        return customer_index.figure(found.name) if found else None
    except (NotFound, Damaged):
        return None


def _conditions(wanted: Wanted) -> Iterable[Group]:
    for table, chosen, known in (("groups", wanted.groups, group_choices), ("channels", wanted.classes, class_choices)):
        if not chosen:
            continue
        if not set(chosen) <= {key for key, _label in known()}:
            raise _unknown()
        by_column: dict[str, list[str]] = defaultdict(list)
        for one in chosen:
            column, _dot, value = one.partition(".")
            by_column[column].append(value)
        for column, values in by_column.items():
            yield Group(parts=(Score(table, column, values=tuple(values)),))
    yield from _ranges(wanted)


def _ranges(wanted: Wanted) -> Iterable[Group]:
    known = indexes() if wanted.index else {}
    for key, ends in wanted.index:
        if key not in known:
            raise _unknown()
        yield Group(parts=(Score("index", known[key].name, "between", least=ends[0], most=ends[1]),))
    if wanted.value != ANY_NUMBER:
        yield Group(parts=(Score("lifetime", "value", "between", least=wanted.value[0], most=wanted.value[1]),))


def uses(_by: Member, columns: Collection[str]) -> list[str]:
    """The saved views of the customers list that ask for one of these scores, in words: for `score.uses`."""
    known, found = indexes(), []
    for name, query in staff.saved_queries("customers"):
        asked = parse_qs(query)
        seen = {f"groups.{one.partition('.')[0]}" for one in asked.get("group", ())}
        seen |= {f"channels.{one.partition('.')[0]}" for one in asked.get("channel_class", ())}
        sort, shown = asked.get("sort", [""])[0].lstrip("-"), asked.get("cols", [""])[0].split(",")
        seen |= {f"index.{one.name}" for key, one in known.items()
                 if {f"{key}.from", f"{key}.to"} & set(asked) or key in (sort, *shown)}  # fmt: skip
        if seen & set(columns):
            found.append(gettext("view {name}").format(name=name))
    return found


def _unknown() -> BadInput:
    return BadInput("This address is not valid. Choose the filter again.", field="filter")


class Figures:
    """The figures of customers in a list, each read only where it is shown."""

    def __init__(self) -> None:
        self._known: dict[str, Figure | None] = {}

    def of(self, name: str, customer_id: int) -> float | None:
        """A customer's figure (an index by its key, value); None where there is none."""
        if name not in self._known:
            self._known[name] = figure_of(name)
        found = self._known[name]
        return found.of(customer_id) if found else None
