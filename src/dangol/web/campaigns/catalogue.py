"""The list of all campaigns: own ones in every state, and past ones of the sources."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dangol.campaigns.evaluate import reads as evaluate
from dangol.campaigns.evaluate import rules as verdicts
from dangol.campaigns.execute import reads as execute
from dangol.campaigns.execute import rules as runs
from dangol.campaigns.knowledge import reads as knowledge
from dangol.campaigns.knowledge.rules import AIMS
from dangol.campaigns.plan import reads as plan
from dangol.campaigns.plan import rules as plans
from dangol.insight.score import reads as score
from dangol.insight.segments import reads as segments
from dangol.staff.rules import Right
from dangol.web.campaigns import mailbox
from dangol.web.lists import Choice, Column, Count, Days, ListPage, ListState, Page
from dangol.web.shell import Request, page

PAST = "past"
TONES = {
    plans.DRAFT: "draft", plans.SUBMITTED: "warn", plans.APPROVED: "info", plans.SENT_BACK: "bad",
    runs.DRAWING: "info", runs.LAUNCHING: "info", runs.SENDING: "info", runs.PAUSED: "warn",
    runs.WAITING: "warn", runs.DONE: "ok", runs.STOPPED: "bad",
    verdicts.MORE: "ok", verdicts.FEWER: "bad", verdicts.NO_DIFFERENCE: "info", verdicts.NOT_ENOUGH: "warn",
    verdicts.NOT_OVER: "",
}  # fmt: skip
SHORT = {
    verdicts.MORE: _("worked"), verdicts.FEWER: _("did harm"), verdicts.NO_DIFFERENCE: _("no effect found"),
    verdicts.NOT_ENOUGH: _("not enough data"), verdicts.NOT_OVER: _("not over yet"),
}  # fmt: skip
STATES = {
    plans.DRAFT: plans.STATES[plans.DRAFT], plans.SUBMITTED: plans.STATES[plans.SUBMITTED],
    plans.APPROVED: plans.STATES[plans.APPROVED], plans.SENT_BACK: plans.STATES[plans.SENT_BACK], **runs.STATES,
    PAST: _("Past"),
}  # fmt: skip


def _badge(state: str) -> tuple[str, str]:
    return TONES.get(state, ""), gettext(str(STATES[state]))


def _rows(by: Any) -> list[dict[str, Any]]:
    launched, judged = execute.states(by), evaluate.verdicts(by)
    own = [_own(view, launched.get(view.id), judged) for view in plan.campaigns(by)]
    return own + [_past(lesson) for lesson in knowledge.past(by)]


def segment_names(codes: Iterable[str]) -> str:
    """Segments as people call them: Regulars, Resting regulars."""
    known = score.strategies()
    return ", ".join(known[code].name if code in known else code for code in codes)


def built_names(ids: Iterable[str]) -> str:
    """Segments that people built, by name."""
    known = segments.names([int(one) for one in ids if one.isdecimal()])
    return ", ".join(known.values())


def _own(view: plan.PlanView, launched: tuple[int, str] | None, judged: dict[int, str]) -> dict[str, Any]:
    run_id, state = launched or (0, view.state)
    verdict = judged.get(run_id, "")
    address = reverse("campaigns:plan", args=[view.id])
    if launched:
        address = reverse("campaigns:result" if verdict else "campaigns:run", args=[run_id])
    return {
        "id": view.key, "name": view.name or gettext("(no name yet)"), "state": state, "aim": view.content["aim"],
        "aim_name": gettext(AIMS.get(view.content["aim"], "")) if view.content["aim"] else "", "by": view.by,
        "starts_on": view.starts_on, "url": address, "rate": None, "contacted": None,
        "segments": ", ".join(
            part for part in (segment_names(view.content["segments"]), built_names(view.content["built"])) if part
        ),
        "verdict": (TONES[verdict], str(SHORT[verdict])) if verdict else None,
    }  # fmt: skip


def _past(lesson: knowledge.LessonView) -> dict[str, Any]:
    return {
        "id": lesson.campaign_key, "name": lesson.title, "state": PAST, "aim": lesson.aim, "aim_name": lesson.kind,
        "by": "", "starts_on": lesson.starts_on, "url": reverse("campaigns:lesson", args=[lesson.campaign_key]),
        "rate": lesson.rate, "contacted": lesson.contacted, "segments": "",
        "verdict": ("", gettext("observational")),
    }  # fmt: skip


def _matching(state: ListState) -> list[dict[str, Any]]:
    low, high = state.filters.get("starts_on", (None, None))
    found = [
        row
        for row in _rows(state.by)
        if all(word.lower() in f"{row['name']} {row['by']} {row['aim_name']}".lower() for word in state.text.split())
        and row["state"] in (state.filters.get("state") or STATES)
        and row["aim"] in (state.filters.get("aim") or (*AIMS, "", row["aim"]))
        and (low is None or (row["starts_on"] and row["starts_on"] >= low))
        and (high is None or (row["starts_on"] and row["starts_on"] <= high))
    ]
    if not state.sort:
        return found
    filled = [row for row in found if row[state.sort] is not None]
    filled.sort(key=lambda row: (row[state.sort], row["id"]), reverse=state.descending)
    return filled + [row for row in found if row[state.sort] is None]


def _page(state: ListState, limit: int, after: str | None) -> Page:
    start = int(after) if after and after.isdecimal() else 0
    found = _matching(state)
    before = None if start == 0 else str(max(0, start - limit)) if start > limit else ""
    return Page(found[start : start + limit], str(start + limit) if start + limit < len(found) else None, before)


CAMPAIGNS = ListPage(
    name="campaigns",
    title=_("Campaigns"),
    search=_("Search campaigns"),
    unit=pgettext_lazy("counted", "campaigns"),
    columns=(
        Column("name", _("Name"), sortable=True, link=lambda row: row["url"]),
        Column("state", _("State"), "badge", value=lambda row: _badge(row["state"])),
        Column("aim_name", _("Aim or kind"), sortable=True),
        Column("segments", _("Segments")),
        Column("starts_on", _("First day"), "day", sortable=True),
        Column("contacted", _("Contacted"), "number", sortable=True),
        Column("rate", _("Response"), "percent", sortable=True),
        Column("verdict", _("Result"), "badge"),
        Column("by", _("Planned by"), sortable=True),
    ),
    filters=(
        Choice("state", _("State"), choices=lambda _by: [(key, gettext(str(text))) for key, text in STATES.items()]),
        Choice("aim", _("Aim"), choices=lambda _by: [(key, gettext(text)) for key, text in AIMS.items()]),
        Days("starts_on", _("First day")),
    ),
    rows=_page,
    count=lambda state, _exact: Count(len(_matching(state)), True),
    size=50,
    empty=(_("No campaign yet"), _("Plan the first one: choose a segment, an offer and a message."), "/campaigns/new/",
           _("Plan a campaign")),
)  # fmt: skip


@page(Right.CAMPAIGNS_VIEW, methods=("GET", "POST"))
def index(request: Request) -> HttpResponseBase:
    """All campaigns."""
    return CAMPAIGNS.respond(request, "campaigns/list.html", {"mailbox": mailbox.present(), **_waiting(request.user)})


def _waiting(by: Any) -> dict[str, Any]:
    from dangol.staff.reads import may

    return {
        "may_plan": may(by, Right.CAMPAIGNS_PLAN),
        "waiting": plan.waiting(by) if may(by, Right.CAMPAIGNS_APPROVE) else [],
    }
