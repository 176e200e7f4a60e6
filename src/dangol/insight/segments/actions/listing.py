"""Lists of customers as segments: brought in by code, picked elsewhere, or copied; large ones are written by a job."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from dangol.base.errors import BadInput, Cancelled, Conflict, NotAllowed, NotFound, TooMuch
from dangol.base.formula import guard
from dangol.customers.identify import actions as identity
from dangol.customers.identify import reads as identify
from dangol.customers.identify.rules import CustomerQuery
from dangol.insight.segments import reads, rules
from dangol.insight.segments.actions.making import create, named, written
from dangol.insight.segments.actions.working import publish
from dangol.insight.segments.models import Segment
from dangol.staff.actions import note_access
from dangol.staff.reads import Member, require
from dangol.staff.rules import Right
from dangol.work.actions import Quiet, Running, enqueue

UPLOAD_LINES = 1_000_000
CHUNK = 9_000  # codes looked up between two looks at whether to go on


def N_(text: str) -> str:  # noqa: N802  marks a text for translation: doors show it in their language
    return text


def create_static(
    *, by: Member, name: str, customer_ids: Iterable[int], origin: str = "", shared: bool = False
) -> reads.SegmentView:  # fmt: skip
    """Save a list of customers as a segment; those merged meanwhile count as the whole, those one may not see not.

    origin: where the list comes from, in words. A large one is written down by the job `segments.list`: until then it
    has no size. Raises NotAllowed, BadInput where nobody is left of a small one.
    """
    require(by, Right.INSIGHT_VIEW)
    ids = [int(one) for one in customer_ids]
    if not ids:
        raise BadInput("None of these customers can be found.", field="customers")
    row = Segment(name=named(name), kind="static", origin=origin[:120], shared=shared, owner=by)
    return _made(by, row, "ids", "\n".join(str(one) for one in ids))


def upload(*, by: Member, name: str, text: str) -> reads.SegmentView:
    """A list of customer codes, one a line (of a CSV its first column), as a segment; `tally` says what became of them.

    A large one is gone through by the job `segments.list`. Raises TooMuch beyond UPLOAD_LINES lines, BadInput where no
    code of a small one is known.
    """
    require(by, Right.INSIGHT_VIEW)
    if text.strip().count("\n") >= UPLOAD_LINES:
        raise TooMuch("A list may have at most {limit} lines.", limit=UPLOAD_LINES)
    if not text.strip():
        raise BadInput("Write at least one code, or choose a file.", field="codes")
    row = Segment(name=named(name), kind="static", origin=str(N_("Uploaded list")), shared=False, owner=by)
    return _made(by, row, "codes", text)


def _made(by: Member, row: Segment, kind: str, text: str) -> reads.SegmentView:
    """The list as a segment: at once, or with its lines laid aside for the job."""
    if text.count("\n") >= reads.LARGE:
        with transaction.atomic():
            row.save()
            written(row, by)
            reads.laid_aside(row.pk, kind).write_text(text, encoding="utf-8")
            _enqueue(row, kind, by)
        return reads.segment(by, row.pk)
    found = _sorted_out(Quiet(by=by), by, kind, text)
    if not found.ids:
        raise BadInput("None of these customers can be found.", field="customers")
    with transaction.atomic():
        row.save()
        written(row, by)
        _keep(row, found, Quiet(by=by))
    return reads.segment(by, row.pk)


def _enqueue(row: Segment, kind: str, by: Member) -> int:
    arguments = {"segment_id": row.pk, "kind": kind}
    return enqueue(kind="segments.list", arguments=arguments, by=by, unique_key=reads.list_key(row.pk))


def copy(*, by: Member, segment_id: int, name: str) -> reads.SegmentView:
    """A segment of one's own with the definition, or the members one may see, of another."""
    row = reads.visible(by, segment_id)
    if row.kind == "live":
        return create(by=by, name=name, root=rules.from_dict(row.definition), note=row.note)
    return create_static(by=by, name=name, customer_ids=reads.member_ids(row.pk), origin=row.name)


def run_list(running: Running, segment_id: int, kind: str) -> dict[str, Any]:
    """The job `segments.list`: find the customers of a list that was laid aside, and write them down.

    Cut off at any point it begins anew; cancelled, nobody is in the list. Returns the tally.
    """
    row = Segment.objects.filter(pk=segment_id, kind="static").first()
    aside = reads.laid_aside(segment_id, kind)
    if row is None or (row.size is None and not aside.exists()):
        raise NotFound("There is no such segment.")
    if row.size is None:
        try:
            _keep(row, _sorted_out(running, row.owner, kind, aside.read_text(encoding="utf-8")), running)
        except Cancelled:
            identity.publish_members(segment_id=row.pk, customer_ids=[])
            raise
    aside.unlink(missing_ok=True)
    return {"tally": Segment.objects.values_list("tally", flat=True).get(pk=row.pk)}


