"""Segments people build: definitions, exact counts, who is in them and why."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import FileResponse, HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from dangol.api.frame import Cursor, Id, Limit, Page, Problem, Strict, address_of, caller, page_of
from dangol.insight.segments import actions, reads, rules
from dangol.staff.actions import note_access

router = Router(tags=["segments"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 409, 413, 422, 429, 503}): Problem}
Name = Annotated[str, Field(min_length=1, max_length=120)]
Note = Annotated[str, Field(max_length=300)]
Definition = Annotated[
    dict[str, Any],
    Field(
        description="A group as {version: 1, match: all | any | none, parts: [...]}; a part is a group or a condition "
        "with its kind: profile, purchase, measure, event, score, reach or segment."
    ),
]


class SegmentOut(Schema):
    """A segment. size: of those the caller may see, null where too few to show or not worked out yet."""

    id: int
    name: str
    kind: str
    note: str
    origin: str
    owner: str
    shared: bool
    size: int | None
    as_of: date | None
    version: int
    definition: dict[str, Any] | None
    archived: bool
    changed_at: datetime


class ListOut(SegmentOut):
    """A list brought in. size: null until a job has written it down. tally: its lines, customers, and lines left out.

    Left out are unknown (nobody the caller may see), twice (the same customer again) and bad (no code at all).
    """

    tally: dict[str, int] | None


class CodesIn(Strict):
    """A list of customer codes, one a line, to save as a segment."""

    name: Name
    codes: Annotated[str, Field(min_length=1, max_length=30 * 2**20)]


class SizeOut(Schema):
    """How many were in a segment on a day. how: counted (on the day), afterwards, earlier (by another definition)."""

    day: date
    customers: int | None
    how: str


class JobOut(Schema):
    """The job that does it."""

    job_id: int


class SegmentIn(Strict):
    """A live segment to save."""

    name: Name
    definition: Definition
    note: Note = ""
    shared: bool = True


class ListIn(Strict):
    """A fixed list of customers to save as a segment."""

    name: Name
    customer_ids: Annotated[list[Id], Field(min_length=1, max_length=100_000)]
    origin: Annotated[str, Field(max_length=120)] = ""
    shared: bool = False


class ChangeIn(Strict):
    """What to change; version: the one that was read. What is left out keeps its value."""

    version: Annotated[int, Field(ge=1)]
    name: Name | None = None
    definition: Definition | None = None
    note: Note | None = None
    shared: bool | None = None


class NameIn(Strict):
    """The name of what is made."""

    name: Name


class FreezeIn(NameIn):
    """The name of what is made, and the day (null: now) whose people are kept."""

    day: date | None = None


class CountIn(Strict):
    """A definition to count; nothing is saved."""

    definition: Definition


class ReachOut(Schema):
    """Who can be written to on a channel; cannot: reason -> customers. null: too few to show."""

    channel: str
    can: int | None
    cannot: dict[str, int | None]


class CountsOut(Schema):
    """Exact figures. parts: place of a group or condition (0.1; empty the whole) -> customers who meet it alone."""

    total: int | None
    everybody: int
    exact: bool = True
    as_of: date
    reach_at: datetime
    parts: dict[str, int | None]
    reach: list[ReachOut]


class MetOut(Schema):
    """One condition asked of one customer, and the value seen."""

    met: bool
    seen: str | None


class WhyOut(Schema):
    """Why a customer is in or not: place of each condition -> what it found."""

    inside: bool
    conditions: dict[str, MetOut]


class MemberOut(Schema):
    """A customer of a segment."""

    customer_id: int


class OverlapPart(Schema):
    """The customers in exactly these of the segments."""

    segments: list[int]
    customers: int | None


class OverlapOut(Schema):
    """Every combination that occurs, the largest first; sizes in the order asked for."""

    sizes: list[int | None]
    parts: list[OverlapPart]
    union: int | None


def _dots(path: tuple[int, ...]) -> str:
    return ".".join(map(str, path))


@router.get("/segments", response={200: Page[SegmentOut], **FAILURES}, operation_id="built_segments",
            summary="Segments that people built")  # fmt: skip
def built_segments(
    request: HttpRequest, archived: bool = False, kind: Literal["live", "static", "frozen"] | None = None,
    cursor: Cursor = None, limit: Limit = 50,
) -> Any:  # fmt: skip
    """The segments the caller may see, in order of id."""
    rows = reads.segments(caller(request), kinds=(kind,) if kind else (), archived=archived)
    rows.sort(key=lambda row: row.id)

    def fetch(after: int | None, most: int) -> list[reads.SegmentView]:
        return [row for row in rows if row.id > (after or 0)][:most]

    return page_of(fetch, key=lambda row: row.id, cursor=cursor, limit=limit)


@router.post("/segments", response={201: SegmentOut, **FAILURES}, operation_id="create_segment",
             summary="Save a live segment")  # fmt: skip
def create_segment(request: HttpRequest, body: SegmentIn) -> Any:
    """Save a definition as a live segment; who is in it is worked out by a job at once and by each cycle."""
    root = rules.from_dict(body.definition)
    made = actions.create(by=caller(request), name=body.name, root=root, shared=body.shared, note=body.note)
    return Status(201, made)


@router.post("/segments/lists", response={201: SegmentOut, **FAILURES}, operation_id="create_segment_list",
             summary="Save a list of customers as a segment")  # fmt: skip
def create_segment_list(request: HttpRequest, body: ListIn) -> Any:
    """Customers the caller may not see are left out; merged ones count as the whole."""
    return Status(201, actions.create_static(by=caller(request), **body.dict()))


@router.post("/segments/codes", response={201: ListOut, **FAILURES}, operation_id="create_segment_of_codes",
             summary="Bring in a list of codes as a segment")  # fmt: skip
def create_segment_of_codes(request: HttpRequest, body: CodesIn) -> Any:
    """Codes, or keys a source knows customers by. A large list is gone through by a job."""
    return Status(201, actions.upload(by=caller(request), name=body.name, text=body.codes))


@router.get("/segments/{segment_id}/list", response={200: ListOut, **FAILURES}, operation_id="segment_list",
            summary="What became of a list")  # fmt: skip
def segment_list(request: HttpRequest, segment_id: Id) -> Any:
    """A list with its tally."""
    return reads.segment(caller(request), segment_id)


@router.get("/segments/{segment_id}/left-out", response={200: Any, **FAILURES}, operation_id="segment_left_out",
            summary="Lines a list left out")  # fmt: skip
def segment_left_out(request: HttpRequest, segment_id: Id) -> Any:
    """A CSV of code and reason, for 30 days, for whoever brought the list in."""
    by = caller(request)
    path = reads.left_out(by, segment_id)
    note_access(by=by, verb="export", what="segment.left_out", address=address_of(request),
                detail={"segment": segment_id})  # fmt: skip
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"left-out-{segment_id}.csv",
                        content_type="text/csv; charset=utf-8")  # fmt: skip


@router.get("/segments/{segment_id}/sizes", response={200: list[SizeOut], **FAILURES}, operation_id="segment_sizes",
            summary="Sizes of a segment over time")  # fmt: skip
def segment_sizes(request: HttpRequest, segment_id: Id) -> Any:
    """The earliest first; nothing for callers who see a part of the customers only."""
    return reads.sizes(caller(request), segment_id)


@router.post("/segments/{segment_id}/sizes", response={202: JobOut, **FAILURES}, operation_id="fill_segment_past",
             summary="Work out past sizes of a segment")  # fmt: skip
def fill_segment_past(request: HttpRequest, segment_id: Id) -> Any:
    """Count a live segment on the ends of the last 13 months, where its people of then can be known."""
    return Status(202, {"job_id": actions.fill_past(by=caller(request), segment_id=segment_id)})


@router.post("/segments/count", response={200: CountsOut, **FAILURES}, operation_id="count_segment",
             summary="Count a definition")  # fmt: skip
def count_segment(request: HttpRequest, body: CountIn) -> Any:
    """Exact counts of a definition, in total, part by part and by channel; nothing is saved."""
    found = reads.counts(caller(request), rules.from_dict(body.definition))
    return {
        "total": found.total, "everybody": found.everybody, "as_of": found.as_of, "reach_at": found.reach_at,
        "parts": {_dots(path): n for path, n in found.parts.items()},
        "reach": [{"channel": line.channel, "can": line.can, "cannot": dict(line.cannot)} for line in found.reach],
    }  # fmt: skip


@router.get("/segments/overlap", response={200: OverlapOut, **FAILURES}, operation_id="overlap_of_segments",
            summary="How segments overlap")  # fmt: skip
def overlap_of_segments(request: HttpRequest, ids: Annotated[str, Field(max_length=200)]) -> Any:
    """ids: two to four segments, separated by commas."""
    wanted = [int(one) for one in ids.split(",") if one.strip().isdecimal() and len(one.strip()) < 19]
    found = reads.overlap(caller(request), wanted)
    named = [pk for pk, _name in found.names]
    parts = [{"segments": [pk for pk, one in zip(named, inside, strict=True) if one], "customers": n}
             for inside, n in found.parts]  # fmt: skip
    return {"sizes": list(found.sizes), "parts": parts, "union": found.union}


@router.get("/segments/{segment_id}", response={200: SegmentOut, **FAILURES}, operation_id="built_segment",
            summary="One segment")  # fmt: skip
def built_segment(request: HttpRequest, segment_id: Id) -> Any:
    """One segment with its definition."""
    return reads.segment(caller(request), segment_id)


@router.patch("/segments/{segment_id}", response={200: SegmentOut, **FAILURES}, operation_id="change_segment",
              summary="Change a segment")  # fmt: skip
def change_segment(request: HttpRequest, segment_id: Id, body: ChangeIn) -> Any:
    """Change name, note or definition; a changed definition is worked out anew."""
    root = rules.from_dict(body.definition) if body.definition is not None else None
    return actions.update(by=caller(request), segment_id=segment_id, version=body.version, name=body.name, root=root,
                          shared=body.shared, note=body.note)  # fmt: skip


@router.post("/segments/{segment_id}/copy", response={201: SegmentOut, **FAILURES}, operation_id="copy_segment",
             summary="Copy a segment")  # fmt: skip
def copy_segment(request: HttpRequest, segment_id: Id, body: NameIn) -> Any:
    """A segment of the caller's own with the same definition or list."""
    return Status(201, actions.copy(by=caller(request), segment_id=segment_id, name=body.name))


