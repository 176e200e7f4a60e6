"""`dangol cycle`: run the loop once, here and now."""

import argparse
from typing import Any


def add(verbs: Any) -> None:
    """Describe the command."""
    parser = verbs.add_parser("cycle", help="run the loop once: identify, warehouse, score, knowledge, evaluate")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=run, needs_database=True)


def run(given: argparse.Namespace) -> int:
    """Run the cycle in this process, with a progress bar."""
    from dangol import cycle
    from dangol.cli import show

    with show.progress("Cycle", quiet=given.json) as running:
        report = cycle.run(running)
    show.result(report, as_json=given.json)
    return 0
