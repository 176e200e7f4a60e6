"""Facts laid down for conditions, and what conditions ask of them, as Ibis expressions."""

from dangol.insight.segments.tables.asking import BIRTH, answer, judged, members
from dangol.insight.segments.tables.doing import OF_PRODUCT, OF_STORE, days_of, last_campaign
from dangol.insight.segments.tables.facts import Answer, Facts
from dangol.insight.segments.tables.laying import codes, events, purchases, stores, tickets, web_events

__all__ = [
    "BIRTH",
    "OF_PRODUCT",
    "OF_STORE",
    "Answer",
    "Facts",
    "answer",
    "codes",
    "days_of",
    "events",
    "judged",
    "last_campaign",
    "members",
    "purchases",
    "stores",
    "tickets",
    "web_events",
]
