"""Try a password, a second factor, or a recovery code; switch the second factor on and off."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pyotp
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core import signing
from django.db import transaction

from dangol.base import sealing
from dangol.base.errors import BadInput, NotAllowed
from dangol.base.identifiers import token
from dangol.staff.actions import PASSWORD_LIMIT, note_access
from dangol.staff.models import Guessing, Member, RecoveryCode
from dangol.staff.reads import SYSTEM_EMAIL
from dangol.staff.signin.rules import (
    ACCOUNT,
    ADDRESS,
    RECOVERY_CODES,
    TOTP_SECONDS,
    TOTP_WINDOW,
    LockRule,
    Tries,
    after_failure,
    wait_seconds,
)

DEVICE_SALT = "dangol.staff.device"
DEVICE_SECONDS = 180 * 86400


@dataclass(frozen=True)
class Attempt:
    """How a try went: the member where it was right, else seconds to wait before the next (0: at once)."""

    member: Member | None = None
    wait_seconds: int = 0


def _key(kind: str, value: str) -> str:
    return hashlib.sha256(f"{kind}\0{value}".encode()).hexdigest()


def _reserve(keys: Sequence[tuple[str, LockRule]], now: datetime) -> int:
    """Count a try as failed before it is judged, so that a hundred parallel ones cannot slip through the limit.

    Returns the seconds to wait where one of the keys is locked; then nothing is counted.
    """
    with transaction.atomic():
        rows = []
        for key, rule in sorted(keys):
            row, _made = Guessing.objects.select_for_update().get_or_create(key=key, defaults={"last_at": now})
            rows.append((row, rule))
        tries = [Tries(row.failures, row.last_at, row.locked_until) for row, _rule in rows]
        wait = max(wait_seconds(one, now) for one in tries)
        if wait:
            return wait
        for (row, rule), one in zip(rows, tries, strict=True):
            after = after_failure(one, rule, now)
            row.failures, row.last_at, row.locked_until = after.failures, now, after.locked_until
            row.save()
    return 0


def _forgive(own: str, shared: str) -> None:
    """After a right answer: the account starts afresh, its address gets this one try back."""
    with transaction.atomic():
        Guessing.objects.filter(key=own).delete()
        row = Guessing.objects.select_for_update().filter(key=shared).first()
        if row is not None:
            row.failures, row.locked_until = max(row.failures - 1, 0), None
            row.save()


def _own_key(email: str, device: str) -> str:
    """The key an account's tries are counted under.

    A browser that signed in to this account before has its own: strangers who lock the account do not lock it there.
    """
    try:
        known = signing.loads(device, salt=DEVICE_SALT, max_age=DEVICE_SECONDS) if device else {}
    except signing.BadSignature:
        known = {}
    if known.get("email") == _key("account", email):
        return _key("device", str(known["id"]))
    return _key("account", email)


def remember_device(member: Member) -> str:
    """What a browser keeps to show that this account signed in there before."""
    return signing.dumps({"email": _key("account", member.email), "id": token()}, salt=DEVICE_SALT)


def _may_sign_in(member: Member) -> bool:
    """Generated accounts have a published password: they open a demonstration only."""
    return member.is_active and member.email != SYSTEM_EMAIL and (settings.DANGOL.demo or not member.generated)


def try_password(*, email: str, password: str, address: str, device: str = "", now: datetime | None = None) -> Attempt:
    """Whether e-mail and password open an account. The same answer, in similar time, whether the account exists."""
    now, email = now or datetime.now(UTC), email.strip().lower()
    own, shared = _own_key(email, device), _key("address", address)
    wait = _reserve([(own, ACCOUNT), (shared, ADDRESS)], now)
    if wait:
        return Attempt(wait_seconds=wait)
    member = Member.objects.filter(email=email).first()
    if len(password) > PASSWORD_LIMIT or member is None or not member.has_usable_password():
        make_password(password[:PASSWORD_LIMIT])  # costs what checking one costs
        return Attempt()
    if not member.check_password(password) or not _may_sign_in(member):
        return Attempt()
    _forgive(own, shared)
    return Attempt(member)


def try_second_factor(*, member_id: int, code: str, address: str, now: datetime | None = None) -> Attempt:
    """Whether a code of the authenticator app, or a recovery code, proves the member; each works once only."""
    now = now or datetime.now(UTC)
    own, shared = _key("code", str(member_id)), _key("address", address)
    wait = _reserve([(own, ACCOUNT), (shared, ADDRESS)], now)
    if wait:
        return Attempt(wait_seconds=wait)
    with transaction.atomic():
        member = Member.objects.select_for_update().filter(pk=member_id).first()
        if member is None or not _may_sign_in(member) or not (_totp(member, code, now) or _recovery(member, code, now)):
            return Attempt()
    _forgive(own, shared)
    return Attempt(member)


def demo_account(*, member_id: int) -> Member:
    """A generated account for one click on a demonstration's sign-in page. Raises NotAllowed anywhere else."""
    member = Member.objects.filter(pk=member_id, generated=True).first() if settings.DANGOL.demo else None
    if member is None or not _may_sign_in(member):
        raise NotAllowed("This is possible in a demonstration only.")
    return member


