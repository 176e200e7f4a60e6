"""Plans of campaigns and what was decided about them."""

from django.conf import settings
from django.db import models


class Plan(models.Model):
    """A campaign from first draft to launch. `content` holds the fields of rules.FIELDS, also while they are wrong.

    version counts the edits. approved_hash is the hash of the content that was approved; any edit empties it.
    """

    name = models.CharField(max_length=120, blank=True, default="")
    content = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default="draft", db_index=True)
    version = models.PositiveIntegerField(default=1)
    approved_hash = models.CharField(max_length=64, blank=True, default="")
    simulation = models.JSONField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    submitted_at = models.DateTimeField(null=True, blank=True)


class Decision(models.Model):
    """One word of an approver on one content of a plan."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="decisions")
    verdict = models.CharField(max_length=10)  # approved, sent_back
    content_hash = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    comment = models.TextField(blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "version"], name="one_decision_per_version")]
