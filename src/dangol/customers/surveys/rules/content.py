"""What a survey is made of, and what must be right before it is published."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dangol.base.errors import BadInput
from dangol.customers.standard.rules import cleaned, holds_resident_number

LANGUAGES = ("ko", "en")
MOST_QUESTIONS, MOST_OPTIONS = 100, 50
TEXT_LONGEST, SHORT_LONGEST, ANSWER_LONGEST = 4_000, 300, 2_000
END = "end"
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


def N_(text: str) -> str:  # noqa: N802  marks a text for translation; rules import no Django
    return text


KINDS = {
    "single": N_("One choice"), "multiple": N_("Several choices"), "scale": N_("Scale"),
    "nps": N_("Recommendation (0–10)"),
    "text": N_("Free text"), "number": N_("Number"), "date": N_("Date"), "contact": N_("Contact detail"),
}  # fmt: skip
CONTACTS = {
    "name": N_("Name"), "phone": N_("Phone"), "email": N_("E-mail"), "address": N_("Address"),
    "birth": N_("Birth date"),
    "gender": N_("Gender"),
}  # fmt: skip
MINORS = {"refuse": N_("Refuse people under 14"), "guardian": N_("Ask for a guardian’s consent")}
STATES = {"draft": N_("Draft"), "open": N_("Taking answers"), "closed": N_("No more answers")}
CHOICES = frozenset({"single", "multiple"})
NUMERIC = frozenset({"scale", "nps", "number"})
BRANCHING = frozenset({"single", "scale", "nps"})
NPS_LOW, NPS_HIGH = 0, 10
SCALE_MOST = 10


@dataclass(frozen=True)
class Problem:
    """Something that must be put right before publishing. place: key of the question, or a field of the settings."""

    place: str
    template: str
    params: Mapping[str, Any]


def canonical(given: Mapping[str, Any]) -> dict[str, Any]:
    """A survey's content with every field there, unknown ones refused. Raises BadInput naming the field."""
    _only(
        given,
        {"title", "intro", "thanks", "questions", "consents", "notice", "minors", "starts_on", "ends_on", "quota"},
    )
    questions = [_question(one, place) for place, one in enumerate(_list(given, "questions", MOST_QUESTIONS))]
    if len({one["key"] for one in questions}) < len(questions):
        raise BadInput("Two questions have the same key. Give each its own.", field="questions")
    minors = given.get("minors", "refuse")
    if minors not in MINORS:
        raise BadInput("Choose what happens with people under 14.", field="minors")
    return {
        "title": _texts(given, "title", SHORT_LONGEST), "intro": _texts(given, "intro"),
        "thanks": _texts(given, "thanks"),
        "notice": _texts(given, "notice"), "questions": questions, "minors": minors,
        "consents": [_consent(one) for one in _list(given, "consents", 10)],
        "starts_on": _day(given, "starts_on"), "ends_on": _day(given, "ends_on"), "quota": _count(given, "quota"),
    }  # fmt: skip


def _only(given: Any, names: set[str]) -> None:
    if not isinstance(given, Mapping):
        raise BadInput("Send an object here.", field="content")
    unknown = sorted(str(name) for name in set(given) - names)
    if unknown:
        raise BadInput("There is no field {name}.", field=unknown[0][:60], name=unknown[0][:60])


def _list(given: Mapping[str, Any], name: str, most: int) -> Sequence[Any]:
    found = given.get(name) or []
    if not isinstance(found, list) or len(found) > most:
        raise BadInput("At most {most} entries are possible here.", field=name, most=most)
    return found


def _text(value: Any, field: str, longest: int) -> str:
    if not isinstance(value, str):
        raise BadInput("Send a text here.", field=field)
    lines = "\n".join(cleaned(line) for line in value.splitlines()).strip()
    if len(lines) > longest:
        raise BadInput("This is too long. Use at most {most} characters.", field=field, most=longest)
    if holds_resident_number(lines):
        raise BadInput("Resident registration numbers may not be stored. Remove the number.", field=field)
    return lines


def _texts(given: Mapping[str, Any], name: str, longest: int = TEXT_LONGEST) -> dict[str, str]:
    found = given.get(name) or {}
    _only(found, set(LANGUAGES))
    return {language: _text(found.get(language, ""), f"{name}_{language}", longest) for language in LANGUAGES}


