"""Consent: the overview, notices that are due, and one customer's words, guardian and requests."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext

from dangol.base.errors import DangolError
from dangol.channels import reads as channels
from dangol.customers.consent import actions, reads, rules
from dangol.customers.identify import reads as identify
from dangol.privacy import actions as privacy
from dangol.privacy import reads as requests
from dangol.privacy.rules import KINDS, STATES
from dangol.staff.actions import note_access
from dangol.staff.reads import may, require
from dangol.staff.rules import Right
from dangol.web.entry.address import address_of
from dangol.web.entry.forms import told
from dangol.web.privacy import forms
from dangol.web.shell import Request, page

SHOWN = 100


def _names() -> dict[str, Any]:
    return {
        "purposes": rules.PURPOSE_NAMES, "channels": rules.CHANNEL_NAMES, "ways": rules.WAYS,
        "origins": rules.ORIGINS, "kinds": KINDS, "states": STATES,
    }  # fmt: skip


@page(Right.PRIVACY_HANDLE)
def overview(request: Request) -> HttpResponse:
    """Who agreed to what, whose agreement ends soon, and what must be told."""
    by, now, zone = request.user, timezone.now(), settings.DANGOL.zone
    cells = reads.overview(now, zone)
    due = reads.due_again(now, zone, days=30, limit=SHOWN)
    week = {one.consent_id for one in reads.due_again(now, zone, days=7, limit=None)}
    policy = reads.policy_at(now, zone)
    note_access(
        by=by, verb="view", what="consent", count=max(len(due), 1), address=address_of(request)
    )  # fmt: skip
    return render(request, "privacy/overview.html", _names() | {
        "cells": cells, "due": due, "due_count": sum(cell.due_soon for cell in cells), "week": week,
        "labels": identify.labels({one.customer_id for one in due}), "board": requests.board(by),
        "waiting": len(reads.waiting_notices(now, zone, limit=None)), "overdue": reads.overdue_notices(now, zone),
        "policy": policy, "law": gettext(policy.law), "lapsed": sum(cell.lapsed for cell in cells), "shown": SHOWN,
    })  # fmt: skip


@page(Right.PRIVACY_HANDLE, methods=("GET", "POST"))
def notices(request: Request) -> HttpResponse:
    """Results that customers must still be told; those told by phone or letter are marked here."""
    now, zone = timezone.now(), settings.DANGOL.zone
    if request.method == "POST":
        ids = [int(one) for one in request.POST.getlist("consent") if one.isdecimal() and len(one) < 19]
        told_now = actions.noticed(
            by=request.user, consent_ids=ids, at=now, how=request.POST.get("how", "")[:40], address=address_of(request)
        )  # fmt: skip
        messages.success(request, gettext("Marked as told: %(n)s") % {"n": told_now})
        return HttpResponseRedirect(reverse("privacy:notices"))
    due = reads.waiting_notices(now, zone, limit=SHOWN)
    reachable = identify.addressees({one.customer_id for one in due})
    return render(request, "privacy/notices.html", _names() | {
        "due": due, "labels": identify.labels({one.customer_id for one in due}), "today": requests.today(),
        "reachable": {one for one, (_name, address) in reachable.items() if address}, "shown": SHOWN,
        "policy": reads.policy_at(now, zone),
    })  # fmt: skip


@page(Right.PRIVACY_HANDLE, methods=("POST",))
def send(request: Request) -> HttpResponse:
    """Start the job that tells results and asks for confirmation by mail."""
    privacy.start_notices(by=request.user)
    messages.success(request, gettext("The mails are being sent. Load the page again in a moment."))
    return HttpResponseRedirect(reverse("privacy:notices"))


@page(Right.CUSTOMERS_VIEW)
def customer(request: Request, customer_id: int) -> HttpResponse:
    """One customer's words of consent, guardian and requests."""
    return _customer(request, customer_id)


