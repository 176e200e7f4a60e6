"""Who I am, members, the organisation tree, tokens."""

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from dangol.api.frame import Cursor, Id, Limit, Page, Problem, Strict, caller, page_of
from dangol.customers.identify import actions as customers
from dangol.staff import actions, reads
from dangol.staff.reads import MemberQuery, MemberView
from dangol.staff.rules import Right, Role
from dangol.staff.tokens import actions as token_actions
from dangol.staff.tokens import reads as token_reads

router = Router(tags=["staff"])
Text = Annotated[str, Field(min_length=1, max_length=100)]


class MemberOut(Schema):
    """An account."""

    id: int
    email: str
    name: str
    role: str
    unit_id: int | None
    unit_name: str
    active: bool
    has_second_factor: bool
    language: str
    last_login: datetime | None
    generated: bool


class MeOut(MemberOut):
    """The account a token speaks for, with the rights it has through it."""

    rights: list[str]


class MemberIn(Strict):
    """A new account."""

    email: Annotated[str, Field(max_length=254)]
    name: Text
    role: Role
    unit_id: Id | None = None
    password: Annotated[str, Field(max_length=256)] | None = None
    language: str = "ko"


class MemberChange(Strict):
    """The whole state an account gets. from_day: where the unit changes, from which day its customers come along."""

    name: Text
    role: Role
    unit_id: Id | None = None
    active: bool
    from_day: date | None = None


class UnitOut(Schema):
    """A unit of the organisation tree; parents come before their children."""

    id: int
    name: str
    kind: str
    parent_id: int | None
    path: str
    depth: int
    members: int
    generated: bool


class UnitIn(Strict):
    """A new unit. kind: company, large_branch, branch or team."""

    name: Text
    kind: Annotated[str, Field(max_length=20)]
    parent_id: Id | None = None


class UnitChange(Strict):
    """What changes of a unit; a new parent moves it with everything below it."""

    name: Text | None = None
    parent_id: Id | None = None


class TokenOut(Schema):
    """A token without its secret."""

    id: int
    name: str
    hint: str
    owner_name: str
    scopes: list[str]
    state: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class TokenMade(TokenOut):
    """A new token with its secret, which is shown this once."""

    secret: str


class TokenIn(Strict):
    """A new token of one's own. scopes: rights of one's own."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    scopes: Annotated[list[Right], Field(min_length=1, max_length=len(Right))]
    days: Annotated[int, Field(ge=1, le=365)] = 90


FAILURES: dict[Any, Any] = {frozenset({401, 403, 404, 409, 413, 422, 429, 503}): Problem}


@router.get("/me", response={200: MeOut, **FAILURES}, operation_id="me")
def me(request: HttpRequest) -> Any:
    """The account this token speaks for."""
    by = caller(request)
    own = reads.member(by, by.pk)
    return {**vars(own), "rights": [right.value for right in Right if reads.may(by, right)]}


class MemberFilter(Strict):
    """Which accounts, and which page of them."""

    text: Annotated[str, Field(max_length=100)] = ""
    role: Role | None = None
    unit_id: Id | None = None
    active: bool | None = None
    cursor: Cursor = None
    limit: Limit = 50


@router.get("/members", response={200: Page[MemberOut], **FAILURES}, operation_id="list_members")
def list_members(request: HttpRequest, which: Query[MemberFilter]) -> Any:
    """Accounts in the order they were opened."""
    by = caller(request)
    query = MemberQuery(
        text=which.text, roles=(which.role,) if which.role else (), unit_id=which.unit_id, active=which.active
    )
    return page_of(
        lambda after, n: reads.members(by, query, after_id=after or 0, limit=n),
        key=lambda one: one.id,
        cursor=which.cursor,
        limit=which.limit,
    )


@router.get("/members/{int:member_id}", response={200: MemberOut, **FAILURES}, operation_id="get_member")
def get_member(request: HttpRequest, member_id: Id) -> MemberView:
    """One account."""
    return reads.member(caller(request), member_id)


@router.post("/members", response={201: MemberOut, **FAILURES}, operation_id="create_member")
def create_member(request: HttpRequest, body: MemberIn) -> Any:
    """Open an account."""
    by = caller(request)
    made = actions.create_member(by=by, **body.model_dump())
    return Status(201, reads.member(by, made.pk))


@router.put("/members/{int:member_id}", response={200: MemberOut, **FAILURES}, operation_id="edit_member")
def edit_member(request: HttpRequest, member_id: Id, body: MemberChange) -> MemberView:
    """Change an account; switching it off ends its sessions and tokens. In another unit its customers come along."""
    by = caller(request)
    customers.edit_member(by=by, member_id=member_id, **body.model_dump())
    return reads.member(by, member_id)


@router.get("/units", response={200: list[UnitOut], **FAILURES}, operation_id="list_units")
def list_units(request: HttpRequest) -> Any:
    """The organisation tree as far as it is yours to see."""
    return reads.unit_tree(caller(request))


@router.post("/units", response={201: UnitOut, **FAILURES}, operation_id="create_unit")
def create_unit(request: HttpRequest, body: UnitIn) -> Any:
    """Add a unit."""
    by = caller(request)
    made = actions.create_unit(by=by, **body.model_dump())
    return Status(201, reads.unit(by, made.pk))


@router.patch("/units/{int:unit_id}", response={200: UnitOut, **FAILURES}, operation_id="change_unit")
def change_unit(request: HttpRequest, unit_id: Id, body: UnitChange) -> Any:
    """Rename or move a unit."""
    by = caller(request)
    moves = "parent_id" in body.model_fields_set
    actions.change_unit(by=by, unit_id=unit_id, name=body.name, moves=moves, parent_id=body.parent_id)
    return reads.unit(by, unit_id)


@router.get("/tokens", response={200: list[TokenOut], **FAILURES}, operation_id="list_tokens")
def list_tokens(request: HttpRequest) -> Any:
    """Your tokens, newest first."""
    return token_reads.own_tokens(caller(request))


@router.post("/tokens", response={201: TokenMade, **FAILURES}, operation_id="create_token")
def create_token(request: HttpRequest, body: TokenIn) -> Any:
    """Make a token; it can carry no right this one lacks."""
    by = caller(request)
    made, secret = token_actions.create_token(
        by=by, name=body.name, scopes=[scope.value for scope in body.scopes], days=body.days
    )
    return Status(201, {**vars(made), "state": made.state, "secret": secret})


@router.delete("/tokens/{int:token_id}", response={204: None, **FAILURES}, operation_id="revoke_token")
def revoke_token(request: HttpRequest, token_id: Id) -> Any:
    """End a token."""
    token_actions.revoke_token(by=caller(request), token_id=token_id)
    return Status(204, None)
