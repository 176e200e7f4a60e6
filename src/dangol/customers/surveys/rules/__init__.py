"""Surveys as plain data: content, answering, figures."""

from dangol.customers.standard.rules import cleaned
from dangol.customers.surveys.rules.answering import Step, age, content_for, first, given_consents, is_minor, step
from dangol.customers.surveys.rules.content import (
    BRANCHING,
    CHOICES,
    CLOSED,
    CONTACTS,
    END,
    FULL,
    KINDS,
    LANGUAGES,
    MINORS,
    NOT_YET,
    NUMERIC,
    STATES,
    Problem,
    asks_contact,
    canonical,
    problems,
    question,
    reason,
    said,
)
from dangol.customers.surveys.rules.figures import NPS_LEAST, Nps, Spread, nps, spread

__all__ = [
    "BRANCHING", "CHOICES", "CLOSED", "CONTACTS", "END", "FULL", "KINDS", "LANGUAGES", "MINORS", "NOT_YET",
    "NPS_LEAST", "NUMERIC", "STATES", "Nps", "Problem", "Spread", "Step", "age", "asks_contact", "canonical",
    "cleaned", "content_for", "first", "given_consents", "is_minor", "nps", "problems", "question", "reason",
    "said", "spread", "step",
]  # fmt: skip
