"""A step of a survey as its template shows it, for the public page and the preview alike."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext

from dangol.customers.surveys import rules

Posted = Mapping[str, Sequence[str]]
INPUTS = {"phone": ("tel", "tel"), "email": ("email", "email"), "name": ("text", "name"),
          "address": ("text", "street-address"), "birth": ("text", "bday")}  # fmt: skip


def page(content: Mapping[str, Any], step: rules.Step, posted: Posted, language: str) -> dict[str, Any]:
    """Everything the answering template needs of a step."""

    def said(texts: Mapping[str, str]) -> str:
        return rules.said(texts, language)

    return {
        "title": said(content["title"]), "intro": said(content["intro"]) if step.at == 0 else "", "at": step.at,
        "questions": [_question(one, step, posted, language) for one in step.questions],
        "carried": [
            (f"q.{one['key']}", value) for one in step.passed for value in posted.get(f"q.{one['key']}", ())
        ],
        "closing": _closing(content, step, posted, language) if step.closing else None,
        "errors": [
            (place, _named(content, place, gettext(template), language)) for place, template in step.errors.items()
        ],
        "first": step.at == 0,
        "several": any(one["jumps"] for one in content["questions"]),
    }  # fmt: skip


def _named(content: Mapping[str, Any], place: str, text: str, language: str) -> str:
    """An error with the question it belongs to."""
    one = next((one for one in content["questions"] if one["key"] == place), None)
    return f"{rules.said(one['text'], language)}: {text}" if one else text


def _question(one: Mapping[str, Any], step: rules.Step, posted: Posted, language: str) -> dict[str, Any]:
    given = list(posted.get(f"q.{one['key']}", ()))
    kind, contact = one["kind"], one["contact"]
    input_type, autocomplete = INPUTS.get(contact, ("text", "off"))
    gender = contact == "gender"
    options = [("F", gettext("Female")), ("M", gettext("Male"))] if gender else [
        (option["key"], rules.said(option["text"], language)) for option in one["options"]
    ]  # fmt: skip
    wrong = step.errors.get(one["key"], "")
    points = range(one["low"], one["high"] + 1) if kind in ("scale", "nps") else ()
    return {
        "key": one["key"], "name": f"q.{one['key']}", "kind": "single" if gender else kind,
        "text": rules.said(one["text"], language), "help": rules.said(one["help"], language),
        "required": one["required"], "error": gettext(wrong) if wrong else "",
        "options": [(key, text, key in given) for key, text in options],
        "points": [(n, str(n) in given) for n in points],
        "low_text": rules.said(one["low_text"], language), "high_text": rules.said(one["high_text"], language),
        "value": given[0] if given else "", "type": "date" if kind == "date" else input_type,
        "autocomplete": autocomplete,
    }  # fmt: skip


def _closing(content: Mapping[str, Any], step: rules.Step, posted: Posted, language: str) -> dict[str, Any]:
    ticked = rules.given_consents(content, posted)
    return {
        "contact": rules.asks_contact(content), "notice": rules.said(content["notice"], language),
        "agreed": rules.first(posted, "notice") == "yes", "age": rules.first(posted, "age"),
        "guardian": step.minor and content["minors"] == "guardian",
        "guardian_name": rules.first(posted, "guardian_name"), "guardian_phone": rules.first(posted, "guardian_phone"),
        "consents": [
            (place, rules.said(one["text"], language), one["channel"], place in ticked)
            for place, one in enumerate(content["consents"])
        ],
        "errors": {place: gettext(template) for place, template in step.errors.items()},
    }  # fmt: skip


def posted_of(request: Any) -> dict[str, list[str]]:
    """What a form sent, as plain texts."""
    return {name: values for name, values in request.POST.lists() if len(name) <= 60}


def place_of(posted: Posted) -> int:
    """The page the form was on; -1 asks for the first. Back asks for the one before."""
    text = rules.first(posted, "at")
    at = int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else -1
    return max(-1, at - 2) if rules.first(posted, "go") == "back" else at
