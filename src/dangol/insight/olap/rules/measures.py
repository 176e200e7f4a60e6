"""The measures of the company's own star, with their definitions."""

from collections.abc import Mapping

from dangol.insight.olap.rules.items import Measure, Unit
from dangol.insight.olap.rules.writing import parse_formula


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
            "best_tenth_share",
            N_("Share of the best tenth"),
            Unit.SHARE,
            N_(
                "Of the sales to customers, the share made by the tenth of the group's buying customers with the "
                "highest sales in the group, their number rounded up; of equal sales the lower customer number comes "
                "first."
            ),
            "best",
        ),
        Measure(
            "best_fifth_share",
            N_("Share of the best fifth"),
            Unit.SHARE,
            N_(
                "Of the sales to customers, the share made by the fifth of the group's buying customers with the "
                "highest sales in the group; counted like the share of the best tenth."
            ),
            "best",
        ),
        Measure(
            "cohort_share",
            N_("Share of the cohort"),
            Unit.SHARE,
            N_(
                "Of the customers who bought first in the same month, the share who bought in the group. Split by "
                "first month, and by months since the first purchase for the cohort triangle."
            ),
            "sales",
            formula=parse_formula("buying_customers / total(buying_customers, first_month)"),
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
