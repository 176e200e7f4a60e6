"""The table as a file."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext

from dangol.base.errors import BadInput, TooMuch
from dangol.insight.answers.rules import takes_long
from dangol.reports import answering
from dangol.reports.forms import FORMS
from dangol.staff.rules import Right
from dangol.web.explorer.board import Board, state_of
from dangol.web.shell import Request, page


@page(Right.INSIGHT_VIEW)
def file(request: Request) -> HttpResponseBase:
    """The table as CSV, Excel or PDF with the rows that are unfolded, or its chart as PNG.

    Where the question takes long, back to its page, which works it out; then the file is made of the kept answer.
    """
    asked, fields, view = state_of(request)
    form = request.GET.get("format", "csv")
    if form not in FORMS:
        raise BadInput("Choose the form of the file: {forms}.", field="format", forms=", ".join(FORMS))
    try:
        grid = answering.table(request.user, asked, fields)
    except TooMuch as error:
        if not takes_long(error):
            raise
        messages.info(request, gettext("This question takes longer. Take the file when its answer is there."))
        return HttpResponseRedirect(Board(asked, fields, view).url(asked))
    made = FORMS[form](grid)
    response = HttpResponse(made.content, content_type=made.kind)
    response["Content-Disposition"] = f'attachment; filename="figures-{grid.as_of}.{form}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
