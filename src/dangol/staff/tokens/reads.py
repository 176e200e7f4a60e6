"""Looks at API tokens."""

from dataclasses import dataclass
from datetime import UTC, datetime

from dangol.staff.models import ApiToken, Member
from dangol.staff.reads import may, require
from dangol.staff.rules import Right


@dataclass(frozen=True)
class TokenView:
    """A token as doors show it; its secret is not kept."""

    id: int
    name: str
    hint: str
    owner_id: int
    owner_name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    @property
    def state(self) -> str:
        """active, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "active" if self.expires_at > datetime.now(UTC) else "expired"


def view(token: ApiToken) -> TokenView:
    """A token's row as doors show it."""
    return TokenView(
        id=token.pk, name=token.name, hint=token.hint, owner_id=token.member_id, owner_name=token.member.name,
        scopes=token.scopes, created_at=token.created_at, expires_at=token.expires_at,
        last_used_at=token.last_used_at, revoked_at=token.revoked_at,
    )  # fmt: skip


def own_tokens(by: Member) -> list[TokenView]:
    """One's own tokens, newest first."""
    return [view(token) for token in ApiToken.objects.filter(member=by).select_related("member").order_by("-pk")]


def all_tokens(by: Member) -> list[TokenView]:
    """Everybody's tokens, newest first; for those who may revoke them."""
    require(by, Right.TOKENS_MANAGE)
    return [view(token) for token in ApiToken.objects.select_related("member").order_by("-pk")]


def grantable(by: Member) -> list[Right]:
    """The rights a member may give to a token."""
    return [right for right in Right if may(by, right)]
