"""What a plan holds, what is wrong with it, what it may become, and what it can be expected to bring."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Any

from scipy.stats import norm

from dangol.base.identifiers import content_hash
from dangol.campaigns.knowledge.rules import AIMS


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


DRAFT, SUBMITTED, APPROVED, SENT_BACK, LAUNCHED = "draft", "submitted", "approved", "sent_back", "launched"
STATES = {
    DRAFT: N_("Draft"),
    SUBMITTED: N_("Waiting for approval"),
    APPROVED: N_("Approved"),
    SENT_BACK: N_("Sent back"),
    LAUNCHED: N_("Launched"),
}
EDITABLE = frozenset({DRAFT, SUBMITTED, APPROVED, SENT_BACK})
METRICS = {
    "buyers": N_("Share of buying customers"),
    "sales": N_("Sales per customer"),
}
LANGUAGES = {"ko": N_("Korean"), "en": N_("English")}
ATTRIBUTES = {
    "age_band": N_("Age band"),
    "gender": N_("Gender"),
    "income_band": N_("Income band"),
    "branch": N_("Branch"),
    "kind": N_("Named or un-named"),
}


@dataclass(frozen=True)
class Field:
    """One field of a plan: its kind, its label, whether it must be filled, and its bounds."""

    kind: str  # text, long, int, minor, date, choice, list, map
    label: str
    needed: bool = False
    least: int | None = None
    most: int | None = None
    choices: Mapping[str, str] | None = None
    default: Any = ""


FIELDS: dict[str, Field] = {
    "name": Field("text", N_("Name"), needed=True, most=120),
    "aim": Field("choice", N_("Aim"), needed=True, choices=AIMS),
    "segments": Field("list", N_("RFM segments"), default=[]),
    "built": Field("list", N_("Segments"), default=[]),
    "frozen": Field("list", N_("Members at the time of approval"), default=[]),
    "filters": Field("map", N_("Further conditions"), default={}),
    "as_of": Field("date", N_("Segments as of"), needed=True),
    "contacted_days": Field("int", N_("Leave out people contacted in the last days"), least=0, most=365, default=0),
    "control_percent": Field("int", N_("Control group (%)"), needed=True, least=5, most=50, default=20),
    "seed": Field("int", N_("Seed of the draw"), needed=True),
    "channel": Field("text", N_("Channel"), needed=True, most=20, default="email"),
    "offer": Field("long", N_("Offer"), needed=True, most=1000),
    "discount": Field("minor", N_("Discount per purchase"), least=0, default=0),
    "fixed_cost": Field("minor", N_("Fixed cost"), least=0, default=0),
    "cost_per_message": Field("minor", N_("Cost per message"), least=0, default=0),
    "margin_percent": Field("int", N_("Gross margin (%)"), needed=True, least=1, most=100, default=30),
    "subject": Field("text", N_("Subject"), needed=True, most=150),
    "body": Field("long", N_("Message"), needed=True, most=20000),
    "link_label": Field("text", N_("Text of the link"), most=60),
    "landing": Field("text", N_("Page behind the link"), most=300),
    "language": Field("choice", N_("Language of the message"), needed=True, choices=LANGUAGES, default="ko"),
    "starts_on": Field("date", N_("First day"), needed=True),
    "window_days": Field("int", N_("Days counted after it"), needed=True, least=1, most=365, default=28),
    "metric": Field("choice", N_("Measured by"), needed=True, choices=METRICS, default="buyers"),
}


@dataclass(frozen=True)
class Problem:
    """Something that stands between a draft and its approval. template and params as in base.errors."""

    field: str
    template: str
    params: dict[str, Any] = dataclasses.field(default_factory=dict)


def canonical(content: Mapping[str, Any]) -> dict[str, Any]:
    """Every field in plain, comparable form; what cannot be read stays as typed, so that a draft always saves."""
    known = {name: content.get(name, spec.default) for name, spec in FIELDS.items()}
    return {name: _plain(FIELDS[name], value) for name, value in known.items()}


def _plain(spec: Field, value: Any) -> Any:
    if spec.kind in ("int", "minor"):
        return _whole_number(value)
    if spec.kind == "list":
        return sorted({str(one) for one in value}) if isinstance(value, list | tuple | set | frozenset) else []
    if spec.kind == "map":
        pairs = value.items() if isinstance(value, Mapping) else ()
        return {str(name): sorted({str(one) for one in values}) for name, values in sorted(pairs) if values}
    if isinstance(value, date):
        return value.isoformat()
    return str(value or "").replace("\r\n", "\n").strip()


def _whole_number(value: Any) -> int | str | None:
    text = "" if value is None else str(value).strip()
    try:
        return int(text) if text else None
    except ValueError:
        return text


def frozen(content: Mapping[str, Any]) -> dict[str, tuple[int, str]]:
    """Built segment -> the list its members were frozen in, and the hash of who they are."""
    parts = [one.split(":") for one in content["frozen"]]
    return {part[0]: (int(part[1]), part[2]) for part in parts}


def fingerprint(content: Mapping[str, Any]) -> str:
    """The hash of what is approved: any change of any field gives another."""
    return content_hash(canonical(content))


def problems(content: Mapping[str, Any]) -> list[Problem]:
    """What must be put right before a plan can be submitted, in the order of the form."""
    plain = canonical(content)
    found = [problem for name, spec in FIELDS.items() for problem in _field_problems(name, spec, plain[name])]
    if not plain["segments"] and not plain["built"]:
        found.insert(0, Problem("segments", N_("Fill in: {label}."), {"label": FIELDS["built"].label}))
    unknown = sorted(set(plain["filters"]) - set(ATTRIBUTES))
    if unknown:
        found.append(Problem("filters", N_("The condition {name} is not known."), {"name": unknown[0]}))
    if not _safe_landing(plain["landing"]):
        found.append(Problem("landing", N_("The page behind the link must be a path of this site, like /spring/.")))
    as_of, starts_on = day(plain["as_of"]), day(plain["starts_on"])
    if as_of and starts_on and starts_on < as_of:
        found.append(Problem("starts_on", N_("The first day cannot be before the day the segments are taken from.")))
    return found


def _safe_landing(path: str) -> bool:
    return path == "" or (path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path)


def _field_problems(name: str, spec: Field, value: Any) -> list[Problem]:
    if value in ("", None, [], {}):
        return [Problem(name, N_("Fill in: {label}."), {"label": spec.label})] if spec.needed else []
    if spec.kind in ("int", "minor"):
        return _number_problems(name, spec, value)
    if spec.kind == "date" and day(value) is None:
        return [Problem(name, N_("{label} must be a date like 2026-11-23."), {"label": spec.label})]
    if spec.choices is not None and value not in spec.choices:
        return [Problem(name, N_("{label}: “{value}” cannot be chosen."), {"label": spec.label, "value": value[:40]})]
    if spec.kind in ("text", "long") and spec.most and len(value) > spec.most:
        return [
            Problem(name, N_("{label} is longer than {most} characters."), {"label": spec.label, "most": spec.most})
        ]
    return []


def _number_problems(name: str, spec: Field, value: Any) -> list[Problem]:
    if not isinstance(value, int):
        return [Problem(name, N_("{label} must be a number."), {"label": spec.label})]
    least = spec.least if spec.least is not None else value
    most = spec.most if spec.most is not None else max(value, least)
    if spec.kind == "minor" and not 0 <= value < 10**15:
        return [Problem(name, N_("{label} must be an amount of 0 or more."), {"label": spec.label})]
    if not least <= value <= most:
        return [
            Problem(
                name,
                N_("{label} must be between {least} and {most}."),
                {"label": spec.label, "least": least, "most": most},
            )
        ]
    return []


def day(text: Any) -> date | None:
    """A date written as 2026-11-23, or None."""
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


@dataclass(frozen=True)
class Base:
    """What the people aimed at bought in an equally long window before: people, buyers, orders, sum and sum of squares
    of sales per customer (minor units)."""

    people: int
    buyers: int
    orders: int
    total: int
    squares: float

    @property
    def buying_share(self) -> float:
        return self.buyers / self.people if self.people else 0.0

    @property
    def per_customer(self) -> float:
        return self.total / self.people if self.people else 0.0

    @property
    def ticket(self) -> float:
        return self.total / self.orders if self.orders else 0.0

    @property
    def deviation(self) -> float:
        """Standard deviation of sales per customer."""
        if self.people < 2:
            return 0.0
        return sqrt(max(0.0, (self.squares - self.total**2 / self.people) / (self.people - 1)))


@dataclass(frozen=True)
class Expectation:
    """What a plan can be expected to bring. Money in minor units; response None where nothing is known of it.

    pays: expected response x expected purchase >= cost. detectable_share, detectable_sales: the smallest true
    difference that these group sizes will find in 4 of 5 cases.
    """

    treated: int
    control: int
    response: float | None
    responders: float | None
    purchase: float
    cost: float
    profit: float | None
    pays: bool | None
    detectable_share: float | None
    detectable_sales: float | None


def expect(
    base: Base, *, reachable: int, control_percent: int, response: float | None, margin_percent: int, discount: int,
    fixed_cost: int, cost_per_message: int,
) -> Expectation:  # fmt: skip
    """The expectation of a plan for `reachable` people, before the control group is taken out of them."""
    control = round(reachable * control_percent / 100)
    treated = reachable - control
    margin = base.ticket * margin_percent / 100
    responders = treated * response if response is not None else None
    cost = fixed_cost + cost_per_message * treated + (discount * responders if responders is not None else 0.0)
    gain = responders * margin if responders is not None else None
    return Expectation(
        treated=treated,
        control=control,
        response=response,
        responders=responders,
        purchase=base.ticket,
        cost=cost,
        profit=gain - cost if gain is not None else None,
        pays=gain >= cost if gain is not None else None,
        detectable_share=detectable_share(treated, control, base.buying_share),
        detectable_sales=detectable_mean(treated, control, base.deviation),
    )


ALPHA, POWER = 0.05, 0.8


def _reach(alpha: float, power: float) -> float:
    return float(norm.ppf(1 - alpha / 2) + norm.ppf(power))


def detectable_mean(
    treated: int, control: int, deviation: float, *, alpha: float = ALPHA, power: float = POWER
) -> float | None:
    """Smallest difference of two means that is found with this power; None where a group is empty.

    Source: normal approximation, Chow, Shao, Wang 2008, Sample Size Calculations in Clinical Research, 3.2.
    """
    if treated < 1 or control < 1:
        return None
    return _reach(alpha, power) * deviation * sqrt(1 / treated + 1 / control)


def detectable_share(
    treated: int, control: int, share: float, *, alpha: float = ALPHA, power: float = POWER
) -> float | None:
    """Smallest rise of a share that is found with this power; None where none is, or a group is empty.

    Source: as `detectable_mean`, 4.2, with each group's own variance; solved by bisection.
    """
    if treated < 1 or control < 1:
        return None
    reach = _reach(alpha, power)

    def falls_short(rise: float) -> bool:
        raised = share + rise
        spread = sqrt(raised * (1 - raised) / treated + share * (1 - share) / control)
        return rise < reach * spread

    low, high = 0.0, 1 - share
    if high <= 0 or falls_short(high):
        return None
    for _round in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if falls_short(middle) else (low, middle)
    return high
