"""Consent by purpose and channel, and the list of addresses that must never be used again."""

from django.conf import settings
from django.db import models


class Consent(models.Model):
    """The latest word of a customer about one purpose and channel; earlier words stay as rows with `current` false."""

    customer_id = models.BigIntegerField(db_index=True)
    purpose = models.CharField(max_length=20)  # marketing, night, profiling
    channel = models.CharField(max_length=20)  # email, sms, ...
    given = models.BooleanField()
    current = models.BooleanField(default=True)
    at = models.DateTimeField()
    text_version = models.CharField(max_length=40, blank=True, default="")
    proof = models.CharField(max_length=200, blank=True, default="")
    origin = models.CharField(max_length=10, default="staff")  # customer, staff, import
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    noticed_at = models.DateTimeField(null=True, blank=True)  # when the customer was told the result
    generated = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "purpose", "channel"],
                condition=models.Q(current=True),
                name="one_current_consent",
            )
        ]


class Suppression(models.Model):
    """An address of an erased person, as a keyed hash: enough to keep silent, not enough to know who it was."""

    channel = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "digest"], name="one_suppression_per_address")]
