"""Which kind of record a file holds and which column fills which field: proposed from the header and from the values.

A name counts most: a column called 휴대폰 is the phone. Values decide where names say nothing, and speak against a name
they cannot carry: a column called "date" full of prices is no date.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from dangol.customers.collect.rules import N_, RECORDS, Field, Record, Type

DAY = (
    r"\d{4}\s?[-./년]\s?\d{1,2}\s?[-./월]\s?\d{1,2}[일.]?|\d{1,2}[-./]\d{1,2}[-./](\d{4}|\d{2})"
    r"|(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"
)
LOOKS = {  # what a value looks like -> the whole of it
    "day": re.compile(rf"({DAY})(\s?\([월화수목금토일]\))?"),
    "moment": re.compile(rf"({DAY})[T ]+\D{{0,3}}\d{{1,2}}[:시].*|(19|20)\d{{12}}"),
    "integer": re.compile(r"[+-]?\d{1,3}(,\d{3})+|[+-]?\d{1,12}(\.0+)?\s?개?"),
    "decimal": re.compile(r"[+-]?(\d+[.,]\d+|\d{1,3}([.,]\d{3})+([.,]\d+)?)"),
    "money": re.compile(r"[+-]?\s?[₩￦$€¥£]\s?[\d.,]+|[\d.,]+\s?(원|KRW|USD|EUR)"),
    "percent": re.compile(r"[+-]?[\d.,]+\s?%"),
    "phone": re.compile(
        r"(\+?82[- .]?\(?0?\)?|0)\d{1,3}[- .)]?\s?\d{3,4}[- .]?\d{4}|1[5-8]\d\d-\d{4}|\+\d{1,3}[- \d]{7,14}"
        r"|1[016789]\d{7,8}"
    ),
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "gender": re.compile(r"m|f|male|female|남|여|남성|여성|남자|여자", re.IGNORECASE),
    "yes": re.compile(r"y|n|yes|no|예|아니오|아니요|네|true|false|o|x|동의|미동의", re.IGNORECASE),
    "year": re.compile(r"(19[2-9]|20[0-2])\d년?생?"),
    "person": re.compile(r"[가-힣]{2,4}|[가-힣] [가-힣]{1,3}|[A-Z][a-z]+ ([A-Z]\.? )?[A-Z][a-zA-Z'-]+"),
    "address": re.compile(
        r".*([시군구도] |특별시|광역시|[로길동]\s?\d|\d+ [A-Z][a-z]+ (St|Ave|Rd|Blvd|Street|Road|Avenue)).*"
    ),
    "code": re.compile(r"(?=.*\d)[A-Za-z가-힣]{0,6}[-_]?[\dA-Za-z][\dA-Za-z_-]{0,30}"),
}  # fmt: skip
FITS: dict[str, tuple[str, ...]] = {  # field -> the looks its values may have, the most telling first
    "phone": ("phone",), "email": ("email",), "gender": ("gender",), "birth_year": ("year",), "birth": ("day",),
    "name": ("person",), "address": ("address",), "sold_at": ("moment", "day"), "quantity": ("integer",),
    "amount": ("money", "decimal", "integer"), "discount": ("money", "decimal", "integer"), "line_no": ("integer",),
    "assigned_on": ("day", "moment"), "cost": ("money", "decimal", "integer"), "paid": ("money", "decimal", "integer"),
    "starts_on": ("day", "moment"), "ends_on": ("day", "moment"), "contacted_on": ("day", "moment"),
    "responded_on": ("day", "moment"), "generated": ("yes", "integer"),
}  # fmt: skip
TELLING = frozenset({"phone", "email", "gender", "name", "address", "birth", "birth_year", "sold_at"})
WHY = {
    "name": N_("the column’s name"),
    "both": N_("the column’s name and its values"),
    "part": N_("a part of the column’s name"),
    "values": N_("its values"),
    "saved": N_("as in the last file"),
}
SURE, LIKELY, LEAST = 0.85, 0.6, 0.45
# How much a field says about its kind: what only this kind has says most.
WEIGHTS = {
    "customers": {"source_key": 0.6, "name": 1.5, "phone": 1.5, "email": 1.5, "birth": 1.2, "birth_year": 1.0,
                  "gender": 1.0, "address": 1.2},
    "sales": {"order_id": 1.5, "sold_at": 1.2, "quantity": 1.3, "amount": 1.3, "product_key": 0.8, "customer_key": 0.6,
              "discount": 0.8, "cost": 0.8, "paid": 0.4, "store_key": 0.4, "line_no": 0.6},
    "products": {"product_key": 1.0, "product": 1.2, "brand": 1.2, "product_major": 1.2, "product_middle": 1.0,
                 "product_minor": 1.0},
    "stores": {"store_key": 1.2, "store": 1.2, "region": 1.0, "branch": 0.8},
    "campaigns": {"campaign_key": 1.2, "campaign": 1.3, "kind": 0.5, "starts_on": 1.2, "ends_on": 1.2},
    "contacts": {"campaign_key": 1.2, "customer_key": 0.8, "channel": 0.8, "contacted_on": 1.5},
    "responses": {"campaign_key": 1.2, "customer_key": 0.8, "responded_on": 1.5, "kind": 0.4, "detail": 0.7},
    "survey_answers": {"survey_key": 1.2, "question_key": 1.4, "answered_at": 1.2, "answer": 1.2, "score": 0.6,
                       "customer_key": 0.4},
    "consents": {"customer_key": 0.6, "purpose": 1.4, "channel": 0.8, "given": 1.5, "said_at": 1.2, "text_version": 0.8,
                 "proof": 0.8},
    "events": {"event_key": 1.2, "event": 1.5, "happened_at": 1.3, "visitor": 1.3, "customer_key": 0.4, "site": 0.4,
               "page": 0.8, "campaign": 0.4, "properties": 0.4},
}  # fmt: skip


@dataclass(frozen=True)
class Proposal:
    """A column for a field. confidence: 0 to 1; why: what speaks for it; samples: some of its values."""

    field: str
    column: str
    confidence: float
    why: str
    samples: tuple[str, ...] = ()

    @property
    def level(self) -> str:
        """sure, likely or unsure."""
        return "sure" if self.confidence >= SURE else "likely" if self.confidence >= LIKELY else "unsure"


@dataclass(frozen=True)
class Looks:
    """What a column's sampled values are. shares: look -> share of the filled cells; distinct: of filled cells."""

    shares: dict[str, float]
    filled: int
    distinct: float
    samples: tuple[str, ...]


