"""Facts laid down for conditions, and what conditions ask of them, as Ibis expressions."""

from dangol.insight.segments.tables.asking import OF_PRODUCT, OF_STORE, Answer, Facts, answer, judged, members
from dangol.insight.segments.tables.laying import codes, events, purchases, tickets, web_events

__all__ = [
    "OF_PRODUCT",
    "OF_STORE",
    "Answer",
    "Facts",
    "answer",
    "codes",
    "events",
    "judged",
    "members",
    "purchases",
    "tickets",
    "web_events",
]
