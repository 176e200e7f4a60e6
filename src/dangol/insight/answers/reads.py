"""Looks at kept answers, at the data and the rights they hang on, and at the job that works one out."""

import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from dangol.base.errors import NotFound
from dangol.base.identifiers import content_hash
from dangol.insight.answers.rules import KEEP_SECONDS
from dangol.insight.olap.own import reads as own
from dangol.staff import reads as staff
from dangol.staff.reads import Member
from dangol.staff.rules import Right
from dangol.work import reads as work


def key_of(by: Member, question: Mapping[str, Any], *, star: str = "") -> str:
    """The key of a question: who asks, what they may see, the data of this moment, and the question itself.

    Anything that could change the answer changes the key: another member, role, unit or token, a new snapshot, an own
    measure written anew. question: plain values that say all that is asked, the kind of question among them.
    """
    who = staff.scope_of(by)
    return content_hash({
        "member": by.pk, "role": by.role, "rights": sorted(right for right in Right if staff.may(by, right)),
        "scope": [who.everyone, who.unit_path, who.member_id], "data": _data(),
        "own": [[one.name, one.version] for one in own.written(star)], "star": star, "question": dict(question),
    })  # fmt: skip


def _data() -> list[tuple[str, str]]:
    """Every store of snapshots with the one it serves."""
    home = Path(settings.DANGOL.home)
    found = sorted([*home.glob("*/CURRENT"), *home.glob("stars/*/CURRENT")])
    return [(path.parent.name, path.read_text("utf-8").strip()) for path in found]


def folder() -> Path:
    """Where answers are kept."""
    return Path(settings.DANGOL.home) / "answers"


def place(key: str) -> Path:
    """The file of an answer; the key itself may hold anything."""
    return folder() / f"{hashlib.sha256(key.encode()).hexdigest()}.json"


def kept(key: str) -> Any | None:
    """A kept answer; None where there is none, where it is too old, or where the file is damaged (it is asked anew)."""
    try:
        path = place(key)
        if time.time() - path.stat().st_mtime > KEEP_SECONDS:
            return None
        head, _line, body = path.read_bytes().partition(b"\n")
        if json.loads(head) != {"key": key, "sha256": hashlib.sha256(body).hexdigest()}:
            return None
        return json.loads(body)
    except (FileNotFoundError, ValueError):
        return None


def running(key: str) -> int | None:
    """The id of the job that works this answer out now, or waits to; `work.reads.job` shows it to who started it."""
    return work.under(unique_key(key))


def unique_key(key: str) -> str:
    """The name under which there is at most one job for a key."""
    return f"answer:{hashlib.sha256(key.encode()).hexdigest()}"


def asker(running_for: Any, scopes: list[str] | None) -> Member:
    """Who a job asks for, with the rights of the request that started it: no more than its token carried.

    Raises NotFound where the account is gone or switched off since.
    """
    member: Member | None = running_for
    if member is None or not member.is_active:
        raise NotFound("This account is switched off.")
    member.scopes = frozenset(scopes) if scopes is not None else None
    return member