def looks(values: Sequence[str]) -> Looks:
    """What sampled values look like."""
    cells = [value.strip() for value in values if value and value.strip()]
    shares = {name: sum(1 for cell in cells if form.fullmatch(cell)) / len(cells) if cells else 0.0
              for name, form in LOOKS.items()}  # fmt: skip
    distinct = len(set(cells)) / len(cells) if cells else 0.0
    return Looks(shares, len(cells), distinct, tuple(dict.fromkeys(cells))[:3])


def plain(name: str) -> str:
    """A column's name without case, spaces and signs."""
    return re.sub(r"[\W_]+", "", re.sub(r"\([^)]*\)|\[[^\]]*\]", "", name).casefold()) or re.sub(
        r"[\W_]+", "", name.casefold()
    )


def _named(column: str, one: Field) -> float:
    """How well a column's name is that of a field, 0 to 1."""
    wanted = [plain(name) for name in (one.name, one.label, *one.names)]
    given = plain(column)
    if given in wanted:
        return 1.0 - 0.001 * min(wanted.index(given), 30)
    last = plain(column.rsplit(maxsplit=1)[-1]) if column.split() else ""
    if last and last != given and last in wanted:
        return 0.9 - 0.001 * min(wanted.index(last), 30)
    inside = [name for name in wanted if len(name) >= 2 + name.isascii() and (name in given or given in name)]
    if inside and len(given) >= 2 + given.isascii():
        longest = max(inside, key=len)
        return 0.5 + 0.25 * min(len(longest), len(given)) / max(len(longest), len(given))
    best = max((SequenceMatcher(None, given, name).ratio() for name in wanted if len(name) > 3), default=0.0)
    return 0.55 * best if best > 0.82 else 0.0


def _fitting(found: Looks, one: Field) -> float | None:
    """How well values fit a field, 0 to 1; None where they say nothing."""
    if not found.filled:
        return None
    wanted = FITS.get(one.name)
    if wanted is None:
        return None
    share = max(found.shares[look] for look in wanted)
    if one.type in (Type.DATE, Type.TIME):
        share = max(share, found.shares["day"] + found.shares["moment"])
    if one.type in (Type.AMOUNT, Type.INTEGER):
        share = max(share, min(1.0, sum(found.shares[look] for look in wanted)))
    return min(1.0, share)


