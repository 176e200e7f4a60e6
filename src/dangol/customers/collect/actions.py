"""Describe a source, load it, undo a load, write down the loop's own events."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction
from django.utils.text import slugify

from dangol.base.errors import BadInput, Conflict, NotFound
from dangol.base.identifiers import file_hash
from dangol.customers.collect import checking, loading, places, turning, workbook
from dangol.customers.collect.cleaning import checked
from dangol.customers.collect.events import record, settle
from dangol.customers.collect.forgetting import empty_rows, forget, forget_versions, remove_old_uploads, remove_uploads
from dangol.customers.collect.forms import record_people
from dangol.customers.collect.mending import assign, fix, ignore, mend, retry, take_up
from dangol.customers.collect.models import Load, Source
from dangol.customers.collect.rules import ATTRIBUTE, EMPTY, MODES, RECORDS, RESERVED, UNFIT
from dangol.customers.collect.staging import FORMAT
from dangol.customers.collect.turning import redo_load, undo_load
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right
from dangol.work import actions as work
from dangol.work.actions import Running

READERS = ("csv", "excel", "parquet", "sql", "push")
ENDINGS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".xlsx": "excel", ".xls": "excel", ".xlsm": "excel",
           ".ods": "excel", ".parquet": "parquet"}  # fmt: skip
OPTIONS = (
    *FORMAT, "zone", "decimal", "date_order", "unfit", "match_by", "mode", "overwrite", "empty", "connection", "table",
    "query", "watermark", "overlap",
)  # fmt: skip
JOB, CHECK_JOB = "collect.load", "collect.check"
CODE_LONGEST = 60

__all__ = [
    "add_step", "assign", "cancel_load", "change_source", "check_again", "correct", "describe_source",
    "discard_check", "empty_rows", "fix", "forget", "forget_versions", "ignore", "load_checked", "mend",
    "queue_load", "record", "record_people", "redo_load", "remove_old_uploads", "remove_uploads", "retry",
    "run_check", "run_load", "run_turn", "settle", "start_check", "start_load", "take_up", "undo_load",
]  # fmt: skip


def describe_source(
    *,
    by: Member,
    code: str,
    name: str = "",
    kind: str,
    reader: str,
    mapping: Mapping[str, str],
    key: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
    constants: Mapping[str, str] | None = None,
    system: str = "",
    generated: bool = False,
    cleaning: Sequence[Mapping[str, str]] | None = None,
    columns: Sequence[str] = (),
) -> Source:
    """Describe a source once, or change its description; returns it.

    code: its short name (letters, digits, `-`, `_`, `.`). mapping: {field of the record: column}; a column may be
    several to be added, `a + b`. constants: {field: text}, also for empty cells of a field that has a column. key: the
    fields that name a row; empty where rows have no name of their own. options: see OPTIONS; connection is the code of
    a kept connection, watermark the column to continue from, overlap how far before its last value (minutes or units)
    to ask again; zone is the IANA zone of its times; decimal and date_order are decided from the values of each file
    where they are not given; match_by are fields people are found by without a customer number (phone, name+birth);
    mode is create, update or both; overwrite the fields an update may change (all if empty); empty is erase where empty
    cells shall erase; unfit says what becomes of a phone number that is none (keep, empty, quarantine). system: the
    space its customer keys live in, shared by sources that know a customer by the same key; the code if not given.
    cleaning: steps done to every row before it is read, None leaves them as they are. columns: the header of the file
    it is described by.
    Raises BadInput or NotAllowed.
    """
    require(by, Right.SOURCES_LOAD)
    options = {name: str(value) for name, value in (options or {}).items() if value not in (None, "")}
    if reader == "sql":
        require(by, Right.STAFF_MANAGE)  # a connection reaches into other systems
    constants = {field: text for field, text in (constants or {}).items() if text != ""}
    mapping = {field: column for field, column in mapping.items() if column}
    _check_form(code, kind, reader, options)
    _check_ways(kind, options)
    _check_fields(kind, mapping, constants, key, options.get("match_by", ""))
    _check_query(kind, reader, options, key)
    steps = None if cleaning is None else checked(cleaning)
    with transaction.atomic():
        source, _made = Source.objects.get_or_create(code=code, defaults={"kind": kind, "reader": reader})
        if source.own:
            raise Conflict("The source {code} holds the loop's own events and cannot be described.", code=code)
        if source.kind != kind and source.batches.exists():
            raise Conflict("The source {code} has data of another kind. Give the new source another code.", code=code)
        if (source.options, source.mapping) != (options, mapping):
            source.watermark = ""  # what was read by another description is asked for again; equal rows change nothing
        source.name, source.kind, source.reader, source.system = name or code, kind, reader, system or code
        source.mapping, source.constants, source.key, source.options = mapping, constants, _key(kind, key), options
        source.generated = generated
        source.cleaning = source.cleaning if steps is None else steps
        source.columns = list(columns) or source.columns
        source.save()
    return source


def _key(kind: str, key: Sequence[str]) -> list[str]:
    """The key given, or the record's own; without either, equal rows are told apart by counting."""
    return list(key) or list(RECORDS[kind].key)


