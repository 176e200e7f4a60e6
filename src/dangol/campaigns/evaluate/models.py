"""Judged results, kept with the data they were judged from."""

from django.conf import settings
from django.db import models


class Result(models.Model):
    """The latest judgement of a run: from which snapshot, on what day of the data, by whom.

    redrawn: whether drawing again gave everybody the same cell; null where it was judged before this was kept.
    """

    run_id = models.BigIntegerField(unique=True)
    snapshot = models.CharField(max_length=40)
    as_of = models.DateField()
    judgement = models.JSONField()
    verdict = models.CharField(max_length=14)
    redrawn = models.BooleanField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now=True)
