"""The table as a file."""

from django.http import HttpResponse, HttpResponseBase

from dangol.base.errors import BadInput
from dangol.reports import layout, sheets
from dangol.staff.rules import Right
from dangol.web.explorer.pages import state_of
from dangol.web.shell import Request, page


@page(Right.INSIGHT_VIEW)
def file(request: Request) -> HttpResponseBase:
    """The table as CSV or Excel, with the rows that are unfolded."""
    asked, fields, _view = state_of(request)
    form = request.GET.get("format", "")
    if form not in sheets.FORMS:
        raise BadInput("Choose the form of the file: {forms}.", field="format", forms=", ".join(sheets.FORMS))
    grid = layout.lay(request.user, asked, fields)
    made = sheets.FORMS[form](grid)
    response = HttpResponse(made.content, content_type=made.kind)
    response["Content-Disposition"] = f'attachment; filename="figures-{grid.as_of}.{form}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
