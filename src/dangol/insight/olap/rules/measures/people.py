"""Who bought: customers, how often they come and whether they stay."""

from collections.abc import Sequence

from dangol.insight.olap.rules.conditions import Compare
from dangol.insight.olap.rules.items import Measure, Unit
from dangol.insight.olap.rules.writing import parse_formula


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


PEOPLE: Sequence[Measure] = (
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
        also="customer base, members, accumulated customers, 누적고객, 누적고객수, 고객수, 회원수, 전체고객",
    ),
    Measure(
        "buying_customers",
        N_("Buying customers"),
        Unit.COUNT,
        N_("Number of different customers with at least one sales line in the group."),
        "sales",
        zero=True,
        also="buyers, shoppers, active customers, customer count, 구매자, 구매자수, 활성고객",
    ),
    Measure(
        "new_customers",
        N_("New customers"),
        Unit.COUNT,
        N_(
            "Number of different customers whose first purchase ever lies in the group; split or filtered by product: "
            "whose first purchase day had such a line."
        ),
        "sales",
        formula=parse_formula("buying_customers"),
        condition=Compare("days_since_first", "=", 0),
        also="acquired customers, first-time buyers, acquisitions, 신규, 신규고객, 신규고객수, 첫구매고객",
    ),
    Measure(
        "repeat_customers",
        N_("Repeat customers"),
        Unit.COUNT,
        N_("Number of different customers with at least two orders in the group."),
        "sales",
        zero=True,
        also="repeat buyers, returning customers, 재구매고객, 재구매자수, 재구매고객수",
    ),
    Measure(
        "repeat_rate",
        N_("Repeat rate"),
        Unit.SHARE,
        N_("Of the buying customers of the group, the share with at least two orders in it."),
        "sales",
        formula=parse_formula("repeat_customers / buying_customers"),
        also="repeat purchase rate, repurchase rate, reorder rate, 재구매율",
    ),
    Measure(
        "sales_per_customer",
        N_("Sales per customer"),
        Unit.MONEY,
        N_("Sales divided by buying customers."),
        "sales",
        formula=parse_formula("sales_amount / buying_customers"),
        also="arpu, spend per customer, revenue per customer, 1인당매출, 인당매출, 인당구매액, 고객당매출",
    ),
    Measure(
        "purchase_frequency",
        N_("Purchase frequency"),
        Unit.RATIO,
        N_("Orders divided by buying customers."),
        "sales",
        formula=parse_formula("orders / buying_customers"),
        also="frequency, orders per customer, purchases per customer, 구매빈도, 인당구매횟수, 평균구매횟수",
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
        also="cycle, interpurchase time, days between purchases, 재구매주기, 구매간격",
    ),
    Measure(
        "retention_rate",
        N_("Retention rate"),
        Unit.SHARE,
        N_("Of the customers who bought in the period before, the share who bought again in this one. Needs a period."),
        "retention",
        also="retention, 유지율, 고객유지율, 잔존율",
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
        also="churn, attrition, attrition rate, 이탈율, 이탈률, 고객이탈률",
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
        also="top 10 percent share, top decile share, 상위10%비중, 상위10퍼센트비중",
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
        also="top 20 percent share, pareto share, 상위20%비중, 상위20퍼센트비중",
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
        also="cohort retention, 코호트유지율, 코호트잔존율",
    ),
)
