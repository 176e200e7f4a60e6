"""Keep an answer, and start the one job that works it out."""

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dangol.base.errors import TooMuch
from dangol.insight.answers import reads
from dangol.insight.answers.rules import KEEP_SECONDS, MOST_ANSWERS, MOST_BYTES, MOST_BYTES_IN_ALL
from dangol.staff.reads import Member
from dangol.work import actions as work


def keep(key: str, value: Any) -> None:
    """Keep an answer under its key (see `reads.key_of`), as JSON; the oldest go where there are too many.

    value: plain values. Raises TooMuch for an answer that is too large to keep.
    """
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    if len(body) > MOST_BYTES:
        raise TooMuch("The answer is too large to be kept. Ask for fewer rows, columns or measures.")
    head = json.dumps({"key": key, "sha256": hashlib.sha256(body).hexdigest()}).encode()
    place = reads.place(key)
    place.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=place.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(head + b"\n" + body)
        os.replace(name, place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _tidy(place)


def _tidy(newest: Path) -> None:
    """The oldest answers go first, and all that are past their time; the one just kept stays."""
    found = []
    for path in newest.parent.iterdir():
        try:
            told = path.stat()
        except FileNotFoundError:
            continue
        found.append((told.st_mtime, told.st_size, path))
    number, size, old = len(found), sum(one[1] for one in found), time.time() - KEEP_SECONDS
    for at, bytes_, path in sorted(found):
        if path != newest and (at < old or number > MOST_ANSWERS or size > MOST_BYTES_IN_ALL):
            path.unlink(missing_ok=True)
            number, size = number - 1, size - bytes_


def work_out(*, by: Member, kind: str, key: str, arguments: Mapping[str, Any]) -> int:
    """Start the job that works an answer out; returns its id, or that of the one already at it.

    kind: a job of settings.JOBS, `handler(running, *, scopes, **arguments)`. It asks as `reads.asker(running.by,
    scopes)`, has all the time it needs (jobs run within `engine.patient`), finds the key anew by `reads.key_of` (the
    data may be newer by then) and calls `keep`. See `rules.takes_long` for when to start one.
    """
    scopes = sorted(by.scopes) if by.scopes is not None else None
    given = dict(arguments) | {"scopes": scopes}
    return work.enqueue(kind=kind, arguments=given, by=by, unique_key=reads.unique_key(key))
