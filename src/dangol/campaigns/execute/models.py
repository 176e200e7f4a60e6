"""Launched campaigns, their frozen targets, and clicks."""

from django.conf import settings
from django.db import models


class Run(models.Model):
    """A launched campaign. `content` is what was approved, frozen; `sender` the sending loop that holds it now.

    state: rules.STATES. snapshot, aimed, split_file, split_sha256: once it is drawn, the purchases it was drawn on, how
    many customers the draw decided on, and who is in which cell, while it launches.
    """

    plan_id = models.BigIntegerField(unique=True)
    campaign_key = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    snapshot = models.CharField(max_length=40)
    approved_by = models.CharField(max_length=100)
    starts_on = models.DateField()
    ends_on = models.DateField()
    aimed = models.PositiveIntegerField(default=0)
    split_file = models.CharField(max_length=60, blank=True, default="")
    split_sha256 = models.CharField(max_length=64, blank=True, default="")
    state = models.CharField(max_length=10, default="launching", db_index=True)
    note = models.CharField(max_length=300, blank=True, default="")
    per_second = models.FloatField(default=0)  # 0: as fast as the channel bears
    sender = models.CharField(max_length=40, blank=True, default="")
    job_id = models.BigIntegerField(null=True)
    announced = models.BooleanField(default=False)  # told to collect as a campaign
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    launched_at = models.DateTimeField(auto_now_add=True)
    resumes_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)


class Target(models.Model):
    """A customer of a launched campaign, frozen: in which cell, or left out and why."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="targets")
    customer_id = models.BigIntegerField(db_index=True)
    cell = models.CharField(max_length=8)  # target, control, out
    reason = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "customer_id"], name="one_place_per_customer")]
        indexes = [models.Index(fields=["run", "cell"], name="targets_by_cell")]


class Click(models.Model):
    """A click on the link of a message; `machine` when it came within seconds of sending."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="clicks")
    message_id = models.BigIntegerField()
    customer_id = models.BigIntegerField()
    at = models.DateTimeField()
    machine = models.BooleanField()
    recorded = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message_id", "machine"], name="one_click_per_message_and_sort")]
