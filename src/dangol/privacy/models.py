"""Requests of people about their data, what happened to each, and what was handed over."""

from django.conf import settings
from django.db import models


class Request(models.Model):
    """One request of a customer. states: rules.STATES; due_on was worked out from the policy when it came in.

    `wish` is in the customer's words; it is destroyed with the person. `erasing` says how far an erasure is.
    """

    kind = models.CharField(max_length=12)
    customer = models.ForeignKey("identify.Customer", on_delete=models.PROTECT, related_name="+")
    origin = models.CharField(max_length=10)
    wish = models.TextField(blank=True, default="")
    country = models.CharField(max_length=2, default="KR")
    article = models.CharField(max_length=100)
    received_at = models.DateTimeField()
    due_on = models.DateField(db_index=True)
    state = models.CharField(max_length=10, default="received", db_index=True)
    check_how = models.CharField(max_length=10, blank=True, default="")
    checked_at = models.DateTimeField(null=True)
    assigned = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    ground = models.CharField(max_length=10, blank=True, default="")
    answer = models.TextField(blank=True, default="")
    closed_at = models.DateTimeField(null=True, db_index=True)
    job_id = models.BigIntegerField(null=True)
    erasing = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["state", "due_on", "id"], name="privacy_board")]


class Step(models.Model):
    """What happened to a request, when and by whom; only ever added to."""

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="steps")
    what = models.CharField(max_length=20)  # received, checked, assigned, report, export, applied, erased, ...
    note = models.CharField(max_length=300, blank=True, default="")
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")


class Handover(models.Model):
    """Personal data that left in a report or an export. Source: PIPA art. 35-2 (log kept 3 years)."""

    customer_id = models.BigIntegerField(db_index=True)
    request_id = models.BigIntegerField(null=True)
    form = models.CharField(max_length=10)  # report, json, csv
    sha256 = models.CharField(max_length=64)
    bytes = models.IntegerField(default=0)
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")


class Destruction(models.Model):
    """What one run of the retention schedule destroyed: per sort of data how many."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    counts = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")


class Taken(models.Model):
    """A batch of consents from a source whose words were taken over; each is taken once."""

    batch_id = models.BigIntegerField(primary_key=True)
    taken = models.IntegerField(default=0)
    unclear = models.IntegerField(default=0)
    at = models.DateTimeField(auto_now_add=True)
