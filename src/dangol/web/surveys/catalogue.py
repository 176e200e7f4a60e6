"""All surveys."""

from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dangol.customers.surveys import actions, reads, rules
from dangol.staff.rules import Right
from dangol.web.lists import Choice, Column, Count, ListPage, ListState, Page
from dangol.web.shell import Request, page
from dangol.web.surveys.forms import NewForm

TONES = {"draft": "draft", "open": "ok", "closed": ""}


def _matching(state: ListState) -> list[reads.SurveyView]:
    found = [
        row
        for row in reads.surveys(state.by)
        if all(word.lower() in f"{row.name} {row.code} {row.by}".lower() for word in state.text.split())
        and row.state in (state.filters.get("state") or rules.STATES)
    ]
    if state.sort:
        found.sort(key=lambda row: (getattr(row, state.sort), row.id), reverse=state.descending)
    return found


def _page(state: ListState, limit: int, after: str | None) -> Page:
    start = int(after) if after and after.isdecimal() else 0
    found = _matching(state)
    before = None if start == 0 else str(max(0, start - limit)) if start > limit else ""
    return Page(found[start : start + limit], str(start + limit) if start + limit < len(found) else None, before)


SURVEYS = ListPage(
    name="surveys",
    title=_("Surveys"),
    search=_("Search surveys"),
    unit=pgettext_lazy("counted", "surveys"),
    columns=(
        Column("name", _("Name"), sortable=True, link=lambda row: reverse("surveys:questions", args=[row.id])),
        Column("state", _("State"), "badge", value=lambda row: (TONES[row.state], gettext(rules.STATES[row.state]))),
        Column("responses", _("Answers"), "number", sortable=True),
        Column("waiting", _("Wait for a guardian"), "number", sortable=True),
        Column("version", _("Version"), "number", sortable=True),
        Column("code", _("Code"), sortable=True),
        Column("by", _("Made by"), sortable=True),
        Column("changed_at", _("Changed"), "moment", sortable=True),
    ),
    filters=(
        Choice("state", _("State"), choices=lambda _by: [(key, gettext(text)) for key, text in rules.STATES.items()]),
    ),
    rows=_page,
    count=lambda state, _exact: Count(len(_matching(state)), True),
    empty=(_("No survey yet"), _("Make the first one: a survey or a sign-up form, shared by link or QR code."),
           "/customers/surveys/new/", _("New survey")),
)  # fmt: skip


@page(Right.SURVEYS_EDIT, methods=("GET", "POST"))
def index(request: Request) -> HttpResponseBase:
    """All surveys."""
    return SURVEYS.respond(request, "surveys/list.html")


@page(Right.SURVEYS_EDIT, methods=("GET", "POST"))
def new(request: Request) -> HttpResponseBase:
    """Begin a survey, or a sign-up form with the usual contact questions."""
    form = NewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        content: dict[str, Any] | None = None
        if given["kind"] == "form":
            content = sign_up(given["name"])
        view = actions.create(by=request.user, name=given["name"], content=content)
        return redirect("surveys:questions", view.id)
    return render(request, "surveys/new.html", {"form": form}, status=422 if request.method == "POST" else 200)


def sign_up(name: str) -> dict[str, Any]:
    """What a sign-up form usually asks, in both languages."""
    fields = (("name", "이름", "Name", True), ("phone", "휴대전화", "Mobile phone", True),
              ("email", "이메일", "E-mail", False))  # fmt: skip
    return {
        "title": {"ko": name, "en": name},
        "notice": {
            "ko": "수집 항목: 이름, 휴대전화, 이메일. 목적: 회원 등록과 안내. 보유 기간: 탈퇴할 때까지. "
            "동의하지 않으면 등록할 수 없습니다.",
            "en": "Collected: name, mobile phone, e-mail. Purpose: registration and information about it. "
            "Kept until you leave. Without it you cannot register.",
        },
        "consents": [{
            "purpose": "marketing", "channel": "email",
            "text": {"ko": "이메일로 혜택과 소식을 받겠습니다.", "en": "I want to get offers and news by e-mail."},
        }],
        "questions": [
            {"key": key, "kind": "contact", "contact": key, "required": required, "text": {"ko": ko, "en": en}}
            for key, ko, en, required in fields
        ],
    }  # fmt: skip
