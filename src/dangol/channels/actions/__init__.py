"""Write to the ledger, send what waits, take over, resolve, forget."""

from dangol.channels.actions.forgetting import forget, forget_before
from dangol.channels.actions.ledger import (
    Person,
    ask,
    bounced,
    cancel_waiting,
    mark_recorded,
    queue,
    resolve,
    take_over,
)
from dangol.channels.actions.loop import Loop, Outcome, Tally

__all__ = [
    "Loop", "Outcome", "Person", "Tally", "ask", "bounced", "cancel_waiting", "forget", "forget_before",
    "mark_recorded", "queue", "resolve", "take_over",
]  # fmt: skip
