"""The common format every source is brought to, and the reasons a row is refused."""

from collections.abc import Iterable, Mapping
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
              ("e-mail", "mail", "email address", "이메일", "이메일 주소", "메일", "메일 주소",
               "전자우편"), personal=True, longest=254),
        Field("address", Type.TEXT, N_("Address"), N_("Postal address as written in the source."),
              ("addr", "street", "주소", "도로명주소", "지번주소"), personal=True, longest=300),
        Field("postcode", Type.TEXT, N_("Postal code"), N_("Five digits, where it has a column of its own."),
              ("zip", "zip code", "postal code", "postcode", "우편번호"), personal=True, longest=10),
        Field("birth", Type.DATE, N_("Date of birth"), N_("As written in the source, lunar ones too: 1988-03-02."),
              ("birth date", "date of birth", "birthday", "dob", "생년월일", "생일", "출생일"), personal=True,
              past=True),
        Field("birth_lunar", Type.TEXT, N_("Calendar of the birthday"),
              N_("Lunar or solar, where that has a column of its own."),
              ("lunar", "calendar", "lunar solar", "음양", "음양구분", "음력여부", "양음력", "양력음력", "음력양력"),
              personal=True, longest=20),
        Field("birth_year", Type.INTEGER, N_("Year of birth"), N_("Four digits."),
              ("year of birth", "birthyear", "출생연도", "출생년도", "생년"), personal=True, least=1900, past=True),
        Field("gender", Type.TEXT, N_("Gender"), N_("As written in the source; F or M after standardising."),
              ("sex", "성별"), personal=True, longest=10),
        Field("unit_code", Type.TEXT, N_("Branch"), N_("Name or code of the organisation unit in charge."),
              ("branch", "branch code", "store code", "지점", "지점코드", "점포", "영업점"), longest=100),
        Field("rep_code", Type.TEXT, N_("Sales rep"), N_("E-mail or code of the sales rep in charge."),
              ("rep", "sales rep", "rep id", "담당자", "판매원", "담당 판매원", "담당사원"), longest=254),
        Field("assigned_on", Type.DATE, N_("In charge since"),
              N_("From which day the branch and the sales rep are in charge; without it from the day of the load."),
              ("assigned on", "assigned since", "assignment date", "in charge since", "담당 시작일", "담당시작일",
               "담당일", "배정일", "배정일자"), past=True),
        Field("said_at", Type.TIME, N_("Last changed"), N_("When the source last changed the row: what newest means."),
              ("updated at", "modified", "last modified", "수정일시", "수정일", "갱신일", "최종수정일"), past=True),
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
        _key("product_key", N_("Product number"), N_("The source's key of the product."), *_PRODUCT.names, "stock code",
             "product", "item", "상품", "제품", "품목", "품번", "상품명", "제품명", "item name", "product name"),
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
        Field("amount", Type.AMOUNT, N_("Amount"),
              N_("What the customer owes for the line; negative only for a return."),
              ("sales value", "sales amount", "price", "total", "paid", "금액", "판매금액", "매출액", "매출금액",
               "결제금액", "구매금액", "가격", "판매가", "판매가격", "합계금액", "amount paid", "net sales", "sales"),
              required=True, least=-AMOUNT_MOST, most=AMOUNT_MOST),
        Field("discount", Type.AMOUNT, N_("Discount"), N_("What was taken off the price; columns may be added."),
              ("discount amount", "retail disc", "할인", "할인금액", "할인액"), least=-AMOUNT_MOST, most=AMOUNT_MOST),
        Field("cost", Type.AMOUNT, N_("Cost of goods"),
              N_("What the whole line cost the company, not one piece; negative for a return, empty where unknown."),
              ("cost amount", "line cost", "total cost", "purchase cost", "cost of goods", "cogs", "원가", "원가금액",
               "매출원가", "매입원가", "매입가", "매입금액"), least=-AMOUNT_MOST, most=AMOUNT_MOST),
        Field("paid", Type.AMOUNT, N_("Paid"),
              N_("What has been paid for the line so far; negative where money went back, empty where unknown."),
              ("amount paid", "paid amount", "payment", "amount received", "결제금액", "결제액", "입금액", "입금금액",
               "수금액", "납부금액"), least=-AMOUNT_MOST, most=AMOUNT_MOST),
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
SURVEY_ANSWERS = Record(
    "survey_answers", N_("Survey answers"), N_("One row per answer to a question; several choices are several rows."),
    (
        _key("survey_key", N_("Survey number"), N_("The source's key of the survey."), "survey id", "survey",
             "설문번호", "설문"),
        _key("question_key", N_("Question"), N_("The key of the question within its survey."), "question id",
             "question", "문항번호", "문항"),
        _key("customer_key", N_("Customer number"), N_("Empty where the answer is anonymous."), *_CUSTOMER.names,
             required=False),
        Field("answered_at", Type.TIME, N_("Time of the answer"), N_("When it was answered."),
              ("answer date", "answered on", "응답일시", "응답일"), required=True, past=True),
        Field("answer", Type.TEXT, N_("Answer"), N_("The answer as text, or the key of the choice."),
              ("response", "value", "답변", "응답"), longest=2000),
        Field("score", Type.INTEGER, N_("Score"), N_("The answer as a number, where it is one."),
              ("points", "rating", "점수"), least=-QUANTITY_MOST, most=QUANTITY_MOST),
    ),
)  # fmt: skip
CONSENTS = Record(
    "consents", N_("Consents"), N_("One row per word of a customer: agreed or refused, to what, when, and the proof."),
    (
        _CUSTOMER,
        Field("purpose", Type.TEXT, N_("Purpose"), N_("What was agreed to: marketing, night or profiling."),
              ("consent type", "목적", "동의목적", "동의구분"), required=True, longest=20),
        _CHANNEL,
        Field("given", Type.TEXT, N_("Agreed"), N_("Yes or no: Y, N, 1, 0, 동의, 거부."),
              ("agreed", "consent", "opt in", "동의여부", "수신동의", "동의"), required=True, longest=20),
        Field("said_at", Type.TIME, N_("Time of consent"), N_("When it was said; read in the source's time zone."),
              ("consent date", "agreed at", "opt in date", "동의일시", "동의일", "동의일자"), required=True, past=True),
        Field("text_version", Type.TEXT, N_("Version of the text"), N_("Which text the customer was shown."),
              ("version", "form version", "약관버전", "동의서버전"), longest=40),
        Field("proof", Type.TEXT, N_("Proof"), N_("Where the agreement can be seen: form number, recording."),
              ("evidence", "form no", "증빙", "증빙번호", "동의서번호"), longest=200),
    ),
)  # fmt: skip
EVENTS = Record(
    "events", N_("Web events"), N_("One row per thing a visitor did on a web site."),
    (
        _key("event_key", N_("Event number"), N_("The event's own key; the same key is the same event."),
             "message id", "event id", "이벤트번호", "이벤트 id"),
        Field("event", Type.TEXT, N_("Event"), N_("What was done, like Product Viewed."),
              ("event name", "event type", "이벤트", "이벤트명"), required=True, longest=100),
        Field("happened_at", Type.TIME, N_("Time of event"), N_("When it was done; read in the source's time zone."),
              ("event time", "event timestamp", "이벤트일시", "이벤트시각"), required=True, past=True),
        Field("customer_key", Type.TEXT, N_("Customer number"), N_("The key by which the source knows the customer."),
              ("user id",), longest=KEY_LONGEST),
        Field("visitor", Type.TEXT, N_("Visitor"), N_("An anonymous visitor's own number."),
              ("anonymous id", "visitor id", "방문자번호", "방문자 id"), longest=KEY_LONGEST),
        Field("site", Type.TEXT, N_("Site"), N_("The web site."), ("web site", "웹사이트"), longest=60),
        Field("page", Type.TEXT, N_("Page"), N_("Path of the page, without its query."), ("page path", "페이지"),
              longest=300),
        Field("campaign", Type.TEXT, N_("Campaign"), N_("The campaign that led there (utm_campaign)."),
              ("utm campaign",), longest=120),
        Field("properties", Type.TEXT, N_("Properties"), N_("What the site says besides, as JSON."), (),
              longest=2000),
    ),
    key=("event_key",),
)  # fmt: skip
_ALL = (
    CUSTOMERS, SALES, PRODUCTS, STORES, CAMPAIGNS, CONTACTS, RESPONSES, SURVEY_ANSWERS, CONSENTS, EVENTS
)  # fmt: skip
RECORDS = {record.kind: record for record in _ALL}

