"""The common format every source is brought to, the reasons a row is refused, and the proposal of a mapping."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

ATTRIBUTE = "attr:"
TEXT_LONGEST = 200
KEY_LONGEST = 120
AMOUNT_MOST = 10**15  # minor units; far above any sale, far below the 64-bit edge so that sums stay exact
QUANTITY_MOST = 10**9


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


class Type(StrEnum):
    """How a field's text is read."""

    TEXT = "text"
    INTEGER = "integer"
    AMOUNT = "amount"  # decimal text in major units -> whole minor units
    DATE = "date"
    TIME = "timestamp"  # text in the source's zone -> UTC


@dataclass(frozen=True)
class Field:
    """One field of a record. `past`: not after today. `key`: an identifier, where 13 digits may be a barcode."""

    name: str
    type: Type
    label: str
    definition: str
    names: tuple[str, ...] = ()
    required: bool = False
    personal: bool = False
    past: bool = False
    key: bool = False
    least: int | None = None
    most: int | None = None
    longest: int = TEXT_LONGEST


@dataclass(frozen=True)
class Record:
    """One kind of record. `personal` kinds are kept as rows in the operations database, the others as Parquet."""

    kind: str
    label: str
    definition: str
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    personal: bool = False

    def field(self, name: str) -> Field | None:
        """The field of a name; for people any `attr:` name is a field."""
        if self.personal and name.startswith(ATTRIBUTE) and len(name) > len(ATTRIBUTE):
            return attribute(name)
        return next((field for field in self.fields if field.name == name), None)


def attribute(name: str) -> Field:
    """The field of a source's own attribute of a person, like `attr:age_band`."""
    return Field(name, Type.TEXT, name.removeprefix(ATTRIBUTE), N_("An attribute of the source's own."))


def _key(name: str, label: str, definition: str, *names: str, required: bool = True) -> Field:
    return Field(name, Type.TEXT, label, definition, names, required=required, key=True, longest=KEY_LONGEST)


_CUSTOMER = Field(
    "customer_key", Type.TEXT, N_("Customer number"), N_("The key by which the source knows the customer."),
    ("customer id", "customer no", "customer", "member id", "member no", "household id", "고객번호", "고객코드",
     "고객 id", "회원번호", "회원 id"),
    required=True, longest=KEY_LONGEST,
)  # fmt: skip
_CAMPAIGN = _key("campaign_key", N_("Campaign number"), N_("The source's key of the campaign."),
                 "campaign id", "campaign no", "캠페인번호", "캠페인코드", "캠페인 id")  # fmt: skip
_PRODUCT = _key("product_key", N_("Product number"), N_("The source's key of the product."),
                "product id", "product no", "product code", "sku", "item id", "item code", "barcode", "상품번호",
                "상품코드", "제품번호", "제품코드", "바코드")  # fmt: skip
_CHANNEL = Field("channel", Type.TEXT, N_("Channel"), N_("The way it took: shop, web, visit, e-mail."),
                 ("sales channel", "channel name", "채널", "판매채널", "경로"), longest=40)  # fmt: skip

