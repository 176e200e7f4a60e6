"""Money is an integer number of minor units with a currency; rounding is always named."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from dangol.base.errors import BadInput


@dataclass(frozen=True)
class Currency:
    """An ISO 4217 currency: code, number of decimal digits of its minor unit, sign shown before the amount."""

    code: str
    digits: int
    sign: str


CURRENCIES = {
    "KRW": Currency("KRW", 0, "₩"),
    "USD": Currency("USD", 2, "$"),
    "EUR": Currency("EUR", 2, "€"),
    "JPY": Currency("JPY", 0, "¥"),
    "GBP": Currency("GBP", 2, "£"),
    "CNY": Currency("CNY", 2, "¥"),
    "VND": Currency("VND", 0, "₫"),
}


def currency(code: str) -> Currency:
    """The currency of an ISO 4217 code. Raises BadInput for one that is not listed."""
    try:
        return CURRENCIES[code]
    except KeyError:
        raise BadInput(
            "The currency {code} is not known. Use one of: {known}.", code=code, known=", ".join(CURRENCIES)
        ) from None


def to_minor(text: str | Decimal, unit: Currency) -> int:
    """An amount in major units (\"1,234.50\") as minor units (123450), rounded half to even. Raises BadInput."""
    try:
        amount = Decimal(str(text).replace(",", "").strip())
    except InvalidOperation:
        raise BadInput("“{text}” is not an amount of money. Write digits only, like 12900.", text=text) from None
    if not amount.is_finite():
        raise BadInput("“{text}” is not an amount of money. Write digits only, like 12900.", text=text)
    return int(amount.scaleb(unit.digits).to_integral_value(rounding=ROUND_HALF_EVEN))


def to_major(minor: int, unit: Currency) -> Decimal:
    """Minor units (123450) as a decimal in major units (1234.50)."""
    return Decimal(minor).scaleb(-unit.digits)


def show(minor: int, unit: Currency) -> str:
    """Minor units as people read them: 123450 USD is \"$1,234.50\", -5000 KRW is \"-₩5,000\"."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{unit.sign}{abs(to_major(minor, unit)):,.{unit.digits}f}"
