"""Answering a survey: which questions come next, what an answer may be, and who may not answer alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dangol.customers.standard.rules import birth, cleaned, email, gender, holds_resident_number, person_name, phone
from dangol.customers.surveys.rules.content import ANSWER_LONGEST, CHOICES, END, N_, NUMERIC, asks_contact

ADULT_ALONE = 14  # Personal Information Protection Act, article 22-2
CLOSING = "closing"
Posted = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Step:
    """Where somebody stands. questions: to be shown now; passed: those before; errors: {place: template}.

    closing: whether consents and notice are shown here. done: everything is answered; answers: {key: value}.
    minor: whether the person says to be under 14.
    """

    at: int
    questions: Sequence[Mapping[str, Any]]
    passed: Sequence[Mapping[str, Any]]
    answers: Mapping[str, Any]
    errors: Mapping[str, str] = field(default_factory=dict)
    closing: bool = False
    done: bool = False
    minor: bool = False


def content_for(content: Mapping[str, Any], *, known: bool) -> Mapping[str, Any]:
    """The content as one person is shown it: of somebody who stays unknown no consent can be kept, so none is asked.

    known: whether the link is the person's own.
    """
    return content if known or asks_contact(content) else {**content, "consents": []}


def step(content: Mapping[str, Any], posted: Posted, at: int, today: date) -> Step:
    """What comes after the page `at` (-1: nothing was sent yet) with what was sent so far.

    A page ends at a question that leads on by its answer. Only questions on the way count: what a changed answer has
    made unreachable is dropped. posted: {"q.<key>" or a closing field: texts}.
    """
    questions = content["questions"]
    answers: dict[str, Any] = {}
    passed: list[Mapping[str, Any]] = []
    has_closing, branched = bool(content["consents"]) or asks_contact(content), any(q["jumps"] for q in questions)
    place, page = 0, 0
    while place < len(questions):
        shown, place = _page(questions, place)
        last_here = not branched and has_closing
        if page > at:
            return Step(page, shown, passed, answers, closing=last_here)
        found, errors = _checked(shown, posted, today)
        answers |= found
        minor = is_minor(content, posted, answers, today) if last_here else False
        errors |= _closing_errors(content, posted, minor=minor) if last_here else {}
        if errors:
            return Step(page, shown, passed, answers, errors, closing=last_here, minor=minor)
        passed = [*passed, *shown]
        place = _next(questions, place, shown[-1], answers)
        page += 1
    if has_closing and branched:
        if page > at:
            return Step(page, [], passed, answers, closing=True)
        minor = is_minor(content, posted, answers, today)
        errors = _closing_errors(content, posted, minor=minor)
        if errors:
            return Step(page, [], passed, answers, errors, closing=True, minor=minor)
    return Step(page, [], passed, answers, done=True, minor=is_minor(content, posted, answers, today))


def _page(questions: Sequence[Mapping[str, Any]], start: int) -> tuple[list[Mapping[str, Any]], int]:
    """The questions of one page and the place after them."""
    shown = []
    for place in range(start, len(questions)):
        shown.append(questions[place])
        if questions[place]["jumps"]:
            break
    return shown, start + len(shown)


def _next(
    questions: Sequence[Mapping[str, Any]], place: int, last: Mapping[str, Any], answers: Mapping[str, Any]
) -> int:
    given = answers.get(last["key"])
    for jump in last["jumps"]:
        fits = (
            given == jump["option"] if "option" in jump else given is not None and jump["low"] <= given <= jump["high"]
        )
        if fits:
            if jump["to"] == END:
                return len(questions)
            return next((n for n, one in enumerate(questions) if one["key"] == jump["to"] and n >= place), place)
    return place


def _checked(
    questions: Sequence[Mapping[str, Any]], posted: Posted, today: date
) -> tuple[dict[str, Any], dict[str, str]]:
    answers: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for one in questions:
        value, error = answer(one, posted.get(f"q.{one['key']}", ()), today)
        if error:
            errors[one["key"]] = error
        elif value not in (None, "", []):
            answers[one["key"]] = value
        elif one["required"]:
            errors[one["key"]] = N_("Please answer this question.")
    return answers, errors


def answer(one: Mapping[str, Any], given: Sequence[str], today: date) -> tuple[Any, str]:
    """An answer as it is kept, and why it cannot be taken (a template, or nothing)."""
    texts = [cleaned(text) for text in given if text.strip()]
    wrong = _unfit(texts)
    if wrong or not texts:
        return None, wrong
    kind = one["kind"]
    if kind == "text":
        return "\n".join(cleaned(line) for line in given[0].splitlines()).strip(), ""
    if kind in NUMERIC:
        return _number(one, texts[0])
    return _chosen(one, texts) if kind in CHOICES else _day_or_contact(one, given[0], today)


def _unfit(texts: Sequence[str]) -> str:
    if any(holds_resident_number(text) for text in texts):
        return N_("Please write no resident registration number: it may not be kept.")
    return N_("This answer is too long.") if any(len(text) > ANSWER_LONGEST for text in texts) else ""


def _day_or_contact(one: Mapping[str, Any], text: str, today: date) -> tuple[Any, str]:
    if one["kind"] == "date":
        return _day(cleaned(text))
    # A line break inside an address is what injections are made of: it must be seen before it is cleaned away.
    return _contact(one["contact"], text if one["contact"] == "email" else cleaned(text), today)


def _chosen(one: Mapping[str, Any], texts: Sequence[str]) -> tuple[Any, str]:
    known = [option["key"] for option in one["options"]]
    if any(text not in known for text in texts) or (one["kind"] == "single" and len(texts) > 1):
        return None, N_("Please choose from the answers given.")
    return (texts[0] if one["kind"] == "single" else [key for key in known if key in texts]), ""


def _number(one: Mapping[str, Any], text: str) -> tuple[Any, str]:
    plain = text.replace(",", "")
    try:
        number = float(plain)
    except ValueError:
        return None, N_("Please write a number in digits, like 12.")
    if not abs(number) < 1e12:  # also not-a-number and infinity
        return None, N_("Please write a number in digits, like 12.")
    if one["kind"] != "number" and not (number == int(number) and one["low"] <= number <= one["high"]):
        return None, N_("Please choose from the answers given.")
    return int(number) if number == int(number) else number, ""


def _day(text: str) -> tuple[Any, str]:
    try:
        return date.fromisoformat(text).isoformat(), ""
    except ValueError:
        return None, N_("Please write a date like 2026-11-23.")


def _contact(name: str, text: str, today: date) -> tuple[Any, str]:
    value, error = CONTACT[name](text, today)
    return (value, "") if value else (None, error)


def _born(text: str, today: date) -> str:
    found = birth(text, today=today).day
    return found.isoformat() if found else ""


# How each contact detail is read, and what is said where it cannot be.
CONTACT: dict[str, Callable[[str, date], tuple[str, str]]] = {
    "phone": lambda text, _today: (
        text if phone(text).e164 else "", N_("Please write a telephone number like 010-1234-5678.")
    ),
    "email": lambda text, _today: (email(text), N_("Please write an e-mail address like name@example.com.")),
    "birth": lambda text, today: (_born(text, today), N_("Please write a birth date like 1988-08-15.")),
    "gender": lambda text, _today: (gender(text), N_("Please choose from the answers given.")),
    "name": lambda text, _today: (
        "" if person_name(text).kind in ("test", "") else text[:100], N_("Please write your name.")
    ),
    "address": lambda text, _today: (text[:300], ""),
}  # fmt: skip


def age(born: date, today: date) -> int:
    """Whole years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def is_minor(content: Mapping[str, Any], posted: Posted, answers: Mapping[str, Any], today: date) -> bool:
    """Whether the person is under 14 by the birth date given, or says so where contact details are asked for."""
    if not asks_contact(content):
        return False
    for one in content["questions"]:
        if one["contact"] == "birth" and one["key"] in answers:
            return age(date.fromisoformat(answers[one["key"]]), today) < ADULT_ALONE
    return first(posted, "age") == "under"


