"""`dangol star`: take a star in, list those there are, take one out."""

import argparse
import json
from pathlib import Path
from typing import Any


def add(verbs: Any) -> None:
    """Describe the command."""
    parser = verbs.add_parser(
        "star",
        help="take in any star of tables by a description, to be asked like the company's own",
        description="A description in TOML says which tables there are, how they join, and which measures, dimensions "
        "and hierarchies they give; docs/stars.md shows how to write one.",
    )
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="ACTION")
    one = deeds.add_parser("add", help="check a description, read its files and serve them")
    one.add_argument("file", type=Path, metavar="FILE.toml", help="the description")
    one.add_argument("--data", type=Path, metavar="FOLDER", help="where its files lie (default: beside it)")
    listed = deeds.add_parser("list", help="name the stars that can be asked")
    gone = deeds.add_parser("remove", help="take a star out with its data")
    gone.add_argument("name", metavar="NAME")
    for deed, run in ((one, run_add), (listed, run_list), (gone, run_remove)):
        deed.add_argument("--json", action="store_true", help="answer as JSON")
        deed.set_defaults(run=run, needs_database=True)


def run_add(given: argparse.Namespace) -> int:
    """Run `dangol star add`."""
    from dangol.cli.show import progress
    from dangol.insight.olap.stars import actions
    from dangol.staff.reads import system

    with progress("Star", quiet=given.json) as running:
        report = actions.add(running, by=system(), file=given.file, data=given.data)
    if given.json:
        print(json.dumps(report, ensure_ascii=False))
        return 0
    for table, rows in report["rows"].items():
        print(f"{table:<24} {rows:>12,} rows")
    for one in report["lost"]:
        print(f"{one['rows']:,} rows of {one['table']} name a {one['column']} that {one['target']} does not have; they "
              "count under no member.")  # fmt: skip
    print(f"Ask it: dangol query --star {report['star']} --list")
    return 0


def run_list(given: argparse.Namespace) -> int:
    """Run `dangol star list`."""
    from django.utils import translation

    from dangol.insight.olap.reads import stars

    with translation.override("en"):
        found = stars()
    if given.json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    for one in found:
        print(f"{one['name'] or '-':<24} {one['label']}")
    return 0


def run_remove(given: argparse.Namespace) -> int:
    """Run `dangol star remove`."""
    from dangol.insight.olap.stars import actions
    from dangol.staff.reads import system

    actions.remove(by=system(), name=given.name)
    print(json.dumps({"removed": given.name}) if given.json else f"The star {given.name} is taken out.")
    return 0
