"""The review queue: pairs of customers who may be one, decided one by one or several at once."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dangol.base.errors import BadInput, Conflict
from dangol.customers.identify.matching import actions, reads, rules
from dangol.customers.identify.matching.reads import PairQuery
from dangol.customers.identify.rules import FIELD_NAMES, PAGE
from dangol.staff.actions import note_access
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.customers.address import address_of
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page

CHANCES = (("", _("all")), ("0.5", "50%"), ("0.8", "80%"), ("0.9", "90%"), ("0.95", "95%"))
GENDERS = {"F": _("Female"), "M": _("Male")}
ONES = ("state", "unit", "least")
DONE = {rules.JOINED: _("Joined."), rules.APART: _("Kept apart."), rules.SNOOZED: _("Put off for a week.")}


def query_of(given: QueryDict) -> PairQuery:
    """The question an address asks. Raises BadInput."""
    unit, number = given.get("unit", ""), given.get("page", "1")
    if (unit and not _whole(unit)) or not _whole(number) or len(number) > 3:
        raise BadInput("This address is not valid. Choose the filter again.", field="unit")
    least = given.get("least", "") or "0"
    if least not in {chance for chance, _label in CHANCES} | {"0"}:
        raise BadInput("This address is not valid. Choose the filter again.", field="least")
    return PairQuery(
        state=given.get("state", rules.OPEN), unit_id=int(unit) if unit else None, least=float(least),
        offset=PAGE * (max(1, int(number)) - 1),
    )  # fmt: skip


def _whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


@page(Right.CUSTOMERS_VIEW)
def queue(request: Request) -> HttpResponse:
    """Pairs to review, most probable first."""
    query = query_of(request.GET)
    found = reads.pairs(request.user, query)
    if found.rows:
        note_access(by=request.user, verb="view", what="customer pairs", count=len(found.rows),
                    address=address_of(request))  # fmt: skip
    return render(request, "customers/pairs.html", {
        "pairs": [shown(one) for one in found.rows], "count": found.count, "query": query,
        "branches": reads.counts(request.user), "chances": CHANCES, "least": request.GET.get("least", ""),
        "states": [(key, gettext(rules.STATE_NAMES[key])) for key in rules.STATES],
        "may_decide": may(request.user, Right.CUSTOMERS_MERGE),
        "here": _state_of(request.GET), "next": _next(request.GET, query, found.count),
        "most": rules.MOST_AT_ONCE,
    })  # fmt: skip


def _state_of(given: QueryDict) -> str:
    return urlencode({name: given[name] for name in ONES if given.get(name)})


def _next(given: QueryDict, query: PairQuery, count: int) -> str:
    if query.offset + query.size >= count:
        return ""
    return urlencode({name: given[name] for name in ONES if given.get(name)} | {"page": query.offset // PAGE + 2})


def shown(pair: reads.PairView) -> dict[str, Any]:
    """A pair with the names of its fields."""
    return {
        "one": pair, "meter": f"{pair.probability:.4f}", "state": gettext(rules.STATE_NAMES[pair.state]),
        "fields": [_field(one) for one in pair.fields],
    }  # fmt: skip


def _field(one: reads.Compared) -> dict[str, Any]:
    left, right = (GENDERS.get(side, side) if one.field == "gender" else side for side in (one.left, one.right))
    return {"name": gettext(FIELD_NAMES[one.field]), "left": left, "right": right, "agree": one.agree}


@page(Right.CUSTOMERS_MERGE, methods=("POST",))
def decide(request: Request) -> HttpResponse:
    """One pair (a row's button: "join:12") or all that are selected; then the queue as it was."""
    back = reverse("customers:pairs") + (f"?{here}" if (here := _back(request)) else "")
    verdict, _colon, one = request.POST.get("act", "").partition(":")
    try:
        if one:
            state = actions.decide(by=request.user, pair_id=_id(one), verdict=verdict, address=address_of(request))
            messages.success(request, str(DONE[state]))
        else:
            _decide_many(request, verdict)
    except (Conflict, BadInput) as error:
        messages.error(request, sentence(error))
    return HttpResponseRedirect(back)


def _back(request: Request) -> str:
    """The state of the queue the form came from, made anew from its known parts."""
    return _state_of(QueryDict(request.POST.get("here", "")))


def _id(text: str) -> int:
    if not _whole(text):
        raise BadInput("Choose pairs first.", field="id")
    return int(text)


def _decide_many(request: Request, verdict: str) -> None:
    ids: Sequence[int] = [_id(text) for text in request.POST.getlist("id")]
    if request.POST.get("everything"):
        ids = reads.pair_ids(request.user, query_of(QueryDict(request.POST.get("here", ""))))
    if not ids:
        raise BadInput("Choose pairs first.", field="id")
    done = actions.decide_many(by=request.user, pair_ids=ids, verdict=verdict, address=address_of(request))
    said = ngettext("%(n)s pair was decided.", "%(n)s pairs were decided.", done["done"]) % {"n": f"{done['done']:,}"}
    if done["passed_over"]:
        said += " " + ngettext("%(n)s had been decided already.", "%(n)s had been decided already.",
                               done["passed_over"]) % {"n": f"{done['passed_over']:,}"}  # fmt: skip
    messages.success(request, said)


@page(Right.CUSTOMERS_VIEW, methods=("GET", "POST"))
def pair(request: Request, pair_id: int) -> HttpResponse:
    """One pair with its evidence, side by side; POST decides it and goes on to the next."""
    problem = ""
    if request.method == "POST":
        following = reads.following(request.user, pair_id)
        try:
            kept = request.POST.get("kept", "")
            state = actions.decide(
                by=request.user, pair_id=pair_id, verdict=request.POST.get("act", ""), address=address_of(request),
                kept_id=int(kept) if _whole(kept) else None, note=request.POST.get("note", ""),
            )  # fmt: skip
            messages.success(request, str(DONE[state]))
            onward = reverse("customers:pair", args=[following]) if following else reverse("customers:pairs")
            return HttpResponseRedirect(onward)
        except (Conflict, BadInput) as error:
            problem = sentence(error)
    found = reads.pair(request.user, pair_id)
    note_access(by=request.user, verb="view", what="customer pair", customer_id=found.left.id, count=2,
                address=address_of(request))  # fmt: skip
    return render(request, "customers/pair.html", {
        "pair": shown(found), "problem": problem, "may_decide": may(request.user, Right.CUSTOMERS_MERGE),
        "evidence": _evidence(reads.evidence(request.user, pair_id), found.probability),
    }, status=409 if problem else 200)  # fmt: skip


def _evidence(bars: Sequence[rules.Bar], probability: float) -> dict[str, Any] | None:
    """The waterfall as a chart with its table."""
    if len(bars) < 2:
        return None
    ways = [gettext("For one person"), gettext("Against")]
    rows = [
        {
            "place": place, "step": _step(bar), "level": gettext(bar.level) if bar.level else "",
            "before": round(bar.before, 3), "after": round(bar.after, 3), "weight": round(bar.weight, 2),
            "way": ways[bar.weight < 0],
        }
        for place, bar in enumerate(bars)
    ]  # fmt: skip
    spec = {
        "height": 26 * len(rows), "mark": {"type": "bar", "height": 14},
        "encoding": {
            "y": {"field": "step", "type": "nominal", "sort": {"field": "place"}, "title": None},
            "x": {"field": "before", "type": "quantitative", "title": gettext("Weight (log2)")},
            "x2": {"field": "after"},
            "color": {"field": "way", "type": "nominal", "title": None, "scale": {"domain": ways}},
        },
    }  # fmt: skip
    columns = [("step", gettext("Field"), "text"), ("level", gettext("What was found"), "text"),
               ("weight", gettext("Weight"), "number")]  # fmt: skip
    strong = max(bars[1:], key=lambda bar: abs(bar.weight))
    said = gettext("Together the fields make one person %(percent)s likely; %(field)s weighs most.") % {
        "percent": f"{100 * probability:.1f}%", "field": _step(strong),
    }  # fmt: skip
    return {"rows": rows, "spec": spec, "columns": columns, "said": said}


def _step(bar: rules.Bar) -> str:
    if not bar.field:
        return gettext("Before looking")
    return gettext(rules.TERM_NAMES[bar.field]) if bar.field in rules.TERM_NAMES else bar.field
