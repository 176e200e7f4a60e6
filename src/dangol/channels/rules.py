"""A message's life as a rule, what an adapter is given and gives back, and the error a delivery ends in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from dangol.base.errors import BadInput, DangolError


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


QUEUED, HELD, SENDING, SENT = "queued", "held", "sending", "sent"
IN_DOUBT, FAILED, BOUNCED, CANCELLED = "in_doubt", "failed", "bounced", "cancelled"
STATES = {
    QUEUED: N_("Waiting"),
    HELD: N_("Held"),
    SENDING: N_("Being sent"),
    SENT: N_("Sent"),
    IN_DOUBT: N_("In doubt"),
    FAILED: N_("Failed"),
    BOUNCED: N_("Bounced"),
    CANCELLED: N_("Cancelled"),
}
# What may follow what. `sending` never goes back to `queued` by itself after the network was touched: only an answer
# of the counterpart ("not taken") or a person may say that nothing was delivered.
TRANSITIONS: Mapping[str, frozenset[str]] = {
    QUEUED: frozenset({SENDING, HELD, CANCELLED}),
    HELD: frozenset({QUEUED, SENDING, CANCELLED}),
    SENDING: frozenset({SENT, FAILED, QUEUED, IN_DOUBT}),
    IN_DOUBT: frozenset({SENT, QUEUED, BOUNCED}),
    SENT: frozenset({BOUNCED}),
    FAILED: frozenset(),
    BOUNCED: frozenset(),
    CANCELLED: frozenset(),
}
FINAL = frozenset({SENT, FAILED, BOUNCED, CANCELLED})
MOST_ATTEMPTS = 5
UNDELIVERABLE = "undeliverable"
UNSENT = {UNDELIVERABLE: N_("Refused for good by the address’s own server")}  # reasons that a channel itself gives
BELIEVED = timedelta(days=180)  # how long such an answer counts: mailboxes come back
FIRST_WAIT = timedelta(minutes=1)

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def may_become(state: str, following: str) -> bool:
    """Whether a message in one state may enter another."""
    return following in TRANSITIONS[state]


def wait_before(attempt: int) -> timedelta:
    """How long to wait before trying again after this many attempts: 1, 4, 16, 64 minutes."""
    return FIRST_WAIT * int(4 ** (attempt - 1))


def one_line(text: str, *, field: str) -> str:
    """A text fit for a header line. Raises BadInput for line ends and other control or direction marks."""
    if CONTROL.search(text):
        raise BadInput("The {field} must be one line without control characters.", field=field)
    return text


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a message. kind: its media type, like text/csv."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True)
class Outgoing:
    """One message for one person, ready to go. `token` names it in the ledger and in every link."""

    token: str
    to: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """What the counterpart answered when it took the message."""

    provider_id: str
    answer: str


@dataclass(frozen=True)
class Limits:
    """What a channel bears: messages per second, and per connection."""

    per_second: float
    per_connection: int


class Delivery(DangolError):
    """A message was not (provably) taken.

    permanent: trying again is useless. doubtful: it may have been taken all the same, so it must not be sent again
    unless a person says so. counterpart: the fault is not the message's but the server's (nobody answers).
    unknown: the address's own server says for good that there is no such address.
    """

    def __init__(
        self, answer: str, *, permanent: bool = False, doubtful: bool = False, counterpart: bool = False,
        unknown: bool = False,
    ) -> None:  # fmt: skip
        self.answer = answer[:300]
        self.permanent, self.doubtful, self.counterpart = permanent, doubtful, counterpart
        self.unknown = unknown
        super().__init__(N_("The message was not delivered: {answer}"), answer=self.answer)
