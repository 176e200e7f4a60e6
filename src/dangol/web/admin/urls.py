"""Addresses of this area."""

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse

from dangol.base.errors import NotAllowed
from dangol.staff.reads import may
from dangol.web.admin import log, machine, members, organisation
from dangol.web.navigation import AREAS
from dangol.web.shell import Request, page

app_name = "admin"


@page()
def first(request: Request) -> HttpResponse:
    """The first page of the area that the member may open."""
    area = next(one for one in AREAS if one.key == "admin")
    for place in area.pages:
        if place.right is None or may(request.user, place.right):
            return HttpResponseRedirect(reverse(place.name))
    raise NotAllowed("Your role has no page here. Ask an administrator.")


urlpatterns = [
    path("", first, name="first"),
    path("members/", members.members, name="members"),
    path("members/new/", members.new_member, name="new_member"),
    path("members/<int:member_id>/", members.member, name="member"),
    path("members/<int:member_id>/password/", members.set_password, name="set_password"),
    path("organisation/", organisation.units, name="units"),
    path("organisation/<int:unit_id>/", organisation.unit, name="unit"),
    path("rights/", organisation.rights, name="rights"),
    path("log/", log.log, name="log"),
    path("tokens/", machine.tokens, name="tokens"),
    path("tokens/<int:token_id>/revoke/", machine.revoke_token, name="revoke_token"),
    path("jobs/", machine.jobs, name="jobs"),
    path("jobs/<int:job_id>/retry/", machine.retry_job, name="retry_job"),
    path("settings/", machine.settings, name="settings"),
]
