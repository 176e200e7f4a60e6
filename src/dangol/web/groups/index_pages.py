"""Customer indexes: all of them, one with its spread and history, and the form that composes one."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.customers.identify.reads import labels
from dangol.insight.score.index import actions, reads
from dangol.insight.score.index.reads import DayView, IndexView
from dangol.insight.score.index.rules import TOP, Definition
from dangol.insight.score.reads import SMALL_GROUP
from dangol.insight.segments.rules import Score
from dangol.staff.actions import note_access
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.customers.address import address_of
from dangol.web.groups import charts
from dangol.web.groups.index_forms import IndexForm, initial
from dangol.web.segments import making
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page

MEMBERS_SHOWN = 50


@page(Right.INSIGHT_VIEW)
def index(request: Request) -> HttpResponse:
    """All indexes that are counted."""
    return render(request, "groups/index_list.html", {
        "indexes": reads.indexes(request.user), "may_edit": may(request.user, Right.INSIGHT_EDIT),
        "smallest": SMALL_GROUP,
    })  # fmt: skip


def _picture(day: DayView) -> dict[str, Any]:
    spec, rows = charts.spread(day)
    return {"day": day, "spread_chart": spec, "spread_rows": rows,
            "spread_columns": [("step", _("Index"), "text"), ("customers", _("Customers"), "number")]}  # fmt: skip


@page(Right.INSIGHT_VIEW)
def one(request: Request, index_id: int) -> HttpResponse:
    """One index: how it is spread, what it is made of, how it changed, who is in a grade."""
    view = reads.index(request.user, index_id)
    picture = _picture(view.today) if view.today else {}
    history = charts.grades_over_time(reads.history(request.user, index_id))
    return render(request, "groups/index_one.html", {
        "index": view, "may_edit": may(request.user, Right.INSIGHT_EDIT) and view.retired_at is None,
        "versions": reads.versions(request.user, index_id), "smallest": SMALL_GROUP, **picture,
        "parts": _parts(view.version.definition), "history": history, **_members(request, view),
        **_live(request, view),
    })  # fmt: skip


def _live(request: Request, view: IndexView) -> dict[str, Any]:
    """The form that makes a live segment of grades or of a range of the index."""
    if view.retired_at is not None or view.today is None:
        return {}
    grade = request.GET.get("grade", "")
    names = [one.name for one in view.version.definition.grades]
    found = making.live_form(
        request, reverse("groups:index_live", args=[view.id]),
        f"{view.name} · {grade}" if grade in names else view.name,
        _("It follows the index: after a new version it is worked out by that one. Where a version drops its grade, "
          "the segment says so and holds nobody until another one is chosen."),
    )  # fmt: skip
    if found:
        found["make"] |= {"choices": "groups/index_choice.html", "grades": names}
    return found


@page(Right.INSIGHT_VIEW, methods=("POST",))
def make_live(request: Request, index_id: int) -> HttpResponse:
    """Make a live segment of who is in grades of an index, or in a range of it."""
    view = reads.index(request.user, index_id)
    if view.retired_at is not None or view.today is None:
        raise NotFound("This index has not been counted yet.")
    back = reverse("groups:index_one", args=[index_id])
    try:
        conditions = _asked(request, view)
    except BadInput as wrong:
        messages.error(request, sentence(wrong))
        return HttpResponseRedirect(back)
    return making.make_live(request, *conditions, back=back)


def _asked(request: Request, view: IndexView) -> list[Score]:
    """What the form asks of the index. Raises BadInput."""
    grades = tuple(sorted(set(request.POST.getlist("grade"))))
    found = [Score("index", reads.grade_of(view.id), values=grades)] if grades else []
    least, most = (_end(request.POST.get(name, ""), name) for name in ("least", "most"))
    if least is not None or most is not None:
        found.append(Score("index", reads.column_of(view.id), "between", least=least, most=most))
    if not found:
        raise BadInput("Choose a grade, or say from where to where the index goes.", field="grade")
    return found


def _end(text: str, field: str) -> float | None:
    try:
        number = float(text.strip().replace(",", "")) if text.strip() else None
    except ValueError:
        number = float("nan")
    if number is not None and not 0 <= number <= TOP:
        raise BadInput("An index goes from 0 to 100.", field=field)
    return number


def _parts(definition: Definition) -> list[dict[str, Any]]:
    return [{"label": reads.source_label(part.source), "share": share, "part": part,
             **{name: charts.figure(value, reads.kind_of(part.source))
                for name, value in (("low", part.low), ("high", part.high))}}
            for part, share in zip(definition.parts, definition.shares, strict=True)]  # fmt: skip


def _members(request: Request, view: IndexView) -> dict[str, Any]:
    """The customers of the grade asked for whom the reader may see; the look is logged."""
    grade = request.GET.get("grade", "")
    known = [one.name for one in view.version.definition.grades]
    if grade not in known or not view.today or not may(request.user, Right.CUSTOMERS_VIEW):
        return {"members": None}
    given = request.GET.get("after", "0")
    after = int(given) if given.isdecimal() and len(given) < 19 else 0
    ids = reads.members_of(request.user, view.id, grade, after=after, limit=MEMBERS_SHOWN + 1)
    named = labels(ids[:MEMBERS_SHOWN])
    note_access(by=request.user, verb="view", what="index.members", count=len(named), address=address_of(request),
                detail={"index": view.id, "grade": grade})  # fmt: skip
    return {"members": [(pk, named[pk]) for pk in ids[:MEMBERS_SHOWN] if pk in named], "grade": grade, "after": after,
            "more": ids[MEMBERS_SHOWN - 1] if len(ids) > MEMBERS_SHOWN else None}  # fmt: skip


def _compose(request: Request, form: IndexForm, save: Callable[[Definition], int], **more: Any) -> HttpResponse:
    """Show the form, or save what came back and go to the index."""
    if request.method == "POST" and form.is_valid():
        try:
            return HttpResponseRedirect(reverse("groups:index_one", args=[save(form.definition())]))
        except (BadInput, NotFound) as wrong:
            form.add_error(wrong.field if wrong.field in form.fields else None, sentence(wrong))
    return render(request, "groups/index_form.html", {"form": form, **more},
                  status=422 if request.method == "POST" else 200)  # fmt: skip


@page(Right.INSIGHT_EDIT, methods=("GET", "POST"))
def new(request: Request) -> HttpResponse:
    """Compose a new index."""
    form = IndexForm(request.POST or None)

    def save(definition: Definition) -> int:
        return actions.publish(by=request.user, name=form.cleaned_data["name"], definition=definition)[0]

    return _compose(request, form, save)


@page(Right.INSIGHT_EDIT, methods=("GET", "POST"))
def change(request: Request, index_id: int) -> HttpResponse:
    """Compose the next version of an index."""
    view = reads.index(request.user, index_id)
    form = IndexForm(request.POST or None, fixed=True, initial=initial(view.version.definition))

    def save(definition: Definition) -> int:
        actions.change(by=request.user, index_id=index_id, definition=definition)
        return index_id

    return _compose(request, form, save, index=view)


@page(Right.INSIGHT_VIEW)
def preview(request: Request) -> HttpResponse:
    """The fragment that shows how the form's index would be spread today; changes nothing."""
    form = IndexForm(request.GET, fixed=True)
    try:
        if not form.is_valid():
            return render(request, "groups/index_preview.html", {"wrong": " ".join(
                str(error) for errors in form.errors.values() for error in errors)})  # fmt: skip
        return render(request, "groups/index_preview.html", _picture(reads.preview(request.user, form.definition())))
    except (BadInput, NotFound) as wrong:
        return render(request, "groups/index_preview.html", {"wrong": sentence(wrong)})


@page(Right.INSIGHT_EDIT, methods=("POST",))
def retire(request: Request, index_id: int) -> HttpResponse:
    """Stop counting an index."""
    try:
        actions.retire(by=request.user, index_id=index_id)
    except Conflict as wrong:
        messages.error(request, sentence(wrong))
        return HttpResponseRedirect(reverse("groups:index_one", args=[index_id]))
    return HttpResponseRedirect(reverse("groups:index_list"))
