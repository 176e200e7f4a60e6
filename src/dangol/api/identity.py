"""One person, one customer: pairs to decide, merging and parting, claims, why a value is what it is, golden rules."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from dangol.api.frame import Cursor, Id, Limit, Page, Problem, Strict, address_of, caller, page_of
from dangol.customers.identify import reads as customers
from dangol.customers.identify.golden import actions as golden
from dangol.customers.identify.golden import history
from dangol.customers.identify.golden import reads as evidence
from dangol.customers.identify.golden.rules import stored_form
from dangol.customers.identify.matching import actions, reads
from dangol.customers.identify.matching.reads import PairQuery
from dangol.customers.identify.matching.rules import MOST_AT_ONCE
from dangol.staff.actions import note_access

router = Router(tags=["identity"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 409, 413, 422, 429, 503}): Problem}
Note = Annotated[str, Field(max_length=300)]
Word = Annotated[str, Field(max_length=60)]
Share = Annotated[float, Field(ge=0, le=1)]


class SideOut(Schema):
    """One customer of a pair or merge."""

    id: int
    kind: str
    code: str
    label: str
    unit: str
    rep: str


class PostingOut(Schema):
    """Who was in charge. since: the first day (null: from the beginning); until: the last day (null: still)."""

    since: date | None
    until: date | None
    unit: str
    rep: str


class ComparedOut(Schema):
    """A field of both, masked; agree: same, different or one_sided, by the standardised values."""

    field: str
    left: str
    right: str
    agree: str


class PairOut(Schema):
    """Two customers who may be one. state: open, joined, apart, snoozed. decided_by is empty for the linkage."""

    id: int
    left: SideOut
    right: SideOut
    probability: float
    state: str
    fields: list[ComparedOut]
    decided_by: str
    decided_at: datetime | None
    snoozed_until: date | None
    note: str
    proposed_at: datetime


class BarOut(Schema):
    """A step of the evidence; weight is the log2 of a Bayes factor, the first step is the prior."""

    field: str
    level: str
    weight: float
    before: float
    after: float


class PairWithEvidence(PairOut):
    """A pair and why."""

    evidence: list[BarOut]


class PairFilter(Strict):
    """Which pairs, most probable first; state empty for all."""

    state: Word = "open"
    unit_id: Id | None = None
    least: Share = 0.0
    most: Share = 1.0
    cursor: Cursor = None
    limit: Limit = 50


class BranchOut(Schema):
    """Open pairs of a branch (that of the left customer)."""

    unit_id: int | None
    unit: str
    pairs: int


class DecisionIn(Strict):
    """kept_id: who stays; without it the named, then the older one."""

    verdict: Literal["join", "apart", "later"]
    kept_id: Id | None = None
    note: Note = ""


class StateOut(Schema):
    """The pair's new state."""

    state: str


class DecisionsIn(Strict):
    """Pairs to be decided alike."""

    pair_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_AT_ONCE)]
    verdict: Literal["join", "apart", "later"]


class DecisionsOut(Schema):
    """How many were decided, and how many were passed over (decided meanwhile, or not yours to see)."""

    done: int
    passed_over: int


class OutcomeOut(Schema):
    """A field of a merge to be: both values and the golden one, masked, and why (an English sentence)."""

    field: str
    kept: str
    gone: str
    result: str
    reason: str
    agree: str


class PreviewOut(Schema):
    """What a merge would make. amount: minor units."""

    kept: SideOut
    gone: SideOut
    fields: list[OutcomeOut]
    keys: int
    orders: int
    amount: int


class MergeIn(Strict):
    """Who is to become part of the customer."""

    gone_id: Id
    note: Note = ""


class MergedOut(Schema):
    """The merge that was made."""

    merge_id: int


class MergeOut(Schema):
    """A merge of a customer. part: who went; standing: it was not taken back."""

    id: int
    part: SideOut
    kept_id: int
    how: str
    by: str
    at: datetime
    note: str
    standing: bool
    parted_by: str
    parted_at: datetime | None


class PartIn(Strict):
    """Why."""

    note: Note = ""


class PartedOut(Schema):
    """The customer that is a person of its own again."""

    customer_id: int


class ClaimIn(Strict):
    """The code of an un-named customer, or a key of a source that only one customer has."""

    code: Annotated[str, Field(min_length=1, max_length=120)]
    note: Note = ""


class CandidateOut(Schema):
    """A value somebody said, masked. mark: names it, to lock it. present: False for an earlier word of its source."""

    value: str
    source: str
    key: str
    at: datetime | None
    load: int
    by_hand: str
    generated: bool
    chosen: bool
    present: bool
    mark: str
    customer_id: int


class WhyOut(Schema):
    """Why a field has its value: rule, reason (a code) and everything said, the chosen one first."""

    field: str
    value: str
    rule: str
    sources: list[str]
    reason: str
    sentence: str
    locked: bool
    candidates: list[CandidateOut]


