"""Accounts, the organisation tree, the access log, saved views, sign-in guards and API tokens."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac

from dangol.staff.rules import oversees


class OrgUnit(models.Model):
    """A place in the organisation tree; `path` is its ancestors' ids and its own, like \"/1/4/9/\"."""

    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20)  # company, large_branch, branch, team
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=200, db_index=True, default="")
    generated = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class Member(AbstractBaseUser):
    """A person who works with Dangol. `email` is the sign-in name, stored in lower case.

    session_version is part of what every session carries: raising it ends all of them. totp_secret is encrypted.
    scopes narrows the rights of one request made with an API token; it is never stored.
    """

    email = models.CharField(max_length=254, unique=True)
    name = models.CharField(max_length=100)
    role = models.CharField(max_length=20)
    unit = models.ForeignKey(OrgUnit, null=True, blank=True, on_delete=models.PROTECT, related_name="members")
    language = models.CharField(max_length=2, default="ko")
    theme = models.CharField(max_length=6, default="auto")  # auto, light, dark
    is_active = models.BooleanField(default=True)
    session_version = models.PositiveIntegerField(default=0)
    totp_secret = models.CharField(max_length=255, blank=True, default="")
    totp_last_step = models.BigIntegerField(default=0)
    generated = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = BaseUserManager["Member"]()
    scopes: frozenset[str] | None = None

    def __str__(self) -> str:
        return self.name

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must carry to stay valid: password and session_version."""
        value = f"{self.password}:{self.session_version}"
        return salted_hmac("dangol.staff.session", value, secret=secret, algorithm="sha256").hexdigest()

    def oversees(self, kind: str, *, change: bool = False) -> bool:
        """Whether this member may see (or stop) jobs of a kind that others started; asked by the work room."""
        return self.is_active and oversees(self.role, kind, change=change, scopes=self.scopes)


class Access(models.Model):
    """One look at or change of personal data: who, when, from where, whose, what.

    Source: Personal Information Safety Measures notice, access log (kept 1 year, 2 from 50,000 people on).
    """

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    address = models.CharField(max_length=45, blank=True, default="")
    verb = models.CharField(max_length=20)  # view, change, export, unmask, search
    what = models.CharField(max_length=60)
    customer_id = models.BigIntegerField(null=True, db_index=True)
    count = models.PositiveIntegerField(default=1)
    reason = models.CharField(max_length=300, blank=True, default="")
    detail = models.JSONField(default=dict)


class SavedView(models.Model):
    """A list's filters, sort and columns under a name: the query string of its page."""

    owner = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=4000, blank=True, default="")
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "page", "name"], name="one_view_per_name")]


class Guessing(models.Model):
    """Failed tries under one key (an account, a device of an account, an address), so that guessing is slowed."""

    key = models.CharField(max_length=64, primary_key=True)  # SHA-256: the table names nobody
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)


class RecoveryCode(models.Model):
    """A code that replaces the second factor once, stored as SHA-256."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)


class ApiToken(models.Model):
    """A key to the API, stored as SHA-256. minute and calls count the calls of the running minute."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8)  # its first characters, to tell tokens apart
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    minute = models.BigIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)


class KeyedCall(models.Model):
    """An API call made under an Idempotency-Key: its fingerprint and, once it is done, its first answer.

    attempt grows when a call whose process died is taken over: the earlier one may record no answer any more.
    """

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    route = models.CharField(max_length=300)
    body_hash = models.CharField(max_length=64)
    attempt = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)  # empty while running
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="one_call_per_key")]
