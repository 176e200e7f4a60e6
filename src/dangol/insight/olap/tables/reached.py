"""Measures of contacts, responses and web events: how many, and of how many different customers."""

from collections.abc import Collection

import ibis
from ibis.expr.types import Table

from dangol.insight.olap.tables.facts import facts, today
from dangol.insight.olap.tables.shape import Question, Star, grouped, whole
from dangol.insight.warehouse.tables import company_time

CUSTOMERS = {"contacts": "contacted_customers", "responses": "responding_customers", "events": "web_customers"}
ROWS = {"contacts": "contacts", "responses": "responses", "events": "web_events"}


def reached(star: Star, question: Question, family: str, wanted: Collection[str]) -> Table:
    """The rows of a family, their different customers and, of web events, visitors: those wanted, by the question."""
    found = _rows(star, question, family)
    figures = {ROWS[family]: found.count(), CUSTOMERS[family]: found.customer_id.nunique()}
    if family == "events":
        browsers = found.customer_id.isnull().ifelse(found.visitor, ibis.null("string")).nunique()
        figures["web_visitors"] = figures["web_customers"] + browsers
    asked = {name: value.cast("int64") for name, value in figures.items() if name in wanted}
    return grouped(found, question.keys, **asked)


def _rows(star: Star, question: Question, family: str) -> Table:
    """Contacts and responses of customers, or web events of anybody, with the question's dimensions and conditions.

    What went to generated addresses is counted in no figure. Who is in charge is of today: these have no other day.
    """
    if family == "events":
        events = star.web_events
        table = events.mutate(hour=company_time(events.happened_at, star.zone).hour().cast("int64"))
        return facts(star, table, today(question))
    table = star.contacts if family == "contacts" else star.responses
    table = table.filter(table.generated.fill_null(whole(0)) == whole(0), table.customer_id.notnull())
    day = "contacted_on" if family == "contacts" else "responded_on"
    return facts(star, table.rename(day=day), today(question))
