"""Long jobs, and the schedules that start them."""

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


class Schedule(models.Model):
    """A job that starts by the clock. `every`: minutes, daily, weekly or monthly; `at` is company time.

    next_run: when it is due. slot: the due time it last fired for, which never fires twice; fired_at: when it did.
    late_minutes: how long after its due time a run must have ended well. builtin: made by the installation.
    """

    code = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=60)
    arguments = models.JSONField(default=dict)
    every = models.CharField(max_length=8)
    minutes = models.PositiveIntegerField(default=60)
    at = models.CharField(max_length=5, default="02:00")
    weekdays = models.JSONField(default=list)  # 0 is Monday
    month_day = models.PositiveSmallIntegerField(default=1)
    enabled = models.BooleanField(default=True)
    builtin = models.BooleanField(default=False)
    retries = models.PositiveSmallIntegerField(default=3)
    late_minutes = models.PositiveIntegerField(default=60)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    next_run = models.DateTimeField(null=True, db_index=True)
    slot = models.DateTimeField(null=True)
    fired_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)


class Run(models.Model):
    """What became of one due time of a schedule. state: open, done, failed, cancelled; attempts are its jobs."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="runs")
    slot = models.DateTimeField()
    state = models.CharField(max_length=10, default="open", db_index=True)
    attempt = models.PositiveSmallIntegerField(default=1)
    job_id = models.BigIntegerField(null=True)
    error = models.JSONField(null=True)  # {"type", "template", "params"}, of the last attempt
    result = models.JSONField(null=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["schedule", "-id"], name="work_run_newest")]
