"""Customer 360: one customer, edit in place, undo, show in full."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dangol import profile
from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.base.money import currency, to_major
from dangol.customers.identify import actions, reads
from dangol.customers.identify.matching import reads as matching
from dangol.customers.identify.rules import ATTRIBUTE_NAMES, EDITABLE, FIELD_NAMES, MASKED
from dangol.staff.actions import note_access
from dangol.staff.reads import may, require
from dangol.staff.rules import Right
from dangol.web.customers.address import address_of
from dangol.web.sentences import sentence
from dangol.web.shell import Request, announce, page

CHANNEL_NAMES = {"email": _("E-mail"), "sms": _("Text message"), "kakao": _("KakaoTalk"), "webpush": _("Web push")}
PURPOSE_NAMES = {"marketing": _("Advertising"), "night": _("Advertising at night"), "profiling": _("Personalisation")}
GENDERS = {"F": _("Female"), "M": _("Male")}
RESPONSE_KINDS = {"coupon": _("Coupon redeemed"), "click": _("Link clicked")}


@page(Right.CUSTOMERS_VIEW)
def show(request: Request, customer_id: int) -> HttpResponse:
    """Customer 360."""
    kind = _kind(request)
    found = profile.customer(request.user, customer_id, kind=kind, page=_page(request))
    if found.person.id != customer_id:  # merged into another one: its address leads there
        return HttpResponseRedirect(reverse("customers:one", args=[found.person.id]))
    note_access(by=request.user, verb="view", what="customer", customer_id=customer_id, address=address_of(request))
    more = {"household": matching.household(request.user, found.person),
            "may_merge": may(request.user, Right.CUSTOMERS_MERGE)}  # fmt: skip
    return render(request, "customers/one.html", _board(found, kind, _page(request)) | more)


@page(Right.CUSTOMERS_VIEW)
def timeline(request: Request, customer_id: int) -> HttpResponse:
    """The timeline alone, for its filter chips and \"earlier entries\"."""
    if not request.htmx:
        query = request.GET.urlencode()
        return HttpResponseRedirect(reverse("customers:one", args=[customer_id]) + (f"?{query}" if query else ""))
    kind = _kind(request)
    found = profile.customer(request.user, customer_id, kind=kind, page=_page(request))
    return render(request, "customers/timeline.html", _board(found, kind, _page(request)))


@page(Right.CUSTOMERS_UNMASK, methods=("POST",))
def unmask(request: Request, customer_id: int) -> HttpResponse:
    """The card of personal data in full; logged."""
    person = actions.unmask(by=request.user, customer_id=customer_id, address=address_of(request))
    answer = render(request, "customers/person.html", _person(person))
    return announce(answer, gettext("Shown in full. This was written to the access log."), "info")


@page(Right.CUSTOMERS_VIEW, methods=("GET", "POST"))
def field(request: Request, customer_id: int, name: str) -> HttpResponse:
    """One field of a customer: shown (GET), opened for editing (POST open), saved (POST)."""
    if name not in EDITABLE:
        raise NotFound("There is no such field.")
    if request.method == "GET":
        return _field(request, reads.customer(request.user, customer_id), name)
    if request.POST.get("open"):
        return _open(request, customer_id, name)
    return _save(request, customer_id, name)


def _open(request: Request, customer_id: int, name: str) -> HttpResponse:
    """The field as a form. A masked value is shown in full to be edited: that is logged like showing it in full."""
    require(request.user, Right.CUSTOMERS_EDIT)
    if name in MASKED:
        person = actions.unmask(by=request.user, customer_id=customer_id, address=address_of(request))
    else:
        person = reads.customer(request.user, customer_id)
    return _field(request, person, name, editing=True, value=person.values[name].value)


def _save(request: Request, customer_id: int, name: str) -> HttpResponse:
    value = request.POST.get("value", "").strip()
    more: dict[str, Any] = {}
    try:
        changes = actions.edit(
            by=request.user, customer_id=customer_id, changes={name: value}, seen_at=_seen(request),
            address=address_of(request),
        )  # fmt: skip
        more["change"] = changes[0] if changes else None
    except Conflict as error:
        more = {"editing": True, "value": value, "problem": sentence(error), "theirs": error.params.get("theirs")}
    except BadInput as error:
        more = {"editing": True, "value": value, "problem": sentence(error)}
    answer = _field(request, reads.customer(request.user, customer_id), name, **more)
    return announce(answer, more["problem"], "bad") if more.get("problem") else announce(answer, gettext("Saved."))


@page(Right.CUSTOMERS_EDIT, methods=("POST",))
def undo(request: Request, change_id: int) -> HttpResponse:
    """Take back the change just made."""
    customer_id = actions.undo(by=request.user, change_id=change_id, address=address_of(request))
    name = request.POST.get("name", "")
    if not request.htmx or name not in EDITABLE:
        return HttpResponseRedirect(reverse("customers:one", args=[customer_id]))
    return announce(_field(request, reads.customer(request.user, customer_id), name), gettext("Undone."))