CUSTOMERS = Record(
    "customers", N_("Customers"), N_("People and what is known about them: one row per person."),
    (
        Field("source_key", Type.TEXT, N_("Customer number"), N_("The key by which the source knows the customer."),
              _CUSTOMER.names, required=True, longest=KEY_LONGEST),
        Field("name", Type.TEXT, N_("Name"), N_("The person's name as written in the source."),
              ("full name", "customer name", "성명", "이름", "고객명", "고객 이름", "회원명"), personal=True,
              longest=100),
        Field("phone", Type.TEXT, N_("Phone"), N_("Mobile or land-line number as written in the source."),
              ("mobile", "cell", "phone number", "tel", "telephone", "휴대폰", "휴대전화", "핸드폰", "연락처",
               "전화번호", "전화"), personal=True, longest=40),
        Field("email", Type.TEXT, N_("E-mail"), N_("E-mail address."),
              ("e-mail", "mail", "email address", "이메일", "메일", "전자우편"), personal=True, longest=254),
        Field("address", Type.TEXT, N_("Address"), N_("Postal address as written in the source."),
              ("addr", "street", "주소", "도로명주소", "지번주소"), personal=True, longest=300),
        Field("birth_year", Type.INTEGER, N_("Year of birth"), N_("Four digits."),
              ("year of birth", "birthyear", "출생연도", "출생년도", "생년"), personal=True, least=1900, past=True),
        Field("gender", Type.TEXT, N_("Gender"), N_("As written in the source; F or M after standardising."),
              ("sex", "성별"), personal=True, longest=10),
        Field("unit_code", Type.TEXT, N_("Branch"), N_("Name or code of the organisation unit in charge."),
              ("branch", "branch code", "store code", "지점", "지점코드", "점포", "영업점"), longest=100),
        Field("rep_code", Type.TEXT, N_("Sales rep"), N_("E-mail or code of the sales rep in charge."),
              ("rep", "sales rep", "rep id", "담당자", "판매원", "담당 판매원", "담당사원"), longest=254),
    ),
    key=("source_key",), personal=True,
)  # fmt: skip
SALES = Record(
    "sales", N_("Sales lines"), N_("One row per line of a purchase: who bought which product, when, for how much."),
    (
        _key("order_id", N_("Order number"), N_("Number of the purchase; its lines share it."),
             "order no", "order", "order number", "basket id", "receipt no", "invoice", "invoice no", "transaction id",
             "주문번호", "영수증번호", "전표번호", "거래번호"),
        Field("line_no", Type.INTEGER, N_("Line"), N_("Number of the line within the order."),
              ("line", "line number", "item no", "seq", "행번호", "순번", "주문상세번호"), least=0, most=10**6),
        _CUSTOMER,
        _PRODUCT,
        _key("store_key", N_("Store number"), N_("The source's key of the store."),
             "store id", "store", "store no", "shop", "shop id", "매장", "매장번호", "매장코드", "점포코드",
             required=False),
        Field("sold_at", Type.TIME, N_("Time of sale"), N_("When it was bought; read in the source's time zone."),
              ("sale date", "order date", "invoice date", "date", "datetime", "transaction timestamp", "timestamp",
               "sold on", "판매일시", "판매일", "판매일자", "주문일시", "주문일", "구매일시", "구매일", "거래일시",
               "거래일"), required=True, past=True),
        Field("quantity", Type.INTEGER, N_("Quantity"), N_("Number of pieces; negative for a return."),
              ("qty", "count", "pieces", "수량", "판매수량", "구매수량"), required=True, least=-QUANTITY_MOST,
              most=QUANTITY_MOST),
        Field("amount", Type.AMOUNT, N_("Amount"), N_("What was paid for the line; negative only for a return."),
              ("sales value", "sales amount", "price", "total", "paid", "금액", "판매금액", "매출액", "매출금액",
               "결제금액", "구매금액", "가격"), required=True, least=-AMOUNT_MOST, most=AMOUNT_MOST),
        Field("discount", Type.AMOUNT, N_("Discount"), N_("What was taken off the price; columns may be added."),
              ("discount amount", "retail disc", "할인", "할인금액", "할인액"), least=-AMOUNT_MOST, most=AMOUNT_MOST),
        _CHANNEL,
    ),
)  # fmt: skip
PRODUCTS = Record(
    "products", N_("Products"), N_("One row per product with its classes."),
    (
        _PRODUCT,
        Field("product", Type.TEXT, N_("Product"), N_("Name of the product."),
              ("product name", "item name", "description", "상품명", "제품명", "품명")),
        Field("brand", Type.TEXT, N_("Brand"), N_("Brand of the product."), ("brand name", "브랜드", "브랜드명")),
        Field("product_major", Type.TEXT, N_("Major class"), N_("The widest class of products."),
              ("department", "major", "major class", "대분류", "대분류명")),
        Field("product_middle", Type.TEXT, N_("Middle class"), N_("The class below the major class."),
              ("product category", "category", "middle class", "중분류", "중분류명")),
        Field("product_minor", Type.TEXT, N_("Minor class"), N_("The narrowest class of products."),
              ("product type", "sub category", "minor class", "소분류", "소분류명")),
    ),
    key=("product_key",),
)  # fmt: skip
STORES = Record(
    "stores", N_("Stores"), N_("One row per store."),
    (
        _key("store_key", N_("Store number"), N_("The source's key of the store."),
             "store id", "store no", "shop id", "매장번호", "매장코드", "점포코드"),
        Field("store", Type.TEXT, N_("Store"), N_("Name of the store."), ("store name", "shop", "매장명", "점포명")),
        Field("region", Type.TEXT, N_("Region"), N_("Region of the store."), ("area", "state", "지역", "권역", "시도")),
        Field("branch", Type.TEXT, N_("Branch"), N_("Branch the store belongs to."), ("branch name", "지점", "지사")),
    ),
    key=("store_key",),
)  # fmt: skip
CAMPAIGNS = Record(
    "campaigns", N_("Campaigns"), N_("One row per campaign: what it was and when it ran."),
    (
        _CAMPAIGN,
        Field("campaign", Type.TEXT, N_("Campaign"), N_("Name of the campaign."), ("campaign name", "캠페인명")),
        Field("kind", Type.TEXT, N_("Kind"), N_("Kind of the campaign."),
              ("campaign type", "type", "캠페인유형", "유형"), longest=60),
        Field("starts_on", Type.DATE, N_("First day"), N_("First day of the campaign (a calendar day)."),
              ("start date", "start", "from", "시작일", "시작일자")),
        Field("ends_on", Type.DATE, N_("Last day"), N_("Last day of the campaign (a calendar day)."),
              ("end date", "end", "to", "종료일", "종료일자")),
    ),
    key=("campaign_key",),
)  # fmt: skip
_GENERATED = Field(
    "generated", Type.INTEGER, N_("Generated"),
    N_("1 where the person's address was generated for a demonstration: kept, and counted in no figure."),
    least=0, most=1,
)  # fmt: skip

