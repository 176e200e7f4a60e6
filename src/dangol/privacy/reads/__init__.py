"""Looks at requests, at what is kept of a person, at retention and breaches."""

from dangol.privacy.reads.breach import Affected, Happening, affected, notice
from dangol.privacy.reads.breach import rule as breach_rule
from dangol.privacy.reads.documents import Explanation, Part, Report, as_csv, as_json, explanation
from dangol.privacy.reads.erasure import Preview, preview
from dangol.privacy.reads.requests import (
    Board,
    RequestQuery,
    RequestView,
    board,
    count_requests,
    countries,
    known_person,
    of_person,
    overdue,
    policies,
    request,
    requests,
    today,
)
from dangol.privacy.reads.retention import Line, destructions, retention, schedule

__all__ = [
    "Affected",
    "Board",
    "Explanation",
    "Happening",
    "Line",
    "Part",
    "Preview",
    "Report",
    "RequestQuery",
    "RequestView",
    "affected",
    "as_csv",
    "as_json",
    "board",
    "breach_rule",
    "count_requests",
    "countries",
    "destructions",
    "explanation",
    "known_person",
    "notice",
    "of_person",
    "overdue",
    "policies",
    "preview",
    "request",
    "requests",
    "retention",
    "schedule",
    "today",
]
