"""The states of a run, the cells of its people, and clicks that no person made."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from dangol.campaigns.plan import rules as plan


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


DRAWING, LAUNCHING, SENDING, PAUSED = "drawing", "launching", "sending", "paused"
WAITING, DONE, STOPPED = "waiting", "done", "stopped"
STATES = {
    DRAWING: N_("Drawing the control group"),
    LAUNCHING: N_("Launching"),
    SENDING: N_("Sending"),
    PAUSED: N_("Paused"),
    WAITING: N_("Waiting"),
    DONE: N_("Finished"),
    STOPPED: N_("Stopped"),
}
TRANSITIONS: Mapping[str, frozenset[str]] = {
    DRAWING: frozenset({LAUNCHING, STOPPED}),
    LAUNCHING: frozenset({SENDING, STOPPED}),
    SENDING: frozenset({PAUSED, WAITING, DONE, STOPPED}),
    WAITING: frozenset({SENDING, PAUSED, STOPPED}),
    PAUSED: frozenset({SENDING, STOPPED}),
    DONE: frozenset({SENDING}),  # a message in doubt was given back to be sent again
    STOPPED: frozenset(),
}
TARGET, CONTROL, OUT = plan.TARGET, plan.CONTROL, "out"
CELLS = {TARGET: N_("Contacted group"), CONTROL: N_("Control group"), OUT: N_("Left out")}
STEP = "1"
STOPPED_BY_PERSON = "stopped"
NOBODY = N_("Nobody this campaign aims at can be reached, so there is nothing to launch.")
COUNTED_WITHIN = timedelta(minutes=15)  # how old the numbers of a confirmation may be
MACHINE_WITHIN = timedelta(seconds=5)


def may_become(state: str, following: str) -> bool:
    """Whether a run in one state may enter another."""
    return following in TRANSITIONS[state]


def by_machine(clicked_at: datetime, sent_at: datetime | None) -> bool:
    """Whether a click came so soon after sending that a mail scanner made it, not a person."""
    return sent_at is None or clicked_at - sent_at < MACHINE_WITHIN
