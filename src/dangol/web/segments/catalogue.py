"""All segments, and a list of codes brought in as one."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dangol.base.errors import DangolError
from dangol.insight.segments import actions, reads
from dangol.staff.actions import note_access
from dangol.staff.rules import Right
from dangol.web.lists import Bulk, Choice, Column, Count, Flag, ListPage, ListState, Page, Selection
from dangol.web.segments.building import KIND_NAMES
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page

TONES = {"live": "ok", "static": "info", "frozen": ""}
MOST_BYTES = 30 * 2**20


def _matching(state: ListState) -> list[reads.SegmentView]:
    found = reads.segments(
        state.by, text=state.text, kinds=state.filters.get("kind") or (), archived=bool(state.filters.get("archived"))
    )
    if state.filters.get("mine"):
        found = [row for row in found if row.owner_id == state.by.pk]
    if state.sort:
        found.sort(key=lambda row: (getattr(row, state.sort) or 0 if state.sort == "size" else getattr(row, state.sort),
                                    row.id), reverse=state.descending)  # fmt: skip
    return found


def _page(state: ListState, limit: int, after: str | None) -> Page:
    start = int(after) if after and after.isdecimal() else 0
    found = _matching(state)
    before = None if start == 0 else str(max(0, start - limit)) if start > limit else ""
    return Page(found[start : start + limit], str(start + limit) if start + limit < len(found) else None, before)


def _numbers(selection: Selection) -> list[int]:
    return [int(one) for one in selection.each() if one.isascii() and one.isdecimal() and len(one) < 19]


def _archive(by: Any, selection: Selection, _value: str) -> str:
    done = actions.archive(by=by, segment_ids=_numbers(selection))
    return ngettext("%(n)s segment was put away.", "%(n)s segments were put away.", done) % {"n": f"{done:,}"}


def _restore(by: Any, selection: Selection, _value: str) -> str:
    done = actions.restore(by=by, segment_ids=_numbers(selection))
    return ngettext("%(n)s segment was taken back.", "%(n)s segments were taken back.", done) % {"n": f"{done:,}"}


SEGMENTS = ListPage(
    name="segments",
    title=_("Segments"),
    search=_("Search segments"),
    unit=pgettext_lazy("counted", "segments"),
    columns=(
        Column("name", _("Name"), sortable=True, link=lambda row: reverse("segments:one", args=[row.id])),
        Column("kind", _("Kind"), "badge", value=lambda row: (TONES[row.kind], gettext(KIND_NAMES[row.kind]))),
        Column("size", _("Customers"), "number", sortable=True),
        Column("as_of", _("As of"), "day"),
        Column("owner", _("Made by"), sortable=True),
        Column("note", _("What it is for")),
        Column("origin", _("Where it comes from"), shown=False,
               value=lambda row: gettext(row.origin) if row.origin else ""),
        Column("changed_at", _("Changed"), "moment", sortable=True),
    ),
    filters=(
        Choice("kind", _("Kind"), choices=lambda _by: [(key, gettext(text)) for key, text in KIND_NAMES.items()]),
        Flag("mine", _("Only my own")),
        Flag("archived", _("Archive")),
    ),
    bulk=(
        Bulk("archive", _("Put away in the archive"), _archive, icon="inbox"),
        Bulk("restore", _("Take back from the archive"), _restore, icon="undo"),
    ),
    rows=_page,
    count=lambda state, _exact: Count(len(_matching(state)), True),
    empty=(_("No segment yet"), _("Put conditions together and see at once how many customers they describe."),
           "/segments/new/", _("New segment")),
)  # fmt: skip


@page(Right.INSIGHT_VIEW, methods=("GET", "POST"))
def index(request: Request) -> HttpResponseBase:
    """All segments the member may see."""
    return SEGMENTS.respond(request, "segments/list.html")


class UploadForm(forms.Form):
    """A name and a list of codes, typed or in a file."""

    use_required_attribute = False
    name = forms.CharField(label=_("Name"), max_length=120)
    codes = forms.CharField(
        label=_("Customer codes"), required=False, widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=_("One a line: customer codes, or the numbers a source knows its customers by."),
    )  # fmt: skip
    file = forms.FileField(
        label=_("Or a text file"), required=False, help_text=_("UTF-8 text or CSV; the first column is read.")
    )

    def clean(self) -> dict[str, Any]:
        """The text of both. Errors name the field."""
        given = super().clean() or {}
        text, file = given.get("codes") or "", given.get("file")
        if file is not None:
            if file.size > MOST_BYTES:
                self.add_error("file", gettext("The file may have at most 30 MB."))
                return given
            try:
                text += "\n" + file.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                self.add_error("file", gettext("The file is not text in UTF-8. Save it so and choose it again."))
        if not text.strip() and not self.errors:
            self.add_error("codes", gettext("Write at least one code, or choose a file."))
        given["text"] = text
        return given


@page(Right.INSIGHT_VIEW, methods=("GET", "POST"))
def upload(request: Request) -> HttpResponseBase:
    """Bring in a list of customer codes as a segment."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.upload(by=request.user, name=form.cleaned_data["name"], text=form.cleaned_data["text"])
        except DangolError as error:
            form.add_error("codes", sentence(error))
        else:
            if made.counted:
                messages.success(request, gettext("The list was saved."))
            return redirect("segments:one", made.id)
    return render(request, "segments/upload.html", {"form": form}, status=422 if request.method == "POST" else 200)


@page(Right.INSIGHT_VIEW)
def left_out(request: Request, segment_id: int) -> HttpResponseBase:
    """The lines of a list nobody was found for, as a CSV; the look at them is noted."""
    path = reads.left_out(request.user, segment_id)
    note_access(by=request.user, verb="export", what="segment.left_out", detail={"segment": segment_id})
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"left-out-{segment_id}.csv",
                        content_type="text/csv; charset=utf-8")  # fmt: skip
