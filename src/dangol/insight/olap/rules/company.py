"""The company's own star: its dimensions and hierarchies, with their definitions, and what can be asked by what."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from dangol.customers.identify.rules import ATTRIBUTE_NAMES
from dangol.insight.olap.rules.items import Dimension, Hierarchy
from dangol.insight.olap.rules.measures import MEASURES
from dangol.insight.olap.rules.model import Model


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


DIMENSIONS: Mapping[str, Dimension] = {
    dimension.name: dimension
    for dimension in (
        Dimension("day", N_("Day"), N_("Calendar day in the company's time zone."), "period"),
        Dimension("week", N_("Week"), N_("ISO week, Monday to Sunday."), "period"),
        Dimension("month", N_("Month"), N_("Calendar month in the company's time zone."), "period"),
        Dimension("quarter", N_("Quarter"), N_("Quarter of the calendar year."), "period"),
        Dimension("half", N_("Half-year"), N_("Half of the calendar year."), "period"),
        Dimension("year", N_("Year"), N_("Calendar year."), "period"),
        Dimension(
            "month_of_year",
            N_("Calendar month"),
            N_("Month of the sale whatever the year, 1 to 12, in the company's time zone."),
            "clock",
            "month",
            ordered=True,
        ),
        Dimension(
            "weekday",
            N_("Weekday"),
            N_("Day of the week of the sale, 1 is Monday and 7 is Sunday, in the company's time zone."),
            "clock",
            "weekday",
            ordered=True,
        ),
        Dimension(
            "hour",
            N_("Hour"),
            N_("Hour of the day of the sale, 0 to 23, by the company's clock."),
            "clock",
            "hour",
            ordered=True,
        ),
        Dimension(
            "region",
            N_("Region"),
            N_(
                "Large branch in charge of the customer: of sales that of the day of the sale, of customers and "
                "contacts that of today."
            ),
            "posting",
            "region",
        ),
        Dimension("store", N_("Store"), N_("Store of the purchase, by its key."), "store", "store_key"),
        Dimension("store_region", N_("Store's region"), N_("Large branch the store belongs to."), "store", "region"),
        Dimension("store_branch", N_("Store's branch"), N_("Branch the store belongs to."), "store", "branch"),
        Dimension(
            "branch",
            N_("Branch"),
            N_(
                "Branch in charge of the customer: of sales that of the day of the sale, of customers and contacts "
                "that of today."
            ),
            "posting",
            "branch",
        ),
        Dimension(
            "rep",
            N_("Sales rep"),
            N_(
                "Sales rep in charge of the customer, by code: of sales that of the day of the sale, of customers and "
                "contacts that of today."
            ),
            "posting",
            "rep",
        ),
        Dimension(
            "region_today",
            N_("Region today"),
            N_("Large branch in charge of the customer today, whenever the sale was."),
            "customer",
            "region",
        ),
        Dimension(
            "branch_today",
            N_("Branch today"),
            N_("Branch in charge of the customer today, whenever the sale was."),
            "customer",
            "branch",
        ),
        Dimension(
            "rep_today",
            N_("Sales rep today"),
            N_("Sales rep in charge of the customer today, by code, whenever the sale was."),
            "customer",
            "rep",
        ),
        Dimension("brand", N_("Brand"), N_("Brand of the product."), "product", "brand"),
        Dimension("product_major", N_("Major class"), N_("Major class of the product."), "product", "product_major"),
        Dimension(
            "product_middle", N_("Middle class"), N_("Middle class of the product."), "product", "product_middle"
        ),
        Dimension("product_minor", N_("Minor class"), N_("Minor class of the product."), "product", "product_minor"),
        Dimension("product", N_("Product"), N_("Product, by its key."), "product", "product_key"),
        Dimension(
            "price_band",
            N_("Price band"),
            N_(
                "Price of a piece in steps of 1, 2 and 5: the lower end of the step, in the smallest unit of the "
                "currency. Returns and what was given away have none."
            ),
            "price",
            "price_band",
            ordered=True,
        ),
        Dimension("channel", N_("Channel"), N_("Channel of the purchase or contact."), "channel", "channel"),
        Dimension("segment", N_("Segment"), N_("RFM segment of the customer today."), "customer", "segment"),
        Dimension("campaign", N_("Campaign"), N_("Campaign, by its key."), "campaign", "campaign_key"),
        Dimension("age_band", N_("Age band"), N_("Age band of the customer."), "customer", "age_band"),
        Dimension(
            "first_month",
            N_("First month"),
            N_("Month of the customer's first purchase."),
            "customer",
            "first_month",
            ordered=True,
        ),
        Dimension(
            "months_since_first",
            N_("Months since the first purchase"),
            N_(
                "Calendar months from the customer's first purchase to the sale: 0 in the month of the first "
                "purchase, 1 in the next."
            ),
            "since",
            "month",
            ordered=True,
        ),
        Dimension(
            "customer_decile",
            N_("Customer decile"),
            N_(
                "Tenth of the buying customers by their sales, 1 the best: those who bought under the question's "
                "conditions, over the whole period asked, ranked by their sales in it; of equal sales the lower "
                "customer number comes first, and where the number does not divide evenly the first tenths have one "
                "more. Customers without a purchase have none."
            ),
            "customer",
            "customer_decile",
            ordered=True,
            ranked=True,
        ),
        Dimension(
            "customer_percentile",
            N_("Customer percentile"),
            N_(
                "Hundredth of the buying customers by their sales, 1 the best; counted like the customer decile. "
                "Up to 5 are the best 5 %."
            ),
            "customer",
            "customer_percentile",
            ordered=True,
            ranked=True,
        ),
        Dimension(
            "customer_rank",
            N_("Customer rank"),
            N_("Place of the customer by sales, 1 the best; counted like the customer decile."),
            "customer",
            "customer_rank",
            ordered=True,
            ranked=True,
        ),
    )
}
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
    "responses": frozenset({"period", "customer", "posting", "campaign"}),
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
    return Model("", COMPANY, MEASURES, dimensions_of(columns), HIERARCHIES, SPLITS, COMPARING)
