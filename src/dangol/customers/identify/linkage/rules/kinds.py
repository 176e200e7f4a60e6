"""What a column of any table holds, proposed from its header (Korean or English) and from its values."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dangol.customers.identify.linkage.rules.values import digits_of, gender, plain
from dangol.customers.identify.linkage.rules.words import (
    FAMILY_NAMES,
    GIVEN_NAMES,
    HANGUL_FAMILY,
    LATIN_FAMILY,
    STREET_WORDS,
)

SAMPLE = 3_000


class Kind(StrEnum):
    """What a column says of a record."""

    NAME = "name"  # of a person, whole
    FAMILY = "family"
    GIVEN = "given"
    TITLE = "title"  # name of a shop, a firm, a thing
    PHONE = "phone"
    EMAIL = "email"
    BIRTH = "birth"
    YEAR = "birth_year"
    GENDER = "gender"
    POSTCODE = "postcode"
    ADDRESS = "address"
    NUMBER = "street_number"
    CITY = "city"
    REGION = "region"
    CODE = "code"  # identity number, membership number: nearly one a person
    CATEGORY = "category"
    TEXT = "text"
    SKIP = "skip"  # key of the row, days of registration, remarks


# Parts of headers without blanks and marks; the first kind that fits is taken, whole headers before parts.
WHOLE: dict[Kind, tuple[str, ...]] = {
    Kind.SKIP: ("id", "recid", "recordid", "uniqueid", "uid", "rowid", "rowno", "row", "no",
                "num", "index", "idx", "seq",
                "key",                 "번호", "순번", "연번", "entityid", "clusterid",
                "customerid", "customerkey", "customerno", "고객번호",
                "고객id", "고객코드", "회원번호", "회원id", "sourcekey", "source", "출처"),
    Kind.FAMILY: ("surname", "lastname", "familyname", "family", "lname", "sname", "last", "sn", "성", "성씨"),
    Kind.GIVEN: ("givenname", "firstname", "forename", "given", "fname", "first", "gname", "이름만", "명"),
    Kind.NAME: ("name", "fullname", "personname", "customername", "성명", "이름", "고객명", "회원명", "성함",
                "고객성명", "고객이름",                 "수령인", "받는사람", "주문자", "예금주", "nm",
                "custnm", "membername"),
    Kind.GENDER: ("sex", "gender", "성별", "남녀"),
    Kind.YEAR: ("birthyear", "yearofbirth", "yob", "출생연도", "출생년도", "생년", "출생년", "byear"),
    Kind.BIRTH: ("dob", "bday", "bdate", "birth", "birthday", "birthdate", "dateofbirth", "생년월일", "생일", "출생일"),
    Kind.POSTCODE: ("zip", "zipcode", "postcode", "postalcode", "plz", "우편번호", "post", "pcode"),
    Kind.NUMBER: ("streetnumber", "streetno", "housenumber", "houseno", "번지", "건물번호"),
    Kind.REGION: ("state", "province", "prov", "region", "county", "시도", "광역시도", "지역"),
    Kind.CITY: ("city", "town", "suburb", "locality", "시군구", "구군", "도시", "village", "동", "읍면동",
                "동네", "마을", "district"),
    Kind.PHONE: ("phone", "tel", "mobile", "cell", "hp", "연락처", "전화", "휴대폰", "핸드폰", "전화번호", "휴대전화"),
    Kind.EMAIL: ("email", "mail", "emailaddress", "이메일", "메일", "전자우편"),
    Kind.CODE: ("ssn", "socsecid", "nationalid", "passport", "taxid", "tin", "ci", "di"),
}  # fmt: skip
PARTS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (Kind.SKIP, ("joined", "created", "updated", "signup", "registered", "가입", "등록", "수정일", "memo", "메모",
                 "비고", "remark",                  "comment", "moddt", "regdt", "timestamp")),
    (Kind.EMAIL, ("email", "이메일", "메일주소", "전자우편")),
    (Kind.PHONE, ("phone", "mobile", "telno", "telephone", "cellno", "휴대", "핸드폰", "전화", "연락처", "contactno")),
    (Kind.YEAR, ("birthyear", "yearofbirth", "출생연도", "출생년도")),
    (Kind.BIRTH, ("birth", "dob", "생년월일", "생일", "출생")),
    (Kind.CODE, ("socsec", "socialsec", "ssn", "passport", "licence", "license", "nationalid", "taxid", "insurance",
                 "medicare", "여권",                  "면허", "identitynumber", "identityno", "nhsno")),
    (Kind.POSTCODE, ("postcode", "postal", "zip", "우편")),
    (Kind.NUMBER, ("streetn", "housen", "stno", "건물번호", "번지")),
    (Kind.FAMILY, ("surname", "lastname", "familyname", "lastnm")),
    (Kind.GIVEN, ("givenname", "firstname", "forename", "givennm", "firstnm")),
    (Kind.GENDER, ("gender", "성별")),
    (Kind.CITY, ("city", "suburb", "town", "locality", "시군구")),
    (Kind.REGION, ("state", "province", "시도")),
    (Kind.ADDRESS, ("address", "addr", "street", "주소", "도로명", "지번", "road", "거주지", "소재지")),
    (Kind.NAME, ("personname", "custname", "fullname", "성명", "성함", "고객명", "회원명", "이름")),
    (Kind.CATEGORY, ("cuisine", "category", "type", "grade", "등급", "종류", "분류", "업종")),
)  # fmt: skip
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+$")
PHONE = re.compile(r"(\+?\d[\d\s().-]{6,17}\d|\(\d{2,4}\)[\d\s.-]{6,12}\d)$")
DATE = re.compile(
    r"((19|20)\d{2}[-./년\s]{1,2}\d{1,2}[-./월\s]{1,2}\d{1,2}일?|\d{1,2}[-./]\d{1,2}[-./](19|20)?\d{2}"
    r"|(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"
    r"|\d{1,2}[\s-][a-z]{3,9}[\s-](19|20)\d{2}|[a-z]{3,9}\s\d{1,2},?\s(19|20)\d{2})([T\s]\d{1,2}:.*)?$",
    re.IGNORECASE,
)
HANGUL_ADDRESS = re.compile(r"[가-힣]+(특별시|광역시|시|도|군|구|읍|면|동|로|길|가)(\s|\d|$)")


@dataclass(frozen=True)
class Column:
    """A column with the kind that is proposed for it. distinct, filled: number of different and of filled values."""

    header: str
    kind: Kind
    distinct: int
    filled: int


def of_header(header: str) -> Kind | None:
    """The kind a header names, or None."""
    text = re.sub(r"[^0-9a-z가-힣]", "", header.lower())
    bare = re.sub(r"\d+$", "", text)
    for kind, names in WHOLE.items():
        if text in names or bare in names:
            return kind
    return next((kind for kind, parts in PARTS if any(part in text for part in parts)), None)


def propose(header: str, values: Sequence[str], *, rows: int, distinct: int, filled: int) -> Kind:
    """The kind of a column. values: a sample of its different values, no empty ones; rows: of the whole table.

    The header decides where the values do not contradict it; without a telling header the values decide.
    """
    if not values:
        return Kind.SKIP
    named = of_header(header)
    sample = [plain(value) for value in values[:SAMPLE]]
    if named is Kind.NAME:
        return _of_names(sample)
    if named is not None and _fits(named, sample):
        return named
    return _of_values(sample, rows=rows, distinct=distinct, filled=filled)


def _share(sample: Sequence[str], test: Callable[[str], object]) -> float:
    return sum(1 for value in sample if test(value)) / len(sample)


def _of_names(sample: Sequence[str]) -> Kind:
    """Whether names are those of people or of things."""
    if _share(sample, lambda v: any(c.isdigit() for c in v)) > 0.03:
        return Kind.TITLE
    hangul = [value for value in sample if re.search(r"[가-힣]", value)]
    if len(hangul) > len(sample) / 2:
        people = _share(hangul, lambda v: re.fullmatch(r"[가-힣]{2,5}", v.replace(" ", "")) and v[0] in HANGUL_FAMILY)
        return Kind.NAME if people > 0.6 else Kind.TITLE
    words = [len(value.split()) for value in sample]
    known = _share(sample, lambda v: any(word in GIVEN_NAMES or word in LATIN_FAMILY for word in v.split()))
    single = sum(count == 1 for count in words) / len(words)
    odd = _share(
        sample, lambda v: bool(re.search(r"&|\bof\b|\bthe\b|\bof\b|restaurant|cafe|grill|inc|ltd|\bco\b|bar\b", v))
    )
    if odd > 0.05 or (single > 0.2 and known < 0.1) or sum(words) / len(words) > 3.2:
        return Kind.TITLE
    return Kind.NAME


def _fits(kind: Kind, sample: Sequence[str]) -> bool:
    tests = {
        Kind.EMAIL: (lambda v: "@" in v, 0.3),
        Kind.PHONE: (lambda v: len(digits_of(v)) >= 6, 0.5),
        Kind.BIRTH: (lambda v: bool(DATE.match(v)) or 5 <= len(digits_of(v)) <= 8, 0.4),
        Kind.YEAR: (lambda v: bool(re.fullmatch(r"(18|19|20)?\d{2}(\.0)?년?", v)), 0.5),
        Kind.GENDER: (lambda v: bool(gender(v)), 0.4),
        Kind.FAMILY: (lambda v: not any(c.isdigit() for c in v), 0.6),
        Kind.GIVEN: (lambda v: not any(c.isdigit() for c in v), 0.6),
        Kind.POSTCODE: (lambda v: 3 <= len(v) <= 10 and any(c.isdigit() for c in v), 0.5),
        Kind.NUMBER: (lambda v: any(c.isdigit() for c in v) and len(v) <= 8, 0.5),
    }
    if kind not in tests:
        return True
    test, least = tests[kind]
    return _share(sample, test) >= least


def _of_values(sample: Sequence[str], *, rows: int, distinct: int, filled: int) -> Kind:
    if _share(sample, lambda v: bool(EMAIL.match(v))) > 0.5:
        return Kind.EMAIL
    if _share(sample, lambda v: bool(DATE.match(v))) > 0.6:
        years = sorted(int(found[0]) for v in sample if (found := re.search(r"(19|20)\d{2}", v)))
        return Kind.BIRTH if years and years[len(years) // 2] < 2008 else Kind.SKIP
    if distinct <= 12 and _share(sample, lambda v: bool(gender(v))) > 0.7:
        return Kind.GENDER
    numeric = _share(sample, lambda v: bool(re.fullmatch(r"[\d\s().+-]+", v)))
    if numeric > 0.8:
        return _of_numbers(sample, distinct=distinct, filled=filled)
    if any("가" <= c <= "힣" for value in sample[:50] for c in value):
        return _of_hangul(sample, rows=rows, distinct=distinct, filled=filled)
    return _of_latin(sample, rows=rows, distinct=distinct, filled=filled)


def _of_numbers(sample: Sequence[str], *, distinct: int, filled: int) -> Kind:  # noqa: PLR0911  one line a kind
    lengths = [len(digits_of(value)) for value in sample]
    usual = max(set(lengths), key=lengths.count)
    same = lengths.count(usual) / len(lengths)
    marked = _share(sample, lambda v: bool(re.search(r"\d[\s().-]\d", v)) or v.startswith(("+", "0")))
    if (usual >= 9 and marked > 0.7) or (
        usual in (10, 11) and _share(sample, lambda v: v.lstrip("+").startswith(("01", "1", "82"))) > 0.7
    ):
        return Kind.PHONE
    if usual >= 7 and marked > 0.7 and _share(sample, lambda v: bool(PHONE.match(v))) > 0.7:
        return Kind.PHONE
    if usual == 4 and same > 0.9 and _share(sample, lambda v: re.fullmatch(r"(19[2-9]|200|201)\d", v)) > 0.95:
        return Kind.YEAR
    if distinct >= 0.999 * filled and usual >= 3 and distinct > 20:
        return Kind.SKIP  # the row's own key
    if usual >= 6 and distinct > 0.3 * filled:
        return Kind.CODE
    if usual in (4, 5, 6) and same > 0.7 and distinct > 30:
        return Kind.POSTCODE
    if usual <= 4 and distinct > 20:
        return Kind.NUMBER
    return Kind.CATEGORY


def _of_hangul(sample: Sequence[str], *, rows: int, distinct: int, filled: int) -> Kind:
    name = _share(sample, lambda v: re.fullmatch(r"[가-힣]{2,4}", v.replace(" ", "")) and v[0] in HANGUL_FAMILY)
    place = _share(sample, lambda v: bool(HANGUL_ADDRESS.search(v)))
    short = _share(sample, lambda v: len(v) <= 5 and " " not in v)
    if place > 0.6 and distinct > 200 and short < 0.5:
        return Kind.ADDRESS
    if name > 0.85 and place < 0.5 and distinct > 20:
        return Kind.NAME
    if distinct <= 200 and _share(sample, lambda v: v in FAMILY_NAMES) > 0.8:
        return Kind.FAMILY
    if place > 0.6:
        return Kind.CITY if distinct > 20 else Kind.REGION
    if short > 0.95 and distinct > 60 and _share(sample, lambda v: len(v) in (1, 2, 3)) > 0.95:
        return Kind.GIVEN
    return Kind.CATEGORY if distinct <= max(30, rows * 0.01) else Kind.TEXT


def _of_latin(sample: Sequence[str], *, rows: int, distinct: int, filled: int) -> Kind:  # noqa: PLR0911
    digits = _share(sample, lambda v: any(c.isdigit() for c in v))
    words = _share(sample, lambda v: bool(set(v.split()) & STREET_WORDS))
    if words > 0.25 or (digits > 0.5 and _share(sample, lambda v: bool(re.match(r"\d+\S*\s+[a-z]", v))) > 0.4):
        return Kind.ADDRESS
    if digits > 0.5:
        long = _share(sample, lambda v: len(v) >= 6) > 0.7
        if distinct >= 0.999 * filled:
            return Kind.SKIP
        return Kind.CODE if long and distinct > 0.3 * filled else Kind.NUMBER if not long else Kind.TEXT
    if distinct <= 30:
        return Kind.REGION if _share(sample, lambda v: len(v) <= 3) > 0.7 else Kind.CATEGORY
    parts = [value.split() for value in sample]
    given = sum(1 for found in parts if found and found[0] in GIVEN_NAMES) / len(parts)
    family = sum(1 for found in parts if found and found[-1] in LATIN_FAMILY) / len(parts)
    single = sum(len(found) == 1 for found in parts) / len(parts)
    if single > 0.7 and max(given, family) > 0.04:
        return Kind.GIVEN if given > family else Kind.FAMILY
    if single < 0.3 and given > 0.1:
        return Kind.NAME
    return Kind.TEXT


def mapping(columns: Sequence[Column]) -> Mapping[str, Kind]:
    """Header -> kind of the columns that are compared."""
    return {column.header: column.kind for column in columns if column.kind is not Kind.SKIP}