def _day(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value in (None, ""):
        return None
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise BadInput("“{text}” is not a date. Write it like 2026-11-23.", field=name, text=str(value)[:40]) from None


def _count(given: Mapping[str, Any], name: str) -> int | None:
    value = given.get(name)
    if value in (None, ""):
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10**9:
        raise BadInput("Write a whole number from 1 on, or leave it empty.", field=name)
    return value


def _consent(given: Any) -> dict[str, Any]:
    _only(given, {"purpose", "channel", "text"})
    purpose, channel = str(given.get("purpose", "")), str(given.get("channel", ""))
    if purpose not in ("marketing", "night", "profiling") or not re.fullmatch(r"[a-z]{1,20}", channel):
        raise BadInput("Choose purpose and channel of the consent.", field="consents")
    return {"purpose": purpose, "channel": channel, "text": _texts(given, "text")}


def question(given: Mapping[str, Any]) -> dict[str, Any]:
    """One question with every field there. Raises BadInput."""
    return _question(given, 0)


def _question(given: Any, place: int) -> dict[str, Any]:
    _only(given, {"key", "kind", "text", "help", "required", "options", "low", "high", "low_text", "high_text",
                  "attribute", "contact", "jumps"})  # fmt: skip
    kind, key = given.get("kind", ""), given.get("key") or f"q{place + 1}"
    if kind not in KINDS:
        raise BadInput("There is no kind of question “{kind}”.", field="kind", kind=str(kind)[:40])
    if not isinstance(key, str) or not KEY.fullmatch(key) or key == END:
        raise BadInput("A key is made of small letters, digits and _, like q1.", field="key")
    low, high = (NPS_LOW, NPS_HIGH) if kind == "nps" else _range(given)
    return {
        "key": key, "kind": kind, "text": _texts(given, "text", SHORT_LONGEST * 2), "help": _texts(given, "help"),
        "required": given.get("required") is True, "low": low, "high": high,
        "options": _options(given) if kind in CHOICES else [],
        "low_text": _texts(given, "low_text", SHORT_LONGEST), "high_text": _texts(given, "high_text", SHORT_LONGEST),
        "attribute": _attribute(given) if kind != "contact" else "",
        "contact": _contact(given) if kind == "contact" else "",
        "jumps": [_jump(one, kind) for one in _list(given, "jumps", MOST_OPTIONS)] if kind in BRANCHING else [],
    }  # fmt: skip


def _range(given: Mapping[str, Any]) -> tuple[int, int]:
    low, high = given.get("low", 1), given.get("high", 5)
    whole = all(isinstance(end, int) and not isinstance(end, bool) for end in (low, high))
    if not whole or not 0 <= low < high <= SCALE_MOST:
        raise BadInput("A scale goes from 0 or more up to at most {most}.", field="high", most=SCALE_MOST)
    return low, high


def _options(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for place, one in enumerate(_list(given, "options", MOST_OPTIONS)):
        _only(one, {"key", "text"})
        key = one.get("key") or f"o{place + 1}"
        if not isinstance(key, str) or not KEY.fullmatch(key):
            raise BadInput("A key is made of small letters, digits and _, like q1.", field="options")
        found.append({"key": key, "text": _texts(one, "text", SHORT_LONGEST)})
    if len({one["key"] for one in found}) < len(found):
        raise BadInput("Two answers have the same key. Give each its own.", field="options")
    return found


def _attribute(given: Mapping[str, Any]) -> str:
    name = _text(given.get("attribute", ""), "attribute", 40)
    if name and not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise BadInput("An attribute is written in small letters, digits and _, like skin_type.", field="attribute")
    return name


def _contact(given: Mapping[str, Any]) -> str:
    if given.get("contact") not in CONTACTS:
        raise BadInput("Choose which contact detail is asked for.", field="contact")
    return str(given["contact"])


def _jump(given: Any, kind: str) -> dict[str, Any]:
    _only(given, {"option", "low", "high", "to"})
    to = str(given.get("to", ""))
    if kind == "single":
        return {"option": str(given.get("option", ""))[:40], "to": to[:40]}
    ends = (given.get("low"), given.get("high"))
    if not all(isinstance(end, int) and not isinstance(end, bool) for end in ends):
        raise BadInput("Write from which to which number the jump holds.", field="jumps")
    return {"low": ends[0], "high": ends[1], "to": to[:40]}


def asks_contact(content: Mapping[str, Any]) -> bool:
    """Whether it asks for contact details: a sign-up form, for which the rules on minors and the notice hold."""
    return any(one["kind"] == "contact" for one in content["questions"])


def problems(content: Mapping[str, Any]) -> list[Problem]:
    """What must be put right before publishing, in the order of the page."""
    found: list[Problem] = []
    if not any(content["title"].values()):
        found.append(Problem("title", N_("Give it a title."), {}))
    if not content["questions"]:
        found.append(Problem("questions", N_("Add at least one question."), {}))
    keys = [one["key"] for one in content["questions"]]
    for place, one in enumerate(content["questions"]):
        found += _faults(one, place + 1, keys[place + 1 :])
    if asks_contact(content) and not any(content["notice"].values()):
        found.append(
            Problem("notice", N_("Say what the contact details are collected for, and how long they are kept."), {})
        )
    for place, consent in enumerate(content["consents"], 1):
        if not any(consent["text"].values()):
            found.append(Problem("consents", N_("Consent {n} has no text."), {"n": place}))
    if content["starts_on"] and content["ends_on"] and content["ends_on"] < content["starts_on"]:
        found.append(Problem("ends_on", N_("The last day lies before the first day."), {}))
    return found


def _faults(one: Mapping[str, Any], n: int, later: Sequence[str]) -> list[Problem]:
    found = []
    if not any(one["text"].values()):
        found.append(Problem(one["key"], N_("Question {n} has no text."), {"n": n}))
    if one["kind"] in CHOICES and len(one["options"]) < 2:
        found.append(Problem(one["key"], N_("Question {n} needs at least two answers to choose from."), {"n": n}))
    if any(not any(option["text"].values()) for option in one["options"]):
        found.append(Problem(one["key"], N_("Question {n} has an answer without text."), {"n": n}))
    if any(jump["to"] not in (*later, END) for jump in one["jumps"]):
        found.append(Problem(one["key"], N_("Question {n} leads to a question that does not come after it."), {"n": n}))
    return found


def reason(text: str) -> None:
    """Raises BadInput where no reason for an export is given."""
    if len(text.strip()) < 5:
        raise BadInput("Say in a few words what the export is for. It is kept in the access log.", field="reason")


def said(texts: Mapping[str, str], language: str) -> str:
    """A text in a language, or in the other one where it was written in that only."""
    return texts.get(language) or next((text for text in texts.values() if text), "")


CLOSED = N_("This survey is closed. Thank you for your interest.")
NOT_YET = N_("This survey has not begun yet. Please come back later.")
FULL = N_("Enough people have answered already. Thank you for your interest.")
