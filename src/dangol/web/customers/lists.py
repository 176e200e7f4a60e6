"""The customer list, declared for the list kit."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dangol.base.errors import BadInput
from dangol.customers.consent.rules import CHANNEL_NAMES
from dangol.customers.identify import actions, reads
from dangol.customers.identify.picked import Figure
from dangol.customers.identify.rules import FIGURES, MAX_PAGE, TEXT_LIMIT, CustomerQuery
from dangol.insight.score import reads as score
from dangol.insight.segments import reads as segments
from dangol.profile import picking
from dangol.staff import reads as staff
from dangol.staff.rules import Right
from dangol.web.lists import Bulk, Choice, Column, Count, Days, ListPage, ListState, Page, Range, Selection
from dangol.web.shell import address

CHOICES, REPS = 100, 300
GENDERS = (("F", _("Female")), ("M", _("Male")))
KINDS = (("named", _("Named")), ("unnamed", _("Un-named")))
CHANNELS = tuple((name, _(CHANNEL_NAMES[name])) for name in ("email", "sms", "kakao"))


def query_of(state: ListState, size: int = 50, after: str | None = None) -> CustomerQuery:
    """The question a list's state asks. Raises BadInput."""
    chosen = state.filters
    amounts, days = chosen.get("amount", (None, None)), chosen.get("last_day", (None, None))
    asked = CustomerQuery(
        text=state.text[:TEXT_LIMIT],
        segments=chosen.get("segment", ()),
        kind=_one(chosen, "kind"),
        unit_id=_id(chosen, "unit"),
        rep_id=_id(chosen, "rep"),
        last_from=days[0],
        last_to=days[1],
        amount_from=_whole(amounts[0]),
        amount_to=_whole(amounts[1]),
        age_bands=chosen.get("age", ()),
        gender=_one(chosen, "gender"),
        consent_channel=_one(chosen, "consent"),
        segment_ids=_built(state),
        sort=_sort(state),
        figure=_sorted_by(state),
        descending=state.descending,
        cursor=after or "",
        size=size,
    )
    return _narrowed(state, asked)


def _narrowed(state: ListState, asked: CustomerQuery) -> CustomerQuery:
    """The question with what it asks of scores, for those who may see figures. Raises BadInput, NotAllowed."""
    chosen = state.filters
    wanted = picking.Wanted(
        chosen.get("group", ()), chosen.get("channel_class", ()),
        tuple((key, ends) for key, ends in chosen.items() if picking.is_index(key)),
        chosen.get("value", picking.ANY_NUMBER),
    )  # fmt: skip
    if wanted == picking.Wanted():
        return asked
    staff.require(state.by, Right.INSIGHT_VIEW)
    return picking.narrowed(asked, wanted)


def _sorted_by(state: ListState) -> Figure | None:
    """The figure to sort by, for those who may see figures."""
    if _sort(state) not in FIGURES or not staff.may(state.by, Right.INSIGHT_VIEW):
        return None
    return picking.figure_of(state.sort)


def _sort(state: ListState) -> str:
    """The order as the customers' room knows it; to it every index is a figure."""
    return picking.MAIN if picking.is_index(state.sort) else state.sort or "name"


def _one(chosen: dict[str, Any], key: str) -> str:
    return str(chosen.get(key, ("",))[0])


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _built(state: ListState) -> tuple[int, ...]:
    """The segments people built that the list is narrowed to; only those the member may see. Raises BadInput."""
    wanted = state.filters.get("built", ())
    if not wanted:
        return ()
    seen = {key for key, _name in _built_segments(state.by)}
    if not set(wanted) <= seen:
        raise BadInput("This address is not valid. Choose the filter again.", field="built")
    return tuple(int(one) for one in wanted)


def _id(chosen: dict[str, Any], key: str) -> int | None:
    text = _one(chosen, key)
    if text and not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise BadInput("This address is not valid. Choose the filter again.", field=key)
    return int(text) if text else None


def _rows(state: ListState, limit: int, after: str | None) -> Page:
    query = query_of(state, limit, after)
    found = reads.search(state.by, query)
    state.by.customers_counted = (query_of(state), Count(found.count, found.exact))
    return Page(_shown(state, found.rows), found.next_cursor or None, found.previous_cursor or None)


def _shown(state: ListState, rows: Sequence[reads.Row]) -> list[Any]:
    names = dict(_segments(state.by))
    figures = picking.Figures() if staff.may(state.by, Right.INSIGHT_VIEW) else None
    return [SimpleNamespace(**vars(row), label=row.label, grade=names.get(row.segment, ""), figures=figures)
            for row in rows]  # fmt: skip


