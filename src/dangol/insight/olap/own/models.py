"""Measures people made; every version is kept."""

from django.conf import settings
from django.db import models


class OwnMeasure(models.Model):
    """One version of a measure; the highest of a star and name is in force, unless it says the measure is gone.

    star: "" is the company's own. formula, condition: as written (rules.formulas, rules.conditions).
    """

    star = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    label_en = models.CharField(max_length=60)
    label_ko = models.CharField(max_length=60)
    unit = models.CharField(max_length=10)
    formula = models.CharField(max_length=500)
    condition = models.CharField(max_length=4000, blank=True)
    gone = models.BooleanField(default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["star", "name", "version"], name="one_version_of_measure")]
