"""Signing in and out, the second factor, and proving oneself again."""

from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from dangol.base.errors import BadInput
from dangol.staff import reads
from dangol.staff.signin import actions
from dangol.staff.signin.actions import Attempt
from dangol.web.entry import forms
from dangol.web.entry.address import address_of
from dangol.web.entry.proof import (
    PENDING,
    enter,
    pending,
    remember_proof,
    safe_next,
    wait_for_second_factor,
)
from dangol.web.shell import Request, page
from dangol.web.templatetags.dangol import duration

DEVICE_COOKIE = "device"


def _refuse(form: Any, attempt: Attempt, sentence: str) -> int:
    """Say why a try was refused; returns the status code."""
    if attempt.wait_seconds:
        waiting = gettext("Too many tries. Wait and try again in: {time}").format(time=duration(attempt.wait_seconds))
        form.add_error(None, waiting)
        return 429
    form.add_error(None, sentence)
    return 422


def _show(request: HttpRequest, template: str, form: Any, status: int = 200, **more: Any) -> HttpResponse:
    return render(request, template, {"form": form, "next": safe_next(request)} | more, status=status)


def _welcome(request: HttpRequest, member: Any, target: str) -> HttpResponse:
    """Sign in, remember the device, and go on."""
    enter(request, member)
    response = HttpResponseRedirect(target)
    response.set_cookie(
        DEVICE_COOKIE, actions.remember_device(member), max_age=actions.DEVICE_SECONDS, httponly=True,
        secure=settings.SESSION_COOKIE_SECURE, samesite="Lax",
    )  # fmt: skip
    return response


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """E-mail and password; in a demonstration also one click per role."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(safe_next(request))
    demo = reads.demo_members()
    form = forms.SignIn(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _show(request, "entry/sign_in.html", form, 422 if form.is_bound else 200, demo_members=demo)
    attempt = actions.try_password(
        email=form.cleaned_data["email"], password=form.cleaned_data["password"], address=address_of(request),
        device=request.COOKIES.get(DEVICE_COOKIE, ""),
    )  # fmt: skip
    if attempt.member is None:
        wrong = gettext("E-mail and password do not fit together. Check both and try again.")
        return _show(request, "entry/sign_in.html", form, _refuse(form, attempt, wrong), demo_members=demo)
    if attempt.member.totp_secret:
        wait_for_second_factor(request, attempt.member, safe_next(request))
        return HttpResponseRedirect(reverse("entry:code"))
    return _welcome(request, attempt.member, safe_next(request))


@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The second factor, after the right password."""
    waiting = pending(request)
    if waiting is None:
        return HttpResponseRedirect(reverse("entry:sign_in"))
    form = forms.Code(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _show(request, "entry/code.html", form, 422 if form.is_bound else 200)
    attempt = actions.try_second_factor(
        member_id=waiting["member"], code=form.cleaned_data["code"], address=address_of(request)
    )
    member = attempt.member
    if member is None or member.get_session_auth_hash() != waiting["hash"]:
        wrong = gettext("The code is not right or was used before. Wait for the next one and try again.")
        return _show(request, "entry/code.html", form, _refuse(form, attempt, wrong))
    return _welcome(request, member, waiting["next"])


@require_POST
def demo(request: HttpRequest) -> HttpResponse:
    """One click into a generated account; in a demonstration only."""
    try:
        member_id = int(request.POST.get("member", "")[:18])
    except ValueError:
        raise BadInput("Choose one of the accounts.", field="member") from None
    return _welcome(request, actions.demo_account(member_id=member_id), safe_next(request))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session and clear what the browser kept."""
    logout(request)
    response = HttpResponseRedirect(reverse("entry:sign_in"))
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@sensitive_post_parameters("password", "code")
@page(methods=("GET", "POST"))
def confirm(request: Request) -> HttpResponse:
    """Password (and second factor) once more, before something that must not happen by a walk-away browser."""
    by = request.user
    needs_code = bool(by.totp_secret)
    form = forms.Confirm(request.POST or None, second_factor=needs_code)
    if request.method != "POST" or not form.is_valid():
        return _show(request, "entry/confirm.html", form, 422 if form.is_bound else 200)
    address = address_of(request)
    attempt = actions.try_password(
        email=by.email, password=form.cleaned_data["password"], address=address,
        device=request.COOKIES.get(DEVICE_COOKIE, ""),
    )  # fmt: skip
    if attempt.member is not None and needs_code:
        attempt = actions.try_second_factor(member_id=by.pk, code=form.cleaned_data["code"], address=address)
    if attempt.member is None:
        wrong = gettext("The password or the code is not right. Try again.")
        return _show(request, "entry/confirm.html", form, _refuse(form, attempt, wrong))
    request.session.pop(PENDING, None)
    remember_proof(request)
    return HttpResponseRedirect(safe_next(request))
