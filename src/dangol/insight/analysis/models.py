"""Goals, and what the home page tells each part of the company: worked out in the cycle, not in the request."""

from django.conf import settings
from django.db import models


class Goal(models.Model):
    """What is to be reached in a span of days, by the company or one of its units, reps or RFM segments.

    At most one of unit, rep and segment is set; none is the whole company.

    measure: of rules.goals.MEASURES. target, value: minor units, counts or basis points, as the measure says. value:
    reached up to value_on; null before it was counted.
    """

    measure = models.CharField(max_length=20)
    unit = models.ForeignKey("staff.OrgUnit", null=True, on_delete=models.CASCADE, related_name="+")
    rep = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    segment = models.CharField(max_length=3, blank=True, default="")
    first = models.DateField()
    last = models.DateField()
    target = models.BigIntegerField()
    value = models.BigIntegerField(null=True)
    value_on = models.DateField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now=True)


class Board(models.Model):
    """What the last weeks were like for everybody who sees one part of the company.

    path: the unit's, empty for the whole company, “rep/<member id>” for one rep's customers. content: weeks (measure ->
    sums, oldest first), hints and notes (sentences that belong together), segments (code, customers, sales) and, of a
    rep, fallen (day since, how many, and the first of them as customer id and money lost).
    """

    path = models.CharField(max_length=255, unique=True)
    snapshot = models.CharField(max_length=80)
    as_of = models.DateField()
    content = models.JSONField()
