"""The rules a data steward sets: what each kind asks, and what a rule may say. No rule holds code."""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dangol.base.errors import BadInput

NAME_LONGEST, PATTERN_LONGEST, VALUES_MOST, VALUE_LONGEST = 100, 200, 500, 100
MONTHS_MOST, WEIGHT_MOST, SHARED_MOST = 600, 10, 1000
YEAR = "year"  # a bound of a range: this year by the clock, also year-115
CLOCK = re.compile(r"(?:year|this year|올해)\s*([-+]\s*\d{1,4})?")
_SOME_YEAR = 2000
SEVERITIES = ("info", "warn", "bad")
GRAVITY = {"info": 1, "warn": 3, "bad": 9}


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


SEVERITY_NAMES = {"info": N_("note"), "warn": N_("attention"), "bad": N_("serious")}


@dataclass(frozen=True)
class Field:
    """A field of the customer. kind: text, number or link. shelf_months: after how long it should be confirmed again.

    has_standard: whether there is a standard form. asked: whether a customer can be asked for it.
    """

    name: str
    label: str
    kind: str = "text"
    shelf_months: int | None = None
    has_standard: bool = False
    asked: bool = True


FIELDS = {
    one.name: one
    for one in (
        Field("name", N_("Name"), has_standard=True),
        Field("phone", N_("Phone"), shelf_months=24, has_standard=True),
        Field("email", N_("E-mail"), shelf_months=24, has_standard=True),
        Field("address", N_("Address"), shelf_months=24, has_standard=True),
        Field("birth_year", N_("Year of birth"), "number", has_standard=True),
        Field("gender", N_("Gender"), has_standard=True),
        Field("age_band", N_("Age band"), shelf_months=60, asked=False),
        Field("unit", N_("Branch"), "link", asked=False),
        Field("rep", N_("Rep in charge"), "link", asked=False),
    )
}
ASKED = tuple(one.name for one in FIELDS.values() if one.asked)


@dataclass(frozen=True)
class Kind:
    """A kind of rule: its name, what it asks, its parameters, the criterion it counts for, the fields it fits."""

    name: str
    label: str
    text: str
    params: tuple[str, ...]
    criterion: str
    fits: tuple[str, ...] = ("text", "number", "link")


KINDS = {
    one.name: one
    for one in (
        Kind("required", N_("Needed for a use"), N_("The field must be filled for a use, like mailing or calls."),
             (), "fit"),
        Kind("pattern", N_("Pattern"), N_("The whole value must look like a pattern (a regular expression of RE2)."),
             ("pattern",), "reliability", ("text",)),
        Kind("length", N_("Length"), N_("The value must have so many characters."), ("least", "most"), "reliability",
             ("text",)),
        Kind("range", N_("Range"), N_("The number must lie between two bounds, both included."), ("least", "most"),
             "reliability", ("number",)),
        Kind("reference", N_("Reference list"), N_("The value must be one of a list."), ("values",), "reliability",
             ("text", "number")),
        Kind("forbidden", N_("Placeholders"),
             N_("The value must be none of a list, like “test” or 000-0000-0000. Blanks and dashes do not count."),
             ("values",), "reliability", ("text", "number")),
        Kind("freshness", N_("Freshness"), N_("The value must have been said or confirmed within so many months."),
             ("months",), "recency"),
        Kind("unique", N_("Shared value"), N_("At most so many customers may have the same value."), ("at_most",),
             "integration", ("text",)),
        Kind("compare", N_("Two fields"), N_("Two fields must agree: one needs the other, or they must differ."),
             ("other", "how"), "reliability"),
    )
}  # fmt: skip
COMPARISONS = {
    "needs": N_("where this is filled, the other must be filled"),
    "differs": N_("the two values must differ"),
}
WHOM = {"all": N_("all customers"), "named": N_("named customers")}


@dataclass(frozen=True)
class Rule:
    """One rule. params: by kind. use: for what it is required. weight: 0..10. id and version: 0 before it is saved."""

    name: str
    kind: str
    field: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    use: str = ""
    severity: str = "warn"
    weight: float = 1.0
    whom: str = "all"
    id: int = 0
    version: int = 0
    on: bool = True

    @property
    def criterion(self) -> str:
        """The criterion it counts for."""
        return KINDS[self.kind].criterion

    @property
    def gravity(self) -> float:
        """How much one broken row weighs when the worst rules are sought."""
        return self.weight * GRAVITY[self.severity]

    def definition(self) -> dict[str, Any]:
        """What is kept of every version."""
        return {
            "name": self.name, "kind": self.kind, "field": self.field, "params": dict(self.params), "use": self.use,
            "severity": self.severity, "weight": self.weight, "whom": self.whom,
        }  # fmt: skip


