"""The product's addresses and a few that fail in every expected way."""

from django.http import HttpResponse
from django.urls import path

from dangol.base.errors import BadInput, Conflict, Damaged, NotAllowed, NotFound, TooMuch, Unavailable
from dangol.config.urls import handler400, handler403, handler404, handler500
from dangol.config.urls import urlpatterns as product
from dangol.staff.rules import Right
from dangol.web.shell import announce, page

FAILURES = {
    "bad": BadInput("“{text}” is not a date. Write it like 2026-11-23.", text="<b>x</b>"),
    "missing": NotFound("There is no such view."),
    "foreign": NotFound("There is no such action."),
    "refused": NotAllowed("Your role does not allow this ({right}). Ask an administrator.", right="x"),
    "conflict": Conflict("There is no such view."),
    "damaged": Damaged("A limit was reached."),
    "away": Unavailable("A limit was reached."),
    "much": TooMuch("A limit was reached."),
}


def fail(request, kind):
    """Raise an expected failure."""
    raise FAILURES[kind]


def crash(request):
    """Fail unexpectedly."""
    raise RuntimeError("secret detail")


@page(Right.STAFF_MANAGE)
def guarded(request):
    """A page for administrators."""
    return HttpResponse("in")


@page(methods=("POST",))
def posted(request):
    """A form that only acts."""
    return announce(HttpResponse("done"), "저장했습니다")


urlpatterns = [
    path("fail/<kind>/", fail),
    path("crash/", crash),
    path("guarded/", guarded),
    path("posted/", posted),
    *product,
]
__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
