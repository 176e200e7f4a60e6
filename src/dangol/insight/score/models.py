"""Published RFM schemes, channels with one of their own, strategies people rewrote: every version is kept."""

from django.conf import settings
from django.db import models


class Channel(models.Model):
    """A channel of purchases with a scheme of its own. withdrawn_at: since when nobody is scored by it any more."""

    name = models.CharField(max_length=60, unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")


class Scheme(models.Model):
    """One version of how customers are scored, the company's (channel null) or a channel's; the highest is in force.

    definition: rules.RfmScheme as plain values; the cut points of its quantile axes are filled in at the first scoring
    and never change afterwards (`cut_on`, the day they were computed for).
    """

    channel = models.ForeignKey(Channel, null=True, on_delete=models.PROTECT, related_name="schemes")
    version = models.PositiveIntegerField()
    definition = models.JSONField()
    cut_on = models.DateField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version"], condition=models.Q(channel=None), name="one_scheme_a_version"),
            models.UniqueConstraint(fields=["channel", "version"], name="one_channel_scheme_a_version"),
        ]


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