CONTACTS = Record(
    "contacts", N_("Contacts"), N_("One row per customer a campaign reached out to."),
    (
        _CAMPAIGN,
        _CUSTOMER,
        _CHANNEL,
        Field("contacted_on", Type.DATE, N_("Day of contact"), N_("The day the customer was contacted."),
              ("contact date", "sent on", "send date", "mailed on", "발송일", "접촉일", "연락일"), past=True),
        _GENERATED,
    ),
)  # fmt: skip
RESPONSES = Record(
    "responses", N_("Responses"), N_("One row per answer to a campaign: a redemption, a click, a call."),
    (
        _CAMPAIGN,
        _CUSTOMER,
        Field("responded_on", Type.DATE, N_("Day of response"), N_("The day the customer answered."),
              ("response date", "redemption date", "redeemed on", "반응일", "응답일", "사용일"), required=True,
              past=True),
        Field("kind", Type.TEXT, N_("Kind"), N_("Kind of the answer: redemption, click, call."),
              ("response type", "type", "반응유형", "유형"), longest=60),
        Field("detail", Type.TEXT, N_("Detail"), N_("What the source says besides, like the coupon's number."),
              ("coupon upc", "coupon id", "coupon", "memo", "쿠폰번호", "내용", "비고")),
        _GENERATED,
    ),
)  # fmt: skip
RECORDS = {
    record.kind: record for record in (CUSTOMERS, SALES, PRODUCTS, STORES, CAMPAIGNS, CONTACTS, RESPONSES)
}  # fmt: skip