def _seen(request: Request) -> datetime:
    try:
        seen = datetime.fromisoformat(request.POST.get("seen_at", ""))
    except ValueError:
        raise BadInput("The form is incomplete. Load the page again.", field="seen_at") from None
    if seen.tzinfo is None:
        raise BadInput("The form is incomplete. Load the page again.", field="seen_at")
    return seen


def _kind(request: Request) -> str:
    kind = request.GET.get("kind", "")
    return kind if kind in profile.KINDS else ""


def _page(request: Request) -> int:
    text = request.GET.get("page", "1")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 1


def _field(request: Request, person: reads.Person, name: str, **more: Any) -> HttpResponse:
    if not request.htmx:
        return HttpResponseRedirect(reverse("customers:one", args=[person.id]))
    return render(request, "customers/field.html", {"row": _row(person, name) | more, "person": person} | _texts())


def _row(person: reads.Person, name: str) -> dict[str, Any]:
    value = person.values[name]
    editable = name in EDITABLE and person.may_edit and (name not in MASKED or person.may_unmask)
    return {
        "name": name, "label": gettext(FIELD_NAMES[name]), "value_of": value, "editable": editable,
        "shown": GENDERS.get(value.value, value.value) if name == "gender" else value.value,
        "seen_at": timezone.now().isoformat(), "value": value.value,
    }  # fmt: skip


def _person(person: reads.Person) -> dict[str, Any]:
    rows = [_row(person, name) for name in person.values]
    return {
        "person": person,
        "rows": [row for row in rows if row["shown"]],
        "empty": [row for row in rows if not row["shown"]],
        "masked": any(value.masked for value in person.values.values()),
        "attributes": sorted(
            (gettext(ATTRIBUTE_NAMES[name]) if name in ATTRIBUTE_NAMES else name, value)
            for name, value in person.attributes.items()
        ),
    } | _texts()


def _texts() -> dict[str, Any]:
    return {"channels": CHANNEL_NAMES, "purposes": PURPOSE_NAMES}


def _board(found: profile.Profile, kind: str, number: int) -> dict[str, Any]:
    """What the page shows of a profile."""
    chips = [(key, gettext(name), found.counts.get(key, 0)) for key, name in profile.KIND_NAMES.items()]
    return _person(found.person) | {
        "profile": found, "chips": [chip for chip in chips if chip[2]], "kind": kind, "next_page": number + 1,
        "events": [_event(one) for one in found.events], "spend": _spend(found), "history": found.history[-12:],
        "track": _track(found),
        "all_events": sum(found.counts.values()),
    }  # fmt: skip


def _event(one: profile.Event) -> dict[str, Any]:
    params = dict(one.params)
    for key, names in (("field", FIELD_NAMES), ("channel", CHANNEL_NAMES), ("purpose", PURPOSE_NAMES)):
        if params.get(key) in names:
            params[key] = gettext(str(names[params[key]])) if key == "field" else str(names[params[key]])
    detail = str(RESPONSE_KINDS.get(one.detail) or gettext(one.detail)) if one.detail else ""
    return {"one": one, "params": params, "detail": detail,
            "tone": "ok" if one.kind == "response" else "now" if one.kind == "purchase" else ""}  # fmt: skip


def _spend(found: profile.Profile) -> dict[str, Any]:
    """The chart of monthly spend: data for the picture in major units, for the table as money."""
    unit = currency(settings.DANGOL.currency)
    rows = [
        {"month": month, "sales": float(to_major(amount, unit)), "amount": amount} for month, amount in found.monthly
    ]
    spec = {
        "height": 140, "mark": "bar",
        "encoding": {
            "x": {
                "field": "month", "type": "ordinal", "title": None, "axis": {"formatType": "month"},
            },
            "y": {
                "field": "sales", "type": "quantitative", "title": gettext("Sales"),
                "axis": {"format": unit.sign, "formatType": "money"},
            },
        },
    }  # fmt: skip
    columns = [("month", gettext("Month"), "month"), ("amount", gettext("Sales"), "money")]
    return {"rows": rows, "spec": spec, "columns": columns}


def _track(found: profile.Profile) -> dict[str, Any]:
    """The chart of the probability of being active at the month ends."""
    rows = [{"day": day, "alive": round(alive, 4)} for day, alive in found.track]
    percent = {"format": ".0%", "formatType": "number"}
    spec = {
        "height": 120, "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {"field": "day", "type": "temporal", "title": None},
            "y": {"field": "alive", "type": "quantitative", "title": gettext("Active"), "scale": {"domain": [0, 1]},
                  "axis": {**percent, "values": [0, 0.5, 1]}},
            "tooltip": [{"field": "day", "type": "temporal", "title": gettext("Day"), "formatType": "whole"},
                        {"field": "alive", "type": "quantitative", "title": gettext("Active"), **percent}],
        },
    }  # fmt: skip
    return {"rows": rows if len(rows) > 1 else [], "spec": spec,
            "columns": [("day", gettext("Day"), "day"), ("alive", gettext("Active"), "percent")]}  # fmt: skip
