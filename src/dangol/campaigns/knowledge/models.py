"""Lessons: what each campaign taught."""

from django.conf import settings
from django.db import models


class Lesson(models.Model):
    """One campaign's lesson: what was aimed at, what came of it, why, and what to do better.

    basis: experiment (measured against a control group) or observational. `measured` holds the figures as they were
    judged; `rate`, `low`, `high` the share that answered, where one was counted.
    """

    campaign_key = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    basis = models.CharField(max_length=14, db_index=True)
    aim = models.CharField(max_length=12, blank=True, default="", db_index=True)
    kind = models.CharField(max_length=40, blank=True, default="")
    channel = models.CharField(max_length=20, blank=True, default="")
    segments = models.JSONField(default=list)
    offer = models.TextField(blank=True, default="")
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    contacted = models.IntegerField(default=0)
    responded = models.IntegerField(default=0)
    rate = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    measured = models.JSONField(default=dict)
    reasons = models.TextField(blank=True, default="")
    improvements = models.TextField(blank=True, default="")
    source = models.CharField(max_length=60, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now=True)
