"""The explorer's panels: the values of a field, and a cell with what stands behind it."""

import json
import re
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from dangol.base.errors import BadInput, Damaged, NotFound, TooMuch
from dangol.insight.olap import reads as olap
from dangol.reports import asked as steps
from dangol.reports import changes, show
from dangol.reports import fields as catalogue
from dangol.reports import grid as tables
from dangol.reports.asked import Asked, Filter
from dangol.reports.fields import Fields
from dangol.reports.grid import OTHERS
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.explorer.board import Board, state_of
from dangol.web.shell import Request, page

VALUES = 60
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def N_(text: str) -> str:  # noqa: N802  marks a text for translation
    return text


WAY_NAMES = {steps.HAS: N_("contains"), steps.STARTS: N_("starts with"), steps.ENDS: N_("ends with"),
             steps.LACKS: N_("does not contain")}  # fmt: skip


# ---- the values of a field -------------------------------------------------------------------------------------------


@page(Right.INSIGHT_VIEW)
def values(request: Request) -> HttpResponse:
    """The panel that filters by a dimension: its largest values, or those that hold a text; of a period from and to."""
    asked, fields, view = state_of(request)
    name = request.GET.get("dimension", "")
    if name not in fields.dimensions:
        raise NotFound("There is no such field.")
    board = Board(asked, fields, view)
    chosen = asked.filter_of(name) or Filter(name)
    text = request.GET.get("find", "").strip()[:80]
    listed, more = _options(request, asked, fields, name, text)
    shown_values = {value for value, *_rest in listed.shown}
    picked = {steps.written(one) for one in chosen.values}
    options = [(value, label, size, True) for value, label, size in _chosen(name, chosen) if value not in shown_values]
    options += [(value, label, size, value in picked) for value, label, size in listed.shown]
    return render(request, "explorer/values.html", {
        "range": _range(fields, name, listed, whole=not (more or text)),
        "ways": _text_ways(fields, name, listed, chosen),
        "lone": [] if fields.dimensions[name].is_period else [
            board.step(gettext("Only where it is missing"), changes.filtered(asked, Filter(name, (None,)))),
            board.step(gettext("Only where it is known"), changes.filtered(asked, Filter(name, (None,), out=True)))],
        "board": board, "field": fields.dimensions[name], "label": show.field(fields, name), "chosen": chosen,
        "options": options, "more": more, "find": text, "here": board.url(asked),
        "hidden": [(key, value) for key, value in board.hidden if not key.endswith(f".{name}")],
        "hidden_all": board.hidden, "clear": board.url(changes.filtered(asked, Filter(name))),
        "base": _base(request),
    })  # fmt: skip


def _range(fields: Fields, name: str, listed: "Listed", *, whole: bool) -> str:
    """How from and to are given: by choosing, as a date, a week or a number; empty for texts, which have no order.

    whole: whether all values are listed, so that any can be chosen.
    """
    field = fields.dimensions[name]
    if name in ("day", "week"):
        return {"day": "date", "week": "week"}[name]
    if field.is_period or (field.ordered and whole):
        return "choice"
    return listed.kind


def _text_ways(fields: Fields, name: str, listed: "Listed", chosen: Filter) -> list[tuple[str, str, bool]]:
    """How a part of a text can be looked for; nothing for what is no text."""
    if fields.dimensions[name].is_period or listed.kind:
        return []
    return [(way, gettext(WAY_NAMES[way]), way == chosen.way) for way in steps.WAYS]


def _base(request: Request) -> str:
    """A panel beside the table; without a script a page of its own."""
    return "explorer/panel.html" if request.htmx else "explorer/alone.html"


def _chosen(name: str, one: Filter) -> list[tuple[str, str, str]]:
    return [(steps.written(value), show.member(name, value), "") for value in one.values]


@dataclass(frozen=True)
class Listed:
    """Values of a field: (value in an address, label, its first figure). kind: number or date; empty for texts."""

    shown: list[tuple[str, str, str]] = field(default_factory=list)
    kind: str = ""


def _kind(values: list[Any]) -> str:
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, int | float) for value in known):
        return "number"
    return "date" if known and all(ISO_DAY.fullmatch(str(value)) for value in known) else ""


def _options(request: Request, asked: Asked, fields: Fields, name: str, text: str) -> tuple[Listed, int]:
    """Up to VALUES values, and how many more there are."""
    rest = tuple(one for one in asked.filters if one.name != name)
    measure = next(one for one in (*asked.measures, *fields.measures) if fields.measures[one].fits((), ()))
    where = catalogue.both(*(catalogue.condition(one) for one in rest), asked.where)
    period = fields.dimensions[name].is_period
    try:
        answer = olap.ask(request.user, [measure], [name], where, order=f"-{name}" if period else f"-{measure}",
                          star=asked.star, limit=10_000)  # fmt: skip
    except (BadInput, TooMuch, NotFound, Damaged):
        return Listed(), 0
    unit = fields.measures[measure].unit
    found = [
        (steps.written(row[name]), show.member(name, row[name]), show.figure(row[measure], unit, answer.currency))
        for row in answer.rows
    ]
    if text:
        found = [one for one in found if text.lower() in one[1].lower() or text.lower() in one[0].lower()]
    kind = _kind([row[name] for row in answer.rows])
    return Listed(found[:VALUES], kind), max(0, (len(found) if text else answer.groups) - VALUES)


