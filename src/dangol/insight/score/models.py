"""Published RFM schemes and the strategies people have rewritten; both keep every version."""

from django.conf import settings
from django.db import models


class Scheme(models.Model):
    """One version of how customers are scored; the highest version is in force.

    definition: rules.RfmScheme as plain values; the cut points of its quantile axes are filled in at the first scoring
    and never change afterwards (`cut_on`, the day they were computed for).
    """

    version = models.PositiveIntegerField(unique=True)
    definition = models.JSONField()
    cut_on = models.DateField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)


class StrategyText(models.Model):
    """A segment's name and strategy as somebody rewrote them in one language; the newest row is shown."""

    code = models.CharField(max_length=3)
    language = models.CharField(max_length=2)
    name = models.CharField(max_length=40)
    aim = models.CharField(max_length=80)
    text = models.CharField(max_length=600)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["code", "language", "-id"], name="newest_strategy")]
