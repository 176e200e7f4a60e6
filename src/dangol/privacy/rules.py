"""Requests of people about their data, and how long what is kept: dated policies, states, deadlines. No Django."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from dangol.customers.consent.rules import months_after


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


POLICIES = Path(__file__).resolve().parent / "policies"
HOME = "KR"

ACCESS, CORRECTION, ERASURE, OBJECTION = "access", "correction", "erasure", "objection"
PORTABILITY, REFUSAL, EXPLANATION, REVIEW = "portability", "refusal", "explanation", "review"
KINDS = {
    ACCESS: N_("See my data"),
    CORRECTION: N_("Correct my data"),
    ERASURE: N_("Erase my data"),
    OBJECTION: N_("Stop using my data"),
    PORTABILITY: N_("Take my data with me"),
    REFUSAL: N_("No decisions by a machine"),
    EXPLANATION: N_("Explain an automatic decision"),
    REVIEW: N_("Have a person look at a decision"),
}
# What staff does with a request of a kind, in one sentence.
GUIDES = {
    ACCESS: N_("Make the report, hand it over, then close the request and say how it was handed over."),
    CORRECTION: N_("Change the values on the customer’s page, then close the request and say what was corrected."),
    ERASURE: N_("Look at the preview, then erase. Erasing cannot be undone."),
    OBJECTION: N_("Stop every use that rests on consent, then say what was stopped."),
    PORTABILITY: N_("Export the data, hand it over, then close the request and say how."),
    REFUSAL: N_("Stop automatic decisions for this customer. It takes one step."),
    EXPLANATION: N_("Show the customer which figures led to the grade, then say that it was explained."),
    REVIEW: N_("Look at the figures behind the grade as a person, decide, and write down what you decided and why."),
}
RECEIVED, OPEN, DONE, REFUSED, WITHDRAWN = "received", "open", "done", "refused", "withdrawn"
STATES = {
    RECEIVED: N_("Identity to be checked"),
    OPEN: N_("In work"),
    DONE: N_("Done"),
    REFUSED: N_("Refused"),
    WITHDRAWN: N_("Taken back"),
}
WAITING = (RECEIVED, OPEN)
ORIGINS = {"staff": N_("a member"), "customer": N_("preference page"), "api": N_("API")}
CHECKS = {
    "link": N_("Signed link from a message to the customer"),
    "call": N_("Call back to the number on file"),
    "id": N_("Identity card shown (not copied)"),
    "account": N_("Signed in to the shop"),
    "agent": N_("Proxy with a letter of authority"),
}
GROUNDS = {
    "law": N_("A law forbids or limits it"),
    "harm": N_("It would harm somebody else’s life, body, property or other interests"),
    "contract": N_("A contract could not be fulfilled without the data, and the customer has not ended it"),
    "identity": N_("Nobody could show that the request comes from the customer"),
    "repeated": N_("The same request was answered a short while ago"),
}
SOON_DAYS = 3

WHATS = {
    "access_log": N_("Access log: who looked at whose data"),
    "rights_log": N_("Access log: changes of rights"),
    "messages": N_("Addresses and personal words of messages that ended"),
    "words": N_("Earlier words of consent that a later one replaced"),
    "requests": N_("Closed privacy requests"),
    "handovers": N_("Log of exported personal data"),
    "quarantine": N_("Cells of refused rows"),
    "versions": N_("Earlier versions of what sources say about people"),
    "uploads": N_("Uploaded files"),
    "answers": N_("Kept answers of keyed API calls"),
    "purchases": N_("Purchases: contracts and payments"),
    "advertising": N_("Records of advertising that was sent"),
}


# The laws that policies name, so that each is said in the reader's language.
LAWS = (
    N_("Personal Information Protection Act"),
    N_("Personal Information Safety Measures notice"),
    N_("E-Commerce Act"),
    N_("General Data Protection Regulation"),
    N_("Act on Promotion of Information and Communications Network Utilization and Information Protection"),
)


@dataclass(frozen=True)
class Term:
    """How long there is to answer one kind of request, and where that stands."""

    kind: str
    country: str
    law: str
    article: str
    in_force_from: date
    days: int = 0
    months: int = 0

    def due_on(self, received: date) -> date:
        """The last day on which the answer is in time."""
        return (months_after(received, self.months) if self.months else received) + timedelta(days=self.days)


@dataclass(frozen=True)
class Keep:
    """How long one sort of data is kept from a day on, and by which law.

    years_from_many holds instead of years from `many` people on. apart: only named when a person is erased; nothing is
    destroyed by itself, as it names nobody then.
    """

    what: str
    country: str
    law: str
    article: str
    in_force_from: date
    days: int = 0
    months: int = 0
    years: int = 0
    many: int = 0
    years_from_many: int = 0
    apart: bool = False

    def kept_from(self, today: date, people: int = 0) -> date:
        """The first day whose data must still be kept; what is older may be destroyed."""
        months = self.months + 12 * self._years(people)
        return (months_after(today, -months) if months else today) - timedelta(days=self.days)

    def kept_until(self, day: date, people: int = 0) -> date:
        """The first day on which data of a day may be destroyed."""
        months = self.months + 12 * self._years(people)
        return (months_after(day, months) if months else day) + timedelta(days=self.days + 1)

    def _years(self, people: int) -> int:
        return self.years_from_many if self.many and people >= self.many else self.years


@dataclass(frozen=True)
class Breach:
    """How fast people and the authority must be told of a breach."""

    country: str
    law: str
    article: str
    hours: int


@dataclass(frozen=True)
class Policies:
    """Everything of one country's file."""

    country: str
    terms: Sequence[Term]
    keeps: Sequence[Keep]
    breach: Breach


def read_policies(text: str) -> Policies:
    """The policies of one country's file."""
    data = tomllib.loads(text)
    country = data["country"]
    terms = [
        Term(kind=kind, country=country, law=block["law"], in_force_from=block["in_force_from"], **block[kind])
        for block in data["requests"]
        for kind in KINDS
    ]
    keeps = [Keep(country=country, **block) for block in data.get("retention", ())]
    breach: Mapping[str, Any] = data["breach"]
    return Policies(country, terms, keeps, Breach(country, breach["law"], breach["article"], breach["hours"]))


def term(policies: Policies, kind: str, day: date) -> Term:
    """The term of a kind of request on a day; before the first block, the first."""
    own = sorted((one for one in policies.terms if one.kind == kind), key=lambda one: one.in_force_from)
    past = [one for one in own if one.in_force_from <= day]
    return past[-1] if past else own[0]


def keeps(policies: Policies, day: date) -> list[Keep]:
    """What is kept how long on a day: the newest rule of each sort, in the order of the file."""
    found: dict[str, Keep] = {}
    for one in sorted(policies.keeps, key=lambda one: one.in_force_from):
        if one.in_force_from <= day or one.what not in found:
            found[one.what] = one
    return [found[what] for what in dict.fromkeys(one.what for one in policies.keeps)]


def clock(due_on: date, today: date, state: str) -> str:
    """How a request stands with its deadline: over (late), soon, fine, or closed."""
    if state not in WAITING:
        return "closed"
    left = (due_on - today).days
    return "over" if left < 0 else "soon" if left <= SOON_DAYS else "fine"


def may_become(state: str, following: str) -> bool:
    """Whether a request in one state may enter another."""
    return following in {
        RECEIVED: {OPEN, REFUSED, WITHDRAWN}, OPEN: {DONE, REFUSED, WITHDRAWN}, DONE: set(), REFUSED: set(),
        WITHDRAWN: set(),
    }[state]  # fmt: skip
