"""Gets a source's rows as text into a file of our own: files through the child process, SQL by a reader here."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings

from dangol.base import errors
from dangol.base.disk import says_full
from dangol.base.errors import BadInput, TooMuch, Unavailable
from dangol.customers.collect.parser import BAD, LINE, META, STATE, TEXT
from dangol.customers.collect.rules import Definition

MODULE = "dangol.customers.collect.parser"
POLL_SECONDS = 0.05
FORMAT = ("encoding", "delimiter", "sheet", "header", "header_rows", "hidden")  # how a file is cut into cells
Tick = Callable[[int], None]


@dataclass(frozen=True)
class Refused:
    """A line that could not be cut into cells."""

    line: int
    text: str
    reason: str
    params: dict[str, Any]


@dataclass(frozen=True)
class Staged:
    """A source's rows as text: an Arrow file and the lines that could not be cut."""

    folder: Path
    columns: list[str]
    rows: int
    bad: int
    notes: list[str] = field(default_factory=list)
    found: dict[str, Any] = field(default_factory=dict)

    def batches(self, size: int, start: int = 0) -> Iterator[pa.Table]:
        """The rows from a place on, in tables of at most `size`; always cut at the same places."""
        waiting: list[pa.Table] = []
        skip = start
        with pa.memory_map(str(self.folder / TEXT)) as mapped, pa.ipc.open_file(mapped) as file:
            for place in range(file.num_record_batches):
                batch = file.get_batch(place)
                if skip >= batch.num_rows:
                    skip -= batch.num_rows
                    continue
                waiting.append(pa.Table.from_batches([batch.slice(skip)]))
                skip = 0
                while sum(part.num_rows for part in waiting) >= size:
                    whole = pa.concat_tables(waiting)
                    yield whole.slice(0, size)
                    waiting = [whole.slice(size)]
        rest = pa.concat_tables(waiting) if waiting else None
        if rest is not None and rest.num_rows:
            yield rest

    def refused(self) -> Iterator[Refused]:
        """The lines that could not be cut."""
        with (self.folder / BAD).open(encoding="utf-8") as file:
            for line in file:
                yield Refused(*json.loads(line))


def stage(definition: Definition, path: Path | None, folder: Path, *, limit: int | None = None, tick: Tick) -> Staged:
    """Read a file (or the source's query) into `folder`. tick: told the position now and then; may raise to stop.

    Raises BadInput, TooMuch or Unavailable with a sentence for the user.
    """
    if definition.reader == "sql":
        from dangol.customers.collect.feeds import querying

        if path is None:
            return _staged(folder, querying.ask(definition, folder, limit=limit, tick=tick))
        if path.exists():
            return _staged(folder, querying.laid_out(definition, path, folder))
    if path is None or not path.exists():
        raise BadInput("The uploaded file is no longer there. Upload it again.", field="file")
    if not path.stat().st_size:
        raise BadInput("The file is empty. Choose a file with a header line and rows.", field="file")
    options = definition.options
    order = {
        "path": str(path),
        "folder": str(folder),
        "reader": definition.reader,
        "limit": limit,
        "memory_mb": settings.DANGOL.parse_memory_mb,
        "seconds": settings.DANGOL.parse_seconds,
        **{name: options[name] for name in FORMAT if options.get(name)},
    }
    return _staged(folder, _in_child(order, folder, tick))


def _staged(folder: Path, meta: dict[str, Any]) -> Staged:
    return Staged(folder, meta["columns"], meta["read"], meta["bad"], meta.get("notes", []), meta)


def _in_child(order: dict[str, Any], folder: Path, tick: Tick) -> dict[str, Any]:
    with (folder / "stderr").open("wb") as complaints:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            cwd=folder,
            env=_environment(),
            start_new_session=True,
        )
    try:
        if child.stdin is not None:
            with suppress(BrokenPipeError), child.stdin as pipe:
                pipe.write(json.dumps(order).encode())
        _wait(child, folder, order["seconds"], tick)
    finally:
        if child.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    return _answer(child.returncode, folder, order)


def _environment() -> dict[str, str]:
    """Only what Python needs to start: no secrets, no proxies; one thread, one arena, memory given back."""
    return {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "MALLOC_ARENA_MAX": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _wait(child: "subprocess.Popen[bytes]", folder: Path, seconds: int, tick: Tick) -> None:
    end = time.monotonic() + seconds
    while True:
        with suppress(subprocess.TimeoutExpired):
            child.wait(POLL_SECONDS)
            return
        if time.monotonic() > end:
            raise TooMuch(
                "Reading the file took longer than {seconds} seconds. Split it into smaller files.", seconds=seconds
            )
        with suppress(OSError, ValueError):
            tick(int((folder / STATE).read_text() or 0))


def _answer(code: int, folder: Path, order: dict[str, Any]) -> dict[str, Any]:
    complaint = (folder / "stderr").read_text("utf-8", "replace")[-4000:]
    if says_full(complaint):
        raise Unavailable("The disk is full. Free some space, then start the load again: it continues.")
    meta: dict[str, Any] = json.loads((folder / META).read_text()) if code == 0 else {}
    if code in (-signal.SIGXCPU,):
        raise TooMuch(
            "Reading the file took longer than {seconds} seconds. Split it into smaller files.",
            seconds=order["seconds"],
        )
    if code in (-signal.SIGABRT, -signal.SIGKILL) or "memory" in complaint.lower():
        meta = {"error": "memory"}
    elif code != 0:
        raise BadInput("The file cannot be read: it is damaged or of another form. Check its form.", field="file")
    return _told(meta, order)


def _told(meta: dict[str, Any], order: dict[str, Any]) -> dict[str, Any]:
    """What the parser found out; its refusals are raised again here."""
    if meta.get("error") == "memory":
        raise TooMuch(
            "Reading the file needs more than {memory} MB of memory. Save it as CSV or split it into smaller files.",
            memory=order["memory_mb"],
        )
    if "error" in meta:
        raise getattr(errors, meta["error"])(meta["template"], field=meta["field"], **meta["params"])
    return meta


__all__ = ["LINE", "Refused", "Staged", "stage"]
