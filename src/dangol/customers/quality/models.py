"""Rules with all their versions, what was measured, what was found, and programmes with their tasks."""

from django.conf import settings
from django.db import models


class Check(models.Model):
    """A rule of the steward as it stands. definition: rules.checks.Rule.definition."""

    version = models.PositiveIntegerField(default=1)
    definition = models.JSONField()
    on = models.BooleanField(default=True)


class CheckVersion(models.Model):
    """One version of a rule: what it said, whether it was on, who wrote it. Rows are only added."""

    check_rule = models.ForeignKey(Check, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    definition = models.JSONField()
    on = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["check_rule", "version"], name="one_version_of_a_check")]


class Measurement(models.Model):
    """Counts of one group on one day (rules.criteria.Counts).

    cut: all, unit (customers of this unit itself), rep or source; key: its id or code, "" for nobody's.
    """

    day = models.DateField()
    cut = models.CharField(max_length=8)
    key = models.CharField(max_length=60, default="", blank=True)
    counts = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cut", "key", "day"], name="one_measurement_a_day")]
        indexes = [models.Index(fields=["day", "cut"], name="measurement_of_day")]


class Measuring(models.Model):
    """One day of measuring: how the criteria were weighed, the rules of the day, how long it took."""

    day = models.DateField(primary_key=True)
    weighing = models.JSONField()
    rules = models.JSONField()  # {rule id: version}
    seconds = models.FloatField(default=0)
    at = models.DateTimeField()


class Finding(models.Model):
    """Something stale, over-summarised or unlinked that the last measuring found; replaced each time."""

    kind = models.CharField(max_length=30)
    subject = models.CharField(max_length=100, blank=True, default="")
    count = models.BigIntegerField()
    total = models.BigIntegerField(null=True)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField()


class Programme(models.Model):
    """A collection programme: which fields, of whom, what the customer gets, and when. state: running, stopped, ended.

    check_rule: the rule a single task list was made from; empty for a programme that aims at missing fields.
    """

    name = models.CharField(max_length=100)
    fields = models.JSONField(default=list)
    check_rule = models.ForeignKey(Check, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    unit = models.ForeignKey("staff.OrgUnit", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    segments = models.JSONField(default=list)
    benefit = models.CharField(max_length=300, blank=True, default="")
    script = models.TextField(blank=True, default="")
    benefit_cost = models.BigIntegerField(default=0)  # minor units for each customer who answers
    effort_cost = models.BigIntegerField(default=0)  # minor units for each task handled
    starts_on = models.DateField()
    ends_on = models.DateField()
    most_per_rep = models.PositiveIntegerField(default=50)
    state = models.CharField(max_length=10, default="running")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    stopped_at = models.DateTimeField(null=True)


class Task(models.Model):
    """One customer to be asked for some fields. state: open, done, refused, closed (the programme ended first).

    fields: asked for; filled: those that have been given since. tries: times the customer was not reached.
    """

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="tasks")
    customer_id = models.BigIntegerField(db_index=True)
    unit = models.ForeignKey("staff.OrgUnit", null=True, on_delete=models.PROTECT, related_name="+")
    rep = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    fields = models.JSONField(default=list)
    filled = models.JSONField(default=list)
    state = models.CharField(max_length=10, default="open")
    tries = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["programme", "customer_id"], name="one_task_a_customer")]
        indexes = [
            models.Index(fields=["rep", "state"], name="task_of_rep"),
            models.Index(fields=["state", "customer_id"], name="open_task"),
        ]
