"""What a person may see of themselves: the access report, the export to take along, the figures behind a grade."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language

from dangol.base.formula import guard
from dangol.base.money import currency, to_major
from dangol.channels import reads as channels
from dangol.customers.collect import reads as collect
from dangol.customers.consent import reads as consent
from dangol.customers.identify import reads as identify
from dangol.customers.surveys import reads as surveys
from dangol.insight.score import reads as score
from dangol.privacy.models import Handover, Request
from dangol.profile.facts import facts_of
from dangol.staff.reads import Member

OWN_FIELDS = ("name", "phone", "email", "address", "birth", "birth_year", "gender", "age_band")
OF_MERGED = ("name", "email", "phone", "address", "birth")


def N_(text: str) -> str:  # noqa: N802  marks a text for translation: doors show it in their language
    return text


@dataclass(frozen=True)
class Part:
    """One section of a report: a heading, the columns and their labels, the rows. derived: worked out, not given."""

    name: str
    heading: str
    columns: Sequence[tuple[str, str]]
    rows: Sequence[Mapping[str, Any]]
    derived: bool = False


@dataclass(frozen=True)
class Report:
    """Everything kept about one person. made_at: when it was put together."""

    customer_id: int
    label: str
    made_at: datetime
    parts: Sequence[Part] = field(default_factory=list)


def report(by: Member, customer_id: int, *, derived: bool = True) -> Report:
    """Everything kept about a person, in full; the action that shows it writes the access log.

    derived: with grades and scores, which an export to take along leaves out.
    Source: Personal Information Protection Act art. 35 (access), 35-2 (what the person gave, not what was worked out).
    """
    ids = identify.family(customer_id)
    reached = identify.reach(by, ids)
    keys = [key for one in reached.values() for key in one.keys]
    parts = [
        _person(by, ids, reached), _sources(keys), _words(ids), _purchases(ids), _messages(ids), _answers(ids[0]),
        _requests(ids),
    ]  # fmt: skip
    if derived:
        parts += [_standing(by, customer_id), _handovers(ids)]
    label = reached[ids[0]].name or reached[ids[0]].code
    return Report(customer_id, label, timezone.now(), [part for part in parts if part.rows])


def _person(by: Member, ids: Sequence[int], reached: Mapping[int, identify.Reach]) -> Part:
    """The person once: the values that hold, what customers merged into this one had of their own, and all keys."""
    found, whole = identify.customer(by, ids[0]), reached[ids[0]]
    rows: list[dict[str, Any]] = []
    for name in (*OWN_FIELDS, "unit", "rep"):
        value = found.values.get(name)
        if value is not None and value.value:
            text = getattr(whole, name) if value.masked else value.value
            rows.append({"field": name, "value": text, "source": value.source or value.by_hand, "at": value.at})
    for one in ids[1:]:
        own = {name: getattr(reached[one], name) for name in OF_MERGED}
        rows += [{"field": name, "value": text, "source": reached[one].code, "at": ""}
                 for name, text in own.items() if text and text != getattr(whole, name)]  # fmt: skip
    rows += [{"field": name, "value": value, "source": "", "at": ""} for name, value in found.attributes.items()]
    rows += [{"field": "key", "value": key, "source": source, "at": ""} for source, key in found.keys]
    columns = [("field", N_("Field")), ("value", N_("Value")), ("source", N_("From")), ("at", N_("Since"))]
    return Part("person", N_("Who you are to us"), columns, rows)


def _sources(keys: Sequence[tuple[str, str]]) -> Part:
    rows = [
        {"source": row["source_code"], "at": row["at"], "field": name, "value": value}
        for row in collect.held(keys)
        for name, value in row.items()
        if name not in ("source", "source_code", "source_key", "batch", "newest", "at")
    ]
    columns = [("source", N_("Source")), ("at", N_("Received")), ("field", N_("Field")), ("value", N_("Value"))]
    return Part("sources", N_("What our sources said about you"), columns, rows)


def _words(ids: Iterable[int]) -> Part:
    rows = [
        {"at": word.at, "purpose": word.purpose, "channel": word.channel, "given": word.given,
         "text_version": word.text_version, "proof": word.proof, "current": word.current}
        for one in ids
        for word in consent.of_customer(one)
        if not word.merges
    ]  # fmt: skip
    columns = [
        ("at", N_("When")), ("purpose", N_("Purpose")), ("channel", N_("Channel")), ("given", N_("Agreed")),
        ("text_version", N_("Text")), ("proof", N_("Proof")),
    ]  # fmt: skip
    return Part("consents", N_("What you agreed to and refused"), columns, rows)


def _purchases(ids: Iterable[int]) -> Part:
    unit = currency(settings.DANGOL.currency)
    rows = [
        {"at": line["sold_at"], "order": line["order_id"],
         "product": line["product"] or line["product_minor"] or line["product_key"],
         "amount": str(to_major(line["amount"], unit)), "currency": unit.code}
        for one in ids
        for line in facts_of(one).lines
    ]  # fmt: skip
    columns = [
        ("at", N_("When")), ("order", N_("Order")), ("product", N_("Product")), ("amount", N_("Amount")),
        ("currency", N_("Currency")),
    ]  # fmt: skip
    return Part("purchases", N_("What you bought"), columns, rows)


def _messages(ids: Iterable[int]) -> Part:
    rows = [
        {"at": one.ended_at or one.queued_at, "channel": one.channel, "campaign": one.campaign_key, "state": one.state}
        for customer in ids
        for one in channels.of_customer(customer, limit=1000)
    ]
    columns = [("at", N_("When")), ("channel", N_("Channel")), ("campaign", N_("Message")), ("state", N_("Outcome"))]
    return Part("messages", N_("What we sent you"), columns, rows)


def _answers(customer_id: int) -> Part:
    rows = [
        {"at": told.at, "survey": told.survey, "question": question, "answer": answer}
        for told in surveys.of_customer(*identify.family(customer_id), language=(get_language() or "ko")[:2])
        for question, answer in told.answers
    ]
    columns = [
        ("at", N_("When")), ("survey", N_("Survey")), ("question", N_("Question")), ("answer", N_("Answer")),
    ]  # fmt: skip
    return Part("surveys", N_("What you answered"), columns, rows)


def _requests(ids: Iterable[int]) -> Part:
    rows = [
        {"at": row.received_at, "kind": row.kind, "state": row.state, "wish": row.wish, "answer": row.answer}
        for row in Request.objects.filter(customer_id__in=ids).order_by("pk")
    ]
    columns = [
        ("at", N_("When")), ("kind", N_("Request")), ("state", N_("State")), ("wish", N_("Your words")),
        ("answer", N_("Our answer")),
    ]  # fmt: skip
    return Part("requests", N_("What you asked of us"), columns, rows)


@dataclass(frozen=True)
class Factor:
    """One figure behind a grade: its name, value (kind says how it is shown) and the group of 1 to 5 it fell into."""

    name: str
    value: Any
    kind: str
    group: int | None


@dataclass(frozen=True)
class Explanation:
    """Why a customer has the grade it has. Source: PIPA art. 37-2(2) and (4): criteria and factors."""

    segment: str
    strategy: Any
    as_of: date
    factors: Sequence[Factor]


def explanation(by: Member, customer_id: int) -> Explanation | None:
    """The figures that led to a customer's grade; None where no machine decided anything."""
    standing = identify.customer(by, customer_id).standing
    if standing is None or not standing.segment:
        return None
    factors = [
        Factor(N_("Days since the last purchase"), standing.recency_days, "number", standing.r),
        Factor(N_("Number of orders"), standing.orders, "number", standing.f),
        Factor(N_("Sales"), standing.amount, "money", standing.m),
    ]
    return Explanation(standing.segment, score.strategies().get(standing.segment), standing.as_of, factors)


