"""What a column of a plain table holds, which of its values can be true, and in which form they are written."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dangol.customers.collect.proposals import propose
from dangol.customers.collect.rules import CUSTOMERS
from dangol.customers.identify.linkage.rules import kinds
from dangol.customers.identify.rules import mask
from dangol.customers.quality.rules.checks import PLACEHOLDER_EMAILS, PLACEHOLDER_NAMES, PLACEHOLDER_PHONES
from dangol.customers.standard import rules as standard
from dangol.customers.standard.rules import holds_resident_number

SAMPLE = 2_000
LEAST_SHARE = 0.6
CATEGORY_MOST = 50
LEAST_IDS = 20
CODED = re.compile(r"(?=.*\d)[\w.-]{3,20}", re.ASCII)  # rec-1070-org, A0001
BIRTHS_UNTIL = 2000  # the middle year of an unnamed column of births lies before
ABROAD = "phone_abroad"  # how a column of phones is judged whose numbers are mostly not Korean
OLDEST_YEAR, OLDEST_AGE = 1900, 115
NOTHING = frozenset(
    {"-", "--", ".", "n/a", "na", "nan", "null", "none", "nil", "unknown", "#n/a", "<na>", "없음", "미상", "모름",
     "해당없음", "?", "x", "xx", "xxx", "undefined"}
)  # fmt: skip
DEFAULT_DAYS = frozenset({"1900-01-01", "1900-01-00", "1901-01-01", "1970-01-01", "1899-12-30", "0001-01-01",
                          "9999-12-31", "2999-12-31", "1111-11-11"})  # fmt: skip
PERSONAL = frozenset({"name", "phone", "email", "address", "birth", "postcode", "id"})
# Kinds and parts of headers that name them, without blanks and marks; the customers' own fields come first.
HOUSE_NUMBER = re.compile(r"^(street|house|building)(no|num|nr|number)$|^(번지|건물번호|호수?)$")
HEADERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("postcode", ("postcode", "postalcode", "zip", "zipcode", "우편번호")),
    ("birth", ("birthdate", "birthday", "dateofbirth", "dob", "bday", "생년월일", "생일", "출생일")),
    ("name", ("surname", "lastname", "firstname", "givenname", "familyname", "forename", "성함", "이름", "성명",
              "고객명", "custname", "membername")),
    ("phone", ("phone", "mobile", "cellno", "tel", "hp", "휴대", "전화", "연락처", "핸드폰")),
    ("email", ("email", "이메일", "메일", "전자우편")),
    ("address", ("address", "addr", "주소", "street", "도로명")),
    ("date", ("date", "일자", "날짜", "일시", "등록일", "가입일", "수정일", "변경일", "방문일", "createdat",
              "updatedat", "timestamp", "regdt", "joined")),
    ("number", ("amount", "price", "qty", "quantity", "total", "금액", "가격", "수량", "매출", "포인트", "point",
                "score", "balance")),
)  # fmt: skip
WORDS = {kinds.Kind.NAME: "name", kinds.Kind.FAMILY: "name", kinds.Kind.GIVEN: "name", kinds.Kind.ADDRESS: "address"}
IDS = frozenset({"id", "recid", "recordid", "rowid", "uid", "custid", "custno", "customerid", "customerno", "memberid",
                 "memberno", "userid", "key", "code", "no", "고객번호", "고객id", "고객코드", "회원번호", "회원id",
                 "번호", "고객관리번호", "식별번호"})  # fmt: skip
PLACEHOLDER_DIGITS = frozenset(re.sub(r"\D", "", one) for one in PLACEHOLDER_PHONES)
PLACEHOLDER_WORDS = frozenset(re.sub(r"[\s\-.()]", "", one) for one in PLACEHOLDER_NAMES)
PROVINCE = r"^(서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주)"
LOST_ZERO = re.compile(r"1[016789]\d{7,8}")
NUMBER = re.compile(r"[-+(]?[₩$€£¥]?\s?-?\d{1,3}(,\d{3})*(\.\d+)?\s?[원%)]?|[-+]?\d+(\.\d+)?\s?[원%]?|-?\.\d+")
GENDER_FORMS = {"f": "F/M", "m": "F/M", "female": "female/male", "male": "female/male", "여": "여/남", "남": "여/남",
                "여자": "여자/남자", "남자": "여자/남자", "여성": "여성/남성", "남성": "여성/남성"}  # fmt: skip
YMD = re.compile(r"(\d{4})\s*([-./년])\s*(\d{1,2})\s*[-./월]\s*(\d{1,2})일?([T\s]\s*\d{1,2}:\d{2}.*)?")
DIGITS8 = re.compile(r"(\d{4})(\d{2})(\d{2})")
LAST = re.compile(r"(\d{1,2})([-./])(\d{1,2})[-./](\d{4})([T\s]\s*\d{1,2}:\d{2}.*)?")
SHORT = re.compile(r"(\d{2})([-./])(\d{1,2})[-./](\d{1,2})")
SIX = re.compile(r"(\d{2})(\d{2})(\d{2})")


@dataclass(frozen=True)
class Look:
    """One value looked at. problem: why it cannot be true, or "". form: how it is written. day, number: as read."""

    problem: str = ""
    form: str = ""
    day: date | None = None
    number: float | None = None


def plain(header: str) -> str:
    """A header without blanks and marks, in lower case."""
    return re.sub(r"[\W_]+", "", header.casefold())


def kind_of(header: str, values: Sequence[str], *, distinct: int, filled: int) -> str:
    """What a column holds: id, name, phone, email, address, postcode, birth, date, gender, number, category or text.

    values: a sample of its different values. The header decides where the values do not contradict it.
    """
    named = _of_header(header)
    if named and (not values or named in ("id", "name", "address", "text") or _share(values, named) >= 0.4):
        return named
    for kind in ("email", "date", "phone", "gender", "number"):
        if values and _share(values, kind) >= LEAST_SHARE and (kind != "gender" or distinct <= 8):
            if kind == "number" and distinct == filled and filled > 20 and _whole(values):
                return "id"
            return "birth" if kind == "date" and not named and _old(values) else kind
    if distinct <= CATEGORY_MOST and filled > 3 * distinct:
        return "category"
    if distinct == filled > LEAST_IDS and sum(bool(CODED.fullmatch(value)) for value in values) > 0.9 * len(values):
        return "id"
    return _of_words(values, distinct=distinct, filled=filled)


def _old(values: Sequence[str]) -> bool:
    """Whether days lie so far back that they are those of births."""
    years = sorted(day.year for value in values if (day := read_day(value)[0]))
    return bool(years) and years[len(years) // 2] < BIRTHS_UNTIL


def _of_words(values: Sequence[str], *, distinct: int, filled: int) -> str:
    """Columns of words under a header that says nothing, by the words that linkage knows."""
    found = kinds.propose("", values, rows=filled, distinct=distinct, filled=filled) if values else kinds.Kind.TEXT
    return WORDS.get(found, "text")


def _whole(values: Sequence[str]) -> bool:
    return all(value.isdigit() for value in values)


def _of_header(header: str) -> str:
    text = plain(header)
    if text in IDS:
        return "id"
    if HOUSE_NUMBER.match(text):
        return "text"
    proposed = [one for one in propose([header], CUSTOMERS) if one.level != "unsure"]
    found = max(proposed, key=lambda one: one.confidence).field if proposed else ""
    if found:
        return {"source_key": "id", "birth_year": "birth", "unit_code": "", "rep_code": "", "said_at": ""}.get(
            found, found
        )
    return next((kind for kind, parts in HEADERS if any(part in text for part in parts)), "")


def _share(values: Sequence[str], kind: str) -> float:
    look = LOOKS[kind]
    today = date(2100, 1, 1)
    if kind == "phone":
        return sum(7 <= len(re.sub(r"\D", "", v)) <= 15 and not re.search(r"[A-Za-z가-힣]", v) and
                   (v.startswith(("0", "+", "(")) or "-" in v) for v in values) / len(values)  # fmt: skip
    # A birth long ago is one all the same: what is impossible is found when the column is judged.
    fine = {"", "impossible_birth", "too_old"} if kind == "birth" else {""}
    return sum(look(v, today).problem in fine for v in values) / len(values)


def _shape(text: str) -> str:
    return re.sub(r"[A-Za-z]", "A", re.sub(r"\d", "9", text))


def _name(text: str, _today: date) -> Look:
    squeezed = re.sub(r"[\s\-.()]", "", text).lower()
    if squeezed in PLACEHOLDER_WORDS:
        return Look("placeholder")
    if re.search(r"\d", text) or not re.search(r"[^\W\d_]", text) or len(text) > 60:
        return Look("not_a_name")
    if re.search(r"[ㄱ-ㅎㅏ-ㅣ]", text):
        return Look("not_a_name")
    hangul = bool(re.fullmatch(r"[가-힣\s]+", text))
    if re.search(r"(님|씨|귀하)$", text):
        return Look(form="with title")
    if "  " in text or (hangul and " " in text):
        return Look(form="with blanks")
    case = "" if hangul else "UPPER" if text.isupper() else "lower" if text.islower() else "Capital"
    return Look(form="한글" if hangul else f"Latin {case}")


def _phone(text: str, _today: date) -> Look:
    digits = re.sub(r"\D", "", text)
    if digits in PLACEHOLDER_DIGITS or (len(digits) >= 8 and len(set(digits[3:])) == 1):
        return Look("placeholder")
    if LOST_ZERO.fullmatch(digits) and not text.startswith("+"):
        return Look("lost_zero")
    if not standard.phone(text).e164:
        return Look("not_a_phone")
    return Look(form="+82…" if text.startswith("+") else re.sub(r"\d", "9", text))


def _phone_abroad(text: str, _today: date) -> Look:
    """A number of another country: by its length alone (ITU-T E.164: at most fifteen digits)."""
    digits = re.sub(r"\D", "", text)
    if len(digits) >= 7 and len(set(digits)) == 1:
        return Look("placeholder")
    if not 7 <= len(digits) <= 15 or re.search(r"[A-Za-z가-힣]", text):
        return Look("not_a_phone")
    return Look(form="+…" if text.startswith("+") else re.sub(r"\d", "9", text))


def _email(text: str, _today: date) -> Look:
    if text.lower() in PLACEHOLDER_EMAILS:
        return Look("placeholder")
    found = standard.email(text)
    if not found:
        return Look("not_an_email")
    return Look(form="standard" if text == found else "other")


def _address(text: str, _today: date) -> Look:
    if len(text) < 5 or not re.search(r"[^\W\d_]", text):
        return Look("too_short")
    if re.search(r"[가-힣]", text):
        return Look(form=_province_form(text.split(maxsplit=1)[0]))
    return Look(form="Latin")


def _province_form(head: str) -> str:
    if re.search(r"(특별시|광역시|특별자치시|특별자치도|도)$", head):
        return "long province"
    return "short province" if re.match(PROVINCE, head) else "no province"


def _postcode(text: str, _today: date) -> Look:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 -]{2,9}", text) or len(set(re.sub(r"\W", "", text))) == 1:
        return Look("not_a_postcode")
    return Look(form=_shape(text))


def _gender(text: str, _today: date) -> Look:
    if not standard.gender(text):
        return Look("not_a_gender")
    low = text.lower()
    return Look(form=GENDER_FORMS.get(low, "number" if low.isdigit() else "other"))


def _number(text: str, _today: date) -> Look:
    if not NUMBER.fullmatch(text):
        return Look("not_a_number")
    bare = re.sub(r"[₩$€£¥,\s원%()]", "", text)
    negative = text.startswith("(") and text.endswith(")")
    try:
        value = float(bare)
    except ValueError:
        return Look("not_a_number")
    form = "with commas" if "," in text else "plain"
    form = "with unit" if re.search(r"[₩$€£¥원%]", text) else form
    return Look(form="plain or with commas" if form == "plain" and abs(value) < 1000 else form,
                number=-value if negative else value)  # fmt: skip


def read_day(text: str) -> tuple[date | None, str]:
    """A date in one of the spellings met in the field, and its form; None where no such day exists."""
    if found := YMD.fullmatch(text):
        form = {"년": "YYYY년 M월 D일"}.get(found[2], f"YYYY{found[2]}MM{found[2]}DD") + (
            " with time" if found[5] else ""
        )
        return _made(int(found[1]), int(found[3]), int(found[4])), form
    if found := DIGITS8.fullmatch(text):
        return _made(int(found[1]), int(found[2]), int(found[3])), "YYYYMMDD"
    if found := LAST.fullmatch(text):
        one, other = int(found[1]), int(found[3])
        day = _made(int(found[4]), other, one) if one > 12 else _made(int(found[4]), one, other)
        return day, ("DD" if one > 12 else "MM") + f"{found[2]}…{found[2]}YYYY"
    if found := SHORT.fullmatch(text) or SIX.fullmatch(text):
        parts = [int(part) for part in found.groups() if part.isdigit()]
        return _made(_century(parts[0]), parts[1], parts[2]), "YYMMDD" if len(text) == 6 else "YY-MM-DD"
    return None, ""


def _century(two: int) -> int:
    return 1900 + two if two > 30 else 2000 + two


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _date(text: str, today: date) -> Look:
    day, form = read_day(text)
    if any(text.startswith(one) or (day is not None and day.isoformat() == one) for one in DEFAULT_DAYS):
        return Look("default_date")
    if day is None:
        return Look("impossible_date" if form else "not_a_date")
    if day > today + timedelta(days=1):
        return Look("future_date", form, day)
    if day.year < OLDEST_YEAR:
        return Look("too_old", form, day)
    return Look(form=form, day=day)


def _birth(text: str, today: date) -> Look:
    if re.fullmatch(r"\d{4}(\.0)?년?", text):
        year = int(text[:4])
        if text[:4] in ("1900", "1901", "9999"):
            return Look("default_date")
        return Look("" if today.year - OLDEST_AGE <= year <= today.year else "impossible_birth", "YYYY")
    found = _date(text, today)
    if found.problem in ("not_a_date", "impossible_date") and (read := standard.birth(text, today=today)).year:
        return Look(form="lunar" if read.lunar else "other", day=read.day)
    if not found.problem and found.day is not None and found.day.year < today.year - OLDEST_AGE:
        return Look("impossible_birth", found.form, found.day)
    return found


def _id(text: str, _today: date) -> Look:
    return Look(form=_shape(text) if len(text) <= 30 else "long")


def _text(text: str, _today: date) -> Look:
    return Look(form="clean" if "  " not in text else "with blanks")


LOOKS: Mapping[str, Callable[[str, date], Look]] = {
    "name": _name, "phone": _phone, ABROAD: _phone_abroad, "email": _email, "address": _address,
    "postcode": _postcode, "gender": _gender, "number": _number, "date": _date, "birth": _birth, "id": _id,
    "category": _text, "text": _text,
}  # fmt: skip


def look(kind: str, text: str, today: date) -> Look:
    """One filled value of a kind: what is wrong with it, and its form."""
    if text.lower() in NOTHING:
        return Look("says_nothing")
    if kind not in ("number", "date") and holds_resident_number(text, dashed_only=kind == "id"):
        return Look("resident_number")
    if "\ufffd" in text or any(ord(c) < 32 and c not in "\t\r\n" for c in text):
        return Look("damaged_text")
    return LOOKS[kind](text, today)


def masked(kind: str, text: str) -> str:
    """A value for a table of issues: recognisable for who has the file, telling nobody else a person's data."""
    if holds_resident_number(text):
        return "●" * 13
    if kind in ("phone", "email", "address"):
        return mask(kind, text)
    if kind == "birth":
        return text[:2] + re.sub(r"[0-9]", "*", text[2:])
    if kind in ("name", "postcode", "id", "text"):
        return text[:1] + "*" * min(max(len(text) - 1, 1), 8)
    return text[:40]


PROBLEMS = {
    "says_nothing": "stands for nothing (n/a, 없음)", "placeholder": "is a placeholder",
    "resident_number": "holds a resident registration number, which may not be kept",
    "damaged_text": "holds damaged characters", "not_a_name": "is no name", "not_a_phone": "cannot be dialled",
    "lost_zero": "has lost its leading zero", "not_an_email": "is no e-mail address", "too_short": "is too short",
    "not_a_postcode": "is no postcode", "not_a_gender": "is no known code of gender", "not_a_number": "is no number",
    "not_a_date": "is no date", "impossible_date": "is a day that does not exist", "default_date": "is a default date",
    "future_date": "lies in the future", "too_old": f"lies before {OLDEST_YEAR}",
    "impossible_birth": "is no possible birth", "outlier": "lies far outside the others",
    "other_form": "is written in another form than most", "duplicate_key": "has a key that occurs before",
    "near_key": "has a key that differs from another in case, blanks or marks only",
    "duplicate_row": "is the same row again", "same_person": "has the same name and number, e-mail or birth as another",
    "missing": "is empty",
}  # fmt: skip
