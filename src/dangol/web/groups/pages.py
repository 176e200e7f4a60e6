"""Saved groupings, one grouping with its groups side by side, one group with its customers."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from dangol.base.errors import BadInput, Conflict, DangolError, NotFound
from dangol.customers.identify.reads import labels
from dangol.insight.score.groups import actions, editing, pictures, reads
from dangol.insight.score.groups.reads import GroupingView, GroupView
from dangol.insight.score.groups.rules import clusters, trees
from dangol.insight.score.groups.rules.clusters import FEWEST_K, METHODS, MOST_K, REASONS, WEAK
from dangol.insight.score.groups.rules.trees import TARGETS
from dangol.insight.score.groups.rules.wishes import TREE
from dangol.insight.score.groups.wording import label
from dangol.insight.score.reads import SMALL_GROUP
from dangol.insight.segments.rules import Score
from dangol.staff.actions import note_access
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.customers.address import address_of
from dangol.web.groups import charts, splits
from dangol.web.groups.forms import OF_FIELDS, ClustersForm, TreeForm
from dangol.web.segments import making
from dangol.web.sentences import say, sentence
from dangol.web.shell import Request, page
from dangol.web.templatetags.dangol import number
from dangol.work import reads as work

MEMBERS_SHOWN = 50


@page(Right.INSIGHT_VIEW)
def index(request: Request) -> HttpResponse:
    """All groupings that are kept up."""
    return render(request, "groups/list.html", {
        "groupings": reads.groupings(request.user), "may_edit": may(request.user, Right.INSIGHT_EDIT),
        "smallest": SMALL_GROUP,
    })  # fmt: skip


@page(Right.INSIGHT_EDIT, methods=("GET", "POST"))
def new(request: Request) -> HttpResponse:
    """Ask for clusters."""
    return _ask(request, ClustersForm(request.POST or None), "groups/new.html")


@page(Right.INSIGHT_EDIT, methods=("GET", "POST"))
def new_tree(request: Request) -> HttpResponse:
    """Ask for a tree."""
    return _ask(request, TreeForm(request.POST or None), "groups/new_tree.html")


def _ask(request: Request, form: ClustersForm | TreeForm, template: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            grouping_id, _job = actions.start(by=request.user, name=form.cleaned_data["name"], wanted=form.wanted())
        except BadInput as wrong:
            field = OF_FIELDS.get(form.data.get("target", ""), "") if wrong.field == "of" else wrong.field
            form.add_error(field if field in form.fields else None, sentence(wrong))
        else:
            return HttpResponseRedirect(reverse("groups:one", args=[grouping_id]))
    return render(request, template, {"form": form}, status=422 if request.method == "POST" else 200)


@page(Right.INSIGHT_VIEW)
def grouping(request: Request, grouping_id: int) -> HttpResponse:
    """One grouping: its groups as pictures and words, why so many, how it was found."""
    view = reads.grouping(request.user, grouping_id)
    said = (_rules(request, view) if view.kind == TREE else _choice(view)) if view.version else {}
    return render(request, "groups/one.html", {
        "grouping": view, "cards": [(group, charts.bars(group)) for group in view.groups], "smallest": SMALL_GROUP,
        "may_edit": may(request.user, Right.INSIGHT_EDIT) and view.retired_at is None, **_search(request, view),
        "versions": reads.versions(request.user, view.id),
        "numbers": range(FEWEST_K, MOST_K + 1), **said, **_definition(view), **_over_time(request, view),
    })  # fmt: skip


def _search(request: Request, view: GroupingView) -> dict[str, Any]:
    """The search that is going on, or has failed; nothing where the newest version was found."""
    if view.newest.answer or view.newest.job_id is None:
        return {}
    try:
        return {"job": work.job(request.user, view.newest.job_id)}
    except DangolError:
        return {"searching": True}


def _choice(view: GroupingView) -> dict[str, Any]:
    """The sentence and picture of why there are so many clusters."""
    fitted = view.fitted
    one = next(row for row in fitted["candidates"] if row["k"] == fitted["choice"]["k"])
    params = {"k": one["k"], "silhouette": f"{one['silhouette']:.2f}", "stability": f"{one['stability']:.2f}",
              "bic": number(one["bic"])}  # fmt: skip
    rows, columns = charts.choice_table(fitted)
    return {
        "why": say(REASONS[fitted["choice"]["reason"]], params),
        "weak": say(WEAK, params) if fitted["choice"]["weak"] else "",
        "choice_chart": charts.choice(fitted), "choice_rows": rows, "choice_columns": columns, "chosen": one,
    }  # fmt: skip


def _definition(view: GroupingView) -> dict[str, Any]:
    wanted, fitted = (view.version or view.newest).wanted, view.fitted
    scales = fitted.get("scales", ())
    return {
        "wanted": wanted, "compared": [label(one["name"]) for one in scales],
        "method": say(TARGETS[wanted.target] if isinstance(wanted, trees.Wanted) else METHODS[wanted.method]),
        "logged": [label(one["name"]) for one in scales if one["log"]],
        "left_out": [label(one) for one in fitted.get("same", ())],
    }  # fmt: skip


def _over_time(request: Request, view: GroupingView) -> dict[str, Any]:
    found = charts.sizes(reads.sizes(request.user, view.id), view.groups)
    if found is None:
        return {}
    return {"sizes_chart": found[0], "sizes_rows": found[1],
            "sizes_columns": [("day", _("Day"), "day"), ("group", _("Customer group"), "text"),
                              ("customers", _("Customers"), "number")]}  # fmt: skip


@page(Right.INSIGHT_EDIT, methods=("POST",))
def again(request: Request, grouping_id: int) -> HttpResponse:
    """Search anew, with another number of clusters or with today's customers."""
    wanted = reads.grouping(request.user, grouping_id).newest.wanted
    given = request.POST.get("k", "0")
    if isinstance(wanted, clusters.Wanted):
        wanted = replace(wanted, k=int(given) if given.isdecimal() and len(given) < 4 else 1)
    actions.again(by=request.user, grouping_id=grouping_id, wanted=wanted)
    return HttpResponseRedirect(reverse("groups:one", args=[grouping_id]))


