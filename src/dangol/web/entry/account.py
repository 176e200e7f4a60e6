"""One's own account: name, password, second factor, tokens."""

from typing import Any

import pyotp
import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters

from dangol.base.errors import BadInput, DangolError
from dangol.staff import actions, reads
from dangol.staff.signin import actions as signin
from dangol.staff.tokens import actions as token_actions
from dangol.staff.tokens import reads as tokens
from dangol.web.entry import forms
from dangol.web.entry.forms import told
from dangol.web.entry.proof import ask_proof
from dangol.web.shell import Request, page

SECRET = "second_factor_secret"  # noqa: S105  name of the session's entry while an app is being connected


def _profile_form(by: Any) -> forms.Profile:
    return forms.Profile(initial={"name": by.name, "language": by.language, "theme": by.theme})


def _show(request: Request, *, status: int = 200, **more: Any) -> HttpResponse:
    by = request.user
    return render(
        request,
        "entry/account.html",
        {
            "own": reads.member(by, by.pk),
            "profile": _profile_form(by),
            "password": forms.Password(),
            "tokens": tokens.own_tokens(by),
            "token_form": forms.Token(rights=tokens.grantable(by)),
            "codes_left": signin.recovery_codes_left(by),
        }
        | more,
        status=status,
    )


def _back() -> HttpResponse:
    return HttpResponseRedirect(reverse("entry:account"))


@page(methods=("GET", "POST"))
def account(request: Request) -> HttpResponse:
    """The page, and changes of name, language and colours."""
    if request.method != "POST":
        return _show(request)
    form = forms.Profile(request.POST)
    if form.is_valid():
        try:
            actions.set_own_profile(by=request.user, **form.cleaned_data)
        except DangolError as error:
            told(form, error)
        else:
            messages.success(request, gettext("Your account was saved."))
            return _back()
    return _show(request, status=422, profile=form)


@sensitive_post_parameters("current", "password")
@page(methods=("POST",))
def password(request: Request) -> HttpResponse:
    """Change one's own password; this session stays, all others end."""
    form = forms.Password(request.POST)
    if form.is_valid():
        try:
            member = actions.change_own_password(by=request.user, **form.cleaned_data)
        except DangolError as error:
            told(form, error)
        else:
            request.user = member
            update_session_auth_hash(request, member)
            messages.success(request, gettext("Your password was changed. Your other sessions have ended."))
            return _back()
    return _show(request, status=422, password=form)


@sensitive_post_parameters("code")
@page(methods=("GET", "POST"))
def second_factor(request: Request) -> HttpResponse:
    """Connect an authenticator app: a picture to scan, then its first code. The recovery codes are shown once."""
    if (ask := ask_proof(request, request.path)) is not None:
        return ask
    if request.user.totp_secret:
        return _back()
    secret = request.session.setdefault(SECRET, signin.new_secret())
    form = forms.SecondFactor(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = signin.switch_on_second_factor(by=request.user, secret=secret, code=form.cleaned_data["code"])
        except DangolError as error:
            told(form, error)
        else:
            del request.session[SECRET]
            return render(request, "entry/recovery_codes.html", {"codes": codes})
    address = pyotp.TOTP(secret).provisioning_uri(
        name=request.user.email, issuer_name=f"Dangol {settings.DANGOL.company}"
    )
    picture = segno.make(address, micro=False).svg_data_uri(scale=5, border=2, light="#fff", dark="#000")
    grouped = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    variables = {"form": form, "picture": picture, "secret": grouped}
    return render(request, "entry/second_factor.html", variables, status=422 if form.errors else 200)


@page(methods=("POST",))
def second_factor_off(request: Request) -> HttpResponse:
    """Back to the password alone."""
    if (ask := ask_proof(request, reverse("entry:account"))) is not None:
        return ask
    signin.switch_off_second_factor(by=request.user)
    messages.success(request, gettext("The second factor is off."))
    return _back()


@page(methods=("POST",))
def create_token(request: Request) -> HttpResponse:
    """A new token; its secret is on the answer to this form and nowhere else."""
    if (ask := ask_proof(request, reverse("entry:account") + "#tokens")) is not None:
        messages.info(request, gettext("Confirm that it is you, then make the token."))
        return ask
    form = forms.Token(request.POST, rights=tokens.grantable(request.user))
    if form.is_valid():
        try:
            made, secret = token_actions.create_token(by=request.user, **form.cleaned_data)
        except DangolError as error:
            told(form, error)
        else:
            return render(request, "entry/token_made.html", {"token": made, "secret": secret})
    return _show(request, status=422, token_form=form)


@page(methods=("POST",))
def revoke_token(request: Request, token_id: int) -> HttpResponse:
    """End one of one's own tokens."""
    if token_id >= 2**63:
        raise BadInput("This token does not exist.")
    token_actions.revoke_token(by=request.user, token_id=token_id)
    messages.success(request, gettext("The token was revoked."))
    return _back()
