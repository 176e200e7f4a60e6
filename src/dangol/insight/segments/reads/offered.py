"""What a condition can ask for: attributes, scores, channels, and the values they have."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from dangol.base.errors import BadInput
from dangol.engine import current
from dangol.insight.olap import each
from dangol.insight.olap import reads as olap
from dangol.insight.segments import counting, prepared, rules, tables
from dangol.insight.warehouse import reads as warehouse

CHOICES = 100


def fields() -> dict[str, str]:
    """The attributes of customers that can be asked for: name -> kind (text or number)."""
    engine = current()
    now = counting.served(engine)
    hidden = {"customer_id", "code", "unit_path", "unit_id", "rep_id", "first_day", "birth_year"}
    columns = counting.facts(engine, now).customers.schema().items()
    found = {str(name): "number" if kind.is_numeric() else "text" for name, kind in columns if name not in hidden}
    months = dict.fromkeys(tables.BIRTH, "number") if now.laid.rows.get("birthdays") else {}
    return found | {"age": "number", "first_day": "number"} | months


def values(kind: str, name: str, text: str = "", *, what: str = "") -> list[str]:
    """Values a field has in the data, those with `text` in them, in order; at most CHOICES."""
    engine = current()
    facts = counting.facts(engine, counting.served(engine))
    table, column = _column_of(facts, kind, name, what)
    if table is None:
        return []
    found = table.select(value=table[column].cast("string"))
    found = found.filter(found.value.notnull(), found.value != "").distinct()
    if text:
        found = found.filter(found.value.lower().contains(text.lower()))
    rows = engine.arrow(found.order_by("value").limit(CHOICES))
    return [str(one) for one in rows["value"].to_pylist()]


def _column_of(facts: tables.Facts, kind: str, name: str, what: str) -> tuple[Any, str]:
    if kind == "profile":
        return (facts.customers, name) if name in facts.customers.columns else (None, "")
    if kind == "event" and name in rules.FIELDS_OF.get(what, {}):
        return facts.events.filter(facts.events.what == what), name
    if kind == "purchase" and name in tables.OF_PRODUCT:
        return facts.products, name
    if kind == "purchase" and name in tables.OF_STORE:
        return facts.stores, tables.OF_STORE[name]
    if kind == "purchase" and name == "channel":
        return facts.channels, "name"
    return None, ""


def scores() -> dict[str, dict[str, str]]:
    """The scores that can be asked for: table -> field -> kind (text or number).

    The number of a group is a name, not an amount: text.
    """
    engine = current()
    facts = counting.facts(engine, counting.served(engine))
    found: dict[str, dict[str, str]] = {}
    for name in ("rfm", *counting.OTHERS):
        table = facts.scores(name, 0)
        if table is not None:
            hidden = {"customer_id", "as_of"}
            found[name] = {
                str(column): "number" if kind.is_numeric() and name != "groups" else "text"
                for column, kind in table.schema().items() if column not in hidden and not kind.is_temporal()
            }  # fmt: skip
    return found


def score_values(table: str, name: str) -> list[str]:
    """The values a score of text has, at most CHOICES."""
    engine = current()
    found = counting.facts(engine, counting.served(engine)).scores(table, 0)
    if found is None or name not in found.columns:
        return []
    rows = engine.arrow(found.select(value=found[name].cast("string")).distinct().order_by("value").limit(CHOICES))
    return [str(one) for one in rows["value"].to_pylist() if one]


def channels() -> list[str]:
    """The channels anybody said a word about."""
    return list(prepared.current().facts["channels"])


def campaign_names() -> dict[str, str]:
    """The names of campaigns by their keys, also of those before the figures begin."""
    engine = current()
    now = counting.served(engine)
    rows = engine.arrow(warehouse.table(engine, now.star, "campaigns").select("campaign_key", "campaign"))
    return {row["campaign_key"]: row["campaign"] or row["campaign_key"] for row in rows.to_pylist()}


def last_campaign() -> str:
    """The key of the campaign that went out last, as conditions mean it; empty where none did."""
    engine = current()
    events = counting.facts(engine, counting.served(engine)).events
    found = engine.arrow(tables.last_campaign(events))["campaign"].to_pylist()
    return str(found[0]) if found else ""


@dataclass(frozen=True)
class MeasureView:
    """A measure that can be asked of one customer. unit: money, count, ratio, share or days."""

    name: str
    label: str
    unit: str
    definition: str
    own: bool


def measures() -> list[MeasureView]:
    """The measures a condition can ask for, people's own first, in the reader's language."""
    found = [(one, *olap.texts(one)) for one in each.offered(olap.model(None))]
    return [MeasureView(one.name, label if one.own else gettext(label), one.unit.value,
                        definition if one.own else gettext(definition), one.own)
            for one, label, definition in found]  # fmt: skip


def left_out_measures() -> list[tuple[str, BadInput]]:
    """People's own measures that say nothing about one customer: what each is called, and why."""
    model = olap.model(None)
    wrong = [(one, each.problem(model, one.name)) for one in model.measures.values() if one.own]
    return [(olap.texts(one)[0], why) for one, why in wrong if why is not None]
