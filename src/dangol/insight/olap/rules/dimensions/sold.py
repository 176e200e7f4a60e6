"""The dimensions of sales, customers and campaigns, with their definitions and the words people call them by."""

from collections.abc import Sequence

from dangol.insight.olap.rules.items import Dimension


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


SOLD: Sequence[Dimension] = (
    Dimension(
        "day",
        N_("Day"),
        N_("Calendar day in the company's time zone."),
        "period",
        also="date, days, daily, 일자, 날짜, 일",
    ),
    Dimension(
        "week",
        N_("Week"),
        N_("ISO week, Monday to Sunday."),
        "period",
        also="weeks, weekly, 주, 주차",
    ),
    Dimension(
        "month",
        N_("Month"),
        N_("Calendar month in the company's time zone."),
        "period",
        also="months, monthly, year month, 월, 년월, 연월",
    ),
    Dimension(
        "quarter",
        N_("Quarter"),
        N_("Quarter of the calendar year."),
        "period",
        also="quarters, quarterly, 분기",
    ),
    Dimension(
        "half",
        N_("Half-year"),
        N_("Half of the calendar year."),
        "period",
        also="half year, halves, 반기",
    ),
    Dimension(
        "year",
        N_("Year"),
        N_("Calendar year."),
        "period",
        also="years, yearly, annual, 연도, 년도, 년, 연",
    ),
    Dimension(
        "month_of_year",
        N_("Calendar month"),
        N_("Month of the sale or web event whatever the year, 1 to 12, in the company's time zone."),
        "clock",
        "month",
        ordered=True,
        also="calendar month, season, 월번호, 계절",
    ),
    Dimension(
        "weekday",
        N_("Weekday"),
        N_("Day of the week of the sale or web event, 1 is Monday and 7 is Sunday, in the company's time zone."),
        "clock",
        "weekday",
        ordered=True,
        also="day of week, weekdays, dow, 요일",
    ),
    Dimension(
        "hour",
        N_("Hour"),
        N_("Hour of the day of the sale or web event, 0 to 23, by the company's clock."),
        "clock",
        "hour",
        ordered=True,
        also="time, hour of day, time of day, 시간, 시간대, 시",
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
        also="area, territory, 지역, 대지점",
    ),
    Dimension(
        "store",
        N_("Store"),
        N_("Store of the purchase, by its key."),
        "store",
        "store_key",
        also="shop, outlet, 점포, 매장",
    ),
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
        also="office, 지점",
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
        also="sales person, salesperson, seller, account manager, sales reps, 담당자, 영업사원, 영업담당, 판매원",
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
    Dimension(
        "brand",
        N_("Brand"),
        N_("Brand of the product."),
        "product",
        "brand",
        also="brand name, 상표",
    ),
    Dimension(
        "product_major",
        N_("Major class"),
        N_("Major class of the product."),
        "product",
        "product_major",
        also="category, product category, department, 카테고리, 상품군, 대분류",
    ),
    Dimension(
        "product_middle",
        N_("Middle class"),
        N_("Middle class of the product."),
        "product",
        "product_middle",
        also="subcategory, product subcategory, 중분류",
    ),
    Dimension(
        "product_minor",
        N_("Minor class"),
        N_("Minor class of the product."),
        "product",
        "product_minor",
        also="product type, 소분류",
    ),
    Dimension(
        "product",
        N_("Product"),
        N_("Product, by its key."),
        "product",
        "product_key",
        also="item, sku, product key, article, 제품, 품목, 상품",
    ),
    Dimension(
        "price_band",
        N_("Price band"),
        N_(
            "Price of a piece in steps of 1, 2 and 5: the lower end of the step, in the smallest unit of the "
            "currency. Returns, what was given away and prices below that unit have none."
        ),
        "price",
        "price_band",
        ordered=True,
        also="price range, price tier, 가격 구간",
    ),
    Dimension(
        "channel",
        N_("Channel"),
        N_("Channel of the purchase or contact."),
        "channel",
        "channel",
        also="sales channel, 판매채널, 경로",
    ),
    Dimension(
        "segment",
        N_("Segment"),
        N_("RFM segment of the customer today."),
        "customer",
        "segment",
        also="rfm, rfm segment, customer segment, grade, 고객등급, 등급, rfm세그먼트",
    ),
    Dimension(
        "campaign",
        N_("Campaign"),
        N_("Campaign, by its key."),
        "campaign",
        "campaign_key",
        also="campaign key, promotion, 캠페인, 판촉",
    ),
    Dimension(
        "age_band",
        N_("Age band"),
        N_("Age band of the customer."),
        "customer",
        "age_band",
        also="age, age group, ages, 나이, 연령, 연령대",
    ),
    Dimension(
        "first_month",
        N_("First month"),
        N_("Month of the customer's first purchase."),
        "customer",
        "first_month",
        ordered=True,
        also="cohort, join month, acquisition month, 코호트, 첫구매월, 가입월",
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
        also="cohort month, tenure months, 경과월, 경과개월",
    ),
    Dimension(
        "days_since_first",
        N_("Days since the first purchase"),
        N_("Days from the customer's first purchase to the sale: 0 on the day of the first purchase."),
        "since",
        "day",
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
        also="decile, deciles, sales decile, 십분위, 고객십분위",
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
        also="percentile, 백분위, 고객백분위",
    ),
    Dimension(
        "customer_rank",
        N_("Customer rank"),
        N_("Place of the customer by sales, 1 the best; counted like the customer decile."),
        "customer",
        "customer_rank",
        ordered=True,
        ranked=True,
        also="top customers, best customers, customer ranking, 고객순위, 상위고객",
    ),
)
