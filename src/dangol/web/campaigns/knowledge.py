"""The knowledge base: lessons of own and past campaigns."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from dangol.campaigns.knowledge import actions, reads
from dangol.campaigns.knowledge.rules import AIMS, BASES
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.campaigns.catalogue import SHORT, TONES
from dangol.web.shell import Request, page


@page(Right.CAMPAIGNS_VIEW)
def index(request: Request) -> HttpResponse:
    """Search the lessons."""
    text, basis, aim = (request.GET.get(name, "")[:200] for name in ("q", "basis", "aim"))
    found = reads.search(request.user, text=text, basis=basis, aim=aim)
    return render(
        request, "campaigns/knowledge.html",
        {"lessons": found, "q": text, "basis": basis, "aim": aim, "bases": BASES, "aims": AIMS, "tones": TONES,
         "short": SHORT, "narrowed": bool(text or basis or aim), "picture": _picture(found)},
    )  # fmt: skip


def _picture(found: list[reads.LessonView]) -> dict[str, object] | None:
    """Response rates of the campaigns found, with their intervals."""
    rows = [
        {"name": one.title, "rate": one.rate, "low": one.low, "high": one.high, "contacted": one.contacted,
         "responded": one.responded, "kind": one.kind}
        for one in sorted(found, key=lambda one: -(one.rate or 0))
        if one.rate is not None and one.observational
    ]  # fmt: skip
    if len(rows) < 2:
        return None
    down = {"field": "name", "type": "nominal", "title": None, "sort": None}
    spec = {
        "height": {"step": 20},
        "encoding": {"y": down},
        "layer": [
            {"mark": {"type": "rule", "strokeWidth": 2},
             "encoding": {"x": {"field": "low", "type": "quantitative", "title": _("Response rate"),
                                "axis": {"format": ".0%", "formatType": "number"}}, "x2": {"field": "high"}}},
            {"mark": {"type": "point", "filled": True, "size": 60},
             "encoding": {"x": {"field": "rate", "type": "quantitative",
                                "axis": {"format": ".0%", "formatType": "number"}}}},
        ],
    }  # fmt: skip
    columns = [("name", _("Campaign"), "text"), ("contacted", _("Contacted"), "number"),
               ("responded", _("Responded"), "number"), ("rate", _("Response rate"), "percent"),
               ("low", pgettext("bound", "from"), "percent"), ("high", pgettext("bound", "to"), "percent")]  # fmt: skip
    return {"rows": rows, "spec": spec, "columns": columns}


@page(Right.CAMPAIGNS_VIEW, methods=("GET", "POST"))
def lesson(request: Request, campaign_key: str) -> HttpResponse:
    """One lesson; POST writes down why it went so."""
    found = reads.lesson(request.user, campaign_key)
    if request.method == "POST":
        actions.note(
            by=request.user, lesson_id=found.id, reasons=request.POST.get("reasons", ""),
            improvements=request.POST.get("improvements", ""),
        )  # fmt: skip
        messages.success(request, _("Saved."))
        return redirect("campaigns:lesson", campaign_key)
    return render(
        request, "campaigns/lesson.html",
        {"lesson": found, "aim_name": AIMS.get(found.aim, ""), "basis_name": BASES[found.basis],
         "may_note": may(request.user, Right.CAMPAIGNS_PLAN)},
    )  # fmt: skip
