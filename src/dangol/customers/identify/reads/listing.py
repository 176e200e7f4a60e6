"""Lists of customers: search, filter, sort, page and count, quick at a million customers.

Two ways to the same page. When the question has few answers (counted first, up to a cap), they are fetched and sorted
here; when it has many, the index of the sort order is walked and most rows it meets are answers. Either way the work
is bounded by the cap and the page, not by the number of customers.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet

from dangol.base.errors import BadInput
from dangol.customers.consent import reads as consent
from dangol.customers.identify.models import Customer, Membership
from dangol.customers.identify.reads.walking import SORT_COLUMNS, Entry, Seen, page_of_many
from dangol.customers.identify.rules import COUNT_CAP, Clue, CustomerQuery, after, clues, mask
from dangol.staff import reads as staff
from dangol.staff.reads import Member, may, require, scope_of, within
from dangol.staff.rules import Right

LEAD_CAP = 50_000
MERGED_CAP = 500
AMONG_CAP = 2_000  # where customers are picked out elsewhere, each is asked for by its id: so far counting goes


@dataclass(frozen=True)
class Row:
    """One customer of a list, masked. label: the name, or the code of an un-named one. amount: minor units."""

    id: int
    kind: str
    code: str
    name: str
    phone: str
    email: str
    gender: str
    age_band: str
    unit_id: int | None
    unit: str
    rep_id: int | None
    rep: str
    segment: str
    orders: int
    amount: int
    last_day: date | None
    recency_days: int | None
    generated: tuple[str, ...]

    @property
    def label(self) -> str:
        """What the customer is called in a list."""
        return self.name or self.code


@dataclass(frozen=True)
class Page:
    """A page of customers, how many there are (exact, or at least that many), and where its neighbours begin."""

    rows: Sequence[Row]
    count: int
    exact: bool
    next_cursor: str
    previous_cursor: str = ""


def search(by: Member, query: CustomerQuery) -> Page:
    """One page of the customers that fit, in the order asked for, masked. Raises NotAllowed, BadInput."""
    require(by, Right.CUSTOMERS_VIEW)
    plan = Plan(by, query)
    few = _few(plan, query)
    counted, exact = _counted(plan, COUNT_CAP, None) if few is None else (len(few), True)
    seen = _seen(query)
    near = list(page_of_many(plan.found("sort"), query, seen)) if few is None else _page_of_few(few, query, seen)
    back = seen is not None and seen.back
    page, more = near[: query.size], len(near) > query.size
    page = page[::-1] if back else page
    rows = {row.id: row for row in _rows([item[2] for item in page])}
    return Page(
        rows=[rows[item[2]] for item in page if item[2] in rows],
        count=counted,
        exact=exact,
        next_cursor=_cursor(page[-1], query, back=False) if page and (more or back) else "",
        previous_cursor=_cursor(page[0], query, back=True) if page and (more if back else seen is not None) else "",
    )


def count(by: Member, query: CustomerQuery, cap: int | None = COUNT_CAP) -> tuple[int, bool]:
    """How many customers fit, and whether that is exact; counting stops at the cap (None: never)."""
    require(by, Right.CUSTOMERS_VIEW)
    plan = Plan(by, query)
    return _counted(plan, cap, plan.lead())


def customer_ids(by: Member, query: CustomerQuery, limit: int | None = None) -> list[int]:
    """The ids of all customers that fit, for a bulk action or a campaign, in order of id."""
    require(by, Right.CUSTOMERS_VIEW)
    found = sorted(Plan(by, query).found("").order_by().values_list("id", flat=True)[: None if query.among else limit])
    return found if query.among is None else [one for one in found if one in query.among][:limit]


def age_bands() -> list[str]:
    """The age bands that occur, each found by one step in the index."""
    found: list[str] = []
    while True:
        last = found[-1] if found else ""
        following = Customer.objects.filter(age_band__gt=last).order_by("age_band").values_list("age_band", flat=True)
        band = following.first()
        if band is None or len(found) >= 50:
            return found
        found.append(band)


class Still(Func):
    """A column whose index the database is not to use; PostgreSQL, which knows how values spread, is left alone.

    Source: SQLite, The Next-Generation Query Planner, unary "+".
    """

    template = "%(expressions)s"
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template="+%(expressions)s", **extra)


@dataclass(frozen=True)
class Condition:
    """A condition on one column. group: what may lead (text, unit, rep), or "" for what never does."""

    group: str
    column: str
    look: str
    value: Any


class Plan:
    """A question as conditions, and which of them leads the search of the database."""

    def __init__(self, by: Member, query: CustomerQuery) -> None:
        self.query = query
        scope = scope_of(by)
        self.allowed = within(scope)
        self.meant = clues(query.text, unmasked=may(by, Right.CUSTOMERS_UNMASK))
        self.merged = _roots_of_merged(self.meant)
        self.nothing = bool(query.text.strip()) and not self.meant
        self.conditions = [*_about_person(query), *_about_purchases(query)]
        if scope.unit_path is not None and scope.unit_path.count("/") > 2:
            self.conditions.append(Condition("unit", "unit_id", "in", _units_under(scope.unit_path)))
        if scope.member_id is not None:
            self.conditions.append(Condition("rep", "rep_id", "exact", scope.member_id))

    @property
    def narrowed(self) -> bool:
        """Whether anything at all is asked of the customers."""
        return bool(
            self.meant
            or self.conditions
            or self.query.attributes
            or self.query.consent_channel
            or self.query.segment_ids
        )

    def found(self, lead: str) -> QuerySet[Customer]:
        """The customers that fit and that the member may see: the scope is always joined by AND.

        lead: the group whose index is to be used; "sort" for that of the sort order; "" leaves it to the database.
        """
        found = Customer.objects.filter(self.allowed, merged_into=None)
        if self.nothing:
            return found.none()
        if any(condition.column.startswith("standing__") for condition in self.conditions):
            found = found.filter(standing__isnull=False)
        stilled: dict[str, Still] = {}

        def column(name: str, group: str) -> str:
            by_name = lead == "sort" and group == "text" and self.query.sort == "name"
            if not lead or group == lead or by_name:
                return name
            stilled[f"still_{name}"] = Still(F(name))
            return f"still_{name}"

        text = Q()
        for clue in self.meant:
            text |= _begins(clue, column(clue.field, "text"))
        if self.merged:
            text |= Q(pk__in=self.merged)
        asked = text & Q(*(Q(**{f"{column(c.column, c.group)}__{c.look}": c.value}) for c in self.conditions))
        return self._members(self._consenting(self._own(found.alias(**stilled).filter(asked))))

    def _own(self, found: QuerySet[Customer]) -> QuerySet[Customer]:
        return found.filter(**{f"attributes__{_plain(name)}": v for name, v in self.query.attributes.items()})

    def _consenting(self, found: QuerySet[Customer]) -> QuerySet[Customer]:
        channel = self.query.consent_channel
        if not channel:
            return found
        return found.filter(Exists(consent.given("marketing", channel).filter(customer_id=OuterRef("pk"))))

    def _members(self, found: QuerySet[Customer]) -> QuerySet[Customer]:
        if not self.query.segment_ids:
            return found
        inside = Membership.objects.filter(segment_id__in=self.query.segment_ids, customer_id=OuterRef("pk"))
        return found.filter(Exists(inside))

    def lead(self) -> str:
        """The group that leaves fewest customers, if that is few enough to look at each of them; else none."""
        if self.query.ids:
            return "ids"
        sizes = {}
        for group in {c.group for c in self.conditions if c.group} | ({"text"} if self.meant else set()):
            sizes[group], _exact = _capped(self._alone(group), LEAD_CAP)
        best = min(sizes, key=lambda group: sizes[group], default="")
        return best if best and sizes[best] < LEAD_CAP else ""

    def _alone(self, group: str) -> QuerySet[Customer]:
        condition = Q(*(Q(**{f"{c.column}__{c.look}": c.value}) for c in self.conditions if c.group == group))
        text = Q(pk__in=self.merged) if group == "text" and self.merged else Q()
        for clue in self.meant if group == "text" else ():
            text |= _begins(clue, clue.field)
        return Customer.objects.filter(condition & text, merged_into=None)


def _about_person(query: CustomerQuery) -> Iterator[Condition]:
    if query.ids:
        yield Condition("ids", "id", "in", query.ids)
    if query.kind:
        yield Condition("", "kind", "exact", query.kind)
    if query.gender:
        yield Condition("", "gender", "exact", query.gender)
    if query.age_bands:
        yield Condition("", "age_band", "in", query.age_bands)
    if query.rep_id is not None:
        yield Condition("rep", "rep_id", "exact", query.rep_id)
    if query.unit_id is not None:
        yield Condition("unit", "unit_id", "in", _subtree(query.unit_id))


def _about_purchases(query: CustomerQuery) -> Iterator[Condition]:
    asked = [
        ("segment", "in", query.segments or None),
        ("last_day", "gte", query.last_from),
        ("last_day", "lte", query.last_to),
        ("amount", "gte", query.amount_from),
        ("amount", "lte", query.amount_to),
    ]
    return (Condition("", f"standing__{name}", look, value) for name, look, value in asked if value is not None)


def _plain(name: str) -> str:
    """The name of an own attribute; refused where Django would read a look-up or path into it."""
    if not name.isidentifier() or "__" in name or name.startswith("_"):
        raise BadInput("There is no attribute “{name}”.", field="attributes", name=name)
    return name


def _subtree(unit_id: int) -> list[int]:
    """The ids of a unit and all below it."""
    path = next((unit.path for unit in staff.units() if unit.id == unit_id), "")
    return _units_under(path) if path else []


def _units_under(path: str) -> list[int]:
    return [unit.id for unit in staff.units() if unit.path.startswith(path)]


def _begins(clue: Clue, column: str) -> Q:
    """A range scan: it uses the index on both databases, where LIKE would not on SQLite."""
    if clue.exact:
        return Q(**{column: clue.value})
    return Q(**{f"{column}__gte": clue.value, f"{column}__lt": after(clue.value)})


def _roots_of_merged(meant: Sequence[Clue]) -> list[int]:
    """Whom customers that fit a search are now part of: who knows the name or number that went finds the whole.

    Asked before the search, so that the search itself stays as it is where nobody was merged: one small index each.
    """
    found: set[int] = set()
    for clue in meant:
        rows = Customer.objects.filter(_begins(clue, clue.field), merged_into__isnull=False)
        found.update(rows.values_list("merged_into_id", flat=True)[:MERGED_CAP])
    return sorted(found)


def _capped(found: QuerySet[Customer], cap: int | None) -> tuple[int, bool]:
    if cap is None:
        return found.count(), True
    counted = found.order_by().values("pk")[: cap + 1].count()
    return min(counted, cap), counted <= cap


def _few(plan: Plan, query: CustomerQuery) -> list[Entry] | None:
    """All answers, unsorted, where they are at most COUNT_CAP; else nothing.

    Many conditions can cost a walk past most customers, so they are asked once, for the answers and not first for
    their number. Without a condition counting to the cap costs next to nothing.
    """
    among, most = query.among, COUNT_CAP if query.among is None else min(AMONG_CAP, COUNT_CAP)
    if among is not None and len(among.ids) <= most:
        found = plan.found("ids").filter(pk__in=among.ids.tolist())
    else:
        found = plan.found(plan.lead())
        if not plan.narrowed and not _capped(found, most)[1]:
            return None
    column = "pk" if query.figure else SORT_COLUMNS[query.sort]
    fetched = list(found.order_by().values_list("pk", column)[: most + 1])
    if len(fetched) > most:
        return None
    if query.figure:
        fetched = [(pk, query.figure.of(pk)) for pk, _pk in fetched]
    entries = [(0, value, pk) if value not in (None, "") else (1, None, pk) for pk, value in fetched]
    return entries if among is None else [entry for entry in entries if entry[2] in among]


def _counted(plan: Plan, cap: int | None, lead: str | None) -> tuple[int, bool]:
    """How many customers fit; of those picked out elsewhere some thousand are asked for at a time, to a lower cap.

    lead: as in Plan.found; None where more than the cap are known to fit.
    """
    among = plan.query.among
    if among is None:
        return (COUNT_CAP, False) if lead is None else _capped(plan.found(lead), cap)
    cap = None if cap is None else min(cap, AMONG_CAP)
    n, found, step = 0, plan.found("ids"), 2 * AMONG_CAP
    for start in range(0, len(among.ids), step):
        n += found.filter(pk__in=among.ids[start : start + step].tolist()).count()
        if cap is not None and n > cap:
            return cap, False
    return n, True


def _page_of_few(entries: list[Entry], query: CustomerQuery, seen: Seen | None) -> list[Entry]:
    """The page and one entry more out of all answers, sorted here; nearest to the place it begins at first."""
    present = sorted((e for e in entries if e[0] == 0), key=lambda e: (e[1], e[2]), reverse=query.descending)
    ordered = present + sorted(e for e in entries if e[0] == 1)
    if seen is None:
        return ordered[: query.size + 1]
    if seen.back:
        before = [entry for entry in reversed(ordered) if _follows(seen.entry, entry, query.descending)]
        return before[: query.size + 1]
    return [entry for entry in ordered if _follows(entry, seen.entry, query.descending)][: query.size + 1]


def _follows(entry: Entry, seen: Entry, descending: bool) -> bool:
    if entry[0] != seen[0]:
        return entry[0] > seen[0]
    if entry[0] == 1:
        return entry[2] > seen[2]
    return (entry[1:] < seen[1:]) if descending else (entry[1:] > seen[1:])


def _cursor(entry: Entry, query: CustomerQuery, *, back: bool) -> str:
    """Where a page begins; it carries its sort order, so that it is never read under another."""
    value = entry[1].isoformat() if isinstance(entry[1], date) else entry[1]
    told = [query.sort, query.descending, entry[0], value, entry[2], *([1] if back else [])]
    return urlsafe_b64encode(json.dumps(told, ensure_ascii=False).encode()).decode().rstrip("=")


def _seen(query: CustomerQuery) -> Seen | None:
    if not query.cursor:
        return None
    try:
        padded = query.cursor + "=" * (-len(query.cursor) % 4)
        sort, descending, phase, value, pk, *back = json.loads(urlsafe_b64decode(padded))
        kind = float if query.figure else {"name": str, "amount": int, "last_day": str}[query.sort]
        fits = (sort, descending) == (query.sort, query.descending) and isinstance(pk, int) and phase in (0, 1)
        if not fits or (phase == 0 and not isinstance(value, kind)) or back not in ([], [1]):
            raise ValueError
        day = date.fromisoformat(value) if value and query.sort == "last_day" else value
        return Seen((phase, day, pk), bool(back))
    except (ValueError, TypeError, KeyError):
        raise BadInput("This page address is not valid any more. Start at the first page.", field="cursor") from None


def _rows(ids: Sequence[int]) -> Iterator[Row]:
    values = Customer.objects.filter(pk__in=ids).values(
        "id", "kind", "code", "name", "phone", "email", "gender", "age_band", "unit_id", "rep_id", "generated",
        unit_name=F("unit__name"), rep_name=F("rep__name"), segment=F("standing__segment"),
        orders=F("standing__orders"), amount=F("standing__amount"), last_day=F("standing__last_day"),
        recency_days=F("standing__recency_days"),
    )  # fmt: skip
    for value in values:
        yield Row(
            id=value["id"], kind=value["kind"], code=value["code"], name=value["name"],
            phone=mask("phone", value["phone"]), email=mask("email", value["email"]), gender=value["gender"],
            age_band=value["age_band"], unit_id=value["unit_id"], unit=value["unit_name"] or "",
            rep_id=value["rep_id"], rep=value["rep_name"] or "", segment=value["segment"] or "",
            orders=value["orders"] or 0, amount=value["amount"] or 0, last_day=value["last_day"],
            recency_days=value["recency_days"], generated=tuple(value["generated"]),
        )  # fmt: skip
