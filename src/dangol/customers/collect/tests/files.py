"""Files made for tests."""

import io

import openpyxl

from dangol.customers.collect import actions
from dangol.work.actions import Quiet


def workbook(rows, **more):
    """A workbook's bytes: the rows of its first sheet, and of further sheets by name."""
    book = openpyxl.Workbook()
    for sheet, lines in [(book.active, rows), *((book.create_sheet(name), lines) for name, lines in more.items())]:
        for line in lines:
            sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def undone(by, load_id):
    """Take a load back to its end."""
    actions.run_turn(Quiet(by=by), load_id=actions.undo_load(by=by, load_id=load_id))


def redone(by, load_id):
    """Bring a load back to its end."""
    actions.run_turn(Quiet(by=by), load_id=actions.redo_load(by=by, load_id=load_id))


def parsed_here(monkeypatch):
    """Read files in this process: what the child process is for has tests of its own, and starting it takes long."""
    from dangol.customers.collect import parser, staging

    def work(order, folder, tick):
        return staging._told(parser.work(order), order)

    monkeypatch.setattr(staging, "_in_child", work)
