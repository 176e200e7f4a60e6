"""The builder: conditions as cards that say what they count, undo, drafts that save themselves, and saving."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event

from dangol.base.errors import BadInput, Cancelled, DangolError, NotFound
from dangol.customers.consent.rules import CHANNEL_NAMES, REASONS
from dangol.insight.segments import actions, past, reads, rules
from dangol.insight.segments.rules import editing
from dangol.staff import reads as staff
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.segments import forms, wording
from dangol.web.segments.drawing import Drawing, said
from dangol.web.sentences import sentence
from dangol.web.shell import Request, announce, page

CHANGED = "segment-changed"
KIND_NAMES = {"live": rules.N_("Live"), "static": rules.N_("Fixed list"), "frozen": rules.N_("Frozen")}

LEFT_OUT = {
    rules.UNKNOWN: rules.N_("Nobody you may see is known by it"), rules.TWICE: rules.N_("The same customer once more"),
    rules.BAD: rules.N_("Cannot be a code: too long, or with signs that cannot be read"),
}  # fmt: skip


def place(text: str) -> tuple[int, ...]:
    """A place in a definition as an address writes it: 0.2.1; empty is the root. Raises BadInput."""
    parts = text.split(".") if text else []
    if not all(part.isascii() and part.isdecimal() and len(part) < 4 for part in parts):
        raise BadInput("This part is not there any more. Load the page again.", field="path")
    return tuple(int(part) for part in parts)


# ---- pages -------------------------------------------------------------------------------------------------------


@page(Right.INSIGHT_VIEW)
def new(request: Request) -> HttpResponse:
    """Build a new segment; what was begun before is still there."""
    return _builder(request, 0)


@page(Right.INSIGHT_VIEW)
def one(request: Request, segment_id: int) -> HttpResponse:
    """Build on a saved segment; a list shows its people only."""
    view = reads.segment(request.user, segment_id)
    if view.kind != "live":
        return render(request, "segments/list_of_people.html", _about(request, view))
    return _builder(request, segment_id, view)


def _about(request: Request, view: reads.SegmentView | None) -> dict[str, Any]:
    if view is None:
        return {"segment": None, "segment_id": 0}
    root = rules.from_dict(view.definition) if view.definition else None
    return {
        "segment": view, "segment_id": view.id, "kind_name": _(KIND_NAMES[view.kind]),
        "said": wording.said(root) if root else "", "may_plan": may(request.user, Right.CAMPAIGNS_PLAN),
        "may_see": may(request.user, Right.CUSTOMERS_VIEW), "tab": "builder",
    } | (_days() if view.kind == "live" else _list_facts(request, view))  # fmt: skip


def _list_facts(request: Request, view: reads.SegmentView) -> dict[str, Any]:
    """Of a list: the job that writes it down, and what became of the lines it was made from."""
    told = view.tally or {}
    return {
        "freezing": reads.freezing(request.user, view.id) if not view.counted else None,
        "mine": view.owner_id == request.user.pk, "has_left_out": reads.has_left_out(request.user, view.id),
        "left_out": [(_(text), told[why]) for why, text in LEFT_OUT.items() if told.get(why)],
    }  # fmt: skip


def _days() -> dict[str, Any]:
    """The days a live segment can be frozen on: the last in the figures, and those people usually look back to."""
    try:
        return {"last_day": reads.figures_day(), "scoring_days": past.scoring_days()}
    except NotFound:
        return {}


def _builder(request: Request, segment_id: int, view: reads.SegmentView | None = None) -> HttpResponse:
    draft = reads.draft(request.user, segment_id)
    return render(request, "segments/builder.html", _about(request, view) | _tree(request, draft))


def _tree(request: Request, draft: reads.DraftView) -> dict[str, Any]:
    drawing = Drawing(request.user, draft.segment_id, draft.root)
    return {
        "draft": draft, "segment_id": draft.segment_id, "tree": drawing.tree(),
        "sentences": wording.in_each_language(draft.root, drawing.names), "starts": _starts(),
        "matches": said(rules.MATCHES), "empty": not draft.root.parts, "deepest": rules.LIMITS.depth - 1,
        "templates": _examples(), "may_see": may(request.user, Right.CUSTOMERS_VIEW),
    }  # fmt: skip


def _starts() -> list[dict[str, str]]:
    return [{"key": key, "label": _(label), "hint": _(hint), "icon": icon}
            for key, (label, hint, icon, _node) in forms.STARTS.items()]  # fmt: skip


EXAMPLES: dict[str, tuple[str, rules.Group]] = {
    "lapsing": (rules.N_("Regulars who stopped coming: 3 purchases or more in half a year, then nothing for 60 days"),
                rules.Group(parts=(rules.Purchase("orders", 3, None, rules.Window("last", 180, quiet_days=60)),))),
    "new": (rules.N_("New customers: first purchase in the last 30 days"),
            rules.Group(parts=(rules.Purchase("first", 0, 30),))),
    "best": (rules.N_("Best customers who can be written to by e-mail"),
             rules.Group(parts=(rules.Score("rfm", "segment", "one_of", ("HHH",)), rules.Reach("email")))),
}  # fmt: skip


def _examples() -> list[tuple[str, str]]:
    return [(key, _(text)) for key, (text, _root) in EXAMPLES.items()]


@page(Right.INSIGHT_VIEW, methods=("POST",))
def do(request: Request, segment_id: int) -> HttpResponse:
    """One change of the draft. Answers with the tree, or with the little that changed in a card."""
    given, act = request.POST, request.POST.get("act", "")
    draft = reads.draft(request.user, segment_id)
    try:
        if act in ("undo", "redo"):
            after = actions.step_draft(by=request.user, segment_id=segment_id, steps=-1 if act == "undo" else 1)
        elif act == "discard":
            actions.discard_draft(by=request.user, segment_id=segment_id)
            after = reads.draft(request.user, segment_id)
        else:
            root = _changed(draft.root, act, given)
            after = actions.edit_draft(by=request.user, segment_id=segment_id, root=root)
    except DangolError as error:
        if not request.htmx:
            raise
        return announce(HttpResponse(status=204), sentence(error), "bad")
    if not request.htmx:
        return redirect(address(segment_id))
    if act == "set":
        response = _card(request, draft, after, place(given.get("path", "")))
    else:
        response = render(request, "segments/tree.html", _tree(request, after))
    return trigger_client_event(response, CHANGED) if after.turn != draft.turn else response


def address(segment_id: int) -> str:
    """Where a segment is built; a new one where there is none yet."""
    return reverse("segments:one", args=[segment_id]) if segment_id else reverse("segments:new")


def _set(root: rules.Group, path: tuple[int, ...], given: Any) -> rules.Group:
    before = editing.at(root, path)
    if isinstance(before, rules.Group):
        raise BadInput("This part is not there any more. Load the page again.", field="path")
    return editing.put(root, path, forms.read(given, before))


def _match(root: rules.Group, path: tuple[int, ...], given: Any) -> rules.Group:
    return editing.put(root, path, rules.Group(given.get("match", "all"), editing.group_at(root, path).parts))


def _add(root: rules.Group, path: tuple[int, ...], given: Any) -> rules.Group:
    if given.get("kind") not in forms.STARTS:
        raise BadInput("The form does not say what to do. Load the page again.", field="kind")
    return editing.add(root, path, forms.STARTS[given["kind"]][3])


def _copy(root: rules.Group, path: tuple[int, ...], _given: Any) -> rules.Group:
    return editing.add(root, path[:-1], editing.at(root, path), path[-1] + 1) if path else root


def _move(root: rules.Group, path: tuple[int, ...], given: Any) -> rules.Group:
    where = given.get("place", "")
    at = int(where) if where.isdecimal() and len(where) < 4 else None
    return editing.move(root, path, place(given.get("into", "")), at)


ACTS: dict[str, Callable[[rules.Group, tuple[int, ...], Any], rules.Group]] = {
    "set": _set, "match": _match, "add": _add, "copy": _copy, "move": _move,
    "group": lambda root, path, _given: editing.add(root, path, rules.Group(rules.ANY)),
    "example": lambda root, _path, given: EXAMPLES[given["name"]][1] if given.get("name") in EXAMPLES else root,
    "remove": lambda root, path, _given: editing.remove(root, path),
    "unwrap": lambda root, path, _given: editing.unwrap(root, path),
    "up": lambda root, path, _given: editing.shift(root, path, -1),
    "down": lambda root, path, _given: editing.shift(root, path, 1),
    "out": lambda root, path, _given: editing.lift(root, path),
    "in": lambda root, path, _given: editing.sink(root, path),
}  # fmt: skip


def _changed(root: rules.Group, act: str, given: Any) -> rules.Group:
    if act not in ACTS:
        raise BadInput("The form does not say what to do. Load the page again.", field="act")
    return ACTS[act](root, place(given.get("path", "")), given)


def _card(request: Request, before: reads.DraftView, after: reads.DraftView, path: tuple[int, ...]) -> HttpResponse:
    """A card drawn anew where its fields are others now; else only what it says, so that typing is not disturbed."""
    drawing = Drawing(request.user, after.segment_id, after.root)
    node = editing.at(after.root, path)
    parent = editing.group_at(after.root, path[:-1])
    part = drawing.part(node, path, len(parent.parts))
    same = forms.shape(editing.at(before.root, path)) == forms.shape(node)
    variables = {
        "part": part, "segment_id": after.segment_id, "draft": after, "same": same,
        "sentences": wording.in_each_language(after.root, drawing.names), "deepest": rules.LIMITS.depth - 1,
    }  # fmt: skip
    response = render(request, "segments/card_changed.html", variables)
    if same:
        response["HX-Reswap"] = "none"
    return response


def _id(path: tuple[int, ...]) -> str:
    return "-".join(map(str, path)) or "root"


def _places(node: rules.Node, path: tuple[int, ...] = ()) -> list[tuple[int, ...]]:
    parts = node.parts if isinstance(node, rules.Group) else ()
    return [path, *(place for n, part in enumerate(parts) for place in _places(part, (*path, n)))]


@page(Right.INSIGHT_VIEW)
def counts(request: Request, segment_id: int) -> HttpResponse:
    """What the draft counts now; gives up where the draft was changed meanwhile."""
    draft = reads.draft(request.user, segment_id)

    def check() -> None:
        if reads.draft_turn(request.user, segment_id) != draft.turn:
            raise Cancelled("The segment was changed meanwhile.")

    try:
        found = reads.counts(request.user, draft.root, check=check)
    except Cancelled:
        return HttpResponse(status=204)
    except DangolError as error:
        return render(request, "segments/counts.html", {"missing": sentence(error), "segment_id": segment_id})
    numbers = [(_id(path), n) for path, n in found.parts.items()]
    reach = [
        {"name": _(CHANNEL_NAMES.get(line.channel, line.channel)), "can": line.can,
         "cannot": [(_(REASONS[reason]), n) for reason, n in line.cannot]}
        for line in found.reach
    ]  # fmt: skip
    share = found.total / found.everybody if found.total is not None and found.everybody else None
    return render(request, "segments/counts.html", {
        "found": found, "numbers": numbers, "reach": reach, "share": share, "segment_id": segment_id,
        "small": reads.SMALL_GROUP, "turn": draft.turn, "asks": rules.ready(draft.root) is not None,
        "silent": [_id(path) for path in _places(draft.root) if path not in found.parts],
    })  # fmt: skip


def _last_campaign(names: wording.Names) -> list[tuple[str, str]]:
    """The value that stands for the last campaign, with the one it is now."""
    now = reads.last_campaign()
    text = _("The last campaign (now: %(name)s)") % {"name": names.of("campaign", now)}
    return [(rules.LAST_CAMPAIGN, text)] if now else []


@page(Right.INSIGHT_VIEW)
def values(request: Request) -> HttpResponse:
    """Values of a field to choose from, those with the typed text in them."""
    given = request.GET
    kind, field, text = given.get("kind", ""), given.get("field", ""), given.get("q", "").strip()[:100]
    names = wording.Names()
    key = field
    if kind == "score":
        table, _dot, name = field.partition(".")
        found = reads.score_values(table, name)
    elif field == "rep":
        found = [f"rep {pk}" for pk, _email, _name in staff.rep_names()]
    else:
        found = reads.values(
            kind, field, text if field not in ("campaign", "channel") else "", what=given.get("what", "")
        )
    named = [(value, names.of(key, value)) for value in found]
    if kind == "event" and field == "campaign" and given.get("what") in forms.CAMPAIGNS:
        named += _last_campaign(names)
    if text:
        named = [(value, name) for value, name in named if text.lower() in f"{value} {name}".lower()]
    named.sort(key=lambda one: (one[0] != rules.LAST_CAMPAIGN, one[1]))
    chosen = set(given.getlist("chosen"))
    return render(request, "segments/values.html", {
        "values": [one for one in named if one[0] not in chosen][:100],
        "name": given.get("name", "values"), "text": text, "most": reads.CHOICES, "cut": len(found) >= reads.CHOICES,
    })  # fmt: skip