# Why a row was not loaded: code -> sentence. {field} is the field's label, the rest comes with the row.
REASONS = {
    "missing": N_("{field} is missing. Fill it in."),
    "not_integer": N_("{field} is not a whole number. Write digits only, like 12."),
    "not_amount": N_("{field} is not an amount of money. Write digits only, like 12900 or 12.90."),
    "not_date": N_("{field} is not a date. Write it like 2026-11-23."),
    "impossible_date": N_("{field} is a day or time that does not exist. Correct it."),
    "future": N_("{field} lies in the future. Correct the date, or load the row when the day has come."),
    "negative_price": N_("{field} is negative but the row is no return. A return needs a negative quantity as well."),
    "out_of_bounds": N_("{field} is too large or too small to be true. Correct it."),
    "too_long": N_("{field} is longer than the field may be. Shorten it."),
    "control_characters": N_("{field} holds characters that are no text. Remove them."),
    "resident_number": N_(
        "{field} holds a resident registration number, which may not be kept. Remove it at the source."
    ),
    "ends_before_start": N_("The last day lies before the first day. Correct one of the two."),
    "duplicate_key": N_("The same key stands in this file before, with other values. Keep one of the two rows."),
    "wrong_fields": N_("The line has {found} fields, the header has {expected}. Check delimiters and quotation marks."),
    "cut_off": N_("The file ends in the middle of this line. It was probably not written to its end: load it again."),
    "open_quote": N_("A quotation mark is opened in this line and never closed. Close it or remove it."),
    "line_too_long": N_("The line is {length} bytes long, at most {limit} are read. Check for missing line breaks."),
    "nul": N_("The line holds NUL bytes: it is damaged or no text. Load the file again."),
    "wrong_encoding": N_("The line cannot be read as {encoding}. Save the file in one encoding."),
}
CODES = {code: number for number, code in enumerate(REASONS, 1)}
REASON_OF = {number: code for code, number in CODES.items()}
# Reasons found while the file is cut into cells: there are no cells to correct.
UNCUT = frozenset({"wrong_fields", "cut_off", "open_quote", "line_too_long", "nul", "wrong_encoding"})


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def propose(columns: Sequence[str], record: Record) -> dict[str, str]:
    """A mapping {field: column} from the header's names in English or Korean; each column is used once."""
    free = {_plain(column): column for column in reversed(columns)}
    mapping: dict[str, str] = {}
    for position in range(max(len(field.names) for field in record.fields) + 2):
        for field in record.fields:
            wanted = (field.name, field.label, *field.names)
            if field.name not in mapping and position < len(wanted) and _plain(wanted[position]) in free:
                mapping[field.name] = free.pop(_plain(wanted[position]))
    return mapping


def guess_kind(columns: Sequence[str]) -> str:
    """The kind of record whose fields the header names best."""

    def fit(record: Record) -> tuple[float, int]:
        mapping = propose(columns, record)
        required = [field.name for field in record.fields if field.required]
        return sum(name in mapping for name in required) / len(required), len(mapping)

    return max(RECORDS.values(), key=fit).kind


def parts(column: str, columns: Iterable[str]) -> list[str]:
    """The columns a mapping names: one, or several to be added, written `a + b`."""
    present = set(columns)
    if column in present or "+" not in column:
        return [column]
    return [part.strip() for part in column.split("+")]


@dataclass(frozen=True)
class Definition:
    """What decides how a source's rows are read; loads of one definition may be compared."""

    code: str
    system: str
    kind: str
    reader: str
    mapping: Mapping[str, str]
    constants: Mapping[str, str]
    key: tuple[str, ...]
    options: Mapping[str, str]

    @property
    def record(self) -> Record:
        """The kind of record."""
        return RECORDS[self.kind]

    def fields(self) -> list[Field]:
        """The fields that are filled, in the record's order, then attributes by name."""
        given = {**self.mapping, **self.constants}
        known = [field for field in self.record.fields if field.name in given]
        return known + [attribute(name) for name in sorted(given) if name.startswith(ATTRIBUTE)]


@dataclass(frozen=True)
class Counts:
    """What became of the rows of a load; `read` is always the sum of the other three."""

    loaded: int = 0
    unchanged: int = 0
    quarantined: int = 0

    @property
    def read(self) -> int:
        """All rows."""
        return self.loaded + self.unchanged + self.quarantined

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.loaded + other.loaded, self.unchanged + other.unchanged, self.quarantined + other.quarantined
        )


def next_day(day: date) -> date:
    """The day after."""
    return date.fromordinal(day.toordinal() + 1)
