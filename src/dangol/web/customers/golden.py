"""Why a value is what it is, one customer's whole history, and the company's rules for golden values."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from dangol.base.errors import BadInput, Conflict
from dangol.customers.collect import reads as collect
from dangol.customers.consent.rules import CHANNEL_NAMES, PURPOSE_NAMES
from dangol.customers.identify import reads as customers
from dangol.customers.identify.golden import actions, history, reads, rules
from dangol.customers.identify.matching import reads as matching
from dangol.customers.identify.rules import FIELD_NAMES, MASKED
from dangol.staff.actions import note_access
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.customers.address import address_of
from dangol.web.customers.pairs import GENDERS
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page

CHANNELS = "channel"


@page(Right.CUSTOMERS_VIEW)
def why(request: Request, customer_id: int, name: str) -> HttpResponse:
    """Everything said about one field, and which rule chose; a part of the profile card, or a page."""
    context = _why(request, customer_id, name)
    note_access(by=request.user, verb="view", what="customer history", customer_id=customer_id,
                address=address_of(request), detail={"fields": [name]})  # fmt: skip
    return render(request, "customers/why.html" if request.htmx else "customers/why_page.html", context)


def _why(request: Request, customer_id: int, name: str) -> dict[str, Any]:
    found = reads.why(request.user, customer_id, name)
    person = customers.customer(request.user, customer_id)
    editable = person.may_edit and (name not in MASKED or person.may_unmask)
    return {"why": _shown(found), "person": person, "editable": editable}


def _shown(found: reads.Why) -> dict[str, Any]:
    return {
        "one": found, "name": gettext(FIELD_NAMES[found.field]), "sentence": gettext(found.sentence),
        "rule": gettext(rules.RULE_NAMES[found.rule]), "value": _gender(found.field, found.value),
        "said": [{"one": one, "value": _gender(found.field, one.value)} for one in found.candidates],
    }  # fmt: skip


def _gender(name: str, value: str) -> str:
    return str(GENDERS.get(value, value)) if name == "gender" else value


@page(Right.CUSTOMERS_EDIT, methods=("POST",))
def lock(request: Request, customer_id: int, name: str) -> HttpResponse:
    """Lock one of the values said, or (without one) let the sources decide again."""
    mark = request.POST.get("mark", "")
    try:
        if mark:
            actions.lock(by=request.user, customer_id=customer_id, name=name, mark=mark, address=address_of(request))
            messages.success(request, gettext("This value stays until it is released."))
        else:
            actions.release(by=request.user, customer_id=customer_id, name=name, address=address_of(request))
            messages.success(request, gettext("The sources decide again."))
    except Conflict as error:
        messages.error(request, sentence(error))
    return HttpResponseRedirect(reverse("customers:why", args=[customer_id, name]))


@page(Right.CUSTOMERS_VIEW)
def whole_history(request: Request, customer_id: int) -> HttpResponse:
    """One customer's whole history, and why each value is what it is."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in history.KINDS else ""
    person = customers.customer(request.user, customer_id)
    entries = history.of(request.user, customer_id)
    note_access(by=request.user, verb="view", what="customer history", customer_id=person.id,
                address=address_of(request))  # fmt: skip
    counted = {key: sum(one.kind == key for one in entries) for key in history.KINDS}
    return render(request, "customers/history.html", {
        "person": person, "kind": kind, "merges": matching.merges(request.user, person.id),
        "charged": customers.charged(request.user, person.id),
        "made": person.values["rep"].generated or person.values["unit"].generated,
        "whys": [_shown(one) for one in reads.whole(request.user, person.id) if one.candidates],
        "entries": [_entry(one) for one in entries if not kind or one.kind == kind], "all": len(entries),
        "chips": [(key, gettext(history.KIND_NAMES[key]), n) for key, n in counted.items() if n],
    })  # fmt: skip


def _entry(one: history.Entry) -> dict[str, Any]:
    params = dict(one.params)
    if params.get("field") in FIELD_NAMES:
        for side in ("before", "after"):
            params[side] = _gender(params["field"], params[side])
        params["field"] = gettext(FIELD_NAMES[params["field"]])
    for key, names in ((CHANNELS, CHANNEL_NAMES), ("purpose", PURPOSE_NAMES)):
        if params.get(key) in names:
            params[key] = gettext(names[params[key]])
    values = [(gettext(FIELD_NAMES[name]), _gender(name, value)) for name, value in one.values.items()]
    return {"one": one, "params": params, "values": values, "note": gettext(one.note) if one.note else ""}


@page(Right.CUSTOMERS_VIEW, methods=("GET", "POST"))
def golden_rules(request: Request) -> HttpResponse:
    """The company's rules for golden values: looked at by all, tried and put in force by data stewards."""
    problem, trial = "", None
    wanted = _wanted(request.POST) if request.method == "POST" else None
    try:
        if wanted is not None and request.POST.get("act") == "try":
            trial = actions.try_rules(request.user, wanted)
        elif wanted is not None:
            job = actions.set_rules(
                by=request.user, rules=wanted, seen=_seen(request), note=request.POST.get("note", "")
            )
            messages.success(request, gettext("The rules are in force. Golden values are worked out again now."))
            return HttpResponseRedirect(f"{reverse('customers:rules')}?job={job}")
    except (BadInput, Conflict) as error:
        problem = sentence(error)
    view = reads.rules_in_force(request.user)
    form = wanted if wanted is not None else rules.stored_form(view.rules)
    return render(request, "customers/rules.html", {
        "view": view, "problem": problem, "trial": trial and _trial(trial), "before": reads.rules_before(request.user),
        "rows": [_rule_row(name, form.get(name) or {"rule": rules.NEWEST, "sources": []}) for name in rules.FIELDS],
        "kinds": [(key, gettext(label)) for key, label in rules.RULE_NAMES.items()], "job": _job(request),
        "known_sources": _known_sources(request), "note": request.POST.get("note", ""),
    }, status=422 if problem else 200)  # fmt: skip


def _wanted(given: QueryDict) -> dict[str, Any]:
    return {
        name: {
            "rule": given.get(f"rule.{name}", rules.NEWEST),
            "sources": [code for code in given.get(f"sources.{name}", "").replace(",", " ").split() if code],
        }
        for name in rules.FIELDS
    }


def _seen(request: Request) -> int:
    text = request.POST.get("seen", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise BadInput("The form is incomplete. Load the page again.", field="seen")
    return int(text)


def _rule_row(name: str, rule: dict[str, Any]) -> dict[str, Any]:
    return {
        "key": name,
        "name": gettext(FIELD_NAMES[name]),
        "rule": rule["rule"],
        "sources": ", ".join(rule["sources"]),
    }


def _trial(trial: dict[str, Any]) -> dict[str, Any]:
    return trial | {"fields": [(gettext(FIELD_NAMES[name]), n) for name, n in trial["fields"].items()]}


def _known_sources(request: Request) -> list[tuple[str, str]]:
    """Sources of people, for those who may see sources."""
    if not may(request.user, Right.SOURCES_VIEW):
        return []
    return [(view.code, view.name) for view in collect.sources(request.user) if view.kind == "customers"]


def _job(request: Request) -> Any:
    from dangol.work import reads as work

    text = request.GET.get("job", "")
    known = text.isascii() and text.isdecimal() and len(text) < 19
    return work.job(request.user, int(text)) if known else None
