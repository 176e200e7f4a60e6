"""Kept views, the schedules they are sent by, and every copy that was sent."""

from typing import ClassVar

from django.db import models


class View(models.Model):
    """A state of the explorer under a name. shared: "" only its owner, "all", or "roles": those named in `roles`,
    each between two spaces.

    removed_at: taken away; for a while it can be taken back. version grows with every change.
    """

    owner = models.ForeignKey("staff.Member", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    star = models.CharField(max_length=60, blank=True, default="")
    query = models.CharField(max_length=8000)
    shared = models.CharField(max_length=10, blank=True, default="")
    roles = models.CharField(max_length=200, blank=True, default="")
    usual = models.BooleanField(default=False)  # what its owner sees when the explorer is opened
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner", "name"], condition=models.Q(removed_at=None), name="one_report_per_name"
            )
        ]


class Mailing(models.Model):
    """A view that goes out by mail: to whom, in which form. When: the schedule `report-<id>` of the work room."""

    view = models.ForeignKey(View, on_delete=models.CASCADE, related_name="mailings")
    owner = models.ForeignKey("staff.Member", on_delete=models.CASCADE, related_name="+")
    form = models.CharField(max_length=4)
    recipients = models.JSONField(default=list)  # ids of members
    created_at = models.DateTimeField(auto_now_add=True)


class Round(models.Model):
    """One time a mailing goes out; open until every copy has its end, so that a job that died goes on with it."""

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="rounds")
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)


class Copy(models.Model):
    """What one member was sent. rights: role and place in the organisation that bounded its figures.

    state: queued, sending, sent, failed, in_doubt. `sending` is written before the network is touched.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="copies")
    member = models.ForeignKey("staff.Member", on_delete=models.CASCADE, related_name="+")
    token = models.CharField(max_length=43, unique=True)
    state = models.CharField(max_length=10, default="queued")
    rights = models.JSONField(default=dict)
    file = models.CharField(max_length=120, blank=True, default="")  # its name below the folder of sent reports
    sha256 = models.CharField(max_length=64, blank=True, default="")
    said = models.CharField(max_length=300, blank=True, default="")  # what the mail server, or we, said
    at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["round", "member"], name="one_copy_per_member")]
