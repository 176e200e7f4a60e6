"""Looks at consent: permits, history, what is due, the texts, suppressed addresses."""

from dangol.customers.consent.families import families
from dangol.customers.consent.reads.permits import (
    digest,
    given,
    permits,
    policies,
    policy_at,
    suppressed,
    who_answered,
)
from dangol.customers.consent.reads.standing import (
    Cell,
    Due,
    Guardianship,
    Word,
    due_again,
    guardianship,
    minors,
    of_customer,
    old_words,
    overdue_notices,
    overview,
    refused_profiling,
    waiting_notices,
)
from dangol.customers.consent.reads.wordings import WordingView, in_force, version_text, wording, wordings

__all__ = [
    "Cell",
    "Due",
    "Guardianship",
    "Word",
    "WordingView",
    "digest",
    "due_again",
    "families",
    "given",
    "guardianship",
    "in_force",
    "minors",
    "of_customer",
    "old_words",
    "overdue_notices",
    "overview",
    "permits",
    "policies",
    "policy_at",
    "refused_profiling",
    "suppressed",
    "version_text",
    "waiting_notices",
    "who_answered",
    "wording",
    "wordings",
]
