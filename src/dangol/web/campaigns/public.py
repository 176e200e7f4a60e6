"""What a customer sees behind the links of a message: the offer. The page of preferences is in web/privacy.

Any link that is not valid gets the same neutral page. Mail scanners open every link, so GET never changes consent.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dangol.base.errors import NotFound
from dangol.campaigns.execute import actions as execute
from dangol.campaigns.execute import reads as executed
from dangol.channels import links


def _neutral(request: HttpRequest) -> HttpResponse:
    return render(request, "campaigns/link_void.html", status=404)


@require_safe
def click(request: HttpRequest, signed: str) -> HttpResponse:
    """Count a click and lead to the campaign's page on this site."""
    try:
        path, _token = execute.click(signed=signed, at=timezone.now())
    except NotFound:
        return _neutral(request)
    return HttpResponseRedirect(path or f"/o/{signed}")


@require_safe
def survey(request: HttpRequest, signed: str) -> HttpResponse:
    """Lead to the survey a message asks for, as the customer it was sent to."""
    try:
        return HttpResponseRedirect(execute.survey_address(signed=signed))
    except NotFound:
        return _neutral(request)


@require_safe
def offer(request: HttpRequest, signed: str) -> HttpResponse:
    """The offer, where the campaign names no page of its own."""
    try:
        _path, text = executed.landing(links.token(links.CLICK, signed))
    except NotFound:
        return _neutral(request)
    return render(request, "campaigns/offer.html", {"offer": text})
