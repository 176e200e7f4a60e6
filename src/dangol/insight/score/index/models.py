"""Published customer indexes with every version, and how they were spread on every day of counting."""

from django.conf import settings
from django.db import models


class Index(models.Model):
    """A named index. retired_at: since when it is no longer counted; its versions stay readable."""

    name = models.CharField(max_length=60)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True)
    retired_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")


class Version(models.Model):
    """One version of an index, never changed; the highest is in force.

    definition: rules.Definition as plain values, with the bounds of its ranges as they were on the day of publishing.
    """

    index = models.ForeignKey(Index, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["index", "number"], name="one_index_version_per_number")]


class Day(models.Model):
    """How an index was spread on one day. spread: rules.Spread as plain values; version: the number counted by."""

    index = models.ForeignKey(Index, on_delete=models.CASCADE, related_name="days")
    as_of = models.DateField()
    version = models.PositiveIntegerField()
    spread = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["index", "as_of"], name="one_index_spread_a_day")]