def _figure(name: str) -> Callable[[Any], float | None]:
    """A figure of a row; nothing for those who see no figures."""
    return lambda row: row.figures.of(name, row.id) if row.figures else None


def _picked(state: ListState, ids: tuple[str, ...]) -> Iterator[Any]:
    """The customers picked by hand that the member may see: one question, or one for each few thousand of them."""
    wanted = tuple(int(one) for one in ids if one.isascii() and one.isdecimal() and len(one) < 19)
    for start in range(0, len(wanted), MAX_PAGE):
        query = CustomerQuery(ids=wanted[start : start + MAX_PAGE], sort=_sort(state),
                              figure=_sorted_by(state), descending=state.descending, size=MAX_PAGE)  # fmt: skip
        yield from _shown(state, reads.search(state.by, query).rows)


def _count(state: ListState, exact: bool) -> Count:
    """The count that came with the page, or a new one where it was not asked or the exact one is wanted."""
    known = getattr(state.by, "customers_counted", None)
    if known and known[0] == query_of(state) and (known[1].exact or not exact):
        return known[1]  # type: ignore[no-any-return]
    n, whole = reads.count(state.by, query_of(state), None) if exact else reads.count(state.by, query_of(state))
    return Count(n, whole)


def _once(member: Any, name: str, read: Callable[[], list[tuple[str, str]]]) -> list[tuple[str, str]]:
    """Choices read once a request: the kit asks for them several times."""
    known: dict[str, list[tuple[str, str]]] = member.__dict__.setdefault("customers_choices", {})
    if name not in known:
        known[name] = read()
    return known[name]


def _segments(member: Any) -> list[tuple[str, str]]:
    return _once(member, "segments", lambda: [(code, f"{code} {one.name}") for code, one in score.strategies().items()])


def _built_segments(member: Any) -> list[tuple[str, str]]:
    """The segments people built that the member may see; nothing for those who see no figures."""

    def read() -> list[tuple[str, str]]:
        return segments.choices(member) if staff.may(member, Right.INSIGHT_VIEW) else []

    return _once(member, "built", read)


def _groups(member: Any) -> list[tuple[str, str]]:
    """The groups of groupings; nothing for those who see no figures."""
    return _once(member, "groups", lambda: picking.group_choices() if staff.may(member, Right.INSIGHT_VIEW) else [])


def _classes(member: Any) -> list[tuple[str, str]]:
    """The classes by channels with a scheme of their own; nothing for those who see no figures."""
    return _once(member, "classes", lambda: picking.class_choices() if staff.may(member, Right.INSIGHT_VIEW) else [])


def _units(member: Any) -> list[tuple[str, str]]:
    """The units of the member's tree; of a very large tree its upper levels only."""

    def read() -> list[tuple[str, str]]:
        tree = staff.unit_tree(member)
        deepest = max((unit.depth for unit in tree), default=0)
        while deepest and sum(unit.depth <= deepest for unit in tree) > CHOICES:
            deepest -= 1
        return [(str(unit.id), "\u2003" * unit.depth + unit.name) for unit in tree if unit.depth <= deepest]

    return _once(member, "units", read)


def _reps(member: Any) -> list[tuple[str, str]]:
    def read() -> list[tuple[str, str]]:
        return [(str(pk), f"{name} ({unit})" if unit else name) for pk, name, unit in staff.reps(member, REPS)]

    return _once(member, "reps", read)


def _few_reps(member: Any) -> list[tuple[str, str]]:
    """The reps to filter by; with more than can be looked through, the branch is the way to narrow the list."""
    return _reps(member) if len(_reps(member)) <= CHOICES else []


def _ages(_member: Any) -> list[tuple[str, str]]:
    return [(band, band) for band in reads.age_bands()]


def _kind(row: Any) -> tuple[str, str] | None:
    return None if row.kind == "named" else ("plain", gettext("Un-named"))


def _unnamed(row: Any) -> str:
    """Of an un-named customer its code, which is what it is really known by."""
    if row.kind == "named":
        return ""
    return " ".join([gettext("Un-named"), row.code if row.label != row.code else ""]).strip()


def _gender(row: Any) -> str:
    return {"F": gettext("Female"), "M": gettext("Male")}.get(row.gender, "")


def _segment(row: Any) -> tuple[str, str] | None:
    return ("plain", row.grade or row.segment) if row.segment else None


def _numbers(selection: Selection) -> list[int]:
    return [int(one) for one in selection.each() if one.isascii() and one.isdecimal() and len(one) < 19]


def _assign(by: Any, selection: Selection, value: str) -> str:
    moved = actions.assign(by=by, customer_ids=_numbers(selection), rep_id=int(value), address=by.request_address)
    return ngettext("%(n)s customer was put in the rep’s charge.", "%(n)s customers were put in the rep’s charge.",
                    moved) % {"n": f"{moved:,}"}  # fmt: skip