def _check_form(code: str, kind: str, reader: str, options: Mapping[str, str]) -> None:
    if not code or len(code) > CODE_LONGEST or slugify(code.replace(".", "-")) != code.replace(".", "-").lower():
        raise BadInput("A source's code is made of letters, digits, - and _, like shop-sales.", field="code")
    if code.lower() in RESERVED:
        raise BadInput("This code is taken by a page. Choose another.", field="code")
    if kind not in RECORDS:
        raise BadInput("There is no kind {kind}. Choose one of: {kinds}.", field="kind", kind=kind,
                       kinds=", ".join(RECORDS))  # fmt: skip
    if reader not in READERS:
        raise BadInput("The form {reader} is not known. Choose one of: {readers}.", field="reader", reader=reader,
                       readers=", ".join(READERS))  # fmt: skip
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise BadInput("A source has no option {name}.", field="options", name=unknown[0])
    if options.get("zone"):
        try:
            ZoneInfo(options["zone"])
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise BadInput("The time zone {zone} is not known. Use a name like Asia/Seoul.", field="zone",
                           zone=options["zone"]) from None  # fmt: skip
    if options.get("decimal", ".") not in (".", ","):
        raise BadInput("The decimal sign is a point or a comma.", field="decimal")
    if options.get("date_order", "ymd") not in ("ymd", "dmy", "mdy"):
        raise BadInput("The order of dates is ymd, dmy or mdy.", field="date_order")


def _check_query(kind: str, reader: str, options: Mapping[str, str], key: Sequence[str]) -> None:
    """A query's rows asked for again from the watermark on are recognised by their key: without one, two equal rows
    at different times could not be told from one row read twice."""
    if reader != "sql":
        return
    if not (options.get("connection") and options.get("query")):
        raise BadInput("A SQL source needs a connection and a query.", field="query")
    if options.get("watermark") and not _key(kind, key):
        raise BadInput("Choose what names a row: rows that are asked for again are recognised by it.", field="key")
    if not options.get("overlap", "0").isdecimal():
        raise BadInput("The overlap is a whole number.", field="overlap")


def _check_ways(kind: str, options: Mapping[str, str]) -> None:
    """How rows are matched and what they may change."""
    for name, allowed in (("mode", MODES), ("unfit", UNFIT), ("empty", EMPTY), ("hidden", ("read", "skip"))):
        if options.get(name) and options[name] not in allowed:
            raise BadInput("{name} is one of: {values}.", field=name, name=name, values=", ".join(allowed))
    for name in ("header", "header_rows"):
        if options.get(name) and not options[name].isdecimal():
            raise BadInput("The row of the header is a number, like 3.", field=name)
    if options.get("match_by") and not RECORDS[kind].personal:
        raise BadInput("Only customers are matched by other fields than their key.", field="match_by")


def _check_fields(
    kind: str, mapping: Mapping[str, str], constants: Mapping[str, str], key: Sequence[str], match_by: str
) -> None:
    kinds = RECORDS[kind]
    given = {**mapping, **constants}
    for name in match_by.split("+") if match_by else ():
        if name not in mapping:
            raise BadInput("Rows shall be matched by {name}, which has no column.", field="match_by", name=name)
    if match_by:
        given.setdefault("source_key", "")
    for field in given:
        if kinds.field(field) is None:
            raise BadInput(
                "{kind} have no field {name}. They have: {fields}.", field="mapping", kind=kind, name=field,
                fields=", ".join(f.name for f in kinds.fields) + (f", {ATTRIBUTE}…" if kinds.personal else ""),
            )  # fmt: skip
    for needed in kinds.fields:
        if needed.required and needed.name not in given:
            raise BadInput("Choose the column of {name}: {kind} need it.", field="mapping", name=needed.name, kind=kind)
    for name in key:
        if name not in given:
            raise BadInput("The key field {name} has no column.", field="key", name=name)


