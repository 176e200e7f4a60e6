"""How the builder draws a definition: groups and cards with the choices each of them offers."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from dangol.base.errors import NotFound
from dangol.insight.segments import checking, reads, rules
from dangol.web.segments import forms, wording
from dangol.web.sentences import sentence


@dataclass(frozen=True)
class Part:
    """A group or condition as the page draws it. path: its place as text; id: the same as part of an element's id."""

    path: str
    node: Any
    parts: list["Part"]
    first: bool
    last: bool
    depth: int
    phrase: str = ""
    problem: str = ""
    card: dict[str, Any] | None = None

    @property
    def is_group(self) -> bool:
        return isinstance(self.node, rules.Group)

    @property
    def id(self) -> str:
        return self.path.replace(".", "-") or "root"

    @property
    def above(self) -> str:
        return self.path.rpartition(".")[0]


class Drawing:
    """What one drawing of a definition needs, each list of choices read once."""

    def __init__(self, by: Any, segment_id: int, root: rules.Group) -> None:
        self.by, self.segment_id, self.root = by, segment_id, root
        self.names = wording.Names(root)
        self.phrase = wording.phrases(self.names)
        self._choices: dict[str, list[tuple[str, str]]] = {}
        self.wrong = checking.wrong(root, checking.known())

    def tree(self) -> Part:
        """The whole definition."""
        return self.part(self.root, ())

    def part(self, node: rules.Node, path: tuple[int, ...], count: int = 1) -> Part:
        """A part and all below it."""
        text = ".".join(str(one) for one in path)
        first, last = not path or path[-1] == 0, not path or path[-1] == count - 1
        if isinstance(node, rules.Group):
            below = [self.part(one, (*path, n), len(node.parts)) for n, one in enumerate(node.parts)]
            return Part(text, node, below, first, last, len(path))
        return Part(text, node, [], first, last, len(path), self.phrase(node), self._said(path), self._card(node))

    def _said(self, path: tuple[int, ...]) -> str:
        """What is wrong with a condition that asks for what is not there any more."""
        return sentence(self.wrong[path]) if path in self.wrong else ""

    def _card(self, node: Any) -> dict[str, Any]:
        """The choices of a condition's card."""
        kind = rules.NAMES[type(node)]
        card: dict[str, Any] = {"kind": kind, "template": f"segments/card_{kind}.html", "bounds": forms.bounds(node)}
        match node:
            case rules.Profile():
                numeric = self._once("profile kinds", lambda: list(_profile_kinds().items()))
                card |= {"fields": self._profile_fields(),
                         "tests": _tests(dict(numeric).get(node.field) == "number"),
                         "picked": self._picked(node.field, node.values)}  # fmt: skip
            case rules.Score():
                field = f"{node.table}.{node.field}"
                kinds = dict(self._once("score kinds", lambda: list(_score_kinds().items())))
                card |= {"fields": self._score_fields(field), "field": field,
                         "tests": _tests(kinds.get(field) == "number"),
                         "picked": self._picked(field, node.values)}  # fmt: skip
            case rules.Reach():
                names = sorted({*self._once("channels", _channels), (node.channel, node.channel)})
                card["channels"] = [(one, self.names.of("channel", one)) for one, _same in names]
            case rules.InSegment():
                card["segments"] = self._once("segments", self._segments)
            case rules.Measured():
                card |= _measure_card(node)
            case rules.Purchase():
                card |= {"measures": said(rules.MEASURES), "which": said(rules.WHICH),
                         "ranked": node.measure in rules.RANKED, "top": f"{node.top or 10:g}",
                         "windows": said(forms.WINDOWS), "filters": self._filters(node, rules.FILTERS)}  # fmt: skip
                card["more"] = _rest(rules.FILTERS, node.filters)
                card |= {"prices": forms.prices(node)} if node.is_priced else {}
                card["more"] += [] if node.is_priced else [(forms.PRICE, _("Price of a piece"))]
            case rules.Event():
                keys = [key for key in rules.WHAT if (key in forms.CAMPAIGNS) == (node.what in forms.CAMPAIGNS)]
                known = rules.FIELDS_OF[node.what]
                card["then"] = said(rules.THEN)
                card |= {"whats": [(key, _(rules.WHAT[key])) for key in keys], "windows": said(forms.WINDOWS),
                         "filters": self._filters(node, known), "more": _rest(known, node.filters)}  # fmt: skip
        return card

    def _once(self, name: str, read: Any) -> list[tuple[str, str]]:
        if name not in self._choices:
            try:
                self._choices[name] = read()
            except NotFound:
                self._choices[name] = []
        return self._choices[name]

    def _picked(self, field: str, values: tuple[str, ...]) -> list[tuple[str, str]]:
        return [(value, self.names.of(field, value)) for value in values]

    def _filters(self, node: Any, known: Any) -> list[dict[str, Any]]:
        return [{"field": one.field, "label": _(known[one.field]), "name": f"filter.{one.field}",
                 "picked": self._picked(one.field, one.values)} for one in node.filters]  # fmt: skip

    def _profile_fields(self) -> list[tuple[str, str]]:
        known = self._once(
            "profile fields", lambda: [(name, wording.label("profile", name)) for name in _profile_kinds()]
        )
        return sorted(known, key=lambda one: (one[0] not in wording.PROFILE, one[1]))

    def _score_fields(self, field: str) -> list[tuple[str, str]]:
        known = self._once("score fields", lambda: [(name, self.names.label("score", name)) for name in _score_kinds()])
        found = known if field in dict(known) else [*known, (field, self.names.label("score", field))]
        return sorted(found, key=lambda one: (one[0] not in wording.SCORES, one[0]))

    def _segments(self) -> list[tuple[str, str]]:
        return [one for one in reads.choices(self.by) if one[0] != str(self.segment_id)]


def _measure_card(node: rules.Measured) -> dict[str, Any]:
    """The measures a condition can ask for, and those of people's own it cannot, with the reason."""
    found = reads.measures()
    return {
        "own": [one for one in found if one.own], "company": [one for one in found if not one.own],
        "definition": next((one.definition for one in found if one.name == node.measure), ""),
        "not_of_one": [(label, sentence(why)) for label, why in reads.left_out_measures()],
        "gone": node.measure and node.measure not in {one.name for one in found},
        "windows": said(forms.WINDOWS),
    }  # fmt: skip


def _profile_kinds() -> dict[str, str]:
    return reads.fields()


def _score_kinds() -> dict[str, str]:
    return {f"{table}.{name}": kind for table, names in reads.scores().items() for name, kind in names.items()}


def _channels() -> list[tuple[str, str]]:
    return [(one, one) for one in reads.channels()]


def said(texts: Any) -> list[tuple[str, str]]:
    return [(key, _(text)) for key, text in texts.items()]


def _rest(known: Any, filters: Any) -> list[tuple[str, str]]:
    chosen = {one.field for one in filters}
    return [(key, _(text)) for key, text in known.items() if key not in chosen]


def _tests(numeric: bool) -> list[tuple[str, str]]:
    """A number is asked by its bounds first, a text by its values."""
    keys = (
        ("between", "one_of", "none_of", "known", "unknown") if numeric else ("one_of", "none_of", "known", "unknown")
    )
    return [(key, _(forms.TESTS[key])) for key in keys]
