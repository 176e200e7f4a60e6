"""The company's own star: its measures, dimensions and hierarchies, with their definitions."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from dangol.customers.identify.rules import ATTRIBUTE_NAMES
from dangol.insight.olap.rules.formulas import parse_formula
from dangol.insight.olap.rules.model import Dimension, Hierarchy, Measure, Model, Unit


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


MEASURES: Mapping[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure(
            "sales_amount",
            N_("Sales"),
            Unit.MONEY,
            N_("Sum of the amounts of all sales lines; returns count negative."),
            "sales",
            True,
            zero=True,
        ),
        Measure(
            "quantity",
            N_("Quantity"),
            Unit.COUNT,
            N_("Sum of the pieces of all sales lines; returns count negative."),
            "sales",
            True,
            zero=True,
        ),
        Measure(
            "discount",
            N_("Discount"),
            Unit.MONEY,
            N_("Sum of the discounts of all sales lines."),
            "sales",
            True,
            zero=True,
        ),
        Measure(
            "returns_amount",
            N_("Returns"),
            Unit.MONEY,
            N_("Sum of the amounts of lines taken back, as a positive figure; sales are already less by it."),
            "sales",
            True,
            zero=True,
        ),
        Measure(
            "gross_amount",
            N_("Gross sales"),
            Unit.MONEY,
            N_("Sales before discount: sales and discount added up."),
            "sales",
            True,
            formula=parse_formula("sales_amount + discount"),
        ),
        Measure(
            "discount_share",
            N_("Discount share"),
            Unit.SHARE,
            N_("Discount divided by gross sales."),
            "sales",
            formula=parse_formula("discount / (sales_amount + discount)"),
        ),
        Measure(
            "cost_amount",
            N_("Cost of goods"),
            Unit.MONEY,
            N_(
                "Sum of the costs of the sales lines whose cost is known; the cost of what was returned counts "
                "negative. Missing where no cost is known."
            ),
            "sales",
            True,
        ),
        Measure(
            "costed_amount",
            N_("Sales with known cost"),
            Unit.MONEY,
            N_("Sales of the lines whose cost is known; returns count negative. Missing where no cost is known."),
            "sales",
            True,
        ),
        Measure(
            "margin",
            N_("Margin"),
            Unit.MONEY,
            N_(
                "Sales minus cost, both of the lines whose cost is known only; returns count negative. Missing where "
                "no cost is known."
            ),
            "sales",
            True,
            formula=parse_formula("costed_amount - cost_amount"),
        ),
        Measure(
            "margin_rate",
            N_("Margin rate"),
            Unit.SHARE,
            N_("Margin divided by the sales of the same lines: those whose cost is known."),
            "sales",
            formula=parse_formula("(costed_amount - cost_amount) / costed_amount"),
        ),
        Measure(
            "cost_known_share",
            N_("Share with known cost"),
            Unit.SHARE,
            N_(
                "Sales of the lines whose cost is known, divided by all sales: how much of the sales the margin speaks "
                "of."
            ),
            "sales",
            formula=parse_formula("costed_amount / sales_amount"),
        ),
        Measure(
            "paid_amount",
            N_("Paid"),
            Unit.MONEY,
            N_(
                "Sum of what has been paid for the sales lines whose payment is known; money paid back counts "
                "negative. Missing where no payment is known."
            ),
            "sales",
            True,
        ),
        Measure(
            "billed_amount",
            N_("Sales with known payment"),
            Unit.MONEY,
            N_("Sales of the lines whose payment is known; returns count negative. Missing where none is known."),
            "sales",
            True,
        ),
        Measure(
            "receivable",
            N_("Receivable"),
            Unit.MONEY,
            N_(
                "Sales minus what has been paid, both of the lines whose payment is known only. Missing where no "
                "payment is known; negative where more was paid than owed or a refund is due."
            ),
            "sales",
            True,
            formula=parse_formula("billed_amount - paid_amount"),
        ),
        Measure(
            "orders",
            N_("Orders"),
            Unit.COUNT,
            N_(
                "Number of purchases. Split by product or brand: purchases with at least one such line, so that they "
                "do not add up."
            ),
            "sales",
            zero=True,
        ),
        Measure(
            "customers",
            N_("Customers"),
            Unit.COUNT,
            N_(
                "Accumulated customers: all customers of the base, whether they have bought or not. Split by period: "
                "those whose first purchase lies in or before it. Split by product, store or channel: those who have "
                "ever bought there."
            ),
            "base",
            zero=True,
        ),
        Measure(
            "buying_customers",
            N_("Buying customers"),
            Unit.COUNT,
            N_("Number of different customers with at least one sales line in the group."),
            "sales",
            zero=True,
        ),
        Measure(
            "repeat_customers",
            N_("Repeat customers"),
            Unit.COUNT,
            N_("Number of different customers with at least two orders in the group."),
            "sales",
            zero=True,
        ),
        Measure(
            "repeat_rate",
            N_("Repeat rate"),
            Unit.SHARE,
            N_("Of the buying customers of the group, the share with at least two orders in it."),
            "sales",
            formula=parse_formula("repeat_customers / buying_customers"),
        ),
        Measure(
            "average_ticket",
            N_("Average ticket"),
            Unit.MONEY,
            N_("Sales divided by orders."),
            "sales",
            formula=parse_formula("sales_amount / orders"),
        ),
        Measure(
            "unit_price",
            N_("Unit price"),
            Unit.MONEY,
            N_("Sales divided by quantity."),
            "sales",
            formula=parse_formula("sales_amount / quantity"),
        ),
        Measure(
            "purchase_frequency",
            N_("Purchase frequency"),
            Unit.RATIO,
            N_("Orders divided by buying customers."),
            "sales",
            formula=parse_formula("orders / buying_customers"),
        ),
        Measure(
            "purchase_cycle_days",
            N_("Purchase cycle"),
            Unit.DAYS,
            N_(
                "Mean number of days between two consecutive purchase days of the same customer; it belongs to the "
                "period of the later day. Customers with one purchase day do not count."
            ),
            "cycle",
        ),
        Measure(
            "retention_rate",
            N_("Retention rate"),
            Unit.SHARE,
            N_(
                "Of the customers who bought in the period before, the share who bought again in this one. Needs a "
                "period."
            ),
            "retention",
        ),
        Measure(
            "churn_rate",
            N_("Churn rate"),
            Unit.SHARE,
            N_(
                "Of the customers who bought in the period before, the share who did not buy in this one: one minus "
                "the retention rate. Needs a period."
            ),
            "retention",
        ),
        Measure(
            "contacted_customers",
            N_("Contacted customers"),
            Unit.COUNT,
            N_(
                "Number of different customers on the contact lists of campaigns. Split by period: by the day of "
                "contact, where it is known. What a demonstration sent to generated addresses is not counted."
            ),
            "contacts",
            zero=True,
        ),
        Measure(
            "responding_customers",
            N_("Responding customers"),
            Unit.COUNT,
            N_("Number of different customers with at least one response to a campaign, such as a redeemed coupon."),
            "responses",
            zero=True,
        ),
    )
}
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
            "region",
            N_("Region"),
            N_(
                "Large branch in charge of the customer: of sales that of the day of the sale, of customers and "
                "contacts that of today."
            ),
            "posting",
            "region",
        ),
        Dimension("store", N_("Store"), N_("Store of the purchase, by its key."), "line", "store_key"),
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
        Dimension("product", N_("Product"), N_("Product, by its key."), "line", "product_key"),
        Dimension("channel", N_("Channel"), N_("Channel of the purchase or contact."), "channel", "channel"),
        Dimension("segment", N_("Segment"), N_("RFM segment of the customer today."), "customer", "segment"),
        Dimension("campaign", N_("Campaign"), N_("Campaign, by its key."), "campaign", "campaign_key"),
        Dimension("age_band", N_("Age band"), N_("Age band of the customer."), "customer", "age_band"),
        Dimension(
            "first_month", N_("First month"), N_("Month of the customer's first purchase."), "customer", "first_month"
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

# From which facts a measure is computed decides by what it can be split.
SPLITS: Mapping[str, frozenset[str]] = {
    "sales": frozenset({"period", "customer", "posting", "product", "store", "line", "channel"}),
    "base": frozenset({"period", "customer", "posting", "product", "store", "line", "channel"}),
    "cycle": frozenset({"period", "customer", "posting", "product", "store", "line", "channel"}),
    "retention": frozenset({"period", "customer", "posting", "product", "store", "line", "channel"}),
    "contacts": frozenset({"period", "customer", "posting", "channel", "campaign"}),
    "responses": frozenset({"period", "customer", "posting", "campaign"}),
}
COMPARING = frozenset({"retention"})
IN_ORDER = frozenset({"product"})  # what differs between the lines of one order
IN_ORDER_COLUMNS = frozenset({"product_key"})


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


def within_order(dimension: Dimension) -> bool:
    """Whether lines of one order can differ in it, so that orders must be counted apart."""
    return dimension.of in IN_ORDER or dimension.column in IN_ORDER_COLUMNS


def model_of(columns: Sequence[str]) -> Model:
    """The company's own star where its customers have these columns."""
    return Model("", COMPANY, MEASURES, dimensions_of(columns), HIERARCHIES, SPLITS, COMPARING)
