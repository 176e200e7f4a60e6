"""Saved segments, their versions, members and sizes, and what members are building and have not saved."""

from django.conf import settings
from django.db import models


class Segment(models.Model):
    """A segment people built. kind: live (worked out anew each cycle), static (a list), frozen (a live one at a day).

    definition: rules.to_dict, of a live segment and of what a frozen one was; null for a static list. version counts
    what changed who is in it; size: how many are in it as of as_of; who they
    are lies with the customers (identify), where lists ask for it. bound_for: what a list was frozen for, as who froze
    it calls it. tally: of a list, what became of its lines. past_at: when its past sizes were worked out.
    """

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=6, default="live")
    note = models.CharField(max_length=300, blank=True, default="")
    origin = models.CharField(max_length=120, blank=True, default="")
    definition = models.JSONField(null=True)
    version = models.PositiveIntegerField(default=1)
    shared = models.BooleanField(default=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    size = models.IntegerField(null=True)
    as_of = models.DateField(null=True)
    members_sha256 = models.CharField(max_length=64, blank=True, default="")
    made_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="frozen")
    bound_for = models.CharField(max_length=60, blank=True, default="")
    tally = models.JSONField(null=True)
    past_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(null=True)


class Version(models.Model):
    """What a segment was defined as, and by whom; every save writes one."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    definition = models.JSONField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "number"], name="one_version_of_a_number")]


class Size(models.Model):
    """How many were in a segment on a day. afterwards: worked out later, for a day on which it was not counted."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="sizes")
    day = models.DateField()
    customers = models.IntegerField()
    version = models.PositiveIntegerField()
    afterwards = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "day"], name="one_size_a_day")]


class Draft(models.Model):
    """What a member is building: every step of it, for undo and redo. segment_id 0: a new one."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    segment_id = models.BigIntegerField(default=0)
    steps = models.JSONField(default=list)
    place = models.PositiveIntegerField(default=0)
    turn = models.PositiveIntegerField(default=0)  # goes up with every change: a count of an older one gives up
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["by", "segment_id"], name="one_draft_of_a_segment")]
