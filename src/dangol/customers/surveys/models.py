"""Surveys, their published versions, and what was answered."""

from django.conf import settings
from django.db import models


class Survey(models.Model):
    """A survey or sign-up form. `content` is the draft; what people see is the newest Version.

    state: draft, open, closed. token: the public link's secret. revision: counts changes of the draft, so that two
    editors notice each other.
    """

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    token = models.CharField(max_length=40, unique=True)
    state = models.CharField(max_length=8, default="draft")
    content = models.JSONField(default=dict)
    revision = models.IntegerField(default=1)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)


class Version(models.Model):
    """What was published once and is never changed: answers stay readable as they were asked."""

    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="versions")
    number = models.IntegerField()
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["survey", "number"], name="one_survey_version_per_number")]


class Response(models.Model):
    """One person's answers. state: done, guardian (waits for a guardian's consent), dropped (its data is destroyed).

    once: the page it came from, so that sending twice is one answer. customer_id: by personal link or sign-up.
    campaign_key: whose message the personal link stood in; told: the campaign knows of the answer.
    """

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="responses")
    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="responses")
    once = models.CharField(max_length=40)
    state = models.CharField(max_length=8, default="done")
    customer_id = models.BigIntegerField(null=True)
    personal = models.BooleanField(default=False)
    answers = models.JSONField(default=dict)
    consents = models.JSONField(default=list)  # places of the consents that were given
    guardian = models.JSONField(default=dict)
    language = models.CharField(max_length=2, default="ko")
    campaign_key = models.CharField(max_length=60, blank=True, default="", db_index=True)
    told = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["survey", "once"], name="one_response_per_page"),
            models.UniqueConstraint(
                fields=["survey", "customer_id"],
                condition=models.Q(personal=True, customer_id__isnull=False),
                name="one_response_per_invited",
            ),
        ]
        indexes = [
            models.Index(fields=["survey", "at"], name="survey_response_by_time"),
            models.Index(fields=["customer_id"], name="survey_response_by_customer"),
        ]


class Answer(models.Model):
    """One answer to one question; a question with several choices has a row each."""

    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="rows")
    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="+")
    question = models.CharField(max_length=40)
    kind = models.CharField(max_length=10)
    text = models.CharField(max_length=2000, blank=True, default="")
    number = models.FloatField(null=True)

    class Meta:
        indexes = [models.Index(fields=["survey", "question", "text"], name="survey_answer_by_question")]


class Knock(models.Model):
    """How often an address (as a keyed hash) sent answers to a survey within a window of time."""

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    since = models.DateTimeField()
    times = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["survey", "digest"], name="one_knock_per_address")]