def _keys() -> list[str]:
    return [str(settings.SECRET_KEY), *map(str, settings.SECRET_KEY_FALLBACKS)]


def _step(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is (RFC 6238), or None."""
    digits = "".join(character for character in code if character in "0123456789")
    current = int(now.timestamp()) // TOTP_SECONDS
    found = None
    for step in range(current - TOTP_WINDOW, current + TOTP_WINDOW + 1):
        if hmac.compare_digest(pyotp.TOTP(secret).at(step * TOTP_SECONDS), digits):
            found = step
    return found


def _totp(member: Member, code: str, now: datetime) -> bool:
    """Uses up a code: its step must be later than the last one used (ASVS 5.0 6.5.1)."""
    if not member.totp_secret:
        return False
    secret = sealing.unseal(member.totp_secret, keys=_keys(), purpose="totp")
    if secret is None:
        return False
    step = _step(secret, code, now)
    if step is None or step <= member.totp_last_step:
        return False
    member.totp_last_step = step
    member.save(update_fields=["totp_last_step"])
    return True


def _digest(code: str) -> str:
    plain = "".join(character for character in code.lower() if character.isalnum())
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def _recovery(member: Member, code: str, now: datetime) -> bool:
    unused = RecoveryCode.objects.filter(member=member, digest=_digest(code), used_at=None)
    return unused.update(used_at=now) == 1


def new_secret() -> str:
    """A new random secret for an authenticator app (160 bits, RFC 4226 section 4)."""
    return pyotp.random_base32()


@transaction.atomic
def switch_on_second_factor(*, by: Member, secret: str, code: str, now: datetime | None = None) -> list[str]:
    """Ask this member for a second factor from now on. Returns the recovery codes, which are shown once.

    Raises BadInput where the code does not fit the secret.
    """
    now = now or datetime.now(UTC)
    step = _step(secret, code, now)
    if step is None:
        raise BadInput("The code is not right. Look at the app again and write the six digits.", field="code")
    member = Member.objects.select_for_update().get(pk=by.pk)
    member.totp_secret, member.totp_last_step = sealing.seal(secret, keys=_keys(), purpose="totp"), step
    member.save(update_fields=["totp_secret", "totp_last_step"])
    RecoveryCode.objects.filter(member=member).delete()
    codes = ["-".join(secrets.token_hex(2) for _ in range(5)) for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(member=member, digest=_digest(code)) for code in codes)
    note_access(by=member, verb="rights", what=f"member {member.pk}", detail={"second factor": "on"})
    by.totp_secret, by.totp_last_step = member.totp_secret, member.totp_last_step
    return codes


@transaction.atomic
def switch_off_second_factor(*, by: Member) -> None:
    """Ask for the password only. The door proves the member again before it calls this."""
    Member.objects.filter(pk=by.pk).update(totp_secret="")
    RecoveryCode.objects.filter(member=by).delete()
    note_access(by=by, verb="rights", what=f"member {by.pk}", detail={"second factor": "off"})
    by.totp_secret = ""


def recovery_codes_left(by: Member) -> int:
    """How many recovery codes a member has not used yet."""
    return RecoveryCode.objects.filter(member=by, used_at=None).count()
