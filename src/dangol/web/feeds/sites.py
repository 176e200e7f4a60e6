"""Web sites that send events: their keys and origins."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from dangol.base.errors import BadInput
from dangol.customers.collect.feeds import actions, reads
from dangol.staff.reads import may
from dangol.staff.rules import Right
from dangol.web.feeds.forms import SiteForm
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page


@page(Right.SOURCES_VIEW)
def sites(request: Request) -> HttpResponse:
    """All sites."""
    context = {"sites": reads.sites(request.user), "may_load": may(request.user, Right.SOURCES_LOAD)}
    return render(request, "feeds/sites.html", context)


@page(Right.SOURCES_LOAD, methods=("GET", "POST"))
def new_site(request: Request) -> HttpResponseBase:
    """Describe a site."""
    form = SiteForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _keep(request, form):
        return redirect("feeds:site", form.cleaned_data["code"])
    return render(request, "feeds/site_form.html", {"form": form}, status=422 if form.errors else 200)


def _keep(request: Request, form: SiteForm) -> bool:
    try:
        actions.keep_site(by=request.user, **form.values())
    except BadInput as error:
        form.add_error(error.field if error.field in form.fields else None, sentence(error))
        return False
    messages.success(request, _("The site is kept."))
    return True


@page(Right.SOURCES_VIEW, methods=("GET", "POST"))
def site(request: Request, code: str) -> HttpResponseBase:
    """One site: what to put into its pages, and its description."""
    found = reads.site(request.user, code)
    initial = {"code": code, "name": found.name, "origins": "\n".join(found.origins), "system": found.system,
               "properties": "\n".join(found.properties), "enabled": found.enabled}  # fmt: skip
    form = SiteForm(request.POST or None, fixed=True, initial=initial)
    if request.method == "POST" and form.is_valid() and _keep(request, form):
        return redirect("feeds:site", code)
    base = settings.DANGOL.base_url.rstrip("/")
    return render(request, "feeds/site.html", {
        "site": found, "form": form, "script_url": base + reverse("feeds:script"),
        "events_url": base + "/api/v1/events",
        "may_load": may(request.user, Right.SOURCES_LOAD),
    }, status=422 if form.errors else 200)  # fmt: skip


@page(Right.SOURCES_LOAD, methods=("POST",))
def renew_key(request: Request, code: str) -> HttpResponseBase:
    """Give a site a new write key."""
    actions.renew_key(by=request.user, code=code)
    messages.success(request, _("The site has a new write key. Put it into its pages."))
    return redirect("feeds:site", code)
