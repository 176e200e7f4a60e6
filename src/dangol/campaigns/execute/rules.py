"""The states of a run, the draw of the control group, and clicks that no person made."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


LAUNCHING, SENDING, PAUSED, WAITING, DONE, STOPPED = "launching", "sending", "paused", "waiting", "done", "stopped"
STATES = {
    LAUNCHING: N_("Launching"),
    SENDING: N_("Sending"),
    PAUSED: N_("Paused"),
    WAITING: N_("Waiting"),
    DONE: N_("Finished"),
    STOPPED: N_("Stopped"),
}
TRANSITIONS: Mapping[str, frozenset[str]] = {
    LAUNCHING: frozenset({SENDING, STOPPED}),
    SENDING: frozenset({PAUSED, WAITING, DONE, STOPPED}),
    WAITING: frozenset({SENDING, PAUSED, STOPPED}),
    PAUSED: frozenset({SENDING, STOPPED}),
    DONE: frozenset({SENDING}),  # a message in doubt was given back to be sent again
    STOPPED: frozenset(),
}
TARGET, CONTROL, OUT = "target", "control", "out"
CELLS = {TARGET: N_("Contacted group"), CONTROL: N_("Control group"), OUT: N_("Left out")}
STEP = "1"
STOPPED_BY_PERSON = "stopped"
MACHINE_WITHIN = timedelta(seconds=5)


def may_become(state: str, following: str) -> bool:
    """Whether a run in one state may enter another."""
    return following in TRANSITIONS[state]


def drawn(seed: int, customer_id: int) -> float:
    """A customer's number of the draw, even in 0..1: the same for the same seed for ever, so anyone can draw again.

    Source: random assignment by hashing, Kohavi, Tang, Xu 2020, Trustworthy Online Controlled Experiments, ch. 4.
    """
    digest = hashlib.sha256(f"{seed}:{customer_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def cell(seed: int, customer_id: int, control_percent: int) -> str:
    """The cell a customer falls into."""
    return CONTROL if drawn(seed, customer_id) < control_percent / 100 else TARGET


def by_machine(clicked_at: datetime, sent_at: datetime | None) -> bool:
    """Whether a click came so soon after sending that a mail scanner made it, not a person."""
    return sent_at is None or clicked_at - sent_at < MACHINE_WITHIN
