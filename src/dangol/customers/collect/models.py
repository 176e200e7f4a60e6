"""Sources, loads, batches, quarantine, and collected people."""

from django.conf import settings
from django.db import models


class Source(models.Model):
    """Where data comes from, described once: how its columns become the common format.

    `system` names the space its customer keys live in: sources of one system know a customer by one key.
    `own`: the loop's own events, written by `record`.
    """

    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    system = models.CharField(max_length=60, db_index=True)
    kind = models.CharField(max_length=20)
    reader = models.CharField(max_length=10)  # csv, excel, parquet, sql, own
    mapping = models.JSONField(default=dict)
    constants = models.JSONField(default=dict)
    key = models.JSONField(default=list)
    options = models.JSONField(default=dict)
    columns = models.JSONField(default=list)  # header of its last file
    cleaning = models.JSONField(
        default=list
    )  # [{"column", "verb", "find", "put"}], done to every row before it is read
    watermark = models.CharField(max_length=100, blank=True, default="")
    own = models.BooleanField(default=False)
    generated = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)


class Load(models.Model):
    """One file (or query) taken in. state: waiting, running, done, failed, cancelled, undone.

    undoing, redoing: on the way to undone and back; `turned` is the last version of a person that was, none before all.

    Before that it may be looked through without taking anything in: checking, then checked, or unread where it failed.
    read = loaded + unchanged + quarantined; updated are a part of loaded, skipped a part of unchanged. corrections:
    {line: {column: text}} made before loading. decided: what `habits` found. outlook: what would become of the rows.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="loads")
    name = models.CharField(max_length=200)  # the file's own name, never a path
    upload = models.CharField(max_length=60, blank=True, default="")  # its place under uploads/
    sha256 = models.CharField(max_length=64, blank=True, default="", db_index=True)
    definition = models.CharField(max_length=64, blank=True, default="")  # hash of what decides how rows are read
    bytes = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, default="waiting", db_index=True)
    read = models.BigIntegerField(default=0)
    loaded = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    quarantined = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(default=0)
    corrections = models.JSONField(default=dict)
    decided = models.JSONField(default=dict)
    outlook = models.JSONField(default=dict)
    notes = models.JSONField(default=list)  # [{"template", "params"}]
    error = models.JSONField(null=True)  # {"template", "params"}
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    turned = models.BigIntegerField(null=True)
    job_id = models.BigIntegerField(null=True)
    seconds = models.FloatField(default=0)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)


class Batch(models.Model):
    """Rows that became visible together. `path` is under raw/; empty for people, whose rows are in `Person`.

    `replaces`: how many of its rows stand in for earlier rows of the same line_key.
    """

    load = models.ForeignKey(Load, on_delete=models.PROTECT, related_name="batches")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="batches")
    kind = models.CharField(max_length=20)
    number = models.IntegerField()
    path = models.CharField(max_length=200, blank=True, default="")
    sha256 = models.CharField(max_length=64, blank=True, default="")
    read = models.IntegerField(default=0)  # rows of the file it answers for, also those it did not keep
    rows = models.IntegerField(default=0)
    replaces = models.IntegerField(default=0)
    live = models.BooleanField(default=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["load", "number"], name="one_batch_per_number")]
        indexes = [models.Index(fields=["kind", "live"], name="collect_batch_live")]


class Quarantined(models.Model):
    """A row that was refused, with the reason.

    state: open, fixed, ignored, closed (its load was undone), draft (its load was looked through only).
    """

    load = models.ForeignKey(Load, on_delete=models.PROTECT, related_name="refused")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="refused")
    line = models.BigIntegerField()
    raw = models.JSONField()  # {column: text}, or {"": text} for a line that could not be cut
    raw_hash = models.BigIntegerField()
    reason = models.CharField(max_length=30)
    field = models.CharField(max_length=60, blank=True, default="")
    params = models.JSONField(default=dict)
    state = models.CharField(max_length=8, default="open")
    note = models.CharField(max_length=300, blank=True, default="")
    assigned_to = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["source", "state", "reason"], name="collect_refused_group"),
            models.Index(fields=["source", "raw_hash"], name="collect_refused_hash"),
        ]


class Person(models.Model):
    """One version of what a source says about a person; exactly one version per key is the newest.

    fields: all that holds since this version. said: what its row itself said, null for an erased field; nothing where
    that is the same.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="people")
    source_key = models.CharField(max_length=120)
    fields = models.JSONField()
    said = models.JSONField(null=True)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="people")
    newest = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_key"], condition=models.Q(newest=True), name="one_newest_per_person"
            )
        ]
        indexes = [
            models.Index(fields=["batch"], name="collect_person_batch"),
            models.Index(fields=["source", "source_key"], name="collect_person_key"),
        ]


class Event(models.Model):
    """One of the loop's own events; without a batch it waits to be gathered into one."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="events")
    line_key = models.BigIntegerField()
    fields = models.JSONField()
    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="events")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "line_key"], name="one_event_per_key")]
        indexes = [models.Index(fields=["batch"], name="collect_event_batch")]
