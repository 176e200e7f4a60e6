"""Saved groupings with every version of their rules, the names people gave, and how large their groups were."""

from django.conf import settings
from django.db import models


class Grouping(models.Model):
    """One saved way to group customers. kind: clusters or tree. next_code: the number a group gets that is new.

    retired_at: since when it is no longer kept up; its versions stay readable.
    """

    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=8)
    next_code = models.PositiveSmallIntegerField(default=1)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True)
    retired_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")


class Version(models.Model):
    """One version of a grouping: what was asked for, what was found, and how its groups are today.

    wanted: rules.clusters.Wanted or rules.trees.Wanted as plain values. fitted: {} until found; `answer` is fitted or
    too_few. The newest version whose answer is fitted is in force. profile: of the day `as_of`, rewritten every cycle.
    """

    grouping = models.ForeignKey(Grouping, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    wanted = models.JSONField()
    fitted = models.JSONField(default=dict)
    profile = models.JSONField(default=dict)
    as_of = models.DateField(null=True)
    job_id = models.BigIntegerField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["grouping", "number"], name="one_grouping_version_per_number")]


class GroupName(models.Model):
    """What somebody called a group; the newest row is shown, an empty name brings the described one back."""

    grouping = models.ForeignKey(Grouping, on_delete=models.CASCADE, related_name="names")
    code = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)


class Size(models.Model):
    """A group's size on one day of counting. sales: minor units in the window."""

    grouping = models.ForeignKey(Grouping, on_delete=models.CASCADE, related_name="sizes")
    as_of = models.DateField()
    code = models.PositiveSmallIntegerField()
    customers = models.BigIntegerField()
    sales = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["grouping", "as_of", "code"], name="one_group_size_a_day")]