# ---- a cell ----------------------------------------------------------------------------------------------------------


def cell_of(request: Request, asked: Asked) -> tuple[steps.Path, steps.Path]:
    """The row and column of a cell in an address. Raises BadInput."""
    try:
        row, column = json.loads(request.GET.get("at", "[[],[]]")[:2000])
        row, column = steps.path_from(json.dumps(row)), steps.path_from(json.dumps(column))
    except (ValueError, TypeError, RecursionError):
        raise BadInput("This address names no cell of the table. Open the explorer again.", field="at") from None
    if len(row) > len(asked.rows) or len(column) > len(asked.columns):
        raise BadInput("This address names no cell of the table. Open the explorer again.", field="at")
    return row, column


def condition_of(asked: Asked, fields: Fields, row: steps.Path, column: steps.Path) -> str:
    """The condition that a cell's customers meet. Raises BadInput for others, whose members are not told."""
    if OTHERS in row or OTHERS in column:
        raise BadInput("Open a single row: who is summed up as others is too many to name.", field="at")
    on = [*zip(asked.rows, row, strict=False), *zip(asked.columns, column, strict=False)]
    return catalogue.both(
        *(catalogue.condition(one) for one in asked.filters), asked.where,
        *(catalogue.among(name, [value]) for name, value in on), catalogue.ranked(asked, fields),
    )  # fmt: skip


@page(Right.INSIGHT_VIEW)
def cell(request: Request) -> HttpResponse:
    """The panel of a cell: its figures, the customers behind it, and where to go from it."""
    asked, fields, view = state_of(request)
    row, column = cell_of(request, asked)
    board = Board(asked, fields, view)
    others = OTHERS in row or OTHERS in column
    where = "" if others else condition_of(asked, fields, row, column)
    measures = list(dict.fromkeys([*asked.measures, *([] if asked.star else ["sales_amount", "buying_customers"])]))
    facts, buyers = _facts(request, asked, fields, measures, where) if not others else ([], None)
    names = [show.path(asked.rows, row), show.path(asked.columns, column)]
    return render(request, "explorer/cell.html", {
        "base": _base(request), "board": board, "facts": facts,
        "title": " · ".join(name for name in names if name) or gettext("Total"),
        "buyers": buyers, "others": others, "here": board.url(asked),
        "customers_url": board.part("customers", at=request.GET.get("at", "[[],[]]"))
        if buyers and not asked.star and may(request.user, Right.CUSTOMERS_VIEW) else "",
        "ways": _ways(board, row, column, others=others), "splits": _splits(board, row, column) if not others else [],
    })  # fmt: skip


def _facts(request: Request, asked: Asked, fields: Fields, measures: list[str], where: str) -> tuple[list[Any], Any]:
    """The figures of a cell, asked anew under its condition; those that need a period are left out."""
    wanted = [name for name in measures if name in fields.measures and fields.measures[name].fits((), ())]
    answers = _answered(request, asked, wanted, where)
    values = {name: answer.rows[0][name] if answer.rows else None for name, answer in answers.items()}
    buyers = values.get(tables.BUYERS)
    if not may(request.user, Right.CUSTOMERS_VIEW) and 0 < (buyers or 0) < tables.SMALL_GROUP:
        return [], None
    found = [(gettext(fields.measures[name].label), show.figure(value, fields.measures[name].unit,
                                                                answers[name].currency))
             for name, value in values.items()]  # fmt: skip
    return found, buyers


def _answered(request: Request, asked: Asked, wanted: list[str], where: str) -> dict[str, olap.Answer]:
    """Each measure's answer: all in one question, or one by one where some cannot be asked under the condition."""
    try:
        answer = olap.ask(request.user, wanted, (), where, star=asked.star)
        return dict.fromkeys(wanted, answer)
    except BadInput:
        return (
            {}
            if len(wanted) < 2
            else {name: one for part in wanted for name, one in _answered(request, asked, [part], where).items()}
        )


def _ways(board: Board, row: steps.Path, column: steps.Path, *, others: bool) -> list[Any]:
    """Only this, and without this, for each member of the cell."""
    found = []
    on = [*zip(board.asked.rows, row, strict=False), *zip(board.asked.columns, column, strict=False)]
    for name, value in on:
        if value == OTHERS:
            continue
        label = show.member(name, value)
        only = changes.filtered(board.asked, Filter(name, (value,)))
        now = board.asked.filter_of(name)
        out = (*now.values, value) if now and now.out else (value,)
        if now and now.values and not now.out:
            without = Filter(name, tuple(one for one in now.values if one != value))
        else:
            without = Filter(name, out, out=True)
        found += [
            board.step(gettext("Only %(name)s") % {"name": label}, only, "filter"),
            board.step(gettext("Without %(name)s") % {"name": label}, changes.filtered(board.asked, without), "minus"),
        ]
    return found


def _splits(board: Board, row: steps.Path, column: steps.Path) -> list[Any]:
    """The cell alone, split by another dimension."""
    asked = board.asked
    for name, value in [*zip(asked.rows, row, strict=False), *zip(asked.columns, column, strict=False)]:
        asked = changes.filtered(asked, Filter(name, (value,)))
    return [
        board.step(show.field(board.fields, name),
                   replace(asked, rows=(name,), columns=(), open=(), shut=(), depth=1, sort=""))
        for name in board.fields.dimensions
        if name not in board.asked.dimensions
    ]  # fmt: skip
