"""Groups the data show: find clusters, look at them, name them, and who is in them."""

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from dangol.api.frame import Cursor, Id, Limit, Page, Problem, Strict, address_of, caller, page_of
from dangol.insight.score.groups import actions, editing, pictures, reads
from dangol.insight.score.groups.rules import trees
from dangol.insight.score.groups.rules.clusters import FEWEST_K, MOST_K, Wanted
from dangol.insight.score.groups.rules.features import CHOICES, LONGEST_WINDOW_DAYS, OWN, USUAL
from dangol.insight.score.groups.rules.wishes import TREE
from dangol.staff.actions import note_access

router = Router(tags=["groups"])
FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 409, 413, 422, 429, 503}): Problem}
Name = Annotated[str, Field(min_length=1, max_length=60)]
Code = Annotated[int, Field(ge=1, le=30_000)]
Number = Annotated[int, Field(ge=0, le=MOST_K)]
Choice = Annotated[str, Field(min_length=1, max_length=60)]


class TraitOut(Schema):
    """A feature of a group. value, whole: means of the group and of all customers; difference: standard deviations."""

    feature: str
    label: str
    kind: str
    difference: float
    value: float | None
    whole: float | None


class GroupOut(Schema):
    """A group today. traits distinguish it; profile has every feature. Null where too few to show (folded)."""

    code: int
    name: str
    described: str
    customers: int | None
    share: float | None
    sales: int | None
    sales_share: float | None
    traits: list[TraitOut]
    profile: list[TraitOut]
    folded: bool


class GroupingOut(Schema):
    """A saved grouping. version: the one in force, null while there is none; answer: of the newest search, empty while
    it goes on, fitted, or too_few."""

    id: int
    name: str
    kind: str
    version: int | None
    answer: str
    job_id: int | None
    as_of: date | None
    customers: int
    groups: list[GroupOut]
    by: str
    at: datetime


class CandidateOut(Schema):
    """One number of clusters that was tried."""

    k: int
    silhouette: float
    stability: float
    smallest: float
    bic: float | None


class LeafOut(Schema):
    """A rule of a tree and how it does. held_rate, lift: among the customers held out of growing."""

    code: int
    conditions: list[str]
    customers: int | None
    rate: float | None
    held: int | None
    held_rate: float | None
    lift: float | None


class GroupingWhole(GroupingOut):
    """A grouping with how its number of clusters was chosen, or the rules of its tree.

    tree: splits as {feature, threshold, low, high} and leaves as {code}; a node is named by its path of 0 (low) and
    1 (high) from the root. generated: attributes the rules might use that are not real.
    """

    reason: str | None
    weak: bool | None
    candidates: list[CandidateOut]
    tree: dict[str, Any] | None
    leaves: list[LeafOut]
    generated: list[str]


class ClustersIn(Strict):
    """What clusters to find. k: 0 lets the data choose; window_days: null for all history."""

    name: Name
    method: Literal["kmeans", "mixture", "hierarchical"] = "kmeans"
    features: Annotated[list[Choice], Field(min_length=1, max_length=len(CHOICES))] = list(USUAL)
    window_days: Annotated[int, Field(ge=1, le=LONGEST_WINDOW_DAYS)] | None = 365
    k: Number = 0


class TreeIn(Strict):
    """What rules to find. of: the campaign's key (target responded), or "column=value" (target attribute).

    target_days: the period the target is measured in; rules ask for what was known before.
    """

    name: Name
    target: Literal["high_value", "asleep", "responded", "attribute"] = "high_value"
    of: Annotated[str, Field(max_length=120)] = ""
    features: Annotated[list[Choice], Field(max_length=len(CHOICES))] = list(OWN)
    attributes: Annotated[list[Choice], Field(max_length=20)] = []
    window_days: Annotated[int, Field(ge=1, le=LONGEST_WINDOW_DAYS)] | None = 180
    target_days: Annotated[int, Field(ge=1, le=LONGEST_WINDOW_DAYS)] = 90


class RulesIn(Strict):
    """Changed rules: other thresholds by path, and the paths of splits that become one group."""

    thresholds: dict[Annotated[str, Field(pattern="^[01]{0,4}$")], Annotated[float, Field(ge=-1e15, le=1e15)]] = {}
    merges: Annotated[list[Annotated[str, Field(pattern="^[01]{0,4}$")]], Field(max_length=16)] = []


class AgainIn(Strict):
    """Search again. k: 0 lets the data choose."""

    k: Number = 0


class StartedOut(Schema):
    """The grouping and the job that searches."""

    id: int
    job_id: int


class NameIn(Strict):
    """What a group is to be called; empty brings the described name back."""

    name: Annotated[str, Field(max_length=60)]


class MemberOut(Schema):
    """A customer of a group."""

    customer_id: int


def _out(view: reads.GroupingView) -> dict[str, Any]:
    return {
        "id": view.id, "name": view.name, "kind": view.kind, "version": view.version.number if view.version else None,
        "answer": view.newest.answer, "job_id": view.newest.job_id, "as_of": view.as_of, "customers": view.customers,
        "groups": view.groups, "by": view.by, "at": view.at,
    }  # fmt: skip


@router.get("/groups", response={200: list[GroupingOut], **FAILURES}, operation_id="groupings", summary="All groupings")
def groupings(request: HttpRequest) -> Any:
    """The groupings that are kept up, newest first."""
    return [_out(one) for one in reads.groupings(caller(request))]


