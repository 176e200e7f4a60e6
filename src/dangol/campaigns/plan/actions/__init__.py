"""Draft, edit, simulate, hand in, approve."""

from dangol.campaigns.plan.actions.planning import (
    approve,
    copy,
    discard,
    draft,
    edit,
    mark_launched,
    run_count,
    send_back,
    simulate,
    start_count,
    try_message,
)
from dangol.campaigns.plan.actions.submitting import run_submit, start_submit, submit, sweep

__all__ = [
    "approve", "copy", "discard", "draft", "edit", "mark_launched", "run_count", "run_submit", "send_back", "simulate",
    "start_count", "start_submit", "submit", "sweep", "try_message",
]  # fmt: skip
