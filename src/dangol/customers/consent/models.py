"""Consent by purpose and channel, the texts it was asked with, guardians, and addresses never to be used again."""

from django.conf import settings
from django.db import models


class Consent(models.Model):
    """The latest word of a customer about one purpose and channel; earlier words stay as rows with `current` false.

    merges: under which merges of customers the word was written here, one after the other; empty for the customer's
    own words. `until` is the first day on which an agreement given for a time no longer counts.
    """

    customer_id = models.BigIntegerField(db_index=True)
    purpose = models.CharField(max_length=20)  # marketing, night, profiling
    channel = models.CharField(max_length=20)  # email, sms, ...
    given = models.BooleanField()
    current = models.BooleanField(default=True)
    at = models.DateTimeField()
    until = models.DateField(null=True, blank=True)
    text_version = models.CharField(max_length=40, blank=True, default="")
    proof = models.CharField(max_length=200, blank=True, default="")
    through = models.CharField(max_length=10, blank=True, default="")  # how it was given: rules.WAYS
    origin = models.CharField(max_length=10, default="staff")  # customer, staff, import
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    noticed_at = models.DateTimeField(null=True, blank=True)  # when the customer was told the result
    merges = models.CharField(max_length=200, blank=True, default="")
    generated = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "purpose", "channel"],
                condition=models.Q(current=True),
                name="one_current_consent",
            )
        ]
        indexes = [
            models.Index(
                fields=["at"], condition=models.Q(noticed_at=None, generated=False), name="consent_notice_waiting"
            ),
            models.Index(
                fields=["purpose", "channel", "at"], condition=models.Q(current=True), name="consent_standing"
            ),
        ]


class Joined(models.Model):
    """Two customers that are one person at present, as the room that knows customers says; None: still joined."""

    kept = models.BigIntegerField(db_index=True)
    gone = models.BigIntegerField(db_index=True)
    merge = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField(auto_now_add=True)
    parted_at = models.DateTimeField(null=True)


class Minor(models.Model):
    """A customer under the age of consent, until `grown_on`; the guardian's word makes the customer's own count."""

    customer_id = models.BigIntegerField(primary_key=True)
    grown_on = models.DateField(db_index=True)
    guardian = models.CharField(max_length=100, blank=True, default="")
    relation = models.CharField(max_length=40, blank=True, default="")
    proof = models.CharField(max_length=200, blank=True, default="")
    agreed_at = models.DateTimeField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")


class Wording(models.Model):
    """A text consent is asked with. Once published it never changes: another wording is another version."""

    purpose = models.CharField(max_length=20)
    version = models.CharField(max_length=40)
    language = models.CharField(max_length=2)
    title = models.CharField(max_length=120)
    text = models.TextField()
    published_at = models.DateTimeField(null=True, db_index=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "version", "language"], name="one_wording_per_version")
        ]


class Suppression(models.Model):
    """An address of an erased person, as a keyed hash: enough to keep silent, not enough to know who it was."""

    channel = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "digest"], name="one_suppression_per_address")]