def _customer(request: Request, customer_id: int, *, status: int = 200, **more: Any) -> HttpResponse:
    by = request.user
    person = identify.customer(by, customer_id)
    words = reads.of_customer(person.id)
    note_access(by=by, verb="view", what="consent", customer_id=person.id, address=address_of(request))
    handles, now = may(by, Right.PRIVACY_HANDLE), timezone.now()
    policy = reads.policy_at(now, settings.DANGOL.zone)
    variables = _names() | {
        "person": person, "current": [_row(word, policy) for word in words if word.current],
        "earlier": [_row(word, policy) for word in words if not word.current],
        "guardian": reads.guardianship(person.id, requests.today()), "handles": handles,
        "requests": requests.of_person(person.id) if handles else [], "may_edit": may(by, Right.CUSTOMERS_EDIT),
        "word_form": _word_form(), "guardian_form": forms.Guardian(),
    }  # fmt: skip
    return render(request, "privacy/customer.html", variables | more, status=status)


def _row(word: reads.Word, policy: rules.Policy) -> dict[str, Any]:
    language = (get_language() or settings.LANGUAGE_CODE)[:2]
    lapses = None
    if word.given and word.purpose != rules.PROFILING:
        lapses = rules.lapses_on(policy, word.at, settings.DANGOL.zone)
    return {
        "word": word, "lapses": lapses,
        "over": word.current and any(day and day <= requests.today() for day in (lapses, word.until)),
        "text": reads.version_text(word.purpose, word.text_version, language) if word.text_version else None,
    }  # fmt: skip


def _word_form(data: Any = None) -> forms.Word:
    policy = reads.policy_at(timezone.now(), settings.DANGOL.zone)
    offered = [name for name in rules.CHANNELS if name in channels.names() or name in ("sms", "kakao", "call")]
    return forms.Word(data, combinations=rules.combinations(offered, policy.quiet_exempt_channels))


@page(Right.CUSTOMERS_EDIT, methods=("POST",))
def say(request: Request, customer_id: int) -> HttpResponse:
    """Write down a word a customer gave on paper, by phone or in the shop."""
    identify.customer(request.user, customer_id)
    form = _word_form(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        purpose, _colon, channel = given["about"].partition(":")
        word: dict[str, Any] = {
            "by": request.user, "customer_ids": [customer_id], "purpose": purpose, "channel": channel,
            "at": given["at"], "text_version": given["text_version"], "proof": given["proof"],
            "through": given["through"], "address": address_of(request),
        }  # fmt: skip
        try:
            if given["given"] == "yes":
                changed = actions.give(**word, until=given["until"])
            else:
                changed = actions.withdraw(**word)
        except DangolError as error:
            told(form, error)
        else:
            text = gettext("Written down.") if changed else gettext("Nothing changed: a later word is there already.")
            messages.success(request, text)
            return HttpResponseRedirect(reverse("privacy:customer", args=[customer_id]))
    return _customer(request, customer_id, status=422, word_form=form)


@page(Right.CUSTOMERS_EDIT, methods=("POST",))
def guardian(request: Request, customer_id: int) -> HttpResponse:
    """Record a guardian's consent, or that it was taken back."""
    by = request.user
    identify.customer(by, customer_id)
    if request.POST.get("act") == "withdraw":
        actions.withdraw_for(by=by, customer_id=customer_id, address=address_of(request))
        messages.success(request, gettext("Written down."))
        return HttpResponseRedirect(reverse("privacy:customer", args=[customer_id]))
    form = forms.Guardian(request.POST)
    if form.is_valid():
        try:
            actions.agree_for(by=by, customer_id=customer_id, address=address_of(request), **form.cleaned_data)
        except DangolError as error:
            told(form, error)
        else:
            messages.success(request, gettext("Written down."))
            return HttpResponseRedirect(reverse("privacy:customer", args=[customer_id]))
    return _customer(request, customer_id, status=422, guardian_form=form)


@page(Right.PRIVACY_HANDLE, methods=("POST",))
def link(request: Request, customer_id: int) -> HttpResponse:
    """The address of a customer's own page, to be given to that customer; logged."""
    require(request.user, Right.PRIVACY_HANDLE)
    made = privacy.preference_link(by=request.user, customer_id=customer_id, address=address_of(request))
    return _customer(request, customer_id, link=made, made_at=datetime.now(UTC))
