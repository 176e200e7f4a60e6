"""kill -9 in the middle of sending, against a real SMTP receiver in a process of its own."""

import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter

import pytest

from dangol.channels.email import mailbox
from dangol.channels.tests.sender import PEOPLE
from tests.installed import Forks, environment, install


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def post(tmp_path):
    """A mailbox process, and processes of an installation beside it that send."""
    port, folder = _free_port(), tmp_path / "company" / "mailbox"
    server = subprocess.Popen(
        [sys.executable, "-m", "dangol.channels.email.mailbox", "--port", str(port), "--folder", str(folder)],
        env=os.environ | {"PYTHONPATH": "src"},
    )
    for _try in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    home = install(tmp_path / "company")
    with Forks("dangol.channels.tests.sender", environment(home, DANGOL_SMTP_PORT=str(port))) as senders:
        yield folder, senders, home / "dangol.sqlite3"
    server.terminate()
    server.wait(10)


def _arrived(folder):
    return Counter(letter.to for letter in mailbox.letters(folder, limit=10_000)[0])


def _count(folder):
    return sum(1 for _letter in folder.glob("[!.]*.eml"))


def _states(database):
    with sqlite3.connect(database) as connection:
        return dict(connection.execute("select address, state from channels_message").fetchall())


def test_killed_senders_never_send_twice_and_lose_nothing(post):
    folder, senders, database = post
    assert senders.run("queue") == 0
    chance = random.Random(20261123)
    for point in ("before", "after", "after", "before", "any", "any", "any"):
        number = chance.randint(2, 5)
        seen, deadline = _count(folder), time.monotonic() + 60
        process = senders.start("never" if point == "any" else point, number)
        if point == "any":
            while _count(folder) < seen + number and time.monotonic() < deadline:
                time.sleep(0.002)
            time.sleep(chance.random() * 0.02)
            os.kill(process, signal.SIGKILL)
        assert senders.ended() == -signal.SIGKILL, "the sender was meant to die"
        assert all(n == 1 for n in _arrived(folder).values())
    assert senders.run("never") == 0

    arrived, states = _arrived(folder), _states(database)
    assert len(states) == PEOPLE
    assert all(n == 1 for n in arrived.values()), "somebody got it twice"
    assert set(states.values()) <= {"sent", "in_doubt"}
    lost = {to for to, state in states.items() if state == "sent"} - set(arrived)
    assert not lost, "the ledger says sent and nothing arrived"
    in_doubt = [to for to, state in states.items() if state == "in_doubt"]
    assert 4 <= len(in_doubt) <= 7, "every message a killed sender held is listed, and no other"
    assert set(arrived) >= set(states) - set(in_doubt)

    assert senders.run("ask") == 0
    asked = _states(database)
    assert {to for to, state in asked.items() if state == "in_doubt"} == set(states) - set(arrived), "only proof counts"
    assert {to for to, state in asked.items() if state == "sent"} == set(arrived)
