"""Taking answers from people: once each, within the days and the quota, landing on the customer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from dangol.base.errors import BadInput, Conflict, NotFound, TooMuch
from dangol.base.period import company_day
from dangol.customers.collect import actions as collect
from dangol.customers.consent import actions as consent
from dangol.customers.identify import actions as identify
from dangol.customers.identify import reads as identified
from dangol.customers.standard.rules import birth
from dangol.customers.surveys import links, reads, rules
from dangol.customers.surveys.models import Answer, Knock, Response, Survey, Version
from dangol.staff.actions import note_access
from dangol.staff.reads import Member, require, system
from dangol.staff.rules import Right

SYSTEM = "surveys"
WINDOW = timedelta(minutes=10)
MOST_IN_WINDOW = 30  # a whole office may share one address
GUARDIAN_DAYS = 5  # how long a child's details may wait for the guardian's word (guideline on children's data)
PERSONAL = frozenset({"contact", "text", "date"})


@dataclass(frozen=True)
class Page:
    """From which page answers come. once: its secret; customer_id: whose personal link; address: of the sender;
    campaign_key: whose message the personal link stood in."""

    once: str
    customer_id: int | None = None
    address: str = ""
    language: str = "ko"
    campaign_key: str = ""


@dataclass(frozen=True)
class Sent:
    """What became of somebody's answers. state: done, guardian (a guardian is asked), again (was sent before)."""

    state: str
    response_id: int = 0
    customer_id: int | None = None


def send(*, token: str, posted: Mapping[str, Sequence[str]], page: Page, now: datetime | None = None) -> Sent:
    """Keep somebody's answers, once per page and (by personal link) once per person.

    Raises NotFound for a survey that is not there, Conflict where it is closed or full or the person too young,
    TooMuch, BadInput where something is missing.
    """
    now = now or datetime.now(UTC)
    version = _open_version(token, now)
    _slow_down(version.survey, page.address, now)
    content = rules.content_for(version.content, known=page.customer_id is not None)
    done = rules.step(content, posted, 10**6, company_day(now, settings.DANGOL.zone))
    if not done.done:
        place, template = next(iter(done.errors.items()), ("", "Please answer this question."))
        raise BadInput(template, field=place)
    if done.minor and version.content["minors"] == "refuse":
        raise Conflict("People under 14 cannot take part without a parent or guardian. Nothing was kept.")
    try:
        with transaction.atomic():
            return _keep(version, done, rules.given_consents(content, posted), _guardian(done, posted), page, now)
    except IntegrityError:
        return Sent("again")


