"""Lists somebody brought in: where their lines lie until they are written down, and what was left out."""

from pathlib import Path

from django.conf import settings

from dangol.base.errors import NotFound
from dangol.insight.segments.reads.listing import visible
from dangol.staff.reads import Member

KEEP_DAYS = 30


def list_key(segment_id: int) -> str:
    """The key under which the job that writes a list down waits or runs."""
    return f"segments.list:{segment_id}"


def folder() -> Path:
    """Where they lie, for this account of the machine only."""
    found = Path(settings.DANGOL.home) / "lists"
    found.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


def laid_aside(segment_id: int, kind: str) -> Path:
    """The lines of a list that a job still has to go through. kind: codes or ids."""
    return folder() / f"{segment_id}.{kind}"


def left_out_file(segment_id: int) -> Path:
    """The lines of a list nobody was found for, each with the reason: a CSV with code and reason."""
    return folder() / f"{segment_id}.left-out.csv"


def left_out(by: Member, segment_id: int) -> Path:
    """The same for whoever brought the list in; kept KEEP_DAYS. Raises NotFound."""
    row = visible(by, segment_id)
    path = left_out_file(row.pk)
    if row.owner_id != by.pk or not path.exists():
        raise NotFound("The lines that were left out are not kept any more.")
    return path


def has_left_out(by: Member, segment_id: int) -> bool:
    """Whether the lines that were left out can still be had."""
    try:
        return bool(left_out(by, segment_id))
    except NotFound:
        return False
