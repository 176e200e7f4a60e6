"""Home per role, help, the components page, and the fragment of a running job."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from dangol import cycle
from dangol.staff.rules import Right
from dangol.web.home import samples, tiles
from dangol.web.shell import Request, page
from dangol.work import actions as work
from dangol.work import reads as jobs


@page()
def home(request: Request) -> HttpResponse:
    """What this member should do next, by role."""
    return render(request, "home/home.html", tiles.board(request.user))


@page()
def help_page(request: Request) -> HttpResponse:
    """The keyboard, the words, and where to ask."""
    return render(request, "home/help.html")


@page(methods=("GET", "POST"))
def components(request: Request) -> HttpResponseBase:
    """Every component in every state, light and dark side by side."""
    return samples.SAMPLES.respond(request, "home/components.html", samples.board())


@never_cache
@page()
def job(request: Request, job_id: int) -> HttpResponse:
    """The fragment that shows how far a job is."""
    view = jobs.job(request.user, job_id)
    done = request.GET.get("done", "")
    return render(request, "home/job.html", {"view": view, "done_url": done if _ours(request, done) else ""})


@page(methods=("POST",))
def cancel_job(request: Request, job_id: int) -> HttpResponse:
    """Ask a job to stop, then back to where the member was."""
    work.cancel(by=request.user, job_id=job_id)
    return _back(request)


@page(Right.SOURCES_LOAD, methods=("POST",))
def run_cycle(request: Request) -> HttpResponse:
    """Queue a cycle (one at a time), then back to where the member was."""
    cycle.start(by=request.user)
    messages.success(request, _("The cycle has been started. The figures follow in a moment."))
    return _back(request)


def _back(request: Request) -> HttpResponse:
    back = request.META.get("HTTP_REFERER", "")
    return HttpResponseRedirect(back if _ours(request, back) else "/")


def _ours(request: Request, url: str) -> bool:
    """Whether an address leads to a page of this server."""
    return url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
