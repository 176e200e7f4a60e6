"""What was sold: amounts, pieces, orders."""

from collections.abc import Sequence

from dangol.insight.olap.rules.items import Measure, Unit
from dangol.insight.olap.rules.writing import parse_formula


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


SALES: Sequence[Measure] = (
    Measure(
        "sales_amount",
        N_("Sales"),
        Unit.MONEY,
        N_("Sum of the amounts of all sales lines; returns count negative."),
        "sales",
        True,
        zero=True,
        also="revenue, turnover, net sales, amount, net revenue, 매출액, 순매출, 판매액, 판매금액",
    ),
    Measure(
        "sold_amount",
        N_("Sales before returns"),
        Unit.MONEY,
        N_("Sales with what was taken back left in: sales and returns added up."),
        "sales",
        True,
        formula=parse_formula("sales_amount + returns_amount"),
        also="sales excluding returns, sales without returns, 반품제외매출, 반품제외",
    ),
    Measure(
        "quantity",
        N_("Quantity"),
        Unit.COUNT,
        N_("Sum of the pieces of all sales lines; returns count negative."),
        "sales",
        True,
        zero=True,
        also="units, pieces, volume, qty, items, unit sales, units sold, 판매수량, 판매량, 개수",
    ),
    Measure(
        "discount",
        N_("Discount"),
        Unit.MONEY,
        N_("Sum of the discounts of all sales lines."),
        "sales",
        True,
        zero=True,
        also="discounts, discount amount, rebate, 할인액, 할인금액",
    ),
    Measure(
        "returns_amount",
        N_("Returns"),
        Unit.MONEY,
        N_("Sum of the amounts of lines taken back, as a positive figure; sales are already less by it."),
        "sales",
        True,
        zero=True,
        also="refunds, returned, return amount, 반품액, 반품금액, 환불, 환불액",
    ),
    Measure(
        "return_rate",
        N_("Return rate"),
        Unit.SHARE,
        N_("Returns divided by sales before returns."),
        "sales",
        formula=parse_formula("returns_amount / (sales_amount + returns_amount)"),
        also="returns rate, refund rate, 반품율, 환불률",
    ),
    Measure(
        "gross_amount",
        N_("Gross sales"),
        Unit.MONEY,
        N_("Sales before discount: sales and discount added up."),
        "sales",
        True,
        formula=parse_formula("sales_amount + discount"),
        also="gross revenue, sales before discount, 할인전매출, 총매출",
    ),
    Measure(
        "discount_share",
        N_("Discount share"),
        Unit.SHARE,
        N_("Discount divided by gross sales."),
        "sales",
        formula=parse_formula("discount / (sales_amount + discount)"),
        also="discount rate, 할인율",
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
        also="cost, cogs, costs, 원가, 매출원가",
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
        also="profit, gross profit, gross margin, earnings, 이익, 매출이익, 매출총이익, 마진",
    ),
    Measure(
        "margin_rate",
        N_("Margin rate"),
        Unit.SHARE,
        N_("Margin divided by the sales of the same lines: those whose cost is known."),
        "sales",
        formula=parse_formula("(costed_amount - cost_amount) / costed_amount"),
        also="profit margin, profit rate, margin share, 이익률, 마진율, 매출총이익률",
    ),
    Measure(
        "cost_known_share",
        N_("Share with known cost"),
        Unit.SHARE,
        N_("Sales of the lines whose cost is known, divided by all sales: how much of the sales the margin speaks of."),
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
        also="payments, payment, receipts, collected, 수금, 수금액, 입금, 결제액",
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
        also="receivables, outstanding, open balance, 미수금, 미수, 채권, 외상",
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
        also="purchases, transactions, baskets, order count, 주문, 주문수, 주문건수, 거래건수",
    ),
    Measure(
        "average_ticket",
        N_("Average ticket"),
        Unit.MONEY,
        N_("Sales divided by orders."),
        "sales",
        formula=parse_formula("sales_amount / orders"),
        also="aov, average order value, average basket, basket value, ticket, 객단가, 주문단가, 평균구매액",
    ),
    Measure(
        "unit_price",
        N_("Unit price"),
        Unit.MONEY,
        N_("Sales divided by quantity."),
        "sales",
        formula=parse_formula("sales_amount / quantity"),
        also="price, average price, asp, price per unit, 단가, 평균단가, 판매단가, 평균가격",
    ),
    Measure(
        "units_per_order",
        N_("Basket size"),
        Unit.RATIO,
        N_("Quantity divided by orders: how many pieces a purchase has."),
        "sales",
        formula=parse_formula("quantity / orders"),
        also="upt, units per transaction, items per order, basket, 장바구니크기, 주문당수량, 구매당수량",
    ),
)