class _Found:
    """What became of the lines of a list."""

    def __init__(self, kind: str, lines: int) -> None:
        self.kind, self.lines, self.ids, self.left_out = kind, lines, list[int](), list[tuple[str, str]]()

    @property
    def tally(self) -> dict[str, int]:
        """How many lines there were, customers found, and lines left out by reason."""
        told = {"lines": self.lines, "customers": len(self.ids)}
        return told | {why: sum(1 for _code, one in self.left_out if one == why) for why in rules.LEFT_OUT}


def _sorted_out(running: Running, by: Member, kind: str, text: str) -> _Found:
    """The customers of lines of codes or ids, each once, whom a member may see, and every other line with its reason.

    One the member may not see is not told from one that is not there.
    """
    lines = [code for line in text.splitlines() if (code := rules.code_of(line))]
    found, wanted = _Found(kind, len(lines)), dict[str, None]()
    for code in lines:
        why = rules.BAD if not rules.is_code(code) else rules.TWICE if code in wanted else ""
        if why:
            found.left_out.append((code, why))
        else:
            wanted[code] = None
    known = _known(running, kind, list(wanted))
    whole = identify.root(set(known.values()))
    allowed = set(identify.customer_ids(by, CustomerQuery()))
    taken = set[int]()
    for code in wanted:
        one = whole.get(known.get(code, 0), 0)
        if one in allowed and one not in taken:
            taken.add(one)
        else:
            found.left_out.append((code, rules.TWICE if one in taken else rules.UNKNOWN))
    found.ids = sorted(taken)
    return found


def _known(running: Running, kind: str, codes: Sequence[str]) -> dict[str, int]:
    if kind == "ids":
        return {code: int(code) for code in codes}
    known: dict[str, int] = {}
    for start in range(0, len(codes), CHUNK):
        running.progress(start, len(codes), N_("Looking the customers up"))
        known |= identify.by_code(codes[start : start + CHUNK])
    return known


def _keep(row: Segment, found: _Found, running: Running) -> None:
    """Write down who is in it and what was left out."""
    if found.kind == "codes":
        Segment.objects.filter(pk=row.pk).update(tally=found.tally)
        if found.left_out:
            _write(reads.left_out_file(row.pk), found.left_out)
    publish(row, found.ids, tick=lambda done, total: running.progress(done, total, N_("Writing the list down")))
    note_access(by=row.owner, verb="change", what="segment", count=len(found.ids), detail={"segment": row.pk})


def _write(path: Path, rows: Sequence[tuple[str, str]]) -> None:
    """The lines that were left out, each with its reason, for a spreadsheet."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["code", "reason"])
        writer.writerows((guard(code), why) for code, why in rows)


def prune(*, now: datetime) -> int:
    """Forget lines that were laid aside or left out long ago: codes may be of people. Returns how many files."""
    before = (now - timedelta(days=reads.KEEP_DAYS)).timestamp()
    old = [path for path in reads.folder().iterdir() if path.stat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def again(*, by: Member, segment_id: int) -> None:
    """Write down a list whose job was cancelled or failed. Raises NotFound, NotAllowed, Conflict where it is there."""
    row, kind = _unwritten(by, segment_id)
    if not kind:
        raise Conflict("The lines of this list are gone. Bring it in once more.")
    _enqueue(row, kind, by)


def forget(*, by: Member, segment_id: int) -> None:
    """Take away a list that was never written down. Raises as `again`."""
    row, kind = _unwritten(by, segment_id)
    identity.publish_members(segment_id=row.pk, customer_ids=[])
    if kind:
        reads.laid_aside(row.pk, kind).unlink(missing_ok=True)
    reads.left_out_file(row.pk).unlink(missing_ok=True)
    row.delete()


def _unwritten(by: Member, segment_id: int) -> tuple[Segment, str]:
    """A list nobody has been written into, and what its lines that are laid aside hold ("": there are none)."""
    row = reads.visible(by, segment_id)
    if row.owner_id != by.pk:
        raise NotAllowed("This segment is somebody else’s. Save a copy of your own.")
    if row.kind != "static" or row.size is not None or reads.freezing(by, row.pk) is not None:
        raise Conflict("This list is there, or on its way. Load the page again.")
    return row, next((kind for kind in ("codes", "ids") if reads.laid_aside(row.pk, kind).exists()), "")