def _plan(_by: Any, selection: Selection, _value: str) -> str | HttpResponse:
    """To a new campaign plan for the segments the list is narrowed to. A plan aims at segments, never at single ids."""
    codes = selection.state.filters.get("segment", ())
    if not (selection.everything and codes and len(selection.state.filters) == 1 and not selection.state.text):
        return gettext("A campaign aims at whole segments: filter by segment alone and select all that match.")
    return HttpResponseRedirect(f"{address('campaigns:draft')}?{urlencode([('segment', code) for code in codes])}")


def _grown(page: ListPage, by: Any) -> ListPage:
    """The list with a column and a filter for every index, for those who may see figures."""
    known = picking.indexes() if staff.may(by, Right.INSIGHT_VIEW) else {}
    columns, filters = [], []
    for key, one in known.items():
        columns.append(Column(key, one.label, "number", value=_figure(key), sortable=True, shown=False))
        filters.append(Range(key, one.label))
    return replace(page, columns=_in_place(page.columns, columns), filters=_in_place(page.filters, filters))


def _in_place(parts: Sequence[Any], found: Sequence[Any]) -> tuple[Any, ...]:
    """What people made in the place where the list says so; its own word for it where they made none."""
    place = next(n for n, one in enumerate(parts) if one.key == picking.MAIN)
    return (*parts[:place], *(found or parts[place : place + 1]), *parts[place + 1 :])


CUSTOMERS = ListPage(
    name="customers",
    title=_("Customers"),
    search=_("Name, last four digits, e-mail, customer code"),
    unit=pgettext_lazy("counted", "customers"),
    columns=(
        Column(
            "name",
            _("Customer"),
            sortable=True,
            value=lambda row: row.label,
            link=lambda row: reverse("customers:one", args=[row.id]),
            generated=lambda row: "name" in row.generated,
            beside=_unnamed,
        ),
        Column("kind", _("Kind"), "badge", value=_kind, shown=False),
        Column("segment", _("RFM segment"), "badge", value=_segment),
        Column("amount", _("Sales"), "money", sortable=True),
        Column("orders", _("Orders"), "number"),
        Column("last_day", _("Last purchase"), "day", sortable=True),
        Column("rep", _("Rep in charge"), generated=lambda row: "rep" in row.generated),
        Column("unit", _("Branch"), generated=lambda row: "unit" in row.generated),
        Column("phone", _("Phone"), generated=lambda row: "phone" in row.generated),
        Column("email", _("E-mail"), shown=False, generated=lambda row: "email" in row.generated),
        Column("code", _("Customer code"), shown=False),
        Column("age_band", _("Age band"), shown=False),
        Column("gender", _("Gender"), shown=False, value=_gender),
        Column("recency_days", _("Days since last purchase"), "number", shown=False),
        Column("index", _("Customer index"), "number", value=_figure("index"), sortable=True, shown=False),
        Column("value", _("Lifetime value"), "money", value=_figure("value"), sortable=True, shown=False),
    ),
    filters=(
        Choice("segment", _("RFM segment"), choices=_segments),
        Choice("built", _("Segment"), choices=_built_segments),
        Choice("channel_class", _("RFM segment by channel"), choices=_classes),
        Choice("group", _("Customer group"), choices=_groups),
        Choice("kind", _("Kind"), choices=KINDS, several=False),
        Choice("unit", _("Branch"), choices=_units, several=False),
        Choice("rep", _("Rep in charge"), choices=_few_reps, several=False),
        Days("last_day", _("Last purchase")),
        Range("amount", _("Sales"), kind_of="money"),
        Range("index", _("Customer index")),
        Range("value", _("Lifetime value"), kind_of="money"),
        Choice("age", _("Age band"), choices=_ages),
        Choice("gender", _("Gender"), choices=GENDERS, several=False),
        Choice("consent", _("Agreed to advertising by"), choices=CHANNELS, several=False),
    ),
    bulk=(
        Bulk(
            "assign",
            _("Put in the charge of"),
            _assign,
            right=Right.CUSTOMERS_EDIT,
            choices=_reps,
            icon="people",
            in_steps=True,
        ),
        Bulk("plan", _("Plan a campaign for these"), _plan, right=Right.CAMPAIGNS_PLAN, icon="megaphone"),
    ),
    rows=_rows,
    count=_count,
    sort="name",
    export_right=Right.CUSTOMERS_EXPORT,
    picked=_picked,
    grows=_grown,
    empty=(
        _("No customers yet"),
        _("Customers appear here when a source with customers or sales was loaded and the cycle has run."),
        "/sources/",
        _("Load a source"),
    ),
)
