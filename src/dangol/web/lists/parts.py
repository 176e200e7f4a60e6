"""What a list is declared with: columns, filters, bulk actions; and what its data source gives."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext

from dangol.base.errors import BadInput
from dangol.base.money import currency, to_major, to_minor
from dangol.staff.rules import Right

if TYPE_CHECKING:
    from dangol.web.lists.state import ListState

Text = str | Promise
Row = Any
Choices = Sequence[tuple[str, Text]]


def value_of(row: Row, key: str) -> Any:
    """A row's value: rows may be mappings or objects."""
    return row.get(key) if isinstance(row, Mapping) else getattr(row, key, None)


@dataclass(frozen=True)
class Page:
    """One page of rows. next, previous: where the neighbours begin (any text the source understands); None: no such."""

    rows: Sequence[Row]
    next: str | None = None
    previous: str | None = None


@dataclass(frozen=True)
class Count:
    """How many rows match. exact is False where counting stopped at the cap."""

    n: int
    exact: bool = True


@dataclass(frozen=True)
class Column:
    """One column.

    kind: text, number, short, money, percent, day, month, moment, change, badge (the value is (kind, text)).
    value: from the row, where it is not row[key]. link: address the cell opens; the first column of a list names the
    row and should have one. shown: visible until the member chooses. generated: whether to add the "generated" badge.
    beside: a quiet word after the value.
    """

    key: str
    label: Text
    kind: str = "text"
    sortable: bool = False
    shown: bool = True
    link: Callable[[Row], str] | None = None
    value: Callable[[Row], Any] | None = None
    generated: Callable[[Row], bool] | None = None
    beside: Callable[[Row], str] | None = None
    export: bool = True

    def of(self, row: Row) -> Any:
        """The column's value in a row."""
        return self.value(row) if self.value else value_of(row, self.key)


@dataclass(frozen=True)
class Filter:
    """A condition the member may set. What it means in the data is the source's business."""

    key: str
    label: Text

    kind = "text"

    def parse(self, given: QueryDict) -> Any:
        """The value in an address, or None. Raises BadInput for nonsense."""
        return given.get(self.key, "").strip()[:200] or None

    def query(self, value: Any) -> list[tuple[str, str]]:
        """The value as address parameters."""
        return [(self.key, str(value))]

    def words(self, value: Any) -> str:
        """The value as a chip says it."""
        return str(value)


@dataclass(frozen=True)
class Choice(Filter):
    """One or several of a list of values. choices: pairs of value and label, or a function from the member."""

    choices: Choices | Callable[[Any], Choices] = ()
    several: bool = True

    kind = "choice"

    def options(self, member: Any) -> Choices:
        """The values to choose from."""
        return self.choices(member) if callable(self.choices) else self.choices

    def parse(self, given: QueryDict) -> tuple[str, ...] | None:
        """The chosen values. They are checked against the choices when the list is shown."""
        found = tuple(dict.fromkeys(value[:200] for value in given.getlist(self.key) if value))
        return (found if self.several else found[:1]) or None

    def query(self, value: Any) -> list[tuple[str, str]]:
        return [(self.key, one) for one in value]


@dataclass(frozen=True)
class Flag(Filter):
    """Yes or not asked."""

    kind = "flag"

    def parse(self, given: QueryDict) -> bool | None:
        return True if given.get(self.key) in ("1", "on", "true") else None

    def query(self, value: Any) -> list[tuple[str, str]]:
        return [(self.key, "1")]

    def words(self, value: Any) -> str:
        return ""