class LockIn(Strict):
    """The mark of a candidate to be locked; null lets the sources decide again."""

    mark: Word | None = None


class EntryOut(Schema):
    """An entry of the history. title: an English sentence with {names} of params; off: it counts no more."""

    kind: str
    at: datetime
    title: str
    params: dict[str, Any]
    values: dict[str, str]
    by: str
    load: int
    note: str
    off: bool


class HistoryFilter(Strict):
    """Which entries: said, golden, hand, merge or consent; and which page."""

    kind: Word = ""
    cursor: Cursor = None
    limit: Limit = 50


class RuleIn(Strict):
    """How one field is decided; sources: codes, most trusted first."""

    rule: Literal["newest", "trusted", "longest", "frequent"] = "newest"
    sources: Annotated[list[Word], Field(max_length=50)] = []


class RulesOut(Schema):
    """The rules in force; version 0 are those the product comes with."""

    version: int
    rules: dict[str, RuleIn]
    by: str
    at: datetime | None
    note: str


class RulesIn(Strict):
    """Rules to try or to put in force; fields left out keep the default. version: the one you looked at."""

    version: Annotated[int, Field(ge=0, le=2**53)]
    rules: dict[Word, RuleIn]
    note: Note = ""


class TrialOut(Schema):
    """What other rules would change among the customers changed last."""

    looked_at: int
    customers: int
    fields: dict[str, int]


class JobOut(Schema):
    """The job that works the golden values out again."""

    job_id: int


@router.get("/pairs", response={200: Page[PairOut], **FAILURES}, operation_id="list_pairs")
def list_pairs(request: HttpRequest, which: Query[PairFilter]) -> Any:
    """Pairs of customers who may be one, both within your part of the organisation, masked."""
    by = caller(request)

    def fetch(after: int | None, size: int) -> list[tuple[int, Any]]:
        start = 0 if after is None else after + 1
        query = PairQuery(which.state, which.unit_id, which.least, which.most, offset=start, size=min(size, 200))
        return list(enumerate(reads.pairs(by, query).rows, start))

    page = page_of(fetch, key=lambda row: row[0], cursor=which.cursor, limit=min(which.limit, 199))
    rows = [view for _place, view in page["items"]]
    note_access(by=by, verb="view", what="customer pairs", count=len(rows), address=address_of(request))
    return page | {"items": rows}


@router.get("/pairs/counts", response={200: list[BranchOut], **FAILURES}, operation_id="count_pairs")
def count_pairs(request: HttpRequest) -> Any:
    """Open pairs per branch."""
    found = reads.counts(caller(request))
    return [{"unit_id": unit_id, "unit": unit, "pairs": n} for unit_id, unit, n in found]


@router.post("/pairs/decisions", response={200: DecisionsOut, **FAILURES}, operation_id="decide_pairs")
def decide_pairs(request: HttpRequest, body: DecisionsIn) -> Any:
    """Decide several pairs alike."""
    return actions.decide_many(
        by=caller(request), pair_ids=body.pair_ids, verdict=body.verdict, address=address_of(request)
    )


@router.get("/pairs/{int:pair_id}", response={200: PairWithEvidence, **FAILURES}, operation_id="get_pair")
def get_pair(request: HttpRequest, pair_id: Id) -> Any:
    """One pair with its evidence."""
    by = caller(request)
    view = reads.pair(by, pair_id)
    note_access(by=by, verb="view", what="customer pair", customer_id=view.left.id, count=2,
                address=address_of(request))  # fmt: skip
    return vars(view) | {"evidence": reads.evidence(by, pair_id)}


@router.post("/pairs/{int:pair_id}/decision", response={200: StateOut, **FAILURES}, operation_id="decide_pair")
def decide_pair(request: HttpRequest, pair_id: Id, body: DecisionIn) -> Any:
    """Join, keep apart or put off; 409 where somebody decided already, with who and when."""
    return {"state": actions.decide(by=caller(request), pair_id=pair_id, address=address_of(request), **body.dict())}


@router.get(
    "/customers/{int:customer_id}/merges/preview", response={200: PreviewOut, **FAILURES}, operation_id="preview_merge"
)
def preview_merge(request: HttpRequest, customer_id: Id, gone_id: Id) -> Any:
    """The golden record that merging `gone_id` into this customer would make; changes nothing."""
    by = caller(request)
    found = reads.preview(by, customer_id, gone_id)
    note_access(by=by, verb="view", what="customer pair", customer_id=customer_id, count=2,
                address=address_of(request))  # fmt: skip
    return found


@router.post(
    "/customers/{int:customer_id}/merges", response={200: MergedOut, **FAILURES}, operation_id="merge_customers"
)
def merge_customers(request: HttpRequest, customer_id: Id, body: MergeIn) -> Any:
    """Make another customer part of this one; 409 where one of them was merged meanwhile."""
    made = actions.merge(by=caller(request), kept_id=customer_id, gone_id=body.gone_id, note=body.note,
                         address=address_of(request))  # fmt: skip
    return {"merge_id": made}


