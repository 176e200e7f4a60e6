"""Long jobs."""

from django.conf import settings
from django.db import models


class Job(models.Model):
    """One piece of long work: what to run, how far it is, who holds it.

    state: queued, running, done, failed, cancelled, parked (its worker died three times). `lease` is a number that
    grows with every claim: a worker that lost its lease finds another number and may write no more (fencing).
    attempts counts claims since it was queued; holder names the process, so that one on the same machine that is
    gone is noticed at once.
    """

    kind = models.CharField(max_length=60)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default="queued", db_index=True)
    unique_key = models.CharField(max_length=200, null=True, blank=True, unique=True)  # cleared at the end
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    note = models.CharField(max_length=200, blank=True, default="")
    cancel_asked = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease = models.PositiveIntegerField(default=0)
    holder = models.CharField(max_length=200, blank=True, default="")
    heartbeat_at = models.DateTimeField(null=True, db_index=True)
    run_after = models.DateTimeField(null=True, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)
    error = models.JSONField(null=True)  # {"type", "template", "params"}