def _guardian(done: rules.Step, posted: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {name: rules.first(posted, name) for name in ("guardian_name", "guardian_phone")} if done.minor else {}


def _open_version(token: str, now: datetime) -> Version:
    row = Survey.objects.filter(token=token).first()
    version = row.versions.order_by("-number").first() if row else None
    if row is None or version is None:
        raise NotFound("This link is not valid or no longer valid.")
    why = reads.why_closed(row, version.content, company_day(now, settings.DANGOL.zone))
    if why:
        raise Conflict(why)
    return version


def _slow_down(survey: Survey, address: str, now: datetime) -> None:
    """Count what an address sends, as a keyed hash; forgotten after ten minutes. Raises TooMuch."""
    digest = salted_hmac("dangol.surveys.knock", address or "unknown", algorithm="sha256").hexdigest()
    with transaction.atomic():
        Knock.objects.filter(since__lt=now - WINDOW).delete()
        Knock.objects.get_or_create(survey=survey, digest=digest, defaults={"since": now, "times": 0})
        row = Knock.objects.select_for_update().get(survey=survey, digest=digest)
        row.times += 1
        row.save(update_fields=["times"])
    if row.times > MOST_IN_WINDOW:
        raise TooMuch("Too many answers came from here. Try again in ten minutes.")


def _keep(  # noqa: PLR0917  one transaction with all it needs
    version: Version, done: rules.Step, consents: list[int], guardian: dict[str, str], page: Page, now: datetime
) -> Sent:
    survey = Survey.objects.select_for_update().get(pk=version.survey_id)
    if Response.objects.filter(survey=survey, once=page.once).exists():
        return Sent("again")
    why = reads.why_closed(survey, version.content, company_day(now, settings.DANGOL.zone))
    if why:
        raise Conflict(why)
    row = Response.objects.create(
        version=version, survey=survey, once=page.once, state="guardian" if guardian else "done",
        customer_id=page.customer_id, personal=page.customer_id is not None, answers=dict(done.answers),
        language=page.language, campaign_key=page.campaign_key, at=now, consents=consents, guardian=guardian,
    )  # fmt: skip
    if not guardian:
        _land(row, survey, version.content)
    return Sent(row.state, row.pk, row.customer_id)


def _land(row: Response, survey: Survey, content: Mapping[str, Any]) -> None:
    """Answers become rows to count, facts of the loop, values of the customer, and consents."""
    _count(row, content)
    _admit(row, survey, content)
    _tell(row, survey, content)
    if row.customer_id is None:
        return
    for place in row.consents:
        wanted = content["consents"][place]
        consent.give(
            by=system(), customer_ids=[row.customer_id], purpose=wanted["purpose"], channel=wanted["channel"],
            at=row.at, text_version=f"{survey.code} v{row.version.number}"[:40],
            proof=f"survey {survey.code}, answer {row.pk}", origin="customer", noticed_at=row.at,
            generated=settings.DANGOL.demo,
        )  # fmt: skip


def _count(row: Response, content: Mapping[str, Any]) -> None:
    found = []
    for one in content["questions"]:
        value = row.answers.get(one["key"])
        if value is None or one["kind"] == "contact":
            continue
        for part in value if isinstance(value, list) else [value]:
            number = float(part) if isinstance(part, int | float) else None
            found.append(
                Answer(response=row, survey_id=row.survey_id, question=one["key"], kind=one["kind"], number=number,
                       text="" if number is not None else str(part)[:2000])
            )  # fmt: skip
    Answer.objects.bulk_create(found)


def _admit(row: Response, survey: Survey, content: Mapping[str, Any]) -> None:
    """Write what was said of the person down as from any source: a person's row, then the customer."""
    fields = _person(row, content)
    if not fields:
        return
    code, name = f"form:{survey.code}", survey.name
    if row.customer_id:
        key = links.key_of(row.customer_id)
        rows = collect.record_people(
            source=f"{code}@{key[0]}"[:60], name=name, system=key[0], rows=[{"source_key": key[1]} | fields],
            generated=settings.DANGOL.demo,
        )  # fmt: skip
        identify.admit(by=system(), rows=rows)
        return
    rows = collect.record_people(
        source=code, name=name, rows=[{"source_key": row.once} | fields], generated=settings.DANGOL.demo
    )
    row.customer_id = identify.admit(by=system(), rows=rows)[code, row.once]
    row.save(update_fields=["customer_id"])


def _person(row: Response, content: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of the record `customers`: contact details, and attributes the maker chose."""
    fields: dict[str, Any] = {}
    for one in content["questions"]:
        value = row.answers.get(one["key"])
        if value is None:
            continue
        if one["contact"] == "birth":
            born = birth(str(value)).day
            fields["birth_year"] = born.year if born else None
        elif one["contact"]:
            fields[one["contact"]] = value
        elif one["attribute"]:
            fields[f"attr:{one['attribute']}"] = (", ".join(value) if isinstance(value, list) else str(value))[:200]
    about_person = any(one["contact"] for one in content["questions"]) or row.customer_id
    return {name: value for name, value in fields.items() if value not in (None, "")} if about_person else {}


def _tell(row: Response, survey: Survey, content: Mapping[str, Any]) -> None:
    """Answers as facts of the loop; contact details and free text are personal and stay here."""
    source, key = links.key_of(row.customer_id) if row.customer_id else (SYSTEM, None)
    kinds = {one["key"]: one["kind"] for one in content["questions"]}
    told = []
    for question, value in row.answers.items():
        if kinds[question] in PERSONAL:
            continue
        for part in value if isinstance(value, list) else [value]:
            is_whole = isinstance(part, int) or (isinstance(part, float) and part == int(part))
            told.append({
                "survey_key": survey.code, "question_key": question, "customer_key": key, "answered_at": row.at,
                "answer": str(part), "score": int(part) if is_whole else None,
                "event_key": f"{survey.code}:{row.pk}:{question}:{part}",
            })  # fmt: skip
    if told:
        collect.record(source=source, kind="survey_answers", rows=told)


def mark_told(*, response_ids: Sequence[int]) -> None:
    """The campaigns know of these answers now."""
    Response.objects.filter(pk__in=response_ids).update(told=True)


def confirm_guardian(*, by: Member, response_id: int, proof: str) -> Sent:
    """A guardian was asked and agreed: the child's answers count from now on.

    proof: how and when the guardian was asked. Source: Personal Information Protection Act, article 22-2.
    """
    require(by, Right.SURVEYS_EDIT)
    if len(proof.strip()) < 5:
        raise BadInput("Say how and when the guardian agreed. It is kept as the proof.", field="proof")
    with transaction.atomic():
        row = _waiting(response_id)
        row.state = "done"
        row.guardian |= {"proof": rules.cleaned(proof)[:200], "by": by.pk}
        row.save()
        _land(row, row.survey, row.version.content)
        note_access(by=by, verb="change", what=f"survey {row.survey_id}", customer_id=row.customer_id,
                    detail={"guardian": "agreed"})  # fmt: skip
    return Sent(row.state, row.pk, row.customer_id)


def refuse_guardian(*, by: Member, response_id: int) -> None:
    """The guardian refused or could not be reached: everything the child wrote is destroyed."""
    require(by, Right.SURVEYS_EDIT)
    with transaction.atomic():
        row = _waiting(response_id)
        _destroy(row)
        note_access(by=by, verb="erase", what=f"survey {row.survey_id}")


def drop_unconfirmed(*, now: datetime | None = None) -> int:
    """Destroy what waited for a guardian longer than five days; returns how many. A step of the cycle calls it."""
    limit = (now or datetime.now(UTC)) - timedelta(days=GUARDIAN_DAYS)
    with transaction.atomic():
        rows = list(Response.objects.select_for_update().filter(state="guardian", at__lt=limit))
        for row in rows:
            _destroy(row)
    return len(rows)


def _waiting(response_id: int) -> Response:
    row = Response.objects.select_for_update().filter(pk=response_id, state="guardian").first()
    if row is None:
        raise NotFound("There is no such answer waiting for a guardian.")
    return row


def _destroy(row: Response) -> None:
    row.state, row.answers, row.guardian, row.consents, row.customer_id = "dropped", {}, {}, [], None
    row.save()


def forget(*, customer_id: int) -> int:
    """Part a person from all they answered: choices and numbers go on counting, words and details are destroyed.

    Of a merged customer all the answers of the whole. Returns how many answers. Called when a person is erased; the
    caller writes the log.
    """
    with transaction.atomic():
        rows = Response.objects.select_for_update().filter(customer_id__in=identified.family(customer_id))
        ids = [row.pk for row in rows]
        Answer.objects.filter(response_id__in=ids, kind__in=PERSONAL).delete()
        Response.objects.filter(pk__in=ids).update(customer_id=None, answers={}, guardian={}, consents=[])
    return len(ids)
