"""Goals, and what the home page tells each part of the company: worked out in the cycle, not in the request."""

from django.conf import settings
from django.db import models


class Goal(models.Model):
    """What is to be reached in a span of days, by the company (unit null) or one of its units.

    measure: of rules.goals.MEASURES. target, value: minor units, counts or basis points, as the measure says. value:
    reached up to value_on; null before it was counted.
    """

    measure = models.CharField(max_length=20)
    unit = models.ForeignKey("staff.OrgUnit", null=True, on_delete=models.CASCADE, related_name="+")
    first = models.DateField()
    last = models.DateField()
    target = models.BigIntegerField()
    value = models.BigIntegerField(null=True)
    value_on = models.DateField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now=True)


class Board(models.Model):
    """What the last weeks were like for everybody who sees one part of the company.

    path: the unit's, empty for the whole company. content: rules.pulse.Pulse as plain values.
    """

    path = models.CharField(max_length=255, unique=True)
    snapshot = models.CharField(max_length=80)
    as_of = models.DateField()
    content = models.JSONField()
