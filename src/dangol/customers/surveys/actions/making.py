"""Make surveys: draft, edit, publish, close."""

import re
import secrets
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.base.identifiers import content_hash, token
from dangol.customers.surveys import reads, rules
from dangol.customers.surveys.models import Survey, Version
from dangol.staff.actions import note_access
from dangol.staff.reads import require
from dangol.staff.rules import Right

SETTINGS = ("title", "intro", "thanks", "notice", "consents", "minors", "starts_on", "ends_on", "quota")
CODE = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")


def create(*, by: Any, name: str, code: str = "", content: Mapping[str, Any] | None = None) -> reads.SurveyView:
    """A new survey. code: its short name in sources and figures, made up where none is given. Raises BadInput."""
    require(by, Right.SURVEYS_EDIT)
    name = rules.cleaned(name)[:100]
    if not name:
        raise BadInput("Give it a name.", field="name")
    code = code.strip() or f"s-{secrets.token_hex(4)}"
    if not CODE.fullmatch(code):
        raise BadInput("A code is made of small letters, digits and -, like spring-fair.", field="code")
    whole = rules.canonical(content or {"title": {"ko": name, "en": name}})
    try:
        with transaction.atomic():
            row = Survey.objects.create(code=code, name=name, token=token(), content=whole, by=by)
    except IntegrityError:
        raise BadInput("Another survey has this code. Choose another.", field="code") from None
    return reads.survey(by, row.pk)


def copy(*, by: Any, survey_id: int) -> reads.SurveyView:
    """A new draft with the content of another survey, without its days and quota."""
    view = reads.survey(by, survey_id)
    content = {**view.content, "starts_on": None, "ends_on": None, "quota": None}
    return create(by=by, name=view.name, content=content)


def _locked(by: Any, survey_id: int, revision: int | None = None) -> Survey:
    require(by, Right.SURVEYS_EDIT)
    row = Survey.objects.select_for_update().filter(pk=survey_id).first()
    if row is None:
        raise NotFound("There is no such survey.")
    if revision is not None and revision != row.revision:
        raise Conflict("Somebody else has changed this survey since you opened it. Load the page again.")
    return row


def _save(row: Survey, content: Mapping[str, Any]) -> None:
    whole = rules.canonical(content)
    if whole != row.content:
        row.content = whole
        row.revision += 1
        row.save()


@transaction.atomic
def set_content(
    *, by: Any, survey_id: int, content: Mapping[str, Any], revision: int | None = None
) -> reads.SurveyView:
    """Replace the whole draft. revision: the one the editor saw. Raises BadInput, Conflict."""
    _save(_locked(by, survey_id, revision), content)
    return reads.survey(by, survey_id)


@transaction.atomic
def change(
    *, by: Any, survey_id: int, changes: Mapping[str, Any], name: str = "", revision: int | None = None
) -> reads.SurveyView:
    """Change the settings of the draft (SETTINGS) and its name. Raises BadInput, Conflict."""
    row = _locked(by, survey_id, revision)
    unknown = sorted(set(changes) - set(SETTINGS))
    if unknown:
        raise BadInput("There is no field {name}.", field=unknown[0], name=unknown[0])
    if rules.cleaned(name):
        row.name = rules.cleaned(name)[:100]
        row.save(update_fields=["name"])
    _save(row, {**row.content, **changes})
    return reads.survey(by, survey_id)


@transaction.atomic
def put_question(
    *, by: Any, survey_id: int, question: Mapping[str, Any], revision: int | None = None
) -> reads.SurveyView:
    """Add a question at the end, or replace the one with its key. Raises BadInput, Conflict."""
    row = _locked(by, survey_id, revision)
    questions = list(row.content["questions"])
    keys = [one["key"] for one in questions]
    given = dict(question)
    given["key"] = given.get("key") or _free_key(keys)
    if given["key"] in keys:
        questions[keys.index(given["key"])] = given
    else:
        questions.append(given)
    _save(row, row.content | {"questions": questions})
    return reads.survey(by, survey_id)


def _free_key(keys: list[str]) -> str:
    return next(key for n in range(1, len(keys) + 2) if (key := f"q{n}") not in keys)


@transaction.atomic
def drop_question(*, by: Any, survey_id: int, key: str, revision: int | None = None) -> reads.SurveyView:
    """Take a question out of the draft; answers of published versions stay. Raises NotFound."""
    row = _locked(by, survey_id, revision)
    questions = [one for one in row.content["questions"] if one["key"] != key]
    if len(questions) == len(row.content["questions"]):
        raise NotFound("There is no such question.")
    _save(row, row.content | {"questions": questions})
    return reads.survey(by, survey_id)


@transaction.atomic
def move_question(*, by: Any, survey_id: int, key: str, place: int, revision: int | None = None) -> reads.SurveyView:
    """Put a question at a place (from 0) of the draft. Raises NotFound."""
    row = _locked(by, survey_id, revision)
    questions = list(row.content["questions"])
    moved = next((one for one in questions if one["key"] == key), None)
    if moved is None:
        raise NotFound("There is no such question.")
    questions.remove(moved)
    questions.insert(max(0, min(place, len(questions))), moved)
    _save(row, row.content | {"questions": questions})
    return reads.survey(by, survey_id)


@transaction.atomic
def publish(*, by: Any, survey_id: int, revision: int | None = None) -> reads.SurveyView:
    """Show the draft to people from now on, as a version that is never changed. Raises BadInput with a problem."""
    row = _locked(by, survey_id, revision)
    found = rules.problems(row.content)
    if found:
        raise BadInput(found[0].template, field=found[0].place, **found[0].params)
    fingerprint = content_hash(row.content)
    last = row.versions.order_by("-number").first()
    if last is None or last.content_hash != fingerprint:
        number = last.number + 1 if last else 1
        Version.objects.create(survey=row, number=number, content=row.content, content_hash=fingerprint, by=by)
    row.state = "open"
    row.save()
    note_access(by=by, verb="change", what=f"survey {row.pk}", detail={"state": "open"})
    return reads.survey(by, survey_id)


@transaction.atomic
def close(*, by: Any, survey_id: int) -> reads.SurveyView:
    """Take no more answers. Raises Conflict where it is not open."""
    row = _locked(by, survey_id)
    if row.state != "open":
        raise Conflict("This survey is not open.")
    row.state = "closed"
    row.save()
    note_access(by=by, verb="change", what=f"survey {row.pk}", detail={"state": "closed"})
    return reads.survey(by, survey_id)


@transaction.atomic
def reopen(*, by: Any, survey_id: int) -> reads.SurveyView:
    """Take answers again, to the version published last. Raises Conflict where it is not closed."""
    row = _locked(by, survey_id)
    if row.state != "closed":
        raise Conflict("This survey is not closed.")
    row.state = "open"
    row.save()
    note_access(by=by, verb="change", what=f"survey {row.pk}", detail={"state": "open"})
    return reads.survey(by, survey_id)


@transaction.atomic
def discard(*, by: Any, survey_id: int) -> None:
    """Delete a survey that was never published. Raises Conflict."""
    row = _locked(by, survey_id)
    if row.versions.exists():
        raise Conflict("This survey was published and its answers must stay readable. Close it instead.")
    row.delete()
