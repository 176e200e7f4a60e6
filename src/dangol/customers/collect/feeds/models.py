"""Connections to databases, web sites that send events, and the events that wait to be gathered."""

from django.conf import settings
from django.db import models


class Connection(models.Model):
    """Where a database is and how to enter it. The password is encrypted and never leaves this room."""

    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=12)  # postgresql, mysql, sqlite
    host = models.CharField(max_length=255, blank=True, default="")
    port = models.PositiveIntegerField(null=True)
    database = models.CharField(max_length=500)  # its name; for SQLite the file's path below the inbox
    user = models.CharField(max_length=128, blank=True, default="")
    sealed_password = models.TextField(blank=True, default="")
    tls = models.BooleanField(default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    tested_at = models.DateTimeField(null=True)  # when it last answered
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)


class Site(models.Model):
    """A web site whose visitors' events are taken in under its write key. system: the space of its user ids."""

    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    system = models.CharField(max_length=60)
    write_key = models.CharField(max_length=40, unique=True)
    origins = models.JSONField(default=list)
    properties = models.JSONField(default=list)  # names of the properties that are kept
    enabled = models.BooleanField(default=True)
    generated = models.BooleanField(default=False)
    minute = models.BigIntegerField(default=0)  # of the rate limit
    calls = models.IntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)


class WebEvent(models.Model):
    """One event as it came in. It waits to be gathered into a batch and is kept a while to know its repetition."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="events")
    message_id = models.CharField(max_length=100)
    fields = models.JSONField()
    gathered = models.BooleanField(default=False)
    received_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "message_id"], name="one_web_event_per_message")]
        indexes = [models.Index(fields=["site", "gathered"], name="feeds_event_waiting")]


class Visitor(models.Model):
    """An anonymous visitor who said who they are: the first word counts. tied: earlier events carry the key."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="visitors")
    anonymous_id = models.CharField(max_length=100)
    customer_key = models.CharField(max_length=120)
    tied = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "anonymous_id"], name="one_customer_per_visitor")]
        indexes = [models.Index(fields=["site", "tied"], name="feeds_visitor_tied")]
