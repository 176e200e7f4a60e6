"""Give a survey away: public link, QR code, personal links."""

import io

import segno
from django.http import HttpResponse
from django.shortcuts import render

from dangol.base.errors import NotFound
from dangol.customers.identify import reads as identify
from dangol.customers.identify.rules import CustomerQuery
from dangol.customers.surveys import links, reads
from dangol.staff.rules import Right
from dangol.web.shell import Request, page
from dangol.web.surveys.making import frame

FORMS = {"svg": "image/svg+xml", "png": "image/png"}


@page(Right.SURVEYS_EDIT, methods=("GET", "POST"))
def share(request: Request, survey_id: int) -> HttpResponse:
    """The link for everybody, its QR code, and (POST, as it names a person) the link of one customer."""
    view = reads.survey(request.user, survey_id)
    variables = frame(view, "share") | {"url": links.public_url(view.token)}
    if request.method == "POST":
        code = request.POST.get("code", "").strip()[:60]
        found = identify.search(request.user, CustomerQuery(text=code)).rows if code else []
        row = next((one for one in found if one.code == code), None)
        variables |= {"code": code, "personal": links.personal_url(view.token, row.id) if row else "", "asked": True}
    return render(request, "surveys/share.html", variables)


@page(Right.SURVEYS_EDIT)
def qr(request: Request, survey_id: int, form: str) -> HttpResponse:
    """The QR code of the public link as SVG or PNG. Source: ISO/IEC 18004, error correction level Q."""
    if form not in FORMS:
        raise NotFound("There is no such survey.")
    view = reads.survey(request.user, survey_id)
    file = io.BytesIO()
    segno.make(links.public_url(view.token), error="q", micro=False).save(file, kind=form, scale=10, border=4)
    answer = HttpResponse(file.getvalue(), content_type=FORMS[form])
    if request.GET.get("download"):
        answer["Content-Disposition"] = f'attachment; filename="{view.code}.{form}"'
    return answer
