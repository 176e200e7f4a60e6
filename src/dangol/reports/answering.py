"""Tables that take long: worked out by a job, kept for who asked, and read again under the same question."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from dangol.base.errors import Conflict, TooMuch
from dangol.insight.answers import actions as answers
from dangol.insight.answers import reads as kept_answers
from dangol.insight.answers.waiting import page_seconds, within
from dangol.reports import asked as steps
from dangol.reports import fields as catalogue
from dangol.reports import layout
from dangol.reports.asked import Asked
from dangol.reports.fields import Fields
from dangol.reports.grid import Grid, Head
from dangol.staff.reads import Member
from dangol.work.actions import Running

JOB = "reports.answer"
TRIES = 2


def N_(text: str) -> str:  # noqa: N802  marks a text for translation
    return text


ASKING = N_("Asking for the figures, one level of the table after the other")


def key_of(by: Member, asked: Asked) -> str:
    """The key of a table's answer: how it is drawn or shaded changes nothing of it. Raises NotAllowed."""
    plain = replace(asked, chart="auto", heat=False)
    return kept_answers.key_of(by, {"kind": JOB, "asked": steps.query(plain)}, star=asked.star)


def kept(by: Member, asked: Asked, fields: Fields) -> Grid | None:
    """The table as a job worked it out, for this member, these rights and these data; else None."""
    found = kept_answers.kept(key_of(by, asked))
    return _read(found, asked, fields) if found is not None else None


def keep(by: Member, asked: Asked, grid: Grid) -> None:
    """Keep a table for who asked. Raises TooMuch for one that is too large to keep."""
    answers.keep(key_of(by, asked), _written(grid))


def running(by: Member, asked: Asked) -> int | None:
    """The job that works this table out, if one does."""
    return kept_answers.running(key_of(by, asked))


def fresh(by: Member, asked: Asked, fields: Fields, *, opening: bool = False) -> Grid:
    """The table asked now, for as long as a page may take. Raises TooMuch past that (see `answers.takes_long`).

    opening: whether nothing of the page is seen before. What took longer than that is kept, so that coming back to the
    page, or taking it as a file, does not ask again.
    """
    key, begun = key_of(by, asked), time.monotonic()
    with within(page_seconds(opening=opening)):
        grid = layout.lay(by, asked, fields)
    if time.monotonic() - begun > page_seconds(opening=True) and key_of(by, asked) == key:
        with suppress(TooMuch):
            keep(by, asked, grid)
    return grid


def table(by: Member, asked: Asked, fields: Fields | None = None, *, opening: bool = False) -> Grid:
    """The table of what is asked: the kept one, or asked now like `fresh`."""
    fields = fields or catalogue.of(by, asked.star)
    asked = fields.known(asked)
    return kept(by, asked, fields) or fresh(by, asked, fields, opening=opening)


def start(*, by: Member, asked: Asked) -> int:
    """Have a table worked out; returns the job's id, that of the one at it where there is one. Raises NotAllowed."""
    known = catalogue.of(by, asked.star).known(asked)
    return answers.work_out(by=by, kind=JOB, key=key_of(by, known), arguments={"query": steps.query(known)})


def run_answer(running: Running, *, query: str, scopes: list[str] | None) -> dict[str, int]:
    """The job `reports.answer`. Where the data changed meanwhile it asks once more, so that no table mixes two states.

    Raises Conflict where they changed again, else like `layout.lay`.
    """
    by = kept_answers.asker(running.by, scopes)
    asked = steps.from_query(query)

    def progress(questions: int) -> None:
        running.progress(questions, None, ASKING)

    for _try in range(TRIES):
        key = key_of(by, asked)
        progress(0)
        grid = layout.lay(by, asked, progress=progress)
        if key_of(by, asked) == key:
            keep(by, asked, grid)
            return {"questions": grid.questions, "rows": len(grid.rows)}
    raise Conflict("The data changed while this was worked out. Ask again.")


# ---- a table as plain values -----------------------------------------------------------------------------------------

PLAIN = ("notes", "as_of", "newest", "currency", "questions", "groups", "guarded")


def _written(grid: Grid) -> dict[str, Any]:
    return {name: getattr(grid, name) for name in PLAIN} | {
        "rows": [asdict(head) for head in grid.rows], "columns": [asdict(head) for head in grid.columns],
        "values": _cells(grid.values), "bases": {kind: _cells(cells) for kind, cells in grid.bases.items()},
        "generated": sorted(grid.generated),
    }  # fmt: skip


def _cells(cells: Mapping[Any, dict[str, Any]]) -> list[list[Any]]:
    return [[*key, figures] for key, figures in cells.items()]


def _read(found: Mapping[str, Any], asked: Asked, fields: Fields) -> Grid:
    def heads(given: list[dict[str, Any]]) -> list[Head]:
        return [Head(**one | {"path": tuple(one["path"])}) for one in given]

    def cells(given: list[list[Any]]) -> dict[Any, dict[str, Any]]:
        return {(tuple(row), tuple(column)): figures for row, column, figures in given}

    plain = {name: found[name] for name in PLAIN} | {"notes": [tuple(one) for one in found["notes"]]}
    return Grid(asked, fields, rows=heads(found["rows"]), columns=heads(found["columns"]),
                values=cells(found["values"]), bases={kind: cells(one) for kind, one in found["bases"].items()},
                generated=set(found["generated"]), **plain)  # fmt: skip
