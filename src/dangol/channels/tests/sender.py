"""Sending processes for the tests to kill: `python -m dangol.channels.tests.sender` forks one per line it reads.

A line is POINT NUMBER: where to die, at message NUMBER of that process: before (the network), after (the answer, before
it is written down), never. `queue 0` writes the messages, `ask 0` asks the mailbox about what is in doubt. Of each
process its id is printed, and how it ended. Only the first has to import the whole house.
"""

import os
import signal
import sys
import traceback

import django

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
    from datetime import UTC, datetime

    from dangol.channels.actions import Person
    from dangol.channels.actions import queue as write
    from dangol.channels.email.adapter import Email
    from dangol.customers.consent.actions import give
    from dangol.customers.consent.rules import Permit
    from dangol.staff.reads import system

    give(by=system(), customer_ids=range(1, PEOPLE + 1), purpose="marketing", channel="email",
         at=datetime.now(UTC), text_version="1", proof="test")  # fmt: skip
    write(
        campaign_key=KEY, step="1", channel=Email(),
        people=[Person(f"p{one}@example.com", {"name": f"P{one}"}, Permit(one, None, None, "1"))
                for one in range(1, PEOPLE + 1)],
    )  # fmt: skip


def send(point, number):
    """One turn of the loop, dying where told."""
    from django.conf import settings

    from dangol.base.identifiers import token
    from dangol.channels import letters
    from dangol.channels.actions import Loop, take_over
    from dangol.channels.email.adapter import Email

    letter = letters.Letter(letters.Content("{{ name }}", "Hello {{ name }}", "", "", "en"))
    sender = token()
    take_over(campaign_key=KEY, sender=sender)
    Loop(
        campaign_key=KEY, channel=_mortal(Email(), point, number), purpose="marketing", sender=sender,
        make=lambda token, values, to: letter.fill(token=token, values=values, to=to), zone=settings.DANGOL.zone,
    ).run(lambda: True)  # fmt: skip


def act(point, number):
    """What a line asks for."""
    if point == "queue":
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        queue()
    elif point == "ask":
        from dangol.channels.actions import ask
        from dangol.channels.email.local import LocalEmail

        ask(campaign_key=KEY, channel=LocalEmail())
    else:
        send(point, number)


def main():
    """Fork a process for every line; this one never opens the database."""
    django.setup()
    while line := sys.stdin.readline():
        point, number = line.split()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                act(point, int(number))
                code = 0
            except Exception:
                traceback.print_exc()
            finally:
                os._exit(code)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
