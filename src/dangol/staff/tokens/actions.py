"""Make, use and revoke API tokens; remember the answers of keyed calls."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.base.identifiers import token
from dangol.staff.actions import note_access
from dangol.staff.models import ApiToken, KeyedCall, Member
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.staff.tokens.reads import TokenView, view
from dangol.staff.tokens.rules import (
    CALLS_PER_MINUTE,
    KEEP_ANSWERS_HOURS,
    LONGEST_DAYS,
    PREFIX,
    TAKE_OVER_SECONDS,
    Answer,
    Claim,
    digest,
)


def _scopes(by: Member, scopes: Sequence[str]) -> list[str]:
    if not scopes:
        raise BadInput("Choose at least one right for this token.", field="scopes")
    known = {right.value: right for right in Right}
    for scope in scopes:
        if scope not in known or not may(by, known[scope]):
            raise BadInput("A token can only carry rights of your own. Remove {right}.", field="scopes", right=scope)
    return sorted(set(scopes))


@transaction.atomic
def create_token(
    *, by: Member, name: str, scopes: Sequence[str], days: int = 90, now: datetime | None = None
) -> tuple[TokenView, str]:
    """A new token of one's own and its secret, which is shown this once and kept as SHA-256 only.

    scopes: values of Right, all of them one's own. days: 1 to 365. Raises BadInput.
    """
    now, name = now or datetime.now(UTC), name.strip()
    if not name or len(name) > 80 or not name.isprintable():
        raise BadInput("Give the token a name of at most 80 characters.", field="name")
    if not 1 <= days <= LONGEST_DAYS:
        raise BadInput("A token is good for 1 to {limit} days.", field="days", limit=LONGEST_DAYS)
    secret = PREFIX + token()
    made = ApiToken.objects.create(
        member=by, name=name, digest=digest(secret), hint=secret[:8], scopes=_scopes(by, scopes),
        expires_at=now + timedelta(days=days),
    )  # fmt: skip
    note_access(by=by, verb="rights", what=f"token {made.pk}", detail={"scopes": made.scopes})
    return view(made), secret


@transaction.atomic
def revoke_token(*, by: Member, token_id: int) -> None:
    """End a token of one's own; of others with the right to do so. Raises NotFound."""
    found = ApiToken.objects.select_for_update().filter(pk=token_id).first()
    if found is None or not (found.member_id == by.pk or may(by, Right.TOKENS_MANAGE)):
        raise NotFound("This token does not exist.")
    if found.revoked_at is None:
        found.revoked_at = datetime.now(UTC)
        found.save(update_fields=["revoked_at"])
        note_access(by=by, verb="rights", what=f"token {found.pk}", detail={"revoked": True})


def open_with(secret: str, *, now: datetime | None = None) -> tuple[Member, int] | None:
    """The member a token speaks for, with rights narrowed to its scopes, and its id; None where it is not good."""
    now = now or datetime.now(UTC)
    found = ApiToken.objects.select_related("member__unit").filter(digest=digest(secret), revoked_at=None).first()
    if found is None or found.expires_at <= now:
        return None
    member = found.member
    if not member.is_active or (member.generated and not settings.DANGOL.demo):
        return None
    member.scopes = frozenset(found.scopes)
    return member, found.pk


def count_call(token_id: int, *, now: datetime | None = None) -> int:
    """Count one call of a token. Returns 0, or the seconds to wait where its limit of the minute is reached."""
    now = now or datetime.now(UTC)
    minute = int(now.timestamp()) // 60
    token = ApiToken.objects.filter(pk=token_id)
    this = token.filter(minute=minute, calls__lt=CALLS_PER_MINUTE)
    if this.update(calls=F("calls") + 1):
        return 0
    token.exclude(minute=minute).update(minute=minute, calls=0, last_used_at=now)  # one of the minute's first calls
    return 0 if this.update(calls=F("calls") + 1) else 60 - int(now.timestamp()) % 60


def claim_call(*, token_id: int, key: str, route: str, body_hash: str, now: datetime | None = None) -> Claim | Answer:
    """Take a keyed call, or get its first answer where it was done before.

    Raises Conflict while it is running, BadInput where the key was used for something else. A call that has been
    running for longer than TAKE_OVER_SECONDS is taken over; the earlier attempt can then record nothing.
    """
    now = now or datetime.now(UTC)
    KeyedCall.objects.filter(token_id=token_id, started_at__lt=now - timedelta(hours=KEEP_ANSWERS_HOURS)).delete()
    try:
        with transaction.atomic():
            made = KeyedCall.objects.create(
                token_id=token_id, key=key, route=route, body_hash=body_hash, started_at=now
            )
        return Claim(made.pk, made.attempt)
    except IntegrityError:
        pass
    call = KeyedCall.objects.filter(token_id=token_id, key=key).first()
    if call is None:
        raise Conflict("A call with this Idempotency-Key has just ended. Try again.")
    if (call.route, call.body_hash) != (route, body_hash):
        raise BadInput("This Idempotency-Key was used for another call. Use a new one.", field="Idempotency-Key")
    if call.status is not None:
        return Answer(call.status, call.headers, bytes(call.body))
    dead = call.started_at <= now - timedelta(seconds=TAKE_OVER_SECONDS)
    taken = dead and KeyedCall.objects.filter(pk=call.pk, attempt=call.attempt, status=None).update(
        attempt=F("attempt") + 1, started_at=now
    )
    if not taken:
        raise Conflict("A call with this Idempotency-Key is still running. Try again in a moment.")
    return Claim(call.pk, call.attempt + 1)


def keep_answer(claim: Claim, answer: Answer) -> bool:
    """Record a call's answer, in the transaction of what it did. False where another attempt has taken it over."""
    return bool(
        KeyedCall.objects.filter(pk=claim.call_id, attempt=claim.attempt, status=None).update(
            status=answer.status, headers=answer.headers, body=answer.body
        )
    )


def drop_call(claim: Claim) -> None:
    """Forget a call that did nothing, so that its key can be used again."""
    KeyedCall.objects.filter(pk=claim.call_id, attempt=claim.attempt, status=None).delete()


def old_answers(before: datetime) -> int:
    """How many kept answers of keyed calls there are from before a moment."""
    return KeyedCall.objects.filter(started_at__lt=before).count()


def forget_answers(*, before: datetime) -> int:
    """Destroy them, as they may hold personal data; returns how many."""
    return KeyedCall.objects.filter(started_at__lt=before).delete()[0]
