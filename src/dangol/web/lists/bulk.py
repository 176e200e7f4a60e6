"""Bulk actions over many rows: a job that goes through them in steps, with progress and cancel."""

from importlib import import_module
from typing import TYPE_CHECKING

from django.http import QueryDict

from dangol.base.errors import NotFound
from dangol.staff import reads as staff
from dangol.web.lists.parts import Bulk, Selection
from dangol.web.lists.state import read
from dangol.work.actions import Running, enqueue

if TYPE_CHECKING:
    from dangol.web.lists.view import ListPage

KIND = "lists.bulk"
STEP = 1000  # rows changed at a time; more than so many selected are changed by a job
LISTS: dict[str, "ListPage"] = {}


def is_long(page: "ListPage", action: Bulk, selection: Selection) -> bool:
    """Whether an action goes to a job: one that can be done in steps, over more rows than one step holds."""
    if not action.in_steps:
        return False
    if not selection.everything:
        return len(selection.ids) > STEP
    count = page.count(selection.state, False)
    return not count.exact or count.n > STEP


def queue(page: "ListPage", action: Bulk, selection: Selection, value: str, address: str) -> int:
    """Queue the action; returns the job's id."""
    return enqueue(
        kind=KIND, by=selection.state.by,
        arguments={"name": page.name, "query": page.saved_query(selection.state), "ids": list(selection.ids),
                   "everything": selection.everything, "key": action.key, "value": value, "address": address},
    )  # fmt: skip


def run_job(
    running: Running, *, name: str, query: str, ids: list[str], everything: bool, key: str, value: str, address: str
) -> dict[str, int]:
    """The job `lists.bulk`: do a list's bulk action step by step, as the member who asked, with the rights of now.

    The rows are found first: a change may put them outside of the filter they were found by. Each step is whole, so a
    cancelled or repeated job leaves no row half changed. Returns {"rows": how many were gone through}.
    """
    by = running.by
    page = list_named(name).of(by)
    action = next((one for one in page.bulk if one.key == key and one.in_steps), None)
    if action is None:
        raise NotFound("There is no such action.")
    if action.right is not None:
        staff.require(by, action.right)
    by.request_address = address
    state = read(page, by, QueryDict(query))
    found = list(Selection(tuple(ids), everything, state, page.rows, page.id_of).each())
    for start in range(0, len(found), STEP):
        running.progress(start, len(found))
        action.run(by, Selection(tuple(found[start : start + STEP]), False, state, page.rows, page.id_of), value)
    return {"rows": len(found)}


def list_named(name: str) -> "ListPage":
    """A list by its name; the pages make themselves known when they are imported."""
    import_module("dangol.web.urls")
    try:
        return LISTS[name]
    except KeyError:
        raise NotFound("There is no such list.") from None