def change_source(
    *,
    by: Member,
    code: str,
    name: str,
    mapping: Mapping[str, str],
    key: Sequence[str],
    options: Mapping[str, Any],
    system: str = "",
    constants: Mapping[str, str] | None = None,
    cleaning: Sequence[Mapping[str, str]] | None = None,
    columns: Sequence[str] = (),
) -> Source:
    """Change how a source's files are read from now on; form, kind and connection stay as they are.

    constants, cleaning: None leaves them.
    """
    source = _source(code)
    return describe_source(
        by=by, code=code, name=name, kind=source.kind, reader=source.reader, mapping=mapping, key=key,
        options={**source.options, **options}, constants=source.constants if constants is None else constants,
        system=system, generated=source.generated, cleaning=cleaning, columns=columns,
    )  # fmt: skip


def add_step(*, by: Member, source_code: str, step: Mapping[str, str]) -> None:
    """Have a source make one more correction in every file. step: {column, verb, find, put}. Raises BadInput."""
    require(by, Right.SOURCES_LOAD)
    with transaction.atomic():
        source = Source.objects.select_for_update().filter(code=source_code, own=False).first()
        if source is None:
            raise NotFound("There is no source {code}.", code=source_code)
        [kept] = checked([step])
        if kept not in source.cleaning:
            source.cleaning = checked([*source.cleaning, kept])
            source.save(update_fields=["cleaning", "changed_at"])


def start_check(
    *,
    by: Member,
    source_code: str,
    path: Path | str | None = None,
    pieces: Iterator[bytes] | None = None,
    upload: str = "",
    name: str = "",
    queue: bool = False,
) -> int:
    """Take a file in to be looked through, without loading a row; returns the load's id for `run_check`.

    Arguments as of `start_load`. After the look `load_checked` loads it, `correct` puts cells right.
    """
    require(by, Right.SOURCES_LOAD)
    source = _source(source_code)
    if source.own:
        raise Conflict("The source {code} holds the loop's own events and cannot be loaded.", code=source_code)
    checking.sweep()
    load = Load(source=source, name=source.name, by=by, state="checking")
    if source.reader != "sql":
        load.upload, name = _kept(upload, path, pieces, name)
        file = places.uploads() / load.upload
        load.name, load.bytes, load.sha256 = places.file_name(name), file.stat().st_size, file_hash(file)
    load.save()
    if queue:
        _queue_check(by, load)
    return load.pk


def _queue_check(by: Member, load: Load) -> None:
    job = work.enqueue(kind=CHECK_JOB, arguments={"load_id": load.pk}, by=by, unique_key=f"{CHECK_JOB}:{load.pk}")
    Load.objects.filter(pk=load.pk).update(state="checking", job_id=job)


def run_check(running: Running, load_id: int) -> dict[str, Any]:
    """Look a file through to its end; returns what would become of its rows."""
    return checking.run(running, load_id)


def check_again(*, by: Member, load_id: int) -> None:
    """Look a file through once more, after its source or some cells were changed."""
    require(by, Right.SOURCES_LOAD)
    load = _load(load_id)
    if load.state not in checking.STATES:
        raise Conflict("This file is being loaded already.")
    _queue_check(by, load)


def correct(*, by: Member, load_id: int, values: Mapping[int, Mapping[str, str]]) -> int:
    """Put cells of refused rows right before loading; returns how many rows changed. values: {row: {column: text}}."""
    require(by, Right.SOURCES_LOAD)
    return checking.correct(_load(load_id), {row: dict(cells) for row, cells in values.items()})


def load_checked(*, by: Member, load_id: int, queue: bool = True) -> int:
    """Load a file that was looked through; returns the load's id. Raises Conflict where that is not so."""
    require(by, Right.SOURCES_LOAD)
    load = _load(load_id)
    if not Load.objects.filter(pk=load.pk, state="checked").update(state="waiting", by=by, job_id=None):
        raise Conflict("This file is not looked through, or it is loaded already.")
    if queue:
        queue_load(by=by, load_id=load.pk)
    return load.pk


def discard_check(*, by: Member, load_id: int) -> None:
    """Throw away a file that was looked through and shall not be loaded."""
    require(by, Right.SOURCES_LOAD)
    load = _load(load_id)
    if load.state not in ("checked", "unread"):
        raise Conflict("This file is being loaded already.")
    with transaction.atomic():
        checking.forget(load)


