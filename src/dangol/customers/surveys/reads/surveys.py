"""Surveys as their makers and answerers see them, and what the answers add up to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate

from dangol.base.errors import NotFound
from dangol.base.period import company_day
from dangol.customers.surveys import rules
from dangol.customers.surveys.models import Answer, Response, Survey, Version
from dangol.staff.actions import note_access
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right

PAGE = 50
TEXTS_SHOWN = 50
DONE = "done"


@dataclass(frozen=True)
class SurveyView:
    """A survey as its maker sees it. version: published last, 0 for none; changed: the draft differs from it."""

    id: int
    code: str
    name: str
    token: str
    state: str
    content: Mapping[str, Any]
    revision: int
    version: int
    changed: bool
    problems: Sequence[rules.Problem]
    responses: int
    waiting: int
    by: str
    changed_at: datetime


@dataclass(frozen=True)
class Tally:
    """What one question was answered. bars: (label key, people, share of who answered); texts are asked for apart."""

    question: Mapping[str, Any]
    people: int
    bars: Sequence[tuple[str, int, float]]
    nps: rules.Nps | None = None
    spread: rules.Spread | None = None


@dataclass(frozen=True)
class Results:
    """Everything counted of a survey, over all published versions."""

    survey: SurveyView
    people: int
    tallies: Sequence[Tally]
    by_day: Sequence[tuple[date, int]]
    consents: Sequence[tuple[Mapping[str, Any], int]]


@dataclass(frozen=True)
class ResponseView:
    """One person's answers in a list."""

    id: int
    at: datetime
    version: int
    language: str
    state: str
    customer_id: int | None
    personal: bool
    answers: Mapping[str, Any]
    guardian: Mapping[str, Any]


@dataclass(frozen=True)
class Open:
    """A published survey as people see it. why_closed: a sentence where it takes no answers."""

    code: str
    version: int
    content: Mapping[str, Any]
    why_closed: str


@dataclass(frozen=True)
class Told:
    """What a customer answered, for the timeline."""

    at: datetime
    survey: str
    answers: Sequence[tuple[str, str]]


def _view(row: Survey) -> SurveyView:
    last = row.versions.order_by("-number").first()
    states = Counter(dict(row.responses.values_list("state").annotate(n=Count("pk")).order_by()))
    return SurveyView(
        id=row.pk, code=row.code, name=row.name, token=row.token, state=row.state, content=row.content,
        revision=row.revision, version=last.number if last else 0,
        changed=last is not None and last.content != row.content, problems=rules.problems(row.content),
        responses=states[DONE], waiting=states["guardian"], by=row.by.name if row.by else "", changed_at=row.changed_at,
    )  # fmt: skip


def surveys(by: Member) -> list[SurveyView]:
    """Every survey, the one changed last first."""
    require(by, Right.SURVEYS_EDIT)
    return [_view(row) for row in Survey.objects.select_related("by").order_by("-changed_at", "-pk")]


def survey(by: Member, survey_id: int) -> SurveyView:
    """One survey. Raises NotFound."""
    require(by, Right.SURVEYS_EDIT)
    return _view(_row(survey_id))


def _row(survey_id: int) -> Survey:
    row = Survey.objects.select_related("by").filter(pk=survey_id).first()
    if row is None:
        raise NotFound("There is no such survey.")
    return row


def opened(token: str, now: datetime | None = None) -> Open:
    """The published survey of a public link. Raises NotFound, also for one that was never published."""
    row = Survey.objects.filter(token=token).first() if token else None
    last = row.versions.order_by("-number").first() if row else None
    if row is None or last is None:
        raise NotFound("This link is not valid or no longer valid.")
    today = company_day(now or datetime.now(UTC), settings.DANGOL.zone)
    return Open(row.code, last.number, last.content, why_closed(row, last.content, today))


def why_closed(row: Survey, content: Mapping[str, Any], today: date) -> str:
    """Why a published survey takes no answers today: a sentence, or nothing."""
    if row.state != "open":
        return rules.CLOSED
    if content["starts_on"] and today.isoformat() < content["starts_on"]:
        return rules.NOT_YET
    if content["ends_on"] and today.isoformat() > content["ends_on"]:
        return rules.CLOSED
    if content["quota"] and row.responses.exclude(state="dropped").count() >= content["quota"]:
        return rules.FULL
    return ""


def answered(token: str, customer_id: int) -> bool:
    """Whether the holder of a personal link has answered already."""
    return Response.objects.filter(survey__token=token, customer_id=customer_id, personal=True).exists()


def results(by: Member, survey_id: int) -> Results:
    """Counts of every question that was ever published, newest wording first. Raises NotFound."""
    row = _row(survey_id)
    view = survey(by, survey_id)
    done = Response.objects.filter(survey=row, state=DONE)
    last: dict[str, Any] = row.versions.order_by("-number").values_list("content", flat=True).first() or row.content
    return Results(
        survey=view, people=view.responses, tallies=[_tally(row, one, done) for one in _questions(row)],
        by_day=_by_day(done), consents=_consents(last, done),
    )  # fmt: skip


def _questions(row: Survey) -> list[Mapping[str, Any]]:
    """The questions of all versions, the newest wording of each, those of the newest version first."""
    found: dict[str, Mapping[str, Any]] = {}
    for content in row.versions.order_by("-number").values_list("content", flat=True):
        for one in content["questions"]:
            found.setdefault(one["key"], one)
    return list(found.values())