def _scored(column: str, found: Looks, one: Field) -> tuple[float, str]:
    name, values = _named(column, one), _fitting(found, one)
    if name >= LEAST:
        if values is None:
            return name, "name" if name > 0.85 else "part"
        if values < 0.2 and one.type is not Type.TEXT:
            return 0.3 * name, "name"
        score = name * (0.75 + 0.25 * values) if name > 0.85 else 0.6 * name + 0.4 * values
        return score, "both" if values >= 0.5 else "name" if name > 0.85 else "part"
    if values is not None and one.name in TELLING and values >= 0.8 and found.filled >= 2:
        return (0.75 if one.name in ("phone", "email") else 0.55) * values, "values"
    return 0.0, ""


def propose(columns: Sequence[str], record: Record, samples: Sequence[Sequence[str]] = ()) -> list[Proposal]:
    """Columns for the fields of a record, the surest first; each column and each field once.

    samples: per column some of its values, in the order of columns.
    """
    seen = {column: looks(samples[place]) if place < len(samples) else looks(())
            for place, column in enumerate(columns)}  # fmt: skip
    scored = [
        (score, -place, -number, one.name, column, why)
        for place, column in enumerate(columns)
        for number, one in enumerate(record.fields)
        for score, why in [_scored(column, seen[column], one)]
        if score >= LEAST
    ]
    taken: dict[str, Proposal] = {}
    used: set[str] = set()
    for score, _place, _number, name, column, why in sorted(scored, reverse=True):
        if name not in taken and column not in used:
            taken[name] = Proposal(name, column, round(score, 2), WHY[why], seen[column].samples)
            used.add(column)
    _required_first(record, seen, taken)
    _dates_without_names(columns, record, seen, taken, used)
    return sorted(taken.values(), key=lambda one: -one.confidence)


def _required_first(record: Record, seen: dict[str, Looks], taken: dict[str, Proposal]) -> None:
    """A required field no column is left for gets the column of an optional one, if its name may mean both.

    Where 결제금액 is the only amount of a file, it is the amount; beside 판매금액 it is what has been paid.
    """
    for one in record.fields:
        if not one.required or one.name in taken:
            continue
        lent = [name for name in taken if not _needed(record, name)]
        fits = {name: _scored(taken[name].column, seen[taken[name].column], one) for name in lent}
        best = max(lent, key=lambda name: fits[name][0], default="")
        if best and fits[best][0] >= SURE:
            column = taken.pop(best).column
            taken[one.name] = Proposal(one.name, column, round(fits[best][0], 2), WHY[fits[best][1]],
                                       seen[column].samples)  # fmt: skip


def _needed(record: Record, name: str) -> bool:
    return any(one.name == name and one.required for one in record.fields)


def _dates_without_names(
    columns: Sequence[str], record: Record, seen: dict[str, Looks], taken: dict[str, Proposal], used: set[str]
) -> None:
    """A required day whose name says nothing, where only one column holds days."""
    for one in record.fields:
        if not one.required or one.name in taken or one.type not in (Type.DATE, Type.TIME):
            continue
        days = [c for c in columns if c not in used and (_fitting(seen[c], one) or 0) >= 0.8]
        if len(days) == 1:
            taken[one.name] = Proposal(one.name, days[0], LEAST, WHY["values"], seen[days[0]].samples)
            used.add(days[0])


def guess_kind(columns: Sequence[str], samples: Sequence[Sequence[str]] = ()) -> str:
    """The kind of record whose fields the header and the values speak for."""

    def fit(record: Record) -> float:
        found = {one.field: one for one in propose(columns, record, samples)}
        weights = WEIGHTS[record.kind]
        score = sum(weights.get(name, 0.3) * one.confidence for name, one in found.items())
        missing = sum(weights.get(one.name, 0.3) for one in record.fields if one.required and one.name not in found)
        return score - 0.6 * missing - _repeats(record, found, columns, samples)

    return max(RECORDS.values(), key=fit).kind


def _repeats(
    record: Record, found: dict[str, Proposal], columns: Sequence[str], samples: Sequence[Sequence[str]]
) -> float:
    """What speaks against a kind with one row per key: its key stands in many rows."""
    if not record.key or record.key[0] not in found:
        return 0.0
    place = list(columns).index(found[record.key[0]].column)
    cells = [value for value in samples[place] if value] if place < len(samples) else []
    return 1.5 if len(cells) >= 8 and len(set(cells)) < 0.7 * len(cells) else 0.0


def changed(before: Sequence[str], now: Sequence[str]) -> dict[str, list[str]]:
    """What a header has more and less than the one before; nothing where they are the same."""
    added = [column for column in now if column not in before and not column.startswith("dangol_")]
    missing = [column for column in before if column not in now]
    return {"added": added, "missing": missing} if before and (added or missing) else {}
