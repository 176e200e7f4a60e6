"""What a campaign caused: verdict, intervals, counts, money."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from dangol.campaigns.evaluate import actions, reads, rules
from dangol.campaigns.execute.rules import CELLS
from dangol.campaigns.knowledge import reads as knowledge
from dangol.campaigns.plan.rules import METRICS
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.campaigns.catalogue import TONES
from dangol.web.shell import Request, page
from dangol.web.templatetags.dangol import percent

TONE = {"ok": "ok", "bad": "bad", "warn": "warn", "info": "info", "": "info"}
MISSING = {
    "people": gettext_noop("people"), "buyers": gettext_noop("buying customers"),
    "others": gettext_noop("customers who did not buy"),
}  # fmt: skip


@page(Right.CAMPAIGNS_VIEW, methods=("GET", "POST"))
def result(request: Request, run_id: int) -> HttpResponse:
    """The result; POST judges again on today's data, or keeps the lesson."""
    if request.method == "POST":
        return _act(request, run_id)
    found = reads.result(request.user, run_id)
    return render(request, "campaigns/result.html", _variables(request, found))


def _act(request: Request, run_id: int) -> HttpResponse:
    if request.POST.get("act") == "keep":
        actions.learn(
            by=request.user, run_id=run_id, reasons=request.POST.get("reasons", ""),
            improvements=request.POST.get("improvements", ""),
        )  # fmt: skip
        messages.success(request, _("Kept. The next plan like this one will find it."))
    elif actions.start_judge(by=request.user, run_id=run_id) is None:
        messages.success(request, _("Judged on the newest data."))
    return redirect("campaigns:result", run_id)


def _variables(request: Request, found: reads.ResultView) -> dict[str, Any]:
    lessons = knowledge.search(request.user, text=found.run.campaign_key)
    variables: dict[str, Any] = {
        "result": found, "run": found.run, "content": found.run.content,
        "verdict_text": rules.VERDICTS.get(found.verdict, ""),
        "tone": TONE[TONES.get(found.verdict, "")], "metric": METRICS[found.run.content["metric"]],
        "lesson": lessons[0] if lessons else None, "may_keep": may(request.user, Right.CAMPAIGNS_PLAN),
        "judging": reads.judging(request.user, found.run.id), "cell_names": CELLS, "missing_names": MISSING,
    }  # fmt: skip
    if found.judgement is not None and found.judgement.shares is not None:
        variables["picture"] = _picture(found.judgement)
    return variables


def _picture(judged: rules.Judgement) -> dict[str, Any]:
    """Buying shares of both groups with their intervals, as a chart and a table."""
    rows = [
        {"group": _(CELLS[name]), "share": rate.share, "low": rate.low, "high": rate.high}
        for name, rate in (("target", judged.share_target), ("control", judged.share_control))
        if rate is not None
    ]
    across = {"field": "group", "type": "nominal", "title": None, "axis": {"labelLimit": 140}}
    spec = {
        "encoding": {"y": across},
        "layer": [
            {"mark": {"type": "rule", "strokeWidth": 3},
             "encoding": {"x": {"field": "low", "type": "quantitative", "title": _("Share of buying customers"),
                                "axis": {"format": ".0%", "formatType": "number"}, "scale": {"zero": False}},
                          "x2": {"field": "high"}}},
            {"mark": {"type": "point", "filled": True, "size": 110},
             "encoding": {"x": {"field": "share", "type": "quantitative",
                                "axis": {"format": ".0%", "formatType": "number"}}}},
        ],
    }  # fmt: skip
    columns = [("group", _("Group"), "text"), ("share", _("Share of buying customers"), "percent"),
               ("low", pgettext("bound", "from"), "percent"), ("high", pgettext("bound", "to"), "percent")]  # fmt: skip
    caption = _("Buying customers: %(one)s of the contacted group, %(two)s of the control group.") % {
        "one": percent(rows[0]["share"], 1), "two": percent(rows[1]["share"], 1),
    }  # fmt: skip
    return {"rows": rows, "spec": spec, "columns": columns, "caption": caption}
