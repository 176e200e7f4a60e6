"""Build a survey: its questions in order, one question, settings, preview, publish."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from dangol.base.errors import BadInput, NotFound
from dangol.base.period import company_day
from dangol.customers.surveys import actions, reads, rules
from dangol.staff.rules import Right
from dangol.web.sentences import say, sentence
from dangol.web.shell import Request, language_of, page
from dangol.web.surveys import shown
from dangol.web.surveys.forms import QuestionForm, SettingsForm


def frame(view: reads.SurveyView, here: str) -> dict[str, Any]:
    """What every page of a survey shows around its content."""
    problems = [
        {"place": one.place, "text": say(one.template, dict(one.params)), "question": one.place in _keys(view)}
        for one in view.problems
    ]
    return {"survey": view, "here": here, "state_name": rules.STATES[view.state], "problems": problems}


def _keys(view: reads.SurveyView) -> list[str]:
    return [one["key"] for one in view.content["questions"]]


@page(Right.SURVEYS_EDIT)
def questions(request: Request, survey_id: int) -> HttpResponse:
    """The questions in their order."""
    view = reads.survey(request.user, survey_id)
    language = language_of(request)
    numbers = {key: n for n, key in enumerate(_keys(view), 1)}
    rows = [
        {
            "key": one["key"], "n": n, "text": rules.said(one["text"], language), "kind": rules.KINDS[one["kind"]],
            "required": one["required"], "attribute": one["attribute"], "jumps": [
                _("%(when)s → %(to)s") % {"when": _when(one, jump, language), "to": numbers.get(jump["to"], _("end"))}
                for jump in one["jumps"]
            ],
            "answers": [rules.said(option["text"], language) for option in one["options"]],
            "lacks": [name for name in rules.LANGUAGES if not one["text"][name]],
        }
        for n, one in enumerate(view.content["questions"], 1)
    ]  # fmt: skip
    variables = frame(view, "questions") | {"rows": rows, "kinds": rules.KINDS.items(), "last": len(rows)}
    return render(request, "surveys/questions.html", variables)


def _when(one: Any, jump: Any, language: str) -> str:
    if "option" in jump:
        found = next((o for o in one["options"] if o["key"] == jump["option"]), None)
        return rules.said(found["text"], language) if found else jump["option"]
    return f"{jump['low']}–{jump['high']}"


@page(Right.SURVEYS_EDIT, methods=("POST",))
def do(request: Request, survey_id: int) -> HttpResponse:
    """Move or drop a question; publish, close, reopen, copy, discard."""
    verb, key = request.POST.get("act", ""), request.POST.get("key", "")
    by = request.user
    if verb == "move":
        place = request.POST.get("place", "")
        actions.move_question(by=by, survey_id=survey_id, key=key, place=int(place) if place.isdecimal() else 0)
    elif verb == "drop":
        actions.drop_question(by=by, survey_id=survey_id, key=key)
        messages.success(request, _("The question was taken out."))
    elif verb == "publish":
        actions.publish(by=by, survey_id=survey_id)
        messages.success(request, _("Published. People see it from now on."))
        return redirect("surveys:share", survey_id)
    elif verb == "close":
        actions.close(by=by, survey_id=survey_id)
        messages.success(request, _("Closed. No more answers are taken."))
    elif verb == "reopen":
        actions.reopen(by=by, survey_id=survey_id)
        messages.success(request, _("Open again."))
    elif verb == "copy":
        return redirect("surveys:questions", actions.copy(by=by, survey_id=survey_id).id)
    elif verb == "discard":
        actions.discard(by=by, survey_id=survey_id)
        messages.success(request, _("The draft was deleted."))
        return redirect("surveys:list")
    else:
        raise BadInput("The form does not say what to do. Load the page again.")
    return redirect("surveys:questions", survey_id)


@page(Right.SURVEYS_EDIT, methods=("GET", "POST"))
def question(request: Request, survey_id: int) -> HttpResponseBase:
    """Write one question; without a key a new one of the kind chosen."""
    view = reads.survey(request.user, survey_id)
    key = request.GET.get("key", "")
    one = next((one for one in view.content["questions"] if one["key"] == key), None)
    if key and one is None:
        raise NotFound("There is no such question.")
    kind = one["kind"] if one else request.GET.get("kind", "")
    if kind not in rules.KINDS:
        raise BadInput("There is no kind of question “{kind}”.", field="kind", kind=kind[:40])
    form = QuestionForm(kind, one or {}, _later(view, key, language_of(request)), request.POST or None)
    if request.method == "POST" and form.is_valid() and _saved(request, view, form):
        return redirect("surveys:questions", survey_id)
    variables = frame(view, "questions") | {"form": form, "kind": rules.KINDS[kind], "new": one is None}
    return render(request, "surveys/question.html", variables, status=422 if request.method == "POST" else 200)


def _saved(request: Request, view: reads.SurveyView, form: QuestionForm) -> bool:
    try:
        actions.put_question(by=request.user, survey_id=view.id, question=form.question(), revision=_revision(request))
    except BadInput as error:
        form.add_error(error.field if error.field in form.fields else None, sentence(error))
        return False
    messages.success(request, _("Saved."))
    return True


def _revision(request: Request) -> int | None:
    text = request.POST.get("revision", "")
    return int(text) if text.isdecimal() else None


def _later(view: reads.SurveyView, key: str, language: str) -> list[tuple[str, str]]:
    """The questions one can jump to: those after this one."""
    every = [
        (one["key"], f"{n}. {rules.said(one['text'], language)}"[:80])
        for n, one in enumerate(view.content["questions"], 1)
    ]
    keys = [found for found, _label in every]
    return every[keys.index(key) + 1 :] if key in keys else []


@page(Right.SURVEYS_EDIT, methods=("GET", "POST"))
def settings_page(request: Request, survey_id: int) -> HttpResponseBase:
    """Title, texts, consents, days, quota."""
    view = reads.survey(request.user, survey_id)
    form = SettingsForm(view.content, view.name, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change(
                by=request.user, survey_id=survey_id, changes=form.changes(), name=form.cleaned_data["name"],
                revision=_revision(request),
            )  # fmt: skip
        except BadInput as error:
            form.add_error(error.field if error.field in form.fields else None, sentence(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("surveys:settings", survey_id)
    variables = frame(view, "settings") | {"form": form}
    return render(request, "surveys/settings.html", variables, status=422 if request.method == "POST" else 200)


@page(Right.SURVEYS_EDIT, methods=("GET", "POST"))
def preview(request: Request, survey_id: int) -> HttpResponse:
    """The draft as people will see it; nothing is kept."""
    view = reads.survey(request.user, survey_id)
    posted = shown.posted_of(request) if request.method == "POST" else {}
    wanted = request.GET.get("lang", "")
    with translation.override(wanted if wanted in rules.LANGUAGES else translation.get_language()):
        today = company_day(timezone.now(), settings.DANGOL.zone)
        step = rules.step(view.content, posted, shown.place_of(posted), today)
        variables = shown.page(view.content, step, posted, language_of(request))
        variables |= {
            "preview": True,
            "path": request.path,
            "finished": step.done,
            "version": view.version + 1,
            "view": view,
        }
        return render(request, "surveys/answer.html", variables, status=422 if step.errors else 200)
