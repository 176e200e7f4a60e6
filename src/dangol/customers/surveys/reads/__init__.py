"""Surveys as their makers, answerers and campaigns see them, and what the answers add up to."""

from dangol.customers.surveys.reads.linked import Linked, for_campaigns, linkable, of_campaign, token_of
from dangol.customers.surveys.reads.surveys import (
    TEXTS_SHOWN,
    Open,
    ResponseView,
    Results,
    SurveyView,
    Tally,
    Told,
    answered,
    export,
    of_customer,
    opened,
    responses,
    results,
    survey,
    surveys,
    texts,
    versions,
    why_closed,
)

__all__ = [
    "TEXTS_SHOWN", "Linked", "Open", "ResponseView", "Results", "SurveyView", "Tally", "Told", "answered", "export",
    "for_campaigns", "linkable", "of_campaign", "of_customer", "opened", "responses", "results", "survey", "surveys",
    "texts", "token_of", "versions", "why_closed",
]  # fmt: skip
