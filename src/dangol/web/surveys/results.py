"""What was answered."""

import csv
import io
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from dangol.base.errors import BadInput
from dangol.base.formula import guard
from dangol.customers.surveys import actions, reads, rules
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.entry.address import address_of
from dangol.web.shell import Request, language_of, page
from dangol.web.surveys.making import frame
from dangol.web.templatetags.dangol import day

DAYS_SHOWN = 90


@page(Right.SURVEYS_EDIT)
def index(request: Request, survey_id: int) -> HttpResponse:
    """Counts by question, answers over time, people who wait for a guardian."""
    found = reads.results(request.user, survey_id)
    language = language_of(request)
    variables = frame(found.survey, "results") | {
        "results": found, "tallies": [_tally(one, language) for one in found.tallies], "over_time": _over_time(found),
        "waiting": reads.responses(request.user, survey_id, state="guardian") if found.survey.waiting else [],
        "consents": [(rules.said(one["text"], language), n) for one, n in found.consents],
        "may_export": may(request.user, Right.CUSTOMERS_EXPORT), "least": rules.NPS_LEAST,
    }  # fmt: skip
    return render(request, "surveys/results.html", variables)


def _tally(one: reads.Tally, language: str) -> dict[str, Any]:
    names = {option["key"]: rules.said(option["text"], language) for option in one.question["options"]}
    return {
        "key": one.question["key"], "text": rules.said(one.question["text"], language), "people": one.people,
        "kind": one.question["kind"], "kind_name": rules.KINDS[one.question["kind"]], "nps": one.nps,
        "spread": one.spread,
        "bars": [(names.get(key, key), people, share) for key, people, share in one.bars],
        "words": one.question["kind"] in ("text", "date"),
    }  # fmt: skip


def _over_time(found: reads.Results) -> dict[str, Any] | None:
    """Columns of answers by day, days without one between them included."""
    if len(found.by_day) < 2:
        return None
    counts = dict(found.by_day)
    first, last = min(counts), max(counts)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)][-DAYS_SHOWN:]
    rows = [{"day": f"{one.month}/{one.day}", "date": one.isoformat(), "answers": counts.get(one, 0)} for one in days]
    spec = {
        "height": 200, "mark": {"type": "bar"},
        "encoding": {
            "x": {"field": "day", "type": "ordinal", "sort": None, "title": None, "axis": {"labelSeparation": 6}},
            "y": {"field": "answers", "type": "quantitative", "title": _("Answers"), "axis": {"tickMinStep": 1}},
            "tooltip": [{"field": "day", "type": "ordinal", "title": _("Day")},
                        {"field": "answers", "type": "quantitative", "title": _("Answers")}],
        },
    }  # fmt: skip
    best, most = max(found.by_day, key=lambda pair: pair[1])
    return {
        "spec": spec, "rows": rows, "columns": [("date", _("Day"), "day"), ("answers", _("Answers"), "number")],
        "caption": _("Most answers in one day: %(n)s (%(day)s).") % {"n": most, "day": day(best)},
    }  # fmt: skip


@page(Right.SURVEYS_EDIT)
def words(request: Request, survey_id: int) -> HttpResponse:
    """Written answers to a question, searched."""
    question, search = request.GET.get("question", "")[:40], request.GET.get("q", "")[:100]
    number = request.GET.get("page", "1")
    place = int(number) if number.isdecimal() and len(number) < 6 else 1
    found, count = reads.texts(request.user, survey_id, question, search=search, page=place)
    variables = {"survey_id": survey_id, "question": question, "q": search, "texts": found, "count": count,
                 "page": place, "more": place * reads.TEXTS_SHOWN < count}  # fmt: skip
    if request.htmx:
        return render(request, "surveys/words_found.html", variables)
    view = reads.survey(request.user, survey_id)
    one = next((one for one in view.content["questions"] if one["key"] == question), None)
    text = rules.said(one["text"], language_of(request)) if one else question
    return render(request, "surveys/words.html", frame(view, "results") | variables | {"text": text})


@page(Right.CUSTOMERS_EXPORT, methods=("POST",))
def export(request: Request, survey_id: int) -> HttpResponse:
    """Every answer as a CSV file in which no cell can act as a formula; asks for a reason."""
    reason = request.POST.get("reason", "").strip()[:300]
    rows = reads.export(request.user, survey_id, reason=reason, address=address_of(request))
    view = reads.survey(request.user, survey_id)
    file = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["response"]
    writer = csv.writer(file)
    writer.writerow([guard(name) for name in names])
    for row in rows:
        writer.writerow([guard(value) if isinstance(value, str) else value for value in (row.get(n) for n in names)])
    answer = HttpResponse("\ufeff" + file.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="survey-{view.code}.csv"'
    return answer


@page(Right.SURVEYS_EDIT, methods=("POST",))
def guardian(request: Request, survey_id: int) -> HttpResponse:
    """A guardian agreed or refused."""
    text = request.POST.get("response", "")
    response_id = int(text) if text.isdecimal() and len(text) < 19 else 0
    if request.POST.get("act") == "agree":
        actions.confirm_guardian(by=request.user, response_id=response_id, proof=request.POST.get("proof", ""))
        messages.success(request, _("The guardian’s consent was recorded; the answers count from now on."))
    elif request.POST.get("act") == "refuse":
        actions.refuse_guardian(by=request.user, response_id=response_id)
        messages.success(request, _("Everything that was written was destroyed."))
    else:
        raise BadInput("The form does not say what to do. Load the page again.")
    return redirect("surveys:results", survey_id)