def checked(rule: Rule) -> Rule:
    """The rule with its parameters read and bounded. Raises BadInput naming the field at fault."""
    if rule.kind not in KINDS:
        raise BadInput("There is no kind of rule “{kind}”. Use one of: {known}.", field="kind", kind=rule.kind[:40],
                       known=", ".join(KINDS))  # fmt: skip
    if rule.field not in FIELDS:
        raise BadInput("There is no field “{name}”. Use one of: {known}.", field="field", name=rule.field[:40],
                       known=", ".join(FIELDS))  # fmt: skip
    kind, name, use = KINDS[rule.kind], " ".join(rule.name.split()), " ".join(rule.use.split())
    if FIELDS[rule.field].kind not in kind.fits:
        raise BadInput("This kind of rule does not fit the field. Choose another field or kind.", field="field")
    if not name or len(name) > NAME_LONGEST:
        raise BadInput("Give the rule a name of at most {most} characters.", field="name", most=NAME_LONGEST)
    if rule.kind == "required" and not (0 < len(use) <= NAME_LONGEST):
        raise BadInput("Say for which use the field is needed, like mailing.", field="use")
    if rule.severity not in SEVERITIES:
        raise BadInput("“{value}” is not a severity. Use one of: {known}.", field="severity",
                       value=rule.severity[:40], known=", ".join(SEVERITIES))  # fmt: skip
    if not 0 <= rule.weight <= WEIGHT_MOST:
        raise BadInput("A weight lies between 0 and {most}.", field="weight", most=WEIGHT_MOST)
    if rule.whom not in WHOM:
        raise BadInput("“{value}” is not known here. Use one of: {known}.", field="whom", value=rule.whom[:40],
                       known=", ".join(WHOM))  # fmt: skip
    params = {one: _READERS[one](rule, rule.params.get(one)) for one in kind.params}
    _check_bounds(rule.kind, params)
    return replace(rule, name=name, use=use if rule.kind == "required" else "", params=params)


def _check_bounds(kind: str, params: Mapping[str, Any]) -> None:
    if kind not in ("length", "range"):
        return
    least, most = params["least"], params["most"]
    if least is None and most is None:
        raise BadInput("Give a lower or an upper bound.", field="least")
    low, high = (bound(one, _SOME_YEAR) for one in (least, most))
    same = isinstance(least, str) == isinstance(most, str)  # a year of the clock and a fixed one may change places
    if same and low is not None and high is not None and low > high:
        raise BadInput("The lower bound is above the upper one.", field="least")


def bound(given: int | str | None, year: int) -> int | None:
    """A bound as a number in a year: 12 is 12, and year-14 is that year less 14."""
    return year + int(given.removeprefix(YEAR) or 0) if isinstance(given, str) else given


def _pattern(_rule: Rule, given: Any) -> str:
    """A pattern RE2 accepts: it is matched in linear time, so that none can hang.

    Source: R. Cox, Regular Expression Matching in the Wild (2010), the design of RE2.
    """
    text = str(given or "").strip()
    if not text or len(text) > PATTERN_LONGEST:
        raise BadInput("Write a pattern of at most {most} characters, like [0-9]+.", field="pattern",
                       most=PATTERN_LONGEST)  # fmt: skip
    try:
        pc.match_substring_regex(pa.array([""]), whole(text))
    except pa.ArrowInvalid:
        raise BadInput("This pattern cannot be read. Look at brackets and backslashes; look-ahead and back "
                       "references are not allowed.", field="pattern") from None  # fmt: skip
    return text


def whole(pattern: str) -> str:
    """The pattern for the whole value."""
    return f"^(?:{pattern})$"


def _bound(name: str) -> Any:
    def read(rule: Rule, given: Any) -> int | str | None:
        if given is None or given == "":
            return None
        by_clock = CLOCK.fullmatch(str(given).strip().lower()) if rule.kind == "range" else None
        if by_clock:
            return YEAR + re.sub(r"\s", "", by_clock[1] or "")
        try:
            number = int(str(given).replace(",", ""))
        except ValueError:
            number = 10**10
        if not -(10**9) <= number <= 10**9:
            raise BadInput("“{text}” is not a whole number. Write digits only, like 12.", field=name,
                           text=str(given)[:40])  # fmt: skip
        return number

    return read


def _values(_rule: Rule, given: Any) -> list[str]:
    parts: Sequence[Any] = given if isinstance(given, list | tuple) else str(given or "").replace(",", "\n").split("\n")
    values = list(dict.fromkeys(text for part in parts if (text := " ".join(str(part).split()))))
    if not values:
        raise BadInput("Write the values, one a line.", field="values")
    if len(values) > VALUES_MOST or any(len(text) > VALUE_LONGEST for text in values):
        raise BadInput("At most {most} values of {longest} characters.", field="values", most=VALUES_MOST,
                       longest=VALUE_LONGEST)  # fmt: skip
    return values


def _at_least_one(name: str, most: int) -> Any:
    def read(_rule: Rule, given: Any) -> int:
        try:
            number = int(given)
        except (TypeError, ValueError):
            number = 0
        if not 1 <= number <= most:
            raise BadInput("Write a number from 1 to {most}.", field=name, most=most)
        return number

    return read


def _other(rule: Rule, given: Any) -> str:
    other = str(given or "")
    if other not in FIELDS or other == rule.field:
        raise BadInput("Choose another field to compare with.", field="other")
    return other