def first(posted: Posted, name: str) -> str:
    """A posted text, cleaned."""
    found = posted.get(name) or ("",)
    return cleaned(found[0])[:200]


def _closing_errors(content: Mapping[str, Any], posted: Posted, *, minor: bool) -> dict[str, str]:
    """What is missing on the last page. Consents are never asked for here: refusing them never blocks (art. 22)."""
    if not asks_contact(content):
        return {}
    errors = {}
    if first(posted, "age") not in ("over", "under"):
        errors["age"] = N_("Please say whether you are 14 or older.")
    if first(posted, "notice") != "yes":
        errors["notice"] = N_("Without this we may not keep your contact details. You may also simply leave the page.")
    if minor and content["minors"] == "guardian":
        if not first(posted, "guardian_name"):
            errors["guardian_name"] = N_("Please write the name of a parent or guardian.")
        if not phone(first(posted, "guardian_phone")).e164:
            errors["guardian_phone"] = N_("Please write a telephone number like 010-1234-5678.")
    if any(holds_resident_number(text) for texts in posted.values() for text in texts):
        errors.setdefault("guardian_name", N_("Please write no resident registration number: it may not be kept."))
    return errors


def given_consents(content: Mapping[str, Any], posted: Posted) -> list[int]:
    """The places of the consents that were ticked."""
    return [place for place in range(len(content["consents"])) if first(posted, f"consent.{place}") == "yes"]
