"""Sending processes for the tests to kill.

Each is told where to die, at which message of its own: before (the network), after (the answer, before it is written
down), never. `queue` writes the messages, `ask` asks the mailbox about what is in doubt.
"""

import os
import signal
from datetime import UTC, datetime

from django.conf import settings

from dangol.base.identifiers import token
from dangol.channels import actions, letters
from dangol.channels.email.adapter import Email
from dangol.channels.email.local import LocalEmail
from dangol.customers.consent.actions import give
from dangol.customers.consent.rules import Permit
from dangol.staff.reads import system

KEY = "kill-test"
PEOPLE = 150


def _mortal(adapter, point, number):
    """The adapter with a kill -9 of its own process built in."""
    taken = adapter.send
    count = 0

    def send(message):
        nonlocal count
        count += 1
        if point == "before" and count == number:
            os.kill(os.getpid(), signal.SIGKILL)
        receipt = taken(message)
        if point == "after" and count == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return receipt

    adapter.send = send
    return adapter


def queue():
    """People who agreed, and a message for each."""
    give(by=system(), customer_ids=range(1, PEOPLE + 1), purpose="marketing", channel="email",
         at=datetime.now(UTC), text_version="1", proof="test")  # fmt: skip
    actions.queue(
        campaign_key=KEY, step="1", channel=Email(),
        people=[actions.Person(f"p{one}@example.com", {"name": f"P{one}"}, Permit(one, None, None, "1"))
                for one in range(1, PEOPLE + 1)],
    )  # fmt: skip


def send(point, number):
    """One turn of the loop, dying where told."""
    letter = letters.Letter(letters.Content("{{ name }}", "Hello {{ name }}", "", "", "en"))
    sender = token()
    actions.take_over(campaign_key=KEY, sender=sender)
    actions.Loop(
        campaign_key=KEY, channel=_mortal(Email(), point, number), purpose="marketing", sender=sender,
        make=lambda token, values, to: letter.fill(token=token, values=values, to=to), zone=settings.DANGOL.zone,
    ).run(lambda: True)  # fmt: skip


def main(point, number=0):
    """What a test asks for."""
    if point == "queue":
        queue()
    elif point == "ask":
        actions.ask(campaign_key=KEY, channel=LocalEmail())
    else:
        send(point, number)
