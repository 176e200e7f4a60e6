"""The texts consent is asked with: read, drafted, published."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from dangol.base.errors import DangolError
from dangol.customers.consent import actions, reads
from dangol.customers.consent.rules import PURPOSE_NAMES
from dangol.staff.rules import Right
from dangol.web.entry.forms import told
from dangol.web.privacy import forms
from dangol.web.privacy.forms import LANGUAGE_NAMES
from dangol.web.shell import Request, page


@page(Right.PRIVACY_HANDLE)
def texts(request: Request) -> HttpResponse:
    """Every text with its versions."""
    found = reads.wordings(request.user)
    force = {(one.purpose, one.language): reads.in_force(one.purpose, one.language).version for one in found}
    rows = [
        {"one": one, "now": force[one.purpose, one.language] == one.version and one.published_at,
         "language": LANGUAGE_NAMES[one.language]}
        for one in found
    ]  # fmt: skip
    return render(request, "privacy/texts.html", {"rows": rows, "purposes": PURPOSE_NAMES})


@page(Right.PRIVACY_HANDLE, methods=("GET", "POST"))
def new(request: Request) -> HttpResponse:
    """Draft a text; it can start as a copy of the one in force."""
    start = {}
    purpose, language = request.GET.get("purpose", ""), request.GET.get("language", "")
    if purpose in PURPOSE_NAMES and language in ("ko", "en"):
        present = reads.in_force(purpose, language)
        start = {"purpose": purpose, "language": language, "title": present.title, "text": present.text}
    form = forms.Text(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.draft_wording(by=request.user, **form.cleaned_data)
        except DangolError as error:
            told(form, error)
        else:
            return HttpResponseRedirect(reverse("privacy:text", args=[made]))
    return render(request, "privacy/text.html", {"form": form}, status=422 if form.errors else 200)


@page(Right.PRIVACY_HANDLE, methods=("GET", "POST"))
def text(request: Request, text_id: int) -> HttpResponse:
    """One text: changed while it is a draft, published, or read."""
    by = request.user
    found = reads.wording(by, text_id)
    form = forms.Text(request.POST or None, initial=vars(found))
    act = request.POST.get("act", "")
    if request.method == "POST" and act == "discard":
        actions.discard_wording(by=by, wording_id=text_id)
        return HttpResponseRedirect(reverse("privacy:texts"))
    for name in ("purpose", "language"):
        form.fields[name].disabled = True
    if request.method == "POST" and form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("version", "title", "text")}
        try:
            actions.edit_wording(by=by, wording_id=text_id, **given)
            if act == "publish":
                actions.publish_wording(by=by, wording_id=text_id)
        except DangolError as error:
            told(form, error)
        else:
            done = gettext("The text was published.") if act == "publish" else gettext("The draft was saved.")
            messages.success(request, done)
            return HttpResponseRedirect(reverse("privacy:text", args=[text_id]))
    variables = {"form": form, "found": found, "purposes": PURPOSE_NAMES}
    return render(request, "privacy/text.html", variables, status=422 if form.errors else 200)
