"""Overview, branches, reps, sources, and what is stale or unlinked."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from dangol.customers.quality import actions, reads
from dangol.customers.quality.reads import Group, Told
from dangol.customers.quality.rules.checks import FIELDS
from dangol.customers.quality.rules.criteria import CRITERIA
from dangol.customers.quality.rules.fairness import LEAST_CUSTOMERS, SMALL_GROUP
from dangol.staff.reads import may, scope_of
from dangol.staff.rules import Right
from dangol.web.quality import charts
from dangol.web.sentences import say
from dangol.web.shell import Request, address, page
from dangol.web.templatetags.dangol import day as day_text
from dangol.web.templatetags.dangol import number

WORST = 8


def frame(request: Request, here: str) -> dict[str, Any]:
    """What the tabs of every page of this area need."""
    member = request.user
    return {
        "here": here, "criteria": CRITERIA, "may_edit": may(member, Right.QUALITY_EDIT),
        "alone": scope_of(member).member_id is not None, "everyone": scope_of(member).everyone,
        "sees_sources": may(member, Right.SOURCES_VIEW) or scope_of(member).everyone,
        "labels": {one.name: one.label for one in FIELDS.values()}, "least": LEAST_CUSTOMERS, "smallest": SMALL_GROUP,
    }  # fmt: skip


@page(Right.CUSTOMERS_VIEW)
def board(request: Request) -> HttpResponse:
    """The six criteria with their trend, and the worst rules."""
    found = reads.board(request.user)
    context = frame(request, "board") | {"board": found}
    if found is not None:
        lines = [line for line in reads.rule_lines(request.user) if line.broken]
        context |= {
            "tiles": [_tile(found, code, lines) for code in CRITERIA], "trend": charts.trend(found),
            "worst": lines[:WORST], "more": len(lines) > WORST, "told": [_told(one) for one in _findings(request)][:3],
            "tasks": reads.open_tasks(request.user), "generated": sum(one.generated for one in found.fields),
        }  # fmt: skip
    return render(request, "quality/board.html", context)


def _findings(request: Request) -> list[Told]:
    return reads.findings(request.user)


# Completeness and standardisation have no rules of their own: the nearest ones lead to the customers behind them.
BEHIND = {"completeness": "fit", "standardisation": "reliability"}


def _tile(found: reads.Board, code: str, lines: list[reads.RuleLine]) -> dict[str, Any]:
    share = found.now.scores[code]
    before = found.before.scores[code].value if found.before else None
    change = share.value - before if share.value is not None and before is not None else None
    worst = next((line for line in lines if line.rule.criterion == BEHIND.get(code, code)), None)
    return {"code": code, "one": CRITERIA[code], "share": share, "change": change, "worst": worst,
            "since": found.before.day if found.before else None}  # fmt: skip


@page(Right.CUSTOMERS_VIEW)
def branches(request: Request) -> HttpResponse:
    """Branches: the league and all criteria."""
    return _compared(request, "unit")


@page(Right.CUSTOMERS_VIEW)
def reps(request: Request) -> HttpResponse:
    """Reps: the league and all criteria; a rep sees the own line and the team's average."""
    return _compared(request, "rep")


def _compared(request: Request, cut: str) -> HttpResponse:
    asked = request.GET.get("criterion", "completeness")
    criterion = asked if asked in CRITERIA else "overall" if asked == "overall" else "completeness"
    choices = [(code, say(one.label)) for code, one in CRITERIA.items()] + [("overall", _("All six"))]
    context = frame(request, "branches" if cut == "unit" else "reps") | {
        "league": reads.league(request.user, cut=cut, criterion=criterion), "criterion": criterion,
        "choices": choices, "cut": cut, "label": dict(choices)[criterion],
        "formula": CRITERIA[criterion].formula if criterion in CRITERIA else "",
        "groups": [_shown(one) for one in reads.groups(request.user, cut)],
    }  # fmt: skip
    return render(request, "quality/compared.html", context)


def _shown(one: Group) -> dict[str, Any]:
    return {"one": one, "cells": [one.scores.get(code) for code in CRITERIA], "indent": min(one.depth, 4)}


@page(Right.CUSTOMERS_VIEW)
def sources(request: Request) -> HttpResponse:
    """Sources: what each gives and how good it is."""
    groups = reads.groups(request.user, "source")
    return render(request, "quality/sources.html", frame(request, "sources") | {"groups": groups})


@page(Right.CUSTOMERS_VIEW)
def findings(request: Request) -> HttpResponse:
    """What is stale, over-summarised or unlinked, each with what to do."""
    context = frame(request, "findings") | {"told": [_told(one) for one in _findings(request)]}
    measured = reads.board(request.user)
    stale = [line for line in reads.rule_lines(request.user) if line.rule.kind in ("freshness", "unique", "forbidden")]
    return render(request, "quality/findings.html", context | {"board": measured, "stale": stale})


def _figure(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return number(value, 1 if isinstance(value, float) else 0)


def _told(one: Told) -> dict[str, Any]:
    """A finding as a sentence in the reader's language, its figures in the reader's form."""
    params = {name: _figure(value) for name, value in one.params.items()}
    detail = ""
    if one.detail.get("template"):
        detail = say(one.detail["template"], {"field": say(one.detail.get("label") or "-")})
    if one.detail.get("last"):
        detail = _("Last load:") + f" {day_text(one.detail['last'])}"
    return {"one": one, "sentence": say(one.kind.text, params), "detail": detail, "url": address(one.kind.page)}


@page(Right.QUALITY_EDIT, methods=("POST",))
def measure(request: Request) -> HttpResponse:
    """Queue a measuring, then back to the overview."""
    actions.measure_soon(by=request.user)
    messages.success(request, _("Measuring has been started. The figures follow in a moment."))
    return HttpResponseRedirect(reverse("quality:board"))
