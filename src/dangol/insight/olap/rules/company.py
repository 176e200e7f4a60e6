"""The company's own star: its dimensions and hierarchies, with their definitions, and what can be asked by what."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from dangol.customers.identify.rules import ATTRIBUTE_NAMES
from dangol.insight.olap.rules.dimensions import DIMENSIONS
from dangol.insight.olap.rules.items import Dimension, Hierarchy
from dangol.insight.olap.rules.measures import MEASURES
from dangol.insight.olap.rules.model import Model


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


HIERARCHIES: Sequence[Hierarchy] = (
    Hierarchy("period", N_("Period"), ("year", "half", "quarter", "month", "day")),
    Hierarchy("weeks", N_("Weeks"), ("year", "week", "day")),
    Hierarchy("place", N_("Organisation"), ("region", "branch", "rep"), ragged=True),
    Hierarchy("place_today", N_("Organisation today"), ("region_today", "branch_today", "rep_today"), ragged=True),
    Hierarchy("store", N_("Store"), ("store_region", "store_branch", "store"), ragged=True),
    Hierarchy(
        "class", N_("Product class"), ("product_major", "product_middle", "product_minor", "product"), ragged=True
    ),
    Hierarchy("brand", N_("Brand"), ("brand", "product")),
)
COMPANY = N_("The company's own")
OWN = N_("Attribute of the customer as the source gave it.")
NOT_DIMENSIONS = frozenset({"customer_id", "code", "unit_path", "unit_id", "rep_id", "first_day", "name"})

WEEKDAYS = (
    ("monday", "mon", "월요일", "월"), ("tuesday", "tue", "화요일", "화"), ("wednesday", "wed", "수요일", "수"),
    ("thursday", "thu", "목요일", "목"), ("friday", "fri", "금요일", "금"), ("saturday", "sat", "토요일", "토"),
    ("sunday", "sun", "일요일", "일"),
)  # fmt: skip
OF_LINES = frozenset({"period", "clock", "since", "customer", "posting", "product", "price", "store", "channel"})

# From which facts a measure is computed decides by what it can be split.
SPLITS: Mapping[str, frozenset[str]] = {
    "sales": OF_LINES,
    "best": OF_LINES,
    "base": OF_LINES,
    "cycle": OF_LINES,
    "retention": OF_LINES,
    "contacts": frozenset({"period", "customer", "posting", "channel", "campaign"}),
    "responses": frozenset({"period", "customer", "posting", "campaign", "response"}),
    "events": frozenset({"period", "clock", "customer", "posting", "event"}),
}
COMPARING = frozenset({"retention"})
IN_ORDER = frozenset({"product", "price"})  # what differs between the lines of one order
PRICE_DECADES = 10


def dimensions_of(columns: Sequence[str]) -> dict[str, Dimension]:
    """All dimensions where customers have these columns: the standard ones and the source's own attributes.

    Where customers have no unit_id, the star is of a layout that did not know the day's posting: today's stands for it.
    """
    own = {
        name: Dimension(name, ATTRIBUTE_NAMES.get(name, name), OWN, "customer", name)
        for name in columns
        if name not in NOT_DIMENSIONS
        and name not in DIMENSIONS
        and name not in MEASURES
        and re.fullmatch(r"[A-Za-z_]\w{0,59}", name)
    }
    if "unit_id" in columns:
        return {**DIMENSIONS, **own}
    today = {name: replace(one, of="customer") for name, one in DIMENSIONS.items() if one.of == "posting"}
    return {**DIMENSIONS, **today, **own}


def weekday(text: str) -> str:
    """The number of a weekday called by its name or its short name in English or Korean; else the text as it is."""
    for number, names in enumerate(WEEKDAYS, 1):
        if text.strip().casefold() in names:
            return str(number)
    return text


def price_edges() -> tuple[int, ...]:
    """The lower ends of price bands in minor units: 1, 2, 5, 10 and so on."""
    return tuple(step * 10**decade for decade in range(PRICE_DECADES) for step in (1, 2, 5))


def within_order(dimension: Dimension) -> bool:
    """Whether lines of one order can differ in it, so that orders must be counted apart."""
    return dimension.of in IN_ORDER


def model_of(columns: Sequence[str]) -> Model:
    """The company's own star where its customers have these columns."""
    return Model(
        "", COMPANY, MEASURES, dimensions_of(columns), HIERARCHIES, SPLITS, COMPARING, ranked_by="sales_amount"
    )
