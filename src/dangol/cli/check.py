"""`dangol check`: is this installation whole?"""

import argparse
from dataclasses import fields
from typing import Any


def add(verbs: Any) -> None:
    """Describe the command."""
    parser = verbs.add_parser("check", help="check settings, database, snapshots and counterparts")
    parser.add_argument("--settings", action="store_true", help="list every setting with its value and meaning")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Print what was found; 1 where something is broken."""
    from dangol.cli import show

    if given.settings:
        show.result(_settings(), as_json=given.json)
        return 0
    from dangol import health

    findings = health.findings()
    show.result({finding.name: finding.words for finding in findings}, as_json=given.json)
    return int(any(not finding.good for finding in findings))


def _settings() -> dict[str, Any]:
    from django.conf import settings

    secret = ("smtp_password", "database")
    return {
        option.name: ("…" if option.name in secret and getattr(settings.DANGOL, option.name) else
                      str(getattr(settings.DANGOL, option.name))) + f"   {option.metadata['help']}"
        for option in fields(settings.DANGOL)
    }  # fmt: skip
