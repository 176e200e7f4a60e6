"""`dangol load`: take files into a source, check them without loading, or take a load back."""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dangol.base.errors import BadInput, DangolError

OPTIONS = (
    "encoding", "delimiter", "sheet", "header", "header_rows", "hidden", "zone", "decimal", "date_order", "unfit",
    "match_by", "mode", "overwrite", "empty", "connection", "query", "watermark",
    "overlap",
)  # fmt: skip
HELP = {
    "header": "row in which the header begins (default: found)",
    "header_rows": "1, 2, or 0 where the file has no header",
    "hidden": "skip: leave hidden rows of a sheet out", "decimal": "decimal sign (default: decided from all values)",
    "date_order": "ymd, dmy or mdy (default: decided from all values)",
    "unfit": "a phone, e-mail or gender that is none: quarantine (default), empty or keep",
    "match_by": "find customers by email, phone, name+birth … where the file has no customer number",
    "mode": "create, update or both (default)", "overwrite": "fields an update may change, F1,F2 (default: all)",
    "empty": "erase: empty cells erase what is known",
}  # fmt: skip


def add(verbs: Any) -> None:
    """Describe the command."""
    parser = verbs.add_parser(
        "load",
        help="take files in: each row checked, bad ones kept aside with the reason",
        description="Load files of a source. The same file twice changes nothing; a load that was killed goes on when "
        "the same command is given again.",
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="CSV, Excel or Parquet")
    parser.add_argument("--source", metavar="CODE", help="a source that is described already")
    parser.add_argument(
        "--kind", "--as", dest="kind", metavar="KIND", help="describe the file now: sales, customers, products …"
    )
    parser.add_argument("--name", metavar="CODE", help="code of the source described now (default: the kind)")
    parser.add_argument("--system", metavar="NAME", help="space of its customer keys (default: the code)")
    parser.add_argument("--map", action="append", default=[], metavar="FIELD=COLUMN",
                        help="a field's column; without it the header decides; a + b adds columns")  # fmt: skip
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=TEXT", help="a field with one fixed value")
    parser.add_argument("--key", default="", metavar="F1,F2", help="fields that name a row")
    for name in OPTIONS:
        parser.add_argument(f"--{name.replace('_', '-')}", metavar=name.upper(), help=HELP.get(name))
    parser.add_argument(
        "--dry-run", action="store_true", help="look all rows through and say what would become of them"
    )
    parser.add_argument("--refused", type=Path, metavar="CSV", help="write refused rows with their reasons to a file")
    parser.add_argument("--reference", choices=["legal-areas"],
                        help="load a reference list: the government's file of legal areas (법정동)")  # fmt: skip
    parser.add_argument(
        "--undo", type=int, metavar="LOAD_ID", help="take back everything a load brought; again, it goes on"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=run, needs_database=True)


def run(given: argparse.Namespace) -> int:
    """Run the command."""
    from dangol.staff.reads import system

    by = system()
    if given.undo is not None:
        _undo(given, by)
        return 0
    if given.reference:
        return _reference(given, by)
    if not given.files and not (given.source or given.query):
        raise BadInput("Name a file to load. `dangol load --help` shows how.", field="FILE")
    code = _known(given, by) if given.source else _describe(given, by)
    reports = [_dry(given, by, code, path) if given.dry_run else _load(given, by, code, path) for path in _paths(given)]
    if given.json:
        print(json.dumps(reports if len(reports) > 1 else reports[0], ensure_ascii=False))
    return 0


def _undo(given: argparse.Namespace, by: Any) -> None:
    from dangol.customers.collect import actions
    from dangol.work.actions import Quiet

    load_id = actions.undo_load(by=by, load_id=given.undo)
    with _bar(shown=sys.stderr.isatty() and not given.json) as show:
        actions.run_turn(Quiet(by=by, show=show), load_id=load_id)
    _say(given, {"undone": load_id}, f"Load {load_id} is taken back.")


def _reference(given: argparse.Namespace, by: Any) -> int:
    from dangol.customers.standard.actions import load_legal_areas

    if len(given.files) != 1:
        raise BadInput("Name the one file of the list.", field="FILE")
    found = load_legal_areas(by=by, path=given.files[0])
    _say(given, found, f"{found['live']:,} legal areas, and {found['abolished']:,} abolished ones")
    return 0


def _paths(given: argparse.Namespace) -> list[Path | None]:
    return list(given.files) or [None]


def _pairs(given: list[str], option: str) -> dict[str, str]:
    pairs = {}
    for text in given:
        field, sign, column = text.partition("=")
        if not sign or not field:
            raise BadInput("Write --{option} as FIELD=COLUMN, not “{text}”.", field=option, option=option, text=text)
        pairs[field.strip()] = column.strip()
    return pairs


def _options(given: argparse.Namespace) -> dict[str, str]:
    return {name: value for name in OPTIONS if (value := getattr(given, name))}