def start_load(
    *,
    by: Member,
    source_code: str,
    path: Path | str | None = None,
    pieces: Iterator[bytes] | None = None,
    upload: str = "",
    name: str = "",
    queue: bool = False,
) -> int:
    """Take a file (or, for SQL, the query) in for loading; returns the load's id for `run_load`.

    path: a file to be copied; or its bytes as pieces, or the upload kept by `reads.keep_file`, with its name. queue:
    let a worker run it. The same file
    again, while its earlier load stands unfinished, gives that load: it goes on.
    """
    require(by, Right.SOURCES_LOAD)
    source = _source(source_code)
    if source.own:
        raise Conflict("The source {code} holds the loop's own events and cannot be loaded.", code=source_code)
    if source.reader == "push":
        raise Conflict("The rows of {code} are pushed by another program; there is no file to load.", code=source_code)
    if source.reader == "sql":
        load = Load.objects.create(source=source, name=source.name, by=by)
    else:
        upload, name = _kept(upload, path, pieces, name)
        load = _uploaded(source, by, upload, name)
    if queue:
        queue_load(by=by, load_id=load.pk)
    return load.pk


def _kept(upload: str, path: Path | str | None, pieces: Iterator[bytes] | None, name: str) -> tuple[str, str]:
    """The file under a name of our own, and its own name."""
    if upload:
        return places.kept(upload).name, name
    if path is not None:
        path = Path(path)
        if not path.is_file():
            raise BadInput("There is no file {name}.", field="file", name=path.name)
        name, pieces = name or path.name, places.pieces_of(path)
    if pieces is None:
        raise BadInput("Choose a file to load.", field="file")
    places.sweep()
    return places.keep_upload(pieces)[0], name


def _uploaded(source: Source, by: Member, upload: str, name: str) -> Load:
    """The load of a file: a new one, or that of the same file which did not end."""
    path = places.uploads() / upload
    sha256 = file_hash(path)
    before = source.loads.filter(sha256=sha256, state__in=("waiting", "running", "failed", "cancelled")).last()
    if before is None:
        size = path.stat().st_size
        return Load.objects.create(
            source=source, name=places.file_name(name), upload=upload, bytes=size, sha256=sha256, by=by
        )
    if before.upload != upload and (places.uploads() / before.upload).exists():
        path.unlink()
    else:
        before.upload = upload
        before.save(update_fields=["upload"])
    return before


def queue_load(*, by: Member, load_id: int) -> int:
    """Have a worker run a load; returns the job's id."""
    require(by, Right.SOURCES_LOAD)
    load = _load(load_id)
    job = work.enqueue(kind=JOB, arguments={"load_id": load_id}, by=by, unique_key=f"{JOB}:{load_id}")
    Load.objects.filter(pk=load.pk).update(job_id=job)
    return job


def cancel_load(*, by: Member, load_id: int) -> None:
    """Stop a load; what it brought so far goes out of sight."""
    require(by, Right.SOURCES_LOAD)
    load = _load(load_id)
    if load.state == "waiting" and not load.job_id:
        Load.objects.filter(pk=load.pk, state="waiting").update(state="cancelled")
    elif load.job_id:
        work.cancel(by=by, job_id=load.job_id)


def run_load(running: Running, load_id: int) -> dict[str, Any]:
    """Run a load to its end, from wherever it stands; returns {read, loaded, unchanged, quarantined, …}.

    Raises BadInput, TooMuch, Conflict, Unavailable or Cancelled with a sentence for the user.
    """
    return loading.run(running, load_id)


def run_turn(running: Running, load_id: int) -> dict[str, Any]:
    """Take back or bring back a load that `undo_load` or `redo_load` marked, from wherever it stands.

    Returns {load_id, state, people}. Raises Conflict while the source is loading.
    """
    return turning.run(running, load_id)


def _source(code: str) -> Source:
    found = Source.objects.filter(code=code).first()
    if found is None:
        raise NotFound("There is no source {code}.", code=code)
    return found


def _load(load_id: int) -> Load:
    found = Load.objects.select_related("source").filter(pk=load_id).first()
    if found is None:
        raise NotFound("There is no such load.")
    return found


def reader_of(name: str, upload: str = "") -> str:
    """The reader that fits a file: by its first bytes where it is kept already, else by its name. Raises BadInput."""
    ending = Path(name).suffix.lower()
    if ending not in ENDINGS:
        raise BadInput("The file {name} is not CSV, Excel or Parquet.", field="file", name=places.file_name(name))
    if not upload:
        return ENDINGS[ending]
    with places.kept(upload).open("rb") as file:
        start = file.read(8)
    if start.startswith((workbook.ZIPPED, workbook.OLD)):
        return "excel"
    if start.startswith(b"PAR1"):
        return "parquet"
    return "csv" if ENDINGS[ending] == "excel" and not start.lstrip().startswith(b"<") else ENDINGS[ending]
