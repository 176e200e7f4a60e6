"""The explorer's shelves: every step somebody can take from here, each as an address."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext

from dangol.base.errors import BadInput
from dangol.reports import asked as steps
from dangol.reports import changes, picture, show
from dangol.reports import fields as catalogue
from dangol.reports.asked import GROWTH, KINDS, PLAIN, SHARES, TOPS, Asked, Figure, Filter
from dangol.reports.fields import SUMMABLE, Field, Fields
from dangol.reports.grid import Grid
from dangol.web.shell import Request


def N_(text: str) -> str:  # noqa: N802  marks a text for translation
    return text


PLACE_NAMES = {
    "period": N_("Calendar"), "posting": N_("In charge"), "customer": N_("Customer"), "product": N_("Product"),
    "price": N_("Sale"), "store": N_("Store"), "channel": N_("Channel"), "campaign": N_("Campaign"),
    "response": N_("Responses"), "event": N_("Web events"), "own": N_("Other"),
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """A link to the state after one step."""

    label: str
    url: str
    icon: str = ""
    current: bool = False


@dataclass(frozen=True)
class Pill:
    """A field on a shelf with what can be done to it."""

    id: str
    name: str
    label: str
    steps: list[Step]
    groups: list[tuple[str, list[Step]]] = field(default_factory=list)
    generated: bool = False
    panel: str = ""


def state_of(request: Request) -> tuple[Asked, Fields, str]:
    """The state in an address, the fields of its star, and the saved view it began with. Raises BadInput."""
    return state_from(request, request.GET)


def state_from(request: Request, given: QueryDict) -> tuple[Asked, Fields, str]:
    """The state in some parameters; before anybody chose, the usual one."""
    asked = steps.read(dict(given.lists()))
    fields = catalogue.of(request.user, asked.star)
    view = given.get("view", "")
    touched = any(name != "star" for name, _value in steps.pairs(asked))
    asked = replace(fields.known(asked), every=False) if touched else replace(fields.usual(), star=asked.star)
    return asked, fields, view if view.isascii() and view.isdecimal() and len(view) < 10 else ""


def _words(one: Field) -> str:
    """What a field may be called when it is looked for: its name, its labels, the other words for it."""
    return " · ".join(dict.fromkeys([gettext(one.label), one.name, one.label, *one.also]))


class Board:
    """All links around the table, made from one state. view: the saved view it started from."""

    def __init__(self, asked: Asked, fields: Fields, view: str = "") -> None:
        self.asked, self.fields, self.view = asked, fields, view
        self.path = reverse("explorer:explorer")

    def url(self, asked: Asked) -> str:
        """The address of a state."""
        return f"{self.path}?{steps.query(asked, view=self.view)}"

    def step(self, label: str, asked: Asked, icon: str = "", *, current: bool = False) -> Step:
        """A link to a state."""
        return Step(label, self.url(asked), icon, current)

    def part(self, name: str, **more: str) -> str:
        """The address of a part (a panel, a file) for this state."""
        return f"{reverse('explorer:' + name)}?{steps.query(self.asked, view=self.view, **more)}"

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """The state as hidden fields of a form."""
        return steps.pairs(self.asked) + ([("view", self.view)] if self.view else [])

    # ---- shelves -----------------------------------------------------------------------------------------------------

    def axis(self, shelf: str) -> list[Pill]:
        """The fields on the rows or columns."""
        names = self.asked.rows if shelf == "rows" else self.asked.columns
        return [self._dimension(name, shelf, place, len(names)) for place, name in enumerate(names)]

    def _dimension(self, name: str, shelf: str, place: int, n: int) -> Pill:
        other = "cols" if shelf == "rows" else "rows"
        found: list[Step] = []
        if place:
            found.append(self.step(gettext("Move forward"), changes.placed(self.asked, name, shelf, place - 1),
                                   "chevron-left"))  # fmt: skip
        if place < n - 1:
            found.append(self.step(gettext("Move back"), changes.placed(self.asked, name, shelf, place + 1),
                                   "chevron-right"))  # fmt: skip
        if moved := self._tried(name, other):
            label = gettext("Move to columns") if other == "cols" else gettext("Move to rows")
            found.append(self.step(label, moved, "columns"))
        found.append(self.step(gettext("Take off"), changes.taken(self.asked, name), "close"))
        return Pill(f"{shelf}-{name}", name, show.field(self.fields, name), found,
                    panel=self.part("values", dimension=name))  # fmt: skip

    def _tried(self, name: str, shelf: str) -> Asked | None:
        try:
            return changes.placed(self.asked, name, shelf)
        except BadInput:
            return None

    def figures(self) -> list[Pill]:
        """The figures, each with the ways to show it."""
        return [self._figure(one, place) for place, one in enumerate(self.asked.figures)]

    def _figure(self, one: Figure, place: int) -> Pill:
        found = []
        if place:
            found.append(self.step(gettext("Move forward"), changes.shown(self.asked, one, place - 1), "chevron-left"))
        if place < len(self.asked.figures) - 1:
            found.append(self.step(gettext("Move back"), changes.shown(self.asked, one, place + 1), "chevron-right"))
        found.append(self.step(gettext("Take off"), changes.hidden(self.asked, one), "close"))
        ways = [
            self.step(gettext(show.KIND_NAMES[kind]),
                      changes.exchanged(self.asked, one, Figure(one.measure, kind)), current=kind == one.kind)
            for kind in self._kinds(one.measure)
        ]  # fmt: skip
        beside = [
            self.step(gettext(show.KIND_NAMES[kind]), changes.shown(self.asked, Figure(one.measure, kind), place + 1))
            for kind in self._kinds(one.measure)
            if Figure(one.measure, kind) not in self.asked.figures and len(self.asked.figures) < steps.MOST_FIGURES
        ]
        groups = [(gettext("Show as"), ways)] + ([(gettext("Also show"), beside)] if beside else [])
        return Pill(f"show-{place}", one.code, show.measure(self.fields, one), found, groups)

    def _kinds(self, measure: str) -> list[str]:
        unit = self.fields.measures[measure].unit
        return [kind for kind in KINDS if kind not in SHARES or unit in SUMMABLE]

    def filters(self) -> list[Pill]:
        """The filters, each opening its values."""
        found = []
        for one in self.asked.filters:
            grid = Grid(replace(self.asked, filters=(one,), where=""), self.fields)
            [*words] = show.filters(grid)
            found.append(
                Pill(f"filter-{one.name}", one.name, " · ".join(words),
                     [self.step(gettext("Take off"), changes.filtered(self.asked, Filter(one.name)), "close")],
                     panel=self.part("values", dimension=one.name))
            )  # fmt: skip
        return found

    # ---- fields to choose from ---------------------------------------------------------------------------------------

    def measures(self) -> list[dict[str, Any]]:
        """All measures; those in use can be taken away, the others added."""
        found = []
        for name, one in self.fields.measures.items():
            used = name in self.asked.measures
            plain = Figure(name, PLAIN)
            full = len(self.asked.figures) >= steps.MOST_FIGURES
            rest = tuple(other for other in self.asked.figures if other.measure != name)
            target = replace(self.asked, figures=rest, sort="") if used else None if full else changes.shown(
                self.asked, plain)  # fmt: skip
            found.append({"name": name, "label": gettext(one.label), "definition": gettext(one.definition),
                          "words": _words(one), "used": used, "url": self.url(target) if target else ""})  # fmt: skip
        return found

    def dimensions(self) -> list[dict[str, Any]]:
        """All dimensions by where they lie, each with a way to the rows, the columns and its filter."""
        groups: dict[str, list[dict[str, Any]]] = {}
        for name, one in self.fields.dimensions.items():
            used = "rows" if name in self.asked.rows else "cols" if name in self.asked.columns else ""
            groups.setdefault(one.place if one.place in PLACE_NAMES else "own", []).append({
                "name": name, "label": gettext(one.label), "definition": gettext(one.definition), "used": used,
                "words": _words(one),
                "rows": self._way(name, "rows", used), "cols": self._way(name, "cols", used),
                "filter": self.part("values", dimension=name), "filtered": bool(self.asked.filter_of(name)),
            })  # fmt: skip
        return [{"label": gettext(PLACE_NAMES[place]), "fields": groups[place]} for place in PLACE_NAMES
                if place in groups]  # fmt: skip

    def _way(self, name: str, shelf: str, used: str) -> str:
        found = changes.taken(self.asked, name) if used == shelf else self._tried(name, shelf)
        return self.url(found) if found else ""

    def periods(self) -> list[Step]:
        """Where a figure compares with the period before and no period is there: a step for each that can be put."""
        compares = any(self.fields.measures[one.measure].compares for one in self.asked.figures)
        if not compares or any(self.fields.dimensions[name].is_period for name in self.asked.dimensions):
            return []
        shelf = "cols" if self.asked.rows else "rows"
        return [self.step(show.field(self.fields, name), target, "plus") for name, one in self.fields.dimensions.items()
                if one.is_period and (target := self._tried(name, shelf))]  # fmt: skip

    # ---- switches ----------------------------------------------------------------------------------------------------

    def tools(self) -> dict[str, Any]:
        """What changes the picture as a whole."""
        asked = self.asked
        can_turn = len(asked.rows) <= steps.MOST_COLUMN_FIELDS and bool(asked.dimensions)
        kinds = ["auto", *picture.fitting(asked, self.fields), "none"]
        return {
            "turn": self.url(changes.turned(asked)) if can_turn else "",
            "charts": [self.step(gettext(picture.NAMES[kind]), replace(asked, chart=kind), current=asked.chart == kind)
                       for kind in kinds],
            "tops": [Step(f"{n}", self.url(replace(asked, top=n)), current=n == asked.top) for n in TOPS],
            "totals": self.url(replace(asked, totals=not asked.totals)),
            "heat": self.url(replace(asked, heat=not asked.heat)),
            "unfold": self.url(replace(asked, depth=len(asked.rows), open=(), shut=())) if len(asked.rows) > 1 else "",
            "fold": self.url(replace(asked, depth=1, open=(), shut=())) if len(asked.rows) > 1 else "",
            "clear": f"{self.path}?fresh=1",
        }  # fmt: skip


def moved(asked: Asked, text: str, fields: Fields) -> Asked:
    """The state after a drop: "rows|brand|1", "cols|…", "show|sales_amount:last|0", "take|brand", "hide|sales_amount".

    Raises BadInput for anything else.
    """
    shelf, _bar, rest = text.partition("|")
    name, _bar, place = rest.partition("|")
    at = int(place) if place.isascii() and place.isdecimal() and len(place) < 3 else None
    if shelf in ("rows", "cols") and name in fields.dimensions:
        return changes.placed(asked, name, shelf, at)
    measure, _colon, kind = name.partition(":")
    figure = Figure(measure, kind if kind in KINDS else PLAIN)
    if shelf == "show" and measure in fields.measures:
        return changes.shown(asked, figure, at)
    if shelf == "take" and name in asked.dimensions:
        return changes.taken(asked, name)
    if shelf == "take" and figure in asked.figures:
        return changes.hidden(asked, figure)
    raise BadInput("This field does not fit there. Measures are shown, the others go to rows, columns or filters.",
                   field="do")  # fmt: skip


def compared(figures: Sequence[Figure]) -> bool:
    """Whether any figure is a growth."""
    return any(one.kind in GROWTH for one in figures)
