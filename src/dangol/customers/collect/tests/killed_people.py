"""Run by test_killed in a process of its own: load people in small batches or take a load back, and die at a point."""

from dangol.customers.collect import actions, loading, parser, people, staging, turning
from dangol.customers.collect.tests.dying import die_at
from dangol.staff.reads import system
from dangol.work.actions import Quiet


def main(what: str, point: str, times: int) -> None:
    """what: a file, or the number of a load to take back; times: how often the point is passed (0: never killed)."""
    # The parser's own process has tests of its own, and starting it takes longer than everything else here.
    staging._in_child = lambda order, folder, tick: staging._told(parser.work(order), order)
    loading.PEOPLE_ROWS = turning.PEOPLE_ROWS = 100
    die_at(
        {
            "inside the transaction": (people, "write", True),
            "after the transaction": (loading.Loading, "_commit", True),
            "before the people": (turning, "turn_rows", True),
            "inside a step": (people, "turn", True),
            "before a step": (people, "turn", False),
            "before the end": (turning, "_end", False),
        },
        point,
        times,
    )
    by = system()
    if what.isdecimal():
        actions.run_turn(Quiet(by=by), load_id=actions.undo_load(by=by, load_id=int(what)))
        return
    actions.describe_source(by=by, code="crm", kind="customers", reader="csv",
                            mapping={name: name for name in ("source_key", "name", "email")})  # fmt: skip
    actions.run_load(Quiet(by=by), load_id=actions.start_load(by=by, source_code="crm", path=what))