@router.post("/segments/{segment_id}/freeze", response={201: SegmentOut, **FAILURES}, operation_id="freeze_segment",
             summary="Freeze a live segment")  # fmt: skip
def freeze_segment(request: HttpRequest, segment_id: Id, body: FreezeIn) -> Any:
    """Keep who is in a live segment now, or was on a past day, as a segment of its own.

    A large one is written down by a job: its size is null until that is done.
    """
    return Status(201, actions.freeze(by=caller(request), segment_id=segment_id, name=body.name, day=body.day))


@router.post("/segments/{segment_id}/archive", response={204: None, **FAILURES}, operation_id="archive_segment",
             summary="Put a segment away")  # fmt: skip
def archive_segment(request: HttpRequest, segment_id: Id) -> Any:
    """It is not worked out any more; it can be taken back."""
    actions.archive(by=caller(request), segment_ids=[segment_id])
    return Status(204, None)


@router.post("/segments/{segment_id}/restore", response={204: None, **FAILURES}, operation_id="restore_segment",
             summary="Take a segment back")  # fmt: skip
def restore_segment(request: HttpRequest, segment_id: Id) -> Any:
    """Take it back from the archive."""
    actions.restore(by=caller(request), segment_ids=[segment_id])
    return Status(204, None)


@router.get("/segments/{segment_id}/members", response={200: Page[MemberOut], **FAILURES},
            operation_id="built_segment_members", summary="Who is in a segment")  # fmt: skip
