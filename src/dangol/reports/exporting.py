"""A table as a file: made at once where that is quick, else by a job, kept for who asked, fetched from the same place.

The kept file hangs on the same as a kept answer (`answers.reads.key_of`): another member, role, unit, token or newer
data have another key, so that nobody fetches what they may not see (any more).
"""

import base64
from dataclasses import replace
from functools import partial
from typing import Any

from django.utils import translation

from dangol.base.errors import Conflict, TooMuch
from dangol.insight.answers import actions as answers
from dangol.insight.answers import reads as kept_answers
from dangol.insight.answers.rules import takes_long
from dangol.reports import answering, layout
from dangol.reports import asked as steps
from dangol.reports import fields as catalogue
from dangol.reports.answering import ASKING, TRIES
from dangol.reports.asked import Asked
from dangol.reports.fields import Fields
from dangol.reports.forms import FORMS
from dangol.reports.grid import Grid
from dangol.reports.sheets import Made
from dangol.staff.reads import Member
from dangol.work.actions import Running

JOB = "reports.file"
MOST_CELLS = 20_000  # of a file that is made while somebody waits: about a second of Excel


def N_(text: str) -> str:  # noqa: N802  marks a text for translation
    return text


WRITING = N_("Writing the file, row by row")
WHOLE = frozenset({"xlsx", "csv"})  # files of numbers hold every row; what is drawn on paper holds what a page shows


def whole(asked: Asked, form: str) -> Asked:
    """The table as a file of this form holds it: with every row where it holds numbers."""
    return replace(asked, every=form in WHOLE)


def key_of(by: Member, asked: Asked, form: str) -> str:
    """The key of a table's file in the language of now. Raises NotAllowed."""
    question = {"kind": JOB, "asked": steps.query(asked), "form": form, "language": translation.get_language()}
    return kept_answers.key_of(by, question, star=asked.star)


def kept(by: Member, asked: Asked, form: str) -> Made | None:
    """The file as a job made it, for this member, these rights and these data; else None."""
    found = kept_answers.kept(key_of(by, asked, form))
    return Made(base64.b64decode(found["content"]), found["kind"], found["as_of"]) if found else None


def now(by: Member, asked: Asked, form: str, *, opening: bool = False) -> Made | None:
    """The file: kept, or made now; None where its figures take long or its cells are many, so that a job is to make it.

    opening: whether somebody looks at nothing while it is made (see `waiting.page_seconds`). Raises like `layout.lay`,
    and Unavailable where this machine cannot draw it.
    """
    fields = catalogue.of(by, asked.star)
    asked = fields.known(asked)
    if found := kept(by, asked, form):
        return found
    if running(by, asked, form) or answering.running(by, asked):
        return None
    try:
        grid = _kept_table(by, asked, fields) or answering.fresh(by, asked, fields, opening=opening)
    except TooMuch as error:
        if takes_long(error):
            return None
        raise
    if cells(grid) > MOST_CELLS:
        answering.keep(by, asked, grid)  # so that the job need not ask again
        return None
    return FORMS[form](grid)


def _kept_table(by: Member, asked: Asked, fields: Fields) -> Grid | None:
    """The table as it is kept; that of the page, where it leaves no row out that the file is to hold."""
    found = answering.kept(by, asked, fields)
    if found is None and asked.every:
        shown = answering.kept(by, replace(asked, every=False), fields)
        found = shown if shown is not None and not shown.cut else None
    return found


def cells(grid: Grid) -> int:
    """How many cells a table has."""
    return len(grid.rows) * len(grid.columns) * len(grid.asked.figures)


def running(by: Member, asked: Asked, form: str) -> int | None:
    """The job that makes this file, if one does."""
    return kept_answers.running(key_of(by, asked, form))


def start(*, by: Member, asked: Asked, form: str) -> int:
    """Have a file made in the language of now; returns the job's id, that of the one at it where there is one."""
    known = catalogue.of(by, asked.star).known(asked)
    arguments = {"query": steps.query(known), "form": form, "language": translation.get_language()}
    return answers.work_out(by=by, kind=JOB, key=key_of(by, known, form), arguments=arguments)


def _written(running: Running, lines: int, done: int) -> None:
    running.progress(done, lines, WRITING)


def run_file(running: Running, *, query: str, form: str, language: str, scopes: list[str] | None) -> dict[str, Any]:
    """The job `reports.file`. Where the data changed meanwhile it asks once more, so that no file mixes two states.

    Raises Conflict where they changed again, else like `now`.
    """
    by = kept_answers.asker(running.by, scopes)
    asked = steps.from_query(query)
    with translation.override(language):
        for _try in range(TRIES):
            key = key_of(by, asked, form)
            running.progress(0, None, ASKING)
            grid = _kept_table(by, asked, catalogue.of(by, asked.star)) or layout.lay(
                by, asked, progress=lambda questions: running.progress(questions, None, ASKING)
            )
            lines = len(grid.rows)
            made = FORMS[form](grid, partial(_written, running, lines))
            if key_of(by, asked, form) == key:
                content = base64.b64encode(made.content).decode()
                answers.keep(key, {"content": content, "kind": made.kind, "as_of": made.as_of})
                return {"rows": lines, "cells": cells(grid), "bytes": len(made.content)}
    raise Conflict("The data changed while this was worked out. Ask again.")
