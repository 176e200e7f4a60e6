"""Watched folders: whole files are taken in once and put aside, each with a report beside it."""

import json
import os
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from dangol.base.errors import BadInput, Cancelled, DangolError, Unavailable
from dangol.base.identifiers import file_hash
from dangol.customers.collect import actions as collect
from dangol.customers.collect import places
from dangol.customers.collect.feeds.rules import DONE, FAILED, FILES_A_PULL, SETTLE_SECONDS, TAKING, is_finished
from dangol.customers.collect.models import Source
from dangol.staff.reads import Member
from dangol.work.actions import Running

MARK = tuple[int, int, int]


def folder_of(code: str) -> Path:
    """The watched folder of a source, below the folder of sources."""
    return Path(settings.DANGOL.inbox) / code


def prepare(code: str) -> Path:
    """Make a source's watched folder. Raises BadInput where it would lie elsewhere."""
    folder = folder_of(code)
    with places.disk():
        for one in (folder, folder / DONE, folder / FAILED):
            one.mkdir(parents=True, exist_ok=True)
    root = Path(settings.DANGOL.inbox).resolve()
    if not all(one.resolve().is_relative_to(root) for one in (folder, folder / DONE, folder / FAILED)):
        raise BadInput("The watched folder leads out of the folder of sources. Remove the link.", field="folder")
    return folder


def sweep(running: Running, source: Source) -> dict[str, Any]:
    """Take in every whole file of the source's folder, oldest first; returns what became of them."""
    folder = prepare(source.code)
    files = list(_whole(running, folder))
    report: dict[str, Any] = {"files": len(files), "loaded": 0, "unchanged": 0, "quarantined": 0, "failed": []}
    for place, (path, mark) in enumerate(files):
        running.progress(place, len(files), TAKING)
        told = _take(running, source, path, mark)
        if "error" in told:
            report["failed"].append(path.name)
        for name in ("loaded", "unchanged", "quarantined"):
            report[name] += told.get(name, 0)
    if report["failed"]:
        raise BadInput(
            "{count} of {files} files could not be loaded and lie in the folder “failed” with a report: {names}.",
            count=len(report["failed"]), files=len(files), names=", ".join(report["failed"][:5]),
        )  # fmt: skip
    return report


def _look(path: Path) -> MARK | None:
    """Size, time and identity of a plain file; None for links, folders, and what is gone. Links are not followed."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def _whole(running: Running, folder: Path) -> Iterator[tuple[Path, MARK]]:
    """Files that stay the same between two looks, the oldest first."""
    names = [path for path in folder.iterdir() if is_finished(path.name)]
    before = {path: mark for path in names if (mark := _look(path)) is not None}
    if not before:
        return
    settled = time.time() - SETTLE_SECONDS
    if any(mark[1] / 1e9 > settled for mark in before.values()):
        end = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < end:
            running.progress(0, None, TAKING)
            time.sleep(min(0.2, SETTLE_SECONDS))
    same = [(path, mark) for path, mark in before.items() if _look(path) == mark]
    yield from sorted(same, key=lambda pair: (pair[1][1], pair[0].name))[:FILES_A_PULL]


def _pieces(path: Path, mark: MARK) -> Iterator[bytes]:
    """The bytes of the very file that was looked at. Raises BadInput where another stands in its place."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(file.fileno())
        if (found.st_size, found.st_mtime_ns, found.st_ino) != mark:
            raise BadInput("The file was changed while it was read. It is taken in again when it stays the same.")
        while piece := file.read(places.PIECE_BYTES):
            yield piece


def _take(running: Running, source: Source, path: Path, mark: MARK) -> dict[str, Any]:
    by: Member = running.by
    try:
        reader = collect.reader_of(path.name)
        if reader != source.reader:
            raise BadInput("The file is not of the source's form ({reader}).", reader=source.reader)
        told = _load(running, source, by, path, mark)
    except (Cancelled, Unavailable):
        raise
    except DangolError as error:
        told = {"error": str(error)}
    except OSError as error:
        told = {"error": f"The file cannot be read ({os.strerror(error.errno or 0)})."}
    _put_aside(path, mark, FAILED if "error" in told else DONE, told)
    return told


def _load(running: Running, source: Source, by: Member, path: Path, mark: MARK) -> dict[str, Any]:
    """Load a file, unless a load that stands brought these very bytes."""
    upload, _size = places.keep_upload(_pieces(path, mark))
    sha256 = file_hash(places.kept(upload))
    before = source.loads.filter(sha256=sha256, state="done").order_by("-pk").first()
    if before is not None:
        places.kept(upload).unlink(missing_ok=True)
        return {"load_id": before.pk, "read": before.read, "loaded": 0, "unchanged": before.read, "again": True}
    load_id = collect.start_load(by=by, source_code=source.code, upload=upload, name=path.name)
    return collect.run_load(running, load_id=load_id)


def _put_aside(path: Path, mark: MARK, place: str, told: dict[str, Any]) -> None:
    """Move a file to done or failed under a name that is free, with its report beside it."""
    if _look(path) != mark:
        return  # another file took its name meanwhile: that one is for the next time
    now = datetime.now(UTC)
    target = path.parent / place / f"{now:%Y%m%dT%H%M%S}-{path.name}"
    number = 1
    while target.exists():
        number += 1
        target = path.parent / place / f"{now:%Y%m%dT%H%M%S}-{number}-{path.name}"
    report = {"file": path.name, "at": now.isoformat(timespec="seconds"), **told}
    with places.disk():
        target.with_name(target.name + ".report.json").write_text(
            json.dumps(report, ensure_ascii=False, indent=1, default=str), "utf-8"
        )
        os.replace(path, target)