def _rules(request: Request, view: GroupingView) -> dict[str, Any]:
    """The tree in force as a picture, and its splits as fields to change."""
    names = {group.code: group.name for group in view.groups}
    tree = pictures.tree_of(request.user, view.fitted, names)
    best = tree.leaves[0] if tree.leaves else None
    return {"tree": tree, "splits": splits.splits(tree.root), "best": best, "edited": view.fitted["edited"],
            "holds": best is not None and (best.lift or 0) > 1}  # fmt: skip


@page(Right.INSIGHT_VIEW, methods=("GET", "POST"))
def change(request: Request, grouping_id: int) -> HttpResponse:
    """What changed rules would do (a fragment; nothing is saved), or keep them as the next version."""
    given = request.POST if request.method == "POST" else request.GET
    view = reads.grouping(request.user, grouping_id)
    if view.kind != TREE or not view.version:
        raise NotFound("This grouping does not exist.")
    if request.method == "POST":
        thresholds, merges = splits.changes(given, view.fitted["tree"])
        editing.edit(by=request.user, grouping_id=grouping_id, thresholds=thresholds, merges=merges)
        return HttpResponseRedirect(reverse("groups:one", args=[grouping_id]))
    try:
        tried = editing.tried(request.user, grouping_id, *splits.changes(given, view.fitted["tree"]))
    except BadInput as wrong:
        return render(request, "groups/effect.html", {"wrong": sentence(wrong)})
    return render(request, "groups/effect.html", {"tree": pictures.tree_of(request.user, tried, {})})


