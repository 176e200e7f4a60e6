"""`dangol worker`: runs queued jobs until interrupted."""

import argparse
import signal
import threading
from typing import Any

from dangol.base.process import follow


def add(verbs: Any) -> None:
    """Describe the command."""
    parser = verbs.add_parser(
        "worker", help="run queued jobs (loads, cycles, sends) and start those that are due by a schedule"
    )
    parser.add_argument("--until-empty", action="store_true", help="stop when no job is left")
    parser.add_argument("--parent", type=int, help=argparse.SUPPRESS)
    parser.set_defaults(run=run, needs_database=True)


def run(given: argparse.Namespace) -> int:
    """Work until interrupted; the job at hand is given back to the queue by its lease."""
    from dangol.staff.reads import system
    from dangol.work import worker
    from dangol.work.schedules import actions as schedules

    schedules.ensure_builtin(by=system())
    if given.until_empty:
        worker.run_until_empty()
        return 0
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    follow(given.parent)
    worker.run_forever(stop)
    return 0