# Words that stand in an address where a code could stand: no source is called so.
RESERVED = frozenset({"connections", "describe", "loads", "new", "quarantine", "sites"})
# Why a row was not loaded: code -> sentence. {field} is the field's label, the rest comes with the row.
REASONS = {
    "missing": N_("{field} is missing. Fill it in."),
    "not_integer": N_("{field} is not a whole number. Write digits only, like 12."),
    "not_amount": N_("{field} is not an amount of money. Write digits only, like 12900 or 12.90."),
    "percent": N_("{field} is a share in percent. Choose a column of numbers, or keep it as an attribute of its own."),
    "not_date": N_("{field} is not a date. Write it like 2026-11-23."),
    "impossible_date": N_("{field} is a day or time that does not exist. Correct it."),
    "future": N_("{field} lies in the future. Correct the date, or load the row when the day has come."),
    "negative_price": N_("{field} is negative but the row is no return. A return needs a negative quantity as well."),
    "positive_return": N_("{field} is positive but the row is a return. Write it negative, like the amount."),
    "out_of_bounds": N_("{field} is too large or too small to be true. Correct it."),
    "too_long": N_("{field} is longer than the field may be. Shorten it."),
    "control_characters": N_("{field} holds characters that are no text. Remove them."),
    "resident_number": N_(
        "{field} holds a resident registration number, which may not be kept. Remove it at the source."
    ),
    "not_phone": N_("{field} is no telephone number. Write it like 010-1234-5678 or +82 10 1234 5678."),
    "not_email": N_("{field} is no e-mail address. Write it like mina@example.com."),
    "not_gender": N_("{field} is no gender. Write F or M, 여 or 남."),
    "rounded_number": N_(
        "{field} was rounded by a spreadsheet (like 1.23E+15): its last digits are lost. Take it from the source again."
    ),
    "total_row": N_("The row looks like a total of the others, not like one of them. Leave it out."),
    "no_match_value": N_("{field} is empty, and the file’s rows are matched by it. Fill it in."),
    "ambiguous_match": N_(
        "Several customers have this {field}, so that it cannot be told which is meant. Give the customer number."
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
    cleaning: tuple[Mapping[str, str], ...] = ()

    @property
    def match_by(self) -> str:
        """The fields people are found by where the file has no customer number, like phone or name+birth."""
        return self.options.get("match_by", "") if self.record.personal else ""

    @property
    def mode(self) -> str:
        """create, update or both: which rows are taken in."""
        return self.options.get("mode") or "both"

    @property
    def unfit(self) -> str:
        """What becomes of a phone number, e-mail or gender that is none: keep, empty or quarantine."""
        return self.options.get("unfit") or "keep"

    @property
    def record(self) -> Record:
        """The kind of record."""
        return RECORDS[self.kind]

    def fields(self) -> list[Field]:
        """The fields that are filled, in the record's order, then attributes by name."""
        given = {**self.mapping, **self.constants}
        if self.match_by:
            given.setdefault("source_key", "")
        known = [field for field in self.record.fields if field.name in given]
        return known + [attribute(name) for name in sorted(given) if name.startswith(ATTRIBUTE)]


MODES, UNFIT, EMPTY = ("create", "update", "both"), ("keep", "empty", "quarantine"), ("keep", "erase")
MATCHES = ("source_key", "email", "phone", "name+birth", "name+phone")


@dataclass(frozen=True)
class Counts:
    """What became of the rows of a load; `read` is always the sum of loaded, unchanged and quarantined.

    updated: those of the loaded that stand in for earlier rows. skipped: those of the unchanged that the mode (create
    only, update only) leaves out.
    """

    loaded: int = 0
    unchanged: int = 0
    quarantined: int = 0
    updated: int = 0
    skipped: int = 0

    @property
    def created(self) -> int:
        """Those of the loaded that are new."""
        return self.loaded - self.updated

    @property
    def read(self) -> int:
        """All rows."""
        return self.loaded + self.unchanged + self.quarantined

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.loaded + other.loaded, self.unchanged + other.unchanged, self.quarantined + other.quarantined,
            self.updated + other.updated, self.skipped + other.skipped,
        )  # fmt: skip


def next_day(day: date) -> date:
    """The day after."""
    return date.fromordinal(day.toordinal() + 1)