@page(Right.INSIGHT_EDIT, methods=("POST",))
def retire(request: Request, grouping_id: int) -> HttpResponse:
    """Stop keeping a grouping up."""
    try:
        actions.retire(by=request.user, grouping_id=grouping_id)
    except Conflict as wrong:
        messages.error(request, sentence(wrong))
        return HttpResponseRedirect(reverse("groups:one", args=[grouping_id]))
    return HttpResponseRedirect(reverse("groups:list"))


@page(Right.INSIGHT_VIEW)
def group(request: Request, grouping_id: int, code: int) -> HttpResponse:
    """One group: what distinguishes it, and the customers in it whom the reader may see."""
    return _group_page(request, grouping_id, code)


def _group_page(request: Request, grouping_id: int, code: int, *, wrong: str = "") -> HttpResponse:
    view = reads.grouping(request.user, grouping_id)
    one = next((row for row in view.groups if row.code == code), None)
    if one is None:
        raise NotFound("This group does not exist.")
    return render(request, "groups/group.html", {
        "grouping": view, "group": one, "bars": charts.bars(one), "wrong": wrong, "smallest": SMALL_GROUP,
        "given": request.POST.get("name", "") if wrong else one.name if one.named_by else "",
        "may_edit": may(request.user, Right.INSIGHT_EDIT) and view.retired_at is None,
        **_members(request, view, one), **_onward(request, view, one),
    }, status=422 if wrong else 200)  # fmt: skip


def _onward(request: Request, view: GroupingView, one: GroupView) -> dict[str, Any]:
    """From the group to the list of its customers and to a live segment."""
    if view.retired_at is not None or one.folded:
        return {}
    listed = f"{reverse('customers:list')}?group={view.column}.{one.code}"
    return {"list_url": listed if may(request.user, Right.CUSTOMERS_VIEW) else ""} | making.live_form(
        request, reverse("groups:make_live", args=[view.id, one.code]), f"{view.name} · {one.name}",
        _("It follows this group by its number: edited rules and a new search that finds much the same group keep the "
          "number. Where the group is gone, the segment says so and holds nobody until another one is chosen."),
    )  # fmt: skip


@page(Right.INSIGHT_VIEW, methods=("POST",))
def make_live(request: Request, grouping_id: int, code: int) -> HttpResponse:
    """Make a live segment of who is in a group."""
    view = reads.grouping(request.user, grouping_id)
    if code not in {one.code for one in view.groups} or view.retired_at is not None:
        raise NotFound("This group does not exist.")
    back = reverse("groups:group", args=[grouping_id, code])
    return making.make_live(request, Score("groups", view.column, values=(str(code),)), back=back)


def _members(request: Request, view: GroupingView, one: GroupView) -> dict[str, Any]:
    """A page of the group's customers within the reader's scope; the look is logged."""
    if not may(request.user, Right.CUSTOMERS_VIEW) or view.retired_at is not None:
        return {"members": None}
    given = request.GET.get("after", "0")
    after = int(given) if given.isdecimal() and len(given) < 19 else 0
    ids = reads.members_of(request.user, view.id, one.code, after=after, limit=MEMBERS_SHOWN + 1)
    named = labels(ids[:MEMBERS_SHOWN])
    note_access(by=request.user, verb="view", what="group.members", count=len(named), address=address_of(request),
                detail={"grouping": view.id, "group": one.code})  # fmt: skip
    return {"members": [(pk, named[pk]) for pk in ids[:MEMBERS_SHOWN] if pk in named], "after": after,
            "more": ids[MEMBERS_SHOWN - 1] if len(ids) > MEMBERS_SHOWN else None}  # fmt: skip


@page(Right.INSIGHT_EDIT, methods=("POST",))
def rename(request: Request, grouping_id: int, code: int) -> HttpResponse:
    """Call a group something, or take the described name back."""
    name = "" if "default" in request.POST else request.POST.get("name", "")
    try:
        actions.rename(by=request.user, grouping_id=grouping_id, code=code, name=name)
    except BadInput as wrong:
        return _group_page(request, grouping_id, code, wrong=sentence(wrong))
    return HttpResponseRedirect(reverse("groups:group", args=[grouping_id, code]))
