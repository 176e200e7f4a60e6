"""The send ledger: every message to a person, before, while and after it leaves the house."""

from django.db import models


class Message(models.Model):
    """One message of one campaign step to one customer on one channel; there is never a second row for it.

    Written together with the consent it relies on (`permit`). `sender` is the run of the sending loop that holds it:
    a loop that was overtaken finds another value and may write no more. Source of the states: rules.TRANSITIONS.
    """

    campaign_key = models.CharField(max_length=60)
    step = models.CharField(max_length=40, default="1")
    customer_id = models.BigIntegerField(db_index=True)
    channel = models.CharField(max_length=20)
    state = models.CharField(max_length=10, default="queued")
    reason = models.CharField(max_length=40, blank=True, default="")  # why held or cancelled
    token = models.CharField(max_length=40, unique=True)
    address = models.CharField(max_length=254)
    values = models.JSONField(default=dict)  # what the template is filled with for this person
    permit = models.JSONField(default=dict)  # the consent at the time of queueing
    sender = models.CharField(max_length=40, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    provider_id = models.CharField(max_length=200, blank=True, default="")
    answer = models.CharField(max_length=300, blank=True, default="")
    resolved_by = models.CharField(max_length=100, blank=True, default="")
    queued_at = models.DateTimeField(auto_now_add=True)
    sending_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    recorded = models.BooleanField(default=False)  # told to collect as a contact

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign_key", "step", "customer_id", "channel"], name="one_message_per_person_and_step"
            )
        ]
        indexes = [models.Index(fields=["campaign_key", "state", "id"], name="ledger_by_state")]


class Undeliverable(models.Model):
    """An address its own mail server refused for good, while it is this customer's: a keyed hash, and the answer."""

    channel = models.CharField(max_length=20)
    customer_id = models.BigIntegerField(db_index=True)
    digest = models.CharField(max_length=64)
    answer = models.CharField(max_length=300, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "customer_id"], name="one_word_per_address")]
