"""The message of a plan as one of its people would get it."""

from dataclasses import dataclass
from typing import Any

from dangol.base.errors import NotFound
from dangol.campaigns.plan.reads.people import aim, reach
from dangol.campaigns.plan.reads.plans import letter_content, plan
from dangol.channels import letters
from dangol.staff.actions import note_access
from dangol.staff.reads import require
from dangol.staff.rules import Right

FIRST = 200  # people looked through at once
MOST_SEEN = 10_000  # looked through before nobody is found
MOST_SHOWN = 1000  # whose messages can be paged through


@dataclass(frozen=True)
class PreviewView:
    """The message as one person would get it; place: how many who can be reached come before."""

    place: int
    customer_id: int
    name: str
    subject: str
    text: str


def preview(by: Any, plan_id: int, place: int) -> PreviewView:
    """The message for the person at a place among those who can be reached. Raises NotFound, BadInput, NotAllowed.

    Past the last person it begins again with the first. Only as many people as needed are looked through. Showing a
    name is a look at personal data: it asks for the right and is logged.
    """
    require(by, Right.CUSTOMERS_VIEW)
    view = plan(by, plan_id)
    place, customer_id, name = _reached(aim(view.content, MOST_SEEN).ids, view.content["channel"], place)
    letter = letters.Letter(letter_content(view.content))
    made = letter.fill(token="preview", values={"name": name}, to="preview@example.com")  # noqa: S106
    note_access(by=by, verb="view", what="campaign.preview", customer_id=customer_id)
    return PreviewView(place, customer_id, name, made.subject, made.text)


def _reached(ids: list[int], channel: str, place: int) -> tuple[int, int, str]:
    """The person at a place among those who can be reached: place, customer, name."""
    passed = 0
    first: tuple[int, int, str] | None = None
    place %= MOST_SHOWN
    for start in range(0, len(ids), FIRST):
        people = list(reach(ids[start : start + FIRST], channel).people.items())
        if people and first is None:
            first = (0, people[0][0], people[0][1][1])
        if place < passed + len(people):
            customer_id, (_permit, name, _address) = people[place - passed]
            return place, customer_id, name
        passed += len(people)
    if first is None:
        raise NotFound("Nobody can be reached, so there is no message to show.")
    return first
