"""The table as a file."""

from django.http import HttpResponse, HttpResponseBase

from dangol.base.errors import BadInput
from dangol.reports import layout
from dangol.reports.forms import FORMS
from dangol.staff.rules import Right
from dangol.web.explorer.pages import state_of
from dangol.web.shell import Request, page


@page(Right.INSIGHT_VIEW)
def file(request: Request) -> HttpResponseBase:
    """The table as CSV, Excel or PDF with the rows that are unfolded, or its chart as PNG."""
    asked, fields, _view = state_of(request)
    form = request.GET.get("format", "csv")
    if form not in FORMS:
        raise BadInput("Choose the form of the file: {forms}.", field="format", forms=", ".join(FORMS))
    grid = layout.lay(request.user, asked, fields)
    made = FORMS[form](grid)
    response = HttpResponse(made.content, content_type=made.kind)
    response["Content-Disposition"] = f'attachment; filename="figures-{grid.as_of}.{form}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