@router.get(
    "/customers/{int:customer_id}/merges", response={200: list[MergeOut], **FAILURES}, operation_id="list_merges"
)
def list_merges(request: HttpRequest, customer_id: Id) -> Any:
    """Who was merged into this customer, and what was taken back."""
    by = caller(request)
    note_access(by=by, verb="view", what="customer history", customer_id=customers.customer(by, customer_id).id,
                address=address_of(request))  # fmt: skip
    return reads.merges(by, customer_id)


@router.get(
    "/customers/{int:customer_id}/postings", response={200: list[PostingOut], **FAILURES}, operation_id="list_postings"
)
def list_postings(request: HttpRequest, customer_id: Id) -> Any:
    """Who was in charge of a customer from when to when, newest first: sales belong to whoever was on their day."""
    by = caller(request)
    found = customers.charged(by, customer_id)
    note_access(by=by, verb="view", what="customer history", customer_id=customer_id, address=address_of(request))
    return found


@router.post("/customers/{int:customer_id}/part", response={200: PartedOut, **FAILURES}, operation_id="part_customer")
def part_customer(request: HttpRequest, customer_id: Id, body: PartIn) -> Any:
    """Take back the merge by which this customer became part of another one; 409 where it was parted already."""
    return {"customer_id": actions.part(by=caller(request), customer_id=customer_id, note=body.note,
                                        address=address_of(request))}  # fmt: skip


@router.post("/customers/{int:customer_id}/claims", response={200: MergedOut, **FAILURES}, operation_id="claim_code")
def claim_code(request: HttpRequest, customer_id: Id, body: ClaimIn) -> Any:
    """An un-named customer turns out to be this person."""
    made = actions.claim(by=caller(request), customer_id=customer_id, code=body.code, note=body.note,
                         address=address_of(request))  # fmt: skip
    return {"merge_id": made}


@router.get(
    "/customers/{int:customer_id}/provenance", response={200: list[WhyOut], **FAILURES}, operation_id="provenance"
)
def provenance(request: HttpRequest, customer_id: Id) -> Any:
    """Why each field has its value: every candidate, its source and time, and the rule that chose."""
    by = caller(request)
    found = evidence.whole(by, customer_id)
    note_access(by=by, verb="view", what="customer history", customer_id=customer_id, address=address_of(request))
    return found


@router.put(
    "/customers/{int:customer_id}/provenance/{slug:name}", response={200: WhyOut, **FAILURES}, operation_id="lock_value"
)
def lock_value(request: HttpRequest, customer_id: Id, name: str, body: LockIn) -> Any:
    """Lock one of the values that were said, or let the sources decide again."""
    by = caller(request)
    if body.mark:
        golden.lock(by=by, customer_id=customer_id, name=name, mark=body.mark, address=address_of(request))
    else:
        golden.release(by=by, customer_id=customer_id, name=name, address=address_of(request))
    return evidence.why(by, customer_id, name)


@router.get(
    "/customers/{int:customer_id}/history", response={200: Page[EntryOut], **FAILURES}, operation_id="customer_history"
)
def customer_history(request: HttpRequest, customer_id: Id, which: Query[HistoryFilter]) -> Any:
    """What sources said, edits, merges and consents of a customer, newest first, masked."""
    by = caller(request)
    entries = list(enumerate(history.of(by, customer_id, kind=which.kind)))
    note_access(by=by, verb="view", what="customer history", customer_id=customer_id, address=address_of(request))
    page = page_of(
        lambda after, n: entries[0 if after is None else after + 1 :][:n],
        key=lambda pair: pair[0], cursor=which.cursor, limit=which.limit,
    )  # fmt: skip
    return page | {"items": [entry for _place, entry in page["items"]]}


@router.get("/golden-rules", response={200: RulesOut, **FAILURES}, operation_id="golden_rules")
def golden_rules(request: HttpRequest) -> Any:
    """The company's rules for golden values."""
    view = evidence.rules_in_force(caller(request))
    return vars(view) | {"rules": stored_form(view.rules)}


@router.put("/golden-rules", response={200: JobOut, **FAILURES}, operation_id="set_golden_rules")
def set_golden_rules(request: HttpRequest, body: RulesIn) -> Any:
    """Put rules in force; every golden value is worked out again. 409 where somebody changed them meanwhile."""
    rules = {name: rule.dict() for name, rule in body.rules.items()}
    return {"job_id": golden.set_rules(by=caller(request), rules=rules, seen=body.version, note=body.note)}


@router.post("/golden-rules/trial", response={200: TrialOut, **FAILURES}, operation_id="try_golden_rules")
def try_golden_rules(request: HttpRequest, body: RulesIn) -> Any:
    """What rules would change, without changing anything."""
    return golden.try_rules(caller(request), {name: rule.dict() for name, rule in body.rules.items()})
