"""What a plan holds, what is wrong with it, what it may become."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

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
    "contacted_days": Field(
        "int", N_("Leave out people contacted in the last so many days"), least=0, most=365, default=0
    ),
    "control_percent": Field("int", N_("Control group (%)"), needed=True, least=5, most=50, default=20),
    "seed": Field("int", N_("Seed of the draw"), needed=True),
    "channel": Field("text", N_("Channel"), needed=True, most=20, default="email"),
    "why": Field("long", N_("Why this campaign"), most=2000),
    "why_from": Field("text", N_("Where this comes from"), most=200),
    "why_at": Field("text", N_("Page this comes from"), most=2000),
    "offer": Field("long", N_("Offer"), needed=True, most=1000),
    "discount": Field("minor", N_("Discount per purchase"), least=0, default=0),
    "fixed_cost": Field("minor", N_("Fixed cost"), least=0, default=0),
    "cost_per_message": Field("minor", N_("Cost per message"), least=0, default=0),
    "margin_percent": Field("int", N_("Gross margin (%)"), needed=True, least=1, most=100, default=30),
    "subject": Field("text", N_("Subject"), needed=True, most=150),
    "body": Field("long", N_("Message"), needed=True, most=20000),
    "link_label": Field("text", N_("Text of the link"), most=60),
    "landing": Field("text", N_("Page behind the link"), most=300),
    "survey": Field("text", N_("Survey"), most=40),
    "language": Field("choice", N_("Language of the message"), needed=True, choices=LANGUAGES, default="ko"),
    "starts_on": Field("date", N_("First day"), needed=True),
    "window_days": Field("int", N_("Days counted after it"), needed=True, least=1, most=365, default=28),
    "metric": Field("choice", N_("Measured by"), needed=True, choices=METRICS, default="buyers"),
}
# Fields that came after the first release: left empty they change no hash, so that what was approved before stays so.
LATER = ("why", "why_from", "why_at", "survey")
# What decides whom a plan aims at, in which group they are and which of their purchases count.
COUNTED = (
    "segments", "built", "frozen", "filters", "as_of", "contacted_days", "control_percent", "seed", "channel",
    "starts_on", "window_days",
)  # fmt: skip


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
    return content_hash({name: value for name, value in canonical(content).items() if value or name not in LATER})


def counted_by(content: Mapping[str, Any]) -> str:
    """The hash of what decides a plan's counts: words and prices may change without counting the people anew."""
    plain = canonical(content)
    return content_hash({name: plain[name] for name in COUNTED})


def problems(content: Mapping[str, Any]) -> list[Problem]:
    """What must be put right before a plan can be submitted, in the order of the form."""
    plain = canonical(content)
    found = [problem for name, spec in FIELDS.items() for problem in _field_problems(name, spec, plain[name])]
    if not plain["segments"] and not plain["built"]:
        found.insert(0, Problem("segments", N_("Fill in: {label}."), {"label": FIELDS["built"].label}))
    unknown = sorted(set(plain["filters"]) - set(ATTRIBUTES))
    if unknown:
        found.append(Problem("filters", N_("The condition {name} is not known."), {"name": unknown[0]}))
    if not is_own_path(plain["landing"]):
        found.append(Problem("landing", N_("The page behind the link must be a path of this site, like /spring/.")))
    if not is_own_path(plain["why_at"]):
        found.append(
            Problem("why", N_("The page this comes from must be a path of this site, like /analysis/causes/."))
        )
    as_of, starts_on = day(plain["as_of"]), day(plain["starts_on"])
    if as_of and starts_on and starts_on < as_of:
        found.append(Problem("starts_on", N_("The first day cannot be before the day the segments are taken from.")))
    return found


def is_own_path(path: str) -> bool:
    """Whether an address is empty or a path of this site, never of another."""
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