def _standing(by: Member, customer_id: int) -> Part:
    found = explanation(by, customer_id)
    unit = currency(settings.DANGOL.currency)
    rows = [
        {"figure": factor.name, "group": factor.group,
         "value": str(to_major(factor.value, unit)) if factor.kind == "money" and factor.value is not None
         else factor.value}
        for factor in (found.factors if found else ())
    ]  # fmt: skip
    if found:
        rows.append({"figure": N_("Grade"), "value": found.segment, "group": None})
    columns = [("figure", N_("Figure")), ("value", N_("Value")), ("group", N_("Group"))]
    return Part("derived", N_("What a machine worked out about you"), columns, rows, derived=True)


def _handovers(ids: Iterable[int]) -> Part:
    rows = [
        {"at": row.at, "form": row.form, "sha256": row.sha256}
        for row in Handover.objects.filter(customer_id__in=ids).order_by("pk")
    ]
    columns = [("at", N_("When")), ("form", N_("Form")), ("sha256", N_("Fingerprint"))]
    return Part("handovers", N_("What was handed over before"), columns, rows)


def as_json(found: Report) -> str:
    """A report as JSON: {customer, made_at, parts: {name: rows}}."""
    whole = {
        "customer": found.customer_id, "made_at": found.made_at.isoformat(),
        "parts": {part.name: [dict(row) for row in part.rows] for part in found.parts},
    }  # fmt: skip
    return json.dumps(whole, ensure_ascii=False, indent=1, default=_plain)


def as_csv(found: Report) -> str:
    """A report as one CSV: part, row number, field, value; UTF-8 with a mark, no cell is a formula."""
    out = io.StringIO()
    out.write("\ufeff")
    table = csv.writer(out)
    table.writerow(["part", "row", "field", "value"])
    for part in found.parts:
        for number, row in enumerate(part.rows, 1):
            for name, value in row.items():
                table.writerow([part.name, number, name, guard("" if value is None else str(_plain(value)))])
    return out.getvalue()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