def built_segment_members(request: HttpRequest, segment_id: Id, cursor: Cursor = None, limit: Limit = 50) -> Any:
    """The customers of a segment whom the caller may see, as last worked out, in order of id."""
    by = caller(request)

    def fetch(after: int | None, most: int) -> list[dict[str, int]]:
        found = reads.members_of(by, segment_id, after=after or 0, limit=most)
        return [{"customer_id": one} for one in found]

    page = page_of(fetch, key=lambda row: row["customer_id"], cursor=cursor, limit=limit)
    note_access(by=by, verb="view", what="segment.members", count=len(page["items"]), address=address_of(request),
                detail={"segment": segment_id})  # fmt: skip
    return page


@router.get("/segments/{segment_id}/why/{customer_id}", response={200: WhyOut, **FAILURES},
            operation_id="why_in_segment", summary="Why somebody is in a segment")  # fmt: skip
def why_in_segment(request: HttpRequest, segment_id: Id, customer_id: Id) -> Any:
    """The definition asked of one customer: each condition with the value seen."""
    by = caller(request)
    found = reads.why(by, reads.saved(by, segment_id), customer_id)
    note_access(by=by, verb="view", what="segment.members", customer_id=customer_id, address=address_of(request),
                detail={"segment": segment_id})  # fmt: skip
    conditions = {_dots(path): {"met": met, "seen": seen} for path, (met, seen) in found.conditions.items()}
    return {"inside": found.inside, "conditions": conditions}