def _how(rule: Rule, given: Any) -> str:
    how = str(given or "")
    if how not in COMPARISONS:
        raise BadInput("“{value}” is not known here. Use one of: {known}.", field="how", value=how[:40],
                       known=", ".join(COMPARISONS))  # fmt: skip
    other = FIELDS.get(str(rule.params.get("other")))
    if how == "differs" and not (FIELDS[rule.field].kind == "text" and other is not None and other.kind == "text"):
        raise BadInput("Only two fields of text can be told to differ.", field="how")
    return how


_READERS: dict[str, Any] = {
    "pattern": _pattern, "least": _bound("least"), "most": _bound("most"), "values": _values,
    "months": _at_least_one("months", MONTHS_MOST), "at_most": _at_least_one("at_most", SHARED_MOST),
    "other": _other, "how": _how,
}  # fmt: skip

USES = (N_("Mailing"), N_("Call"), N_("Delivery"), N_("Birthday programme"))
PLACEHOLDER_NAMES = (
    "test", "tester", "테스트", "홍길동", "아무개", "무명", "이름없음", "고객", "손님", "unknown", "none", "null",
    "n/a", "na", "x", "xx", "xxx", "asdf", "없음", "미상", "가나다", "ㅇㅇ", "ㅇㅇㅇ", "john doe", "jane doe",
)  # fmt: skip
PLACEHOLDER_PHONES = (
    "000-0000-0000", "010-0000-0000", "010-1111-1111", "010-9999-9999", "011-111-1111", "02-000-0000",
    "0000", "1111", "01000000000", "1234567890", "99999999999",
)  # fmt: skip
PLACEHOLDER_EMAILS = (
    "test@test.com", "a@a.com", "none@none.com", "no@no.com", "noemail@noemail.com", "test@test.co.kr", "aaa@aaa.com",
    "1@1.com", "x@x.com", "no@email.com", "email@email.com",
)  # fmt: skip
DEFAULTS = (
    Rule(N_("No e-mail, needed for mailing"), "required", "email", use=USES[0], severity="warn"),
    Rule(N_("No name, needed for mailing"), "required", "name", use=USES[0], severity="warn"),
    Rule(N_("No phone, needed for calls"), "required", "phone", use=USES[1], severity="bad", weight=2),
    Rule(N_("No name, needed for calls"), "required", "name", use=USES[1], severity="warn"),
    Rule(N_("No address, needed for delivery"), "required", "address", use=USES[2], severity="warn"),
    Rule(N_("No phone, needed for delivery"), "required", "phone", use=USES[2], severity="warn"),
    Rule(N_("No name, needed for delivery"), "required", "name", use=USES[2], severity="warn"),
    Rule(N_("No year of birth, needed for birthdays"), "required", "birth_year", use=USES[3], severity="info"),
    Rule(N_("E-mail address is malformed"), "pattern", "email",
         {"pattern": r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[A-Za-z가-힣]{2,}"}, severity="bad", weight=2),
    Rule(N_("Phone is malformed"), "pattern", "phone", {"pattern": r"[+(]?[0-9][0-9() .\-]{6,18}"},
         severity="bad", weight=2),
    Rule(N_("Name is a placeholder"), "forbidden", "name", {"values": list(PLACEHOLDER_NAMES)}, severity="bad"),
    Rule(N_("Phone is a placeholder"), "forbidden", "phone", {"values": list(PLACEHOLDER_PHONES)}, severity="bad"),
    Rule(N_("E-mail is a placeholder"), "forbidden", "email", {"values": list(PLACEHOLDER_EMAILS)}, severity="bad"),
    Rule(N_("Name is too short or too long"), "length", "name", {"least": 2, "most": 60}, severity="warn"),
    Rule(N_("Address is too short to be found"), "length", "address", {"least": 8, "most": None}, severity="warn"),
    Rule(N_("Year of birth is not plausible"), "range", "birth_year", {"least": "year-115", "most": YEAR},
         severity="warn"),
    Rule(N_("Year of birth is a default"), "forbidden", "birth_year", {"values": ["1900", "1901", "1970", "9999"]},
         severity="info", weight=0.5),
    Rule(N_("Gender is neither F nor M"), "reference", "gender", {"values": ["F", "M"]}, severity="warn"),
    Rule(N_("Phone not confirmed for two years"), "freshness", "phone", {"months": 24}, severity="info"),
    Rule(N_("E-mail not confirmed for two years"), "freshness", "email", {"months": 24}, severity="info"),
    Rule(N_("Address not confirmed for two years"), "freshness", "address", {"months": 24}, severity="info"),
    Rule(N_("Same phone for many customers"), "unique", "phone", {"at_most": 3}, severity="bad", weight=2),
    Rule(N_("Same e-mail for many customers"), "unique", "email", {"at_most": 2}, severity="warn"),
    Rule(N_("Rep without a branch"), "compare", "rep", {"other": "unit", "how": "needs"}, severity="info"),
)  # fmt: skip