@router.post("/groups", response={202: StartedOut, **FAILURES}, operation_id="find_clusters", summary="Find clusters")
def find_clusters(request: HttpRequest, body: ClustersIn) -> Any:
    """Save a grouping and search for its clusters."""
    wanted = Wanted(body.method, tuple(body.features), body.window_days, _k(body.k))
    grouping_id, job_id = actions.start(by=caller(request), name=body.name, wanted=wanted)
    return Status(202, {"id": grouping_id, "job_id": job_id})


@router.post("/groups/trees", response={202: StartedOut, **FAILURES}, operation_id="find_rules", summary="Find rules")
def find_rules(request: HttpRequest, body: TreeIn) -> Any:
    """Save a grouping and grow the tree of its rules."""
    wanted = trees.Wanted(body.target, body.of, tuple(body.features), tuple(body.attributes), body.window_days,
                          body.target_days)  # fmt: skip
    grouping_id, job_id = actions.start(by=caller(request), name=body.name, wanted=wanted)
    return Status(202, {"id": grouping_id, "job_id": job_id})


@router.post("/groups/{grouping_id}/rules/preview", response={200: list[LeafOut], **FAILURES},
             operation_id="preview_rules", summary="Try changed rules")  # fmt: skip
def preview_rules(request: HttpRequest, grouping_id: Id, body: RulesIn) -> Any:
    """How changed rules would do; saves nothing."""
    by = caller(request)
    return pictures.tree_of(by, editing.tried(by, grouping_id, body.thresholds, body.merges), {}).leaves


@router.put("/groups/{grouping_id}/rules", response={202: StartedOut, **FAILURES}, operation_id="change_rules",
            summary="Change rules")  # fmt: skip
def change_rules(request: HttpRequest, grouping_id: Id, body: RulesIn) -> Any:
    """Keep changed rules as the next version and count everybody by them."""
    job_id = editing.edit(by=caller(request), grouping_id=grouping_id, thresholds=body.thresholds, merges=body.merges)
    return Status(202, {"id": grouping_id, "job_id": job_id})


def _k(given: int) -> int:
    return given if not given or given >= FEWEST_K else 1  # 1 is refused with its sentence


@router.get("/groups/{grouping_id}", response={200: GroupingWhole, **FAILURES}, operation_id="grouping",
            summary="One grouping")  # fmt: skip
def grouping(request: HttpRequest, grouping_id: Id) -> Any:
    """A grouping with its groups and how their number was chosen."""
    by = caller(request)
    view = reads.grouping(by, grouping_id)
    choice, tree = view.fitted.get("choice", {}), view.kind == TREE and view.version is not None
    return _out(view) | {
        "reason": choice.get("reason"), "weak": choice.get("weak"), "candidates": view.fitted.get("candidates", []),
        "tree": view.fitted["tree"] if tree else None, "generated": view.fitted.get("generated", []),
        "leaves": pictures.tree_of(by, view.fitted, {}).leaves if tree else [],
    }  # fmt: skip


@router.post("/groups/{grouping_id}/again", response={202: StartedOut, **FAILURES}, operation_id="find_again",
             summary="Search again")  # fmt: skip
def find_again(request: HttpRequest, grouping_id: Id, body: AgainIn) -> Any:
    """Search anew as the next version, with the same wishes and another number of clusters where given."""
    by = caller(request)
    wanted = reads.grouping(by, grouping_id).newest.wanted
    if isinstance(wanted, Wanted):
        wanted = replace(wanted, k=_k(body.k))
    return Status(202, {"id": grouping_id, "job_id": actions.again(by=by, grouping_id=grouping_id, wanted=wanted)})


@router.delete("/groups/{grouping_id}", response={204: None, **FAILURES}, operation_id="retire_grouping",
               summary="Retire a grouping")  # fmt: skip
def retire(request: HttpRequest, grouping_id: Id) -> Any:
    """Stop keeping a grouping up."""
    actions.retire(by=caller(request), grouping_id=grouping_id)
    return Status(204, None)


@router.put("/groups/{grouping_id}/groups/{code}/name", response={204: None, **FAILURES}, operation_id="name_group",
            summary="Name a group")  # fmt: skip
def name_group(request: HttpRequest, grouping_id: Id, code: Code, body: NameIn) -> Any:
    """Call a group something."""
    actions.rename(by=caller(request), grouping_id=grouping_id, code=code, name=body.name)
    return Status(204, None)


@router.get("/groups/{grouping_id}/groups/{code}/members", response={200: Page[MemberOut], **FAILURES},
            operation_id="group_members", summary="Customers of a group")  # fmt: skip
def members(request: HttpRequest, grouping_id: Id, code: Code, cursor: Cursor = None, limit: Limit = 50) -> Any:
    """The customers of a group whom the caller may see, in order of id."""
    by = caller(request)

    def fetch(after: int | None, most: int) -> list[dict[str, int]]:
        found = reads.members_of(by, grouping_id, code, after=after or 0, limit=most)
        return [{"customer_id": one} for one in found]

    page = page_of(fetch, key=lambda row: row["customer_id"], cursor=cursor, limit=limit)
    note_access(by=by, verb="view", what="group.members", count=len(page["items"]), address=address_of(request),
                detail={"grouping": grouping_id, "group": code})  # fmt: skip
    return page