def _tally(row: Survey, one: Mapping[str, Any], done: QuerySet[Response]) -> Tally:
    if one["kind"] == "contact":
        return Tally(one, sum(one["key"] in given for given in done.values_list("answers", flat=True)), [])
    answers = Answer.objects.filter(survey=row, question=one["key"])
    people = answers.values("response").distinct().count()
    if one["kind"] in rules.NUMERIC:
        counts = {
            n: times for n, times in answers.values_list("number").annotate(n=Count("pk")).order_by() if n is not None
        }
        bars = [] if one["kind"] == "number" else [
            (str(n), counts.get(n, 0), counts.get(n, 0) / people if people else 0.0)
            for n in range(one["low"], one["high"] + 1)
        ]  # fmt: skip
        whole = {int(n): times for n, times in counts.items()}
        return Tally(one, people, bars, rules.nps(whole) if one["kind"] == "nps" else None, rules.spread(counts))
    if one["kind"] in rules.CHOICES:
        times = dict(answers.values_list("text").annotate(n=Count("pk")).order_by())
        keys = [option["key"] for option in one["options"]]
        known = keys + [key for key in times if key not in keys]
        return Tally(
            one, people, [(key, times.get(key, 0), times.get(key, 0) / people if people else 0.0) for key in known]
        )
    return Tally(one, people, [])


def _by_day(done: QuerySet[Response]) -> list[tuple[date, int]]:
    days = done.annotate(day=TruncDate("at", tzinfo=settings.DANGOL.zone)).values_list("day")
    return list(days.annotate(n=Count("pk")).order_by("day"))


def _consents(content: Mapping[str, Any], done: QuerySet[Response]) -> list[tuple[Mapping[str, Any], int]]:
    given = Counter(place for places in done.values_list("consents", flat=True) for place in places)
    return [(one, given[place]) for place, one in enumerate(content["consents"])]


def texts(by: Member, survey_id: int, question: str, *, search: str = "", page: int = 1) -> tuple[list[str], int]:
    """Written answers to a question that hold a word, newest first, and how many there are."""
    require(by, Right.SURVEYS_EDIT)
    found = Answer.objects.filter(survey=_row(survey_id), question=question).exclude(text="")
    for word in rules.cleaned(search)[:100].split():
        found = found.filter(text__icontains=word)
    start = TEXTS_SHOWN * (max(1, min(page, 10_000)) - 1)
    return list(found.order_by("-pk").values_list("text", flat=True)[start : start + TEXTS_SHOWN]), found.count()


def responses(
    by: Member, survey_id: int, *, state: str = "", after: int | None = None, limit: int = PAGE
) -> list[ResponseView]:
    """Answers person by person, newest first. state: done or guardian; after: the id before the first."""
    require(by, Right.SURVEYS_EDIT)
    rows = Response.objects.filter(survey=_row(survey_id)).exclude(state="dropped").select_related("version")
    rows = rows.filter(state=state) if state else rows
    rows = rows.filter(pk__lt=after) if after is not None else rows
    return [
        ResponseView(
            id=row.pk, at=row.at, version=row.version.number, language=row.language, state=row.state,
            customer_id=row.customer_id, personal=row.personal, answers=row.answers, guardian=row.guardian,
        )
        for row in rows.order_by("-pk")[: max(1, min(limit, 5000))]
    ]  # fmt: skip


def export(by: Member, survey_id: int, *, reason: str, address: str = "") -> list[dict[str, Any]]:
    """Every answer for a file: one row a person, contact details left out of it; written to the access log.

    Raises BadInput without a reason, NotAllowed without the right to export.
    """
    require(by, Right.CUSTOMERS_EXPORT)
    rules.reason(reason)
    row = _row(survey_id)
    questions = [one for one in _questions(row) if one["kind"] != "contact"]
    found = []
    after: int | None = None
    while chunk := responses(by, survey_id, state=DONE, after=after, limit=5000):
        found += [_flat(one, questions) for one in chunk]
        after = chunk[-1].id
    note_access(by=by, verb="export", what=f"survey {row.pk}", count=len(found), reason=reason, address=address)
    return found


def _flat(one: ResponseView, questions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    answers = {q["key"]: one.answers.get(q["key"]) for q in questions}
    plain = {key: " | ".join(value) if isinstance(value, list) else value for key, value in answers.items()}
    about = {"response": one.id, "answered_at": one.at, "version": one.version, "language": one.language}
    return about | {"customer_id": one.customer_id} | plain


def of_customer(*ids: int, language: str = "ko") -> list[Told]:
    """What a customer answered, newest first; contact details are on the customer already and left out.

    ids: those under which the person is known.
    """
    rows = Response.objects.filter(customer_id__in=ids, state=DONE).select_related("survey", "version")
    return [_told(row, language) for row in rows.order_by("-at")[:200]]


def _told(row: Response, language: str) -> Told:
    content = row.version.content
    told = []
    for one in content["questions"]:
        value = row.answers.get(one["key"])
        if value is None or one["kind"] == "contact":
            continue
        names = {option["key"]: rules.said(option["text"], language) for option in one["options"]}
        shown = [names.get(part, str(part)) for part in (value if isinstance(value, list) else [value])]
        told.append((rules.said(one["text"], language), ", ".join(shown)))
    return Told(row.at, row.survey.name, told)


def versions(by: Member, survey_id: int) -> list[tuple[int, datetime, str]]:
    """Published versions: number, when, by whom; newest first."""
    require(by, Right.SURVEYS_EDIT)
    rows = Version.objects.filter(survey=_row(survey_id)).select_related("by").order_by("-number")
    return [(row.number, row.at, row.by.name if row.by else "") for row in rows]
