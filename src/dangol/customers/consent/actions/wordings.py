"""The texts consent is asked with: drafted, published as a version, never changed afterwards."""

from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.customers.consent.models import Wording
from dangol.customers.consent.rules import PURPOSES
from dangol.staff.actions import note_access
from dangol.staff.reads import require
from dangol.staff.rules import LANGUAGES, Right

TITLE_LONGEST, TEXT_LONGEST, VERSION_LONGEST = 120, 4000, 40


def draft_wording(*, by: Any, purpose: str, version: str, language: str, title: str, text: str) -> int:
    """Write a new text; returns its id. Raises BadInput, or Conflict where this version has one in this language."""
    require(by, Right.PRIVACY_HANDLE)
    if purpose not in PURPOSES:
        raise BadInput("The purpose “{purpose}” is not known.", field="purpose", purpose=purpose)
    if language not in LANGUAGES:
        raise BadInput("Use one of: {allowed}.", field="language", allowed=", ".join(LANGUAGES))
    values = _values(version, title, text)
    if values["version"].startswith("standard-"):
        raise BadInput(
            "Versions that begin with standard- belong to the product. Choose another name.", field="version"
        )
    with transaction.atomic():
        same = {"purpose": purpose, "version": values["version"], "language": language}
        if Wording.objects.filter(**same).exists():
            raise Conflict("There is a text of this version in this language already.", field="version")
        row = Wording.objects.create(purpose=purpose, language=language, by=by, **values)
        note_access(by=by, verb="change", what=f"consent.text {row.pk}")
    return row.pk


def _values(version: str, title: str, text: str) -> dict[str, str]:
    given = {"version": version.strip(), "title": title.strip(), "text": text.strip()}
    for field, longest in (("version", VERSION_LONGEST), ("title", TITLE_LONGEST), ("text", TEXT_LONGEST)):
        if not given[field]:
            raise BadInput("Fill in this field.", field=field)
        if len(given[field]) > longest:
            raise BadInput("This is too long. Use at most {limit} characters.", field=field, limit=longest)
    return given


def _draft(wording_id: int) -> Wording:
    row = Wording.objects.select_for_update().filter(pk=wording_id).first()
    if row is None:
        raise NotFound("There is no such text.")
    if row.published_at is not None:
        raise Conflict("A published text never changes. Write a new version instead.")
    return row


def edit_wording(*, by: Any, wording_id: int, version: str, title: str, text: str) -> None:
    """Change a draft. Raises Conflict once it is published, or where the version exists."""
    require(by, Right.PRIVACY_HANDLE)
    values = _values(version, title, text)
    with transaction.atomic():
        row = _draft(wording_id)
        same = Wording.objects.filter(purpose=row.purpose, version=values["version"], language=row.language)
        if same.exclude(pk=row.pk).exists():
            raise Conflict("There is a text of this version in this language already.", field="version")
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
        note_access(by=by, verb="change", what=f"consent.text {row.pk}")


def publish_wording(*, by: Any, wording_id: int) -> None:
    """From now on customers are asked with this text; it never changes again. Raises Conflict, NotFound."""
    require(by, Right.PRIVACY_HANDLE)
    with transaction.atomic():
        row = _draft(wording_id)
        row.published_at, row.by = datetime.now(UTC), by
        row.save(update_fields=["published_at", "by"])
        note_access(by=by, verb="change", what=f"consent.text {row.pk}", detail={"published": row.version})


def discard_wording(*, by: Any, wording_id: int) -> None:
    """Throw a draft away. Raises Conflict once it is published."""
    require(by, Right.PRIVACY_HANDLE)
    with transaction.atomic():
        _draft(wording_id).delete()
