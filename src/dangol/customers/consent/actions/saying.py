"""Give and withdraw consent, with proof; note that the customer was told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction

from dangol.base.errors import BadInput
from dangol.customers.consent.families import families
from dangol.customers.consent.models import Consent
from dangol.customers.consent.rules import CHANNEL_NAMES, PURPOSES, WAYS
from dangol.customers.standard.rules import holds_resident_number
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
    through: str
    until: date | None = None


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
    through: str = "",
    until: date | None = None,
    address: str = "",
) -> int:
    """Write down that customers agreed; returns for how many it changed something.

    proof: where the agreement can be seen (form number, link, recording). origin: customer, staff or import; an
    import never undoes a refusal. through: the way it was given (rules.WAYS). until: the first day on which it no
    longer counts, where it was given for a time. address: where the one who writes it down sits. Raises BadInput for
    an unknown purpose, channel or way, a moment to come, or agreement without version of the text and proof.
    Source: Network Act art. 50(1); Personal Information Protection Act art. 22.
    """
    if not (text_version.strip() and proof.strip()):
        raise BadInput("Consent needs the version of the text that was shown and a proof of it.", field="proof")
    if until is not None and until <= at.date():
        raise BadInput("The last day must lie after the day of the agreement.", field="until")
    word = _Word(
        purpose, channel, True, at, text_version, proof[:200], origin, generated, noticed_at, through, until
    )  # fmt: skip
    return _say(by, customer_ids, word, address)


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
    through: str = "",
    address: str = "",
) -> int:
    """Write down that customers refuse; returns for how many it changed something. Works at once.

    Source: Network Act art. 50(2) and (6).
    """
    word = _Word(purpose, channel, False, at, text_version, proof[:200], origin, generated, noticed_at, through)
    return _say(by, customer_ids, word, address)


def refuse_resident_numbers(text: str, field: str) -> None:
    """Raises BadInput for a text that holds a resident registration number. Source: PIPA art. 24-2."""
    if holds_resident_number(text):
        raise BadInput("A resident registration number may not be kept. Remove it.", field=field)


def _check(word: _Word) -> None:
    refuse_resident_numbers(word.proof, "proof")
    if word.purpose not in PURPOSES:
        raise BadInput("The purpose “{purpose}” is not known.", field="purpose", purpose=word.purpose)
    if word.channel not in CHANNEL_NAMES:
        raise BadInput("The channel “{channel}” is not known.", field="channel", channel=word.channel)
    if word.through and word.through not in WAYS:
        raise BadInput("The way “{way}” is not known.", field="through", way=word.through)
    if word.at > datetime.now(UTC):
        raise BadInput("Consent cannot be given in the future.", field="at")


def _say(by: Any, customer_ids: Sequence[int], word: _Word, address: str) -> int:
    _check(word)
    ids = sorted(set(customer_ids))
    with transaction.atomic():
        changed = sum(_write(by, ids[start : start + CHUNK], word) for start in range(0, len(ids), CHUNK))
        if changed:
            note_access(
                by=by, verb="change", what="consent", customer_id=ids[0] if len(ids) == 1 else None, count=changed,
                address=address,
                detail={"purpose": word.purpose, "channel": word.channel, "given": word.given, "origin": word.origin},
            )  # fmt: skip
    return changed


def _write(by: Any, ids: Sequence[int], word: _Word) -> int:
    """Write a word for customers and for everyone they are joined with; counts the customers themselves.

    A refusal becomes the own word of all who are joined, so that it stays with each when they are parted; an
    agreement is lent to the others only while they are one.
    """
    addressed = set(ids)
    wanted = dict.fromkeys(ids, "") | {
        other: "" if not word.given else " ".join(family.path(one, other))
        for one, family in families(ids).items()
        for other in family.members - addressed
    }
    about = {"purpose": word.purpose, "channel": word.channel, "current": True}
    present = {
        row.customer_id: row
        for row in Consent.objects.select_for_update().filter(customer_id__in=list(wanted), **about)
    }
    due = [one for one in wanted if _is_news(present.get(one), word)]
    Consent.objects.filter(customer_id__in=due, **about).update(current=False)
    Consent.objects.bulk_create(Consent(customer_id=one, by=by, merges=wanted[one], **vars(word)) for one in due)
    return len(addressed.intersection(due))


def _is_news(last: Consent | None, word: _Word) -> bool:
    """Whether a word changes anything: a refusal always does, whatever its clock says, and no import undoes one.

    An agreement must be newer than the last word; repeated, it is the re-confirmation due every two years.
    """
    if last is None:
        return True
    if not word.given:
        return last.given or (bool(last.merges) and word.origin != "import")
    return word.at > last.at and (last.given or word.origin != "import")


def noticed(*, by: Any, consent_ids: Iterable[int], at: datetime, how: str = "", address: str = "") -> int:
    """Note that customers were told the result of their word; returns how many that was news of.

    how: by mail, phone or letter, for the access log. Source: Network Act art. 50(7).
    """
    ids = list(consent_ids)
    with transaction.atomic():
        told = 0
        for start in range(0, len(ids), CHUNK):
            told += Consent.objects.filter(pk__in=ids[start : start + CHUNK], noticed_at=None).update(noticed_at=at)
        if told:
            note_access(
                by=by, verb="change", what="consent.notice", count=told, address=address, detail={"how": how[:40]}
            )  # fmt: skip
    return told