@dataclass(frozen=True)
class Range(Filter):
    """From-to of numbers, both included. kind_of: number, or money (written in major units, given in minor units)."""

    kind_of: str = "number"
    unit: Text = ""

    kind = "range"

    def parse(self, given: QueryDict) -> tuple[Any, Any] | None:
        ends = tuple(self._end(given.get(f"{self.key}.{end}", "")) for end in ("from", "to"))
        return ends if any(end is not None for end in ends) else None

    def _end(self, text: str) -> Any:
        text = text.strip().replace(",", "")
        if not text:
            return None
        try:
            amount = Decimal(text)
        except InvalidOperation:
            raise self._nonsense(text) from None
        if not amount.is_finite() or abs(amount) > 10**15:
            raise self._nonsense(text)
        if self.kind_of == "money":
            return to_minor(amount, currency(settings.DANGOL.currency))
        return int(amount) if amount == amount.to_integral_value() else float(amount)

    def _nonsense(self, text: str) -> BadInput:
        return BadInput("“{text}” is not a number. Write digits only, like 12900.", field=self.key, text=text[:40])

    def _text(self, end: Any) -> str:
        if end is None:
            return ""
        return f"{to_major(end, currency(settings.DANGOL.currency)):f}" if self.kind_of == "money" else str(end)

    def query(self, value: Any) -> list[tuple[str, str]]:
        ends = zip(("from", "to"), value, strict=True)
        return [(f"{self.key}.{name}", self._text(end)) for name, end in ends if end is not None]

    def words(self, value: Any) -> str:
        from dangol.web.templatetags.dangol import shown

        low, high = (None if end is None else shown(end, self.kind_of) for end in value)
        return _between(low, high)


@dataclass(frozen=True)
class Days(Filter):
    """From-to of calendar days, both included."""

    kind = "days"

    def parse(self, given: QueryDict) -> tuple[date | None, date | None] | None:
        low, high = (self._end(given.get(f"{self.key}.{end}", "").strip()) for end in ("from", "to"))
        return (low, high) if low or high else None

    def _end(self, text: str) -> date | None:
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            raise BadInput(
                "“{text}” is not a date. Write it like 2026-11-23.", field=self.key, text=text[:40]
            ) from None

    def query(self, value: Any) -> list[tuple[str, str]]:
        return [(f"{self.key}.{name}", end.isoformat()) for name, end in zip(("from", "to"), value, strict=True) if end]

    def words(self, value: Any) -> str:
        from dangol.web.templatetags.dangol import day

        return _between(*(None if end is None else day(end) for end in value))


def _between(low: Any, high: Any) -> str:
    if low is None:
        return gettext("up to {high}").format(high=high)
    return gettext("from {low}").format(low=low) if high is None else f"{low} – {high}"


@dataclass(frozen=True)
class Selection:
    """What a bulk action is to act on: the ids given, or all rows that match the state."""

    ids: tuple[str, ...]
    everything: bool
    state: "ListState"
    source: Callable[["ListState", int, str | None], Page] = field(repr=False)
    id_of: Callable[[Row], str] = field(repr=False)

    def each(self, limit: int = 5000) -> Iterable[str]:
        """The ids, one by one, also where all that match were selected."""
        if not self.everything:
            yield from self.ids
            return
        after: str | None = None
        while True:
            page = self.source(self.state, limit, after)
            yield from (self.id_of(row) for row in page.rows)
            after = page.next
            if after is None:
                return


@dataclass(frozen=True)
class Bulk:
    """Something to do with the selected rows.

    run(by, selection, value): does it and returns a sentence, or an HttpResponse (say, a redirect to a new plan).
    choices: what to choose beside it (which rep, which list); value is the chosen one. warning: what it will do, shown
    beside the button where it cannot be undone. in_steps: may be done a thousand rows at a time, so that more of them
    become a job with progress; `run` then says a sentence, and `by.request_address` is where the member asked from.
    """

    key: str
    label: Text
    run: Callable[[Any, Selection, str], "str | HttpResponse"]
    right: Right | None = None
    choices: Choices | Callable[[Any], Choices] = ()
    danger: bool = False
    warning: Text = ""
    icon: str = ""
    in_steps: bool = False

    def options(self, member: Any) -> Choices:
        """The values to choose from."""
        return self.choices(member) if callable(self.choices) else self.choices
