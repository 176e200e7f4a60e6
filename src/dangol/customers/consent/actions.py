"""Give and withdraw consent, with proof; keep silent about erased people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from dangol.base.errors import BadInput
from dangol.customers.consent.models import Consent, Suppression
from dangol.customers.consent.reads import digest
from dangol.customers.consent.rules import PURPOSES
from dangol.staff.actions import note_access

CHUNK = 2000


@dataclass(frozen=True)
class _Word:
    """What is said: about which purpose and channel, when, and how it can be proved."""

    purpose: str
    channel: str
    given: bool
    at: datetime
    text_version: str
    proof: str
    origin: str
    generated: bool
    noticed_at: datetime | None


def give(
    *,
    by: Any,
    customer_ids: Sequence[int],
    purpose: str,
    channel: str,
    at: datetime,
    text_version: str,
    proof: str,
    generated: bool = False,
    origin: str = "staff",
    noticed_at: datetime | None = None,
) -> int:
    """Write down that customers agreed; returns for how many it changed something.

    proof: where the agreement can be seen (form number, link, recording). origin: customer, staff or import; an
    import never undoes a refusal. Raises BadInput for an unknown purpose, a moment to come, or agreement without
    version of the text and proof.
    """
    if not (text_version.strip() and proof.strip()):
        raise BadInput("Consent needs the version of the text that was shown and a proof of it.", field="proof")
    word = _Word(purpose, channel, True, at, text_version, proof[:200], origin, generated, noticed_at)
    return _say(by, customer_ids, word)


def withdraw(
    *,
    by: Any,
    customer_ids: Sequence[int],
    purpose: str,
    channel: str,
    at: datetime,
    proof: str = "",
    text_version: str = "",
    generated: bool = False,
    origin: str = "staff",
    noticed_at: datetime | None = None,
) -> int:
    """Write down that customers refuse; returns for how many it changed something. Works at once.

    Source: Network Act art. 50(2) and (6).
    """
    word = _Word(purpose, channel, False, at, text_version, proof[:200], origin, generated, noticed_at)
    return _say(by, customer_ids, word)


def _say(by: Any, customer_ids: Sequence[int], word: _Word) -> int:
    if word.purpose not in PURPOSES:
        raise BadInput("The purpose “{purpose}” is not known.", field="purpose", purpose=word.purpose)
    if word.at > datetime.now(UTC):
        raise BadInput("Consent cannot be given in the future.", field="at")
    ids = sorted(set(customer_ids))
    with transaction.atomic():
        changed = sum(_write(by, ids[start : start + CHUNK], word) for start in range(0, len(ids), CHUNK))
        if changed:
            note_access(
                by=by, verb="change", what="consent", customer_id=ids[0] if len(ids) == 1 else None, count=changed,
                detail={"purpose": word.purpose, "channel": word.channel, "given": word.given, "origin": word.origin},
            )  # fmt: skip
    return changed


def _write(by: Any, ids: Sequence[int], word: _Word) -> int:
    about = {"purpose": word.purpose, "channel": word.channel, "current": True}
    present = {row.customer_id: row for row in Consent.objects.select_for_update().filter(customer_id__in=ids, **about)}
    due = [one for one in ids if _is_news(present.get(one), word)]
    Consent.objects.filter(customer_id__in=due, **about).update(current=False)
    Consent.objects.bulk_create(Consent(customer_id=one, by=by, **vars(word)) for one in due)
    return len(due)


def _is_news(last: Consent | None, word: _Word) -> bool:
    """Whether a word changes anything: a refusal always does, whatever its clock says, and no import undoes one.

    An agreement must be newer than the last word; repeated, it is the re-confirmation due every two years.
    """
    if last is None:
        return True
    if not word.given:
        return last.given
    return word.at > last.at and (last.given or word.origin != "import")


def suppress(*, by: Any, channel: str, address: str) -> None:
    """Never use this address again, and forget it: only a keyed hash stays. Called when a person is erased."""
    with transaction.atomic():
        Suppression.objects.get_or_create(channel=channel, digest=digest(channel, address))
        note_access(by=by, verb="erase", what="consent.suppression")