def _known(given: argparse.Namespace, by: Any) -> str:
    """A source described already; what is said of it now is kept with it."""
    from dangol.customers.collect import actions, reads

    source = reads.source(by, given.source)
    mapping, constants, options = _pairs(given.map, "map"), _pairs(given.set, "set"), _options(given)
    if mapping or constants or options or given.key:
        actions.change_source(
            by=by, code=source.code, name=source.name, mapping={**source.mapping, **mapping},
            key=_names(given.key) or source.key, options=options, system=given.system or source.system,
            constants={**source.constants, **constants},
        )  # fmt: skip
    return source.code


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _describe(given: argparse.Namespace, by: Any) -> str:
    """Describe the source from the file's header, its values and what was said; returns its code."""
    from dangol.customers.collect import actions, reads

    options = _options(given)
    reader = actions.reader_of(given.files[0].name) if given.files else "sql"
    upload = _upload(by, given.files[0]) if given.files else ""
    try:
        reader = actions.reader_of(given.files[0].name, upload) if upload else reader
        shown = reads.preview(by, upload=upload, reader=reader, kind=given.kind or "", options=options)
    finally:
        reads.forget(by, upload=upload)
    code = given.name or shown.kind
    said, fixed = _pairs(given.map, "map"), _pairs(given.set, "set")
    taken = set(said.values())
    mapping = {name: column for name, column in shown.mapping.items() if name not in fixed and column not in taken}
    if shown.kind == "customers":
        options.setdefault("unfit", "quarantine")
    actions.describe_source(
        by=by, code=code, kind=shown.kind, reader=reader, mapping=mapping | said, constants=fixed,
        key=_names(given.key), options=options, system=given.system or "", columns=shown.columns,
    )  # fmt: skip
    return code


def _upload(by: Any, path: Path) -> str:
    from dangol.customers.collect import reads

    if not path.is_file():
        raise BadInput("There is no file {name}.", field="file", name=path.name)
    return reads.keep_file(by, path)


def _dry(given: argparse.Namespace, by: Any, code: str, path: Path | None) -> dict[str, Any]:
    from dangol.customers.collect import actions
    from dangol.work.actions import Quiet

    load_id = actions.start_check(by=by, source_code=code, path=path)
    try:
        with _bar(shown=sys.stderr.isatty() and not given.json) as show:
            found = actions.run_check(Quiet(by=by, show=show), load_id=load_id)
        _refused(given, by, code, load_id)
    finally:
        _discard(by, load_id)
    reasons = {f"{reason}:{field}".strip(":"): rows for reason, field, rows in found["reasons"]}
    counts = {name: found[name] for name in ("read", "created", "updated", "unchanged", "skipped", "quarantined")}
    report = {
        "source": code, "file": path.name if path else "", "dry_run": True, **counts,
        "loaded": found["created"] + found["updated"], "reasons": reasons, "notes": found["notes"],
    }  # fmt: skip
    _say(given, None, _sentence(report, "would be loaded"))
    return report


def _discard(by: Any, load_id: int) -> None:
    """Leave nothing of a look, also of one that was broken off."""
    from contextlib import suppress

    from dangol.customers.collect import actions

    with suppress(DangolError):
        actions.discard_check(by=by, load_id=load_id)


def _refused(given: argparse.Namespace, by: Any, code: str, load_id: int) -> None:
    """Write refused rows with their reasons to a file that can be corrected and loaded."""
    from dangol.customers.collect import reads

    if given.refused:
        why = "dangol load --refused"
        text = reads.export_quarantine(by, source_code=code, load_id=load_id, why=why)
        given.refused.write_text(text, encoding="utf-8", newline="")


def _load(given: argparse.Namespace, by: Any, code: str, path: Path | None) -> dict[str, Any]:
    from dangol.customers.collect import actions
    from dangol.work.actions import Quiet

    load_id = actions.start_load(by=by, source_code=code, path=path)
    try:
        with _bar(shown=sys.stderr.isatty() and not given.json) as show:
            report = actions.run_load(Quiet(by=by, show=show), load_id=load_id)
    except KeyboardInterrupt:
        print("dangol: stopped; give the same command again to go on.", file=sys.stderr)
        raise
    except DangolError as error:
        error.add_note(f"load {load_id}")
        raise
    _refused(given, by, code, load_id)
    _say(given, None, _sentence(report, "loaded") + f" ({report['seconds']:.1f} s, load {load_id})")
    return report


def _sentence(report: dict[str, Any], verb: str) -> str:
    lines = [
        f"{report['file'] or report['source']}: {report['read']:,} rows read, {report['loaded']:,} {verb} "
        f"({report['created']:,} created, {report['updated']:,} updated), {report['unchanged']:,} unchanged, "
        f"{report['quarantined']:,} in quarantine"
    ]
    lines += [f"\n  {rows:,} × {reason}" for reason, rows in report["reasons"].items()]
    lines += [f"\n  {note['template'].format(**note['params'])}" for note in report["notes"]]
    return "".join(lines)


def _say(given: argparse.Namespace, data: Any, text: str) -> None:
    if not given.json:
        print(text)
    elif data is not None:
        print(json.dumps(data))


@contextmanager
def _bar(*, shown: bool) -> Iterator[Any]:
    """A progress bar with the time left, on a terminal only."""
    if not shown:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task, last = progress.add_task("", total=None), ""

        def show(done: int, total: int | None, note: str) -> None:
            nonlocal last
            if note != last:
                progress.reset(task, description=note, total=total)
                last = note
            progress.update(task, completed=done, total=total)

        yield show
