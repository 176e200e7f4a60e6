"""Saving what was built: save, save as new, copy, freeze, put away; and lists that wait to be written down."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from dangol.base.errors import BadInput, Conflict
from dangol.insight.segments import actions, reads, rules
from dangol.staff.rules import Right
from dangol.web.segments.building import address
from dangol.web.sentences import sentence
from dangol.web.shell import Request, page
from dangol.web.templatetags.dangol import day as day_text


@page(Right.INSIGHT_VIEW, methods=("POST",))
def save(request: Request, segment_id: int) -> HttpResponse:
    """Save, save as a new one, freeze, archive or restore."""
    given, by = request.POST, request.user
    draft = reads.draft(by, segment_id) if given.get("act") in ("save", "save_new") else None
    if given.get("act") == "forget":
        actions.forget(by=by, segment_id=segment_id)
        messages.success(request, _("The list was taken away."))
        return redirect("segments:list")
    try:
        saved, text = _saved(by, segment_id, given, draft)
    except (BadInput, Conflict) as error:
        messages.error(request, sentence(error))
        return redirect(address(segment_id))
    messages.success(request, text)
    return redirect("segments:history" if given.get("act") == "past" else "segments:one", saved)


def _day(text: str) -> date | None:
    """The day somebody chose. Raises BadInput."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput("“{text}” is not a date. Write it like 2026-11-23.", field="day", text=text[:40]) from None


BY_JOB: dict[str, tuple[Callable[..., Any], str]] = {
    "past": (actions.fill_past, rules.N_("Past sizes are being worked out.")),
    "again": (actions.again, rules.N_("The list is being written down.")),
}


def _saved(by: Any, segment_id: int, given: Any, draft: reads.DraftView | None) -> tuple[int, str]:
    name, note, shared = given.get("name", ""), given.get("note", ""), given.get("shared") == "1"
    act = given.get("act", "")
    if draft is not None and (act == "save_new" or not segment_id):
        made = actions.create(by=by, name=name, root=draft.root, shared=shared, note=note)
        if segment_id:
            actions.discard_draft(by=by, segment_id=segment_id)
        return made.id, _("Saved as a new segment.")
    if draft is not None:
        version = given.get("version", "")
        actions.update(by=by, segment_id=segment_id, version=int(version) if version.isdecimal() else 0, name=name,
                       root=draft.root, shared=shared, note=note)  # fmt: skip
        return segment_id, _("Saved.")
    if act == "freeze":
        made = actions.freeze(by=by, segment_id=segment_id, name=name, day=_day(given.get("day", "")))
        return made.id, _("Frozen as it was on %(day)s.") % {"day": day_text(made.as_of)}
    if act == "copy":
        return actions.copy(by=by, segment_id=segment_id, name=name).id, _("Copied.")
    if act in BY_JOB:
        started, text = BY_JOB[act]
        started(by=by, segment_id=segment_id)
        return segment_id, _(text)
    if act in ("archive", "restore"):
        (actions.archive if act == "archive" else actions.restore)(by=by, segment_ids=[segment_id])
        return segment_id, _("Put away in the archive.") if act == "archive" else _("Taken back from the archive.")
    raise BadInput("The form does not say what to do. Load the page again.", field="act")
