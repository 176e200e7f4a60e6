"""kill -9 in the middle of sending, against a real SMTP receiver in a process of its own."""

import os
import random
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter

import pytest

from dangol.channels.email import mailbox
from dangol.channels.tests.sender import PEOPLE


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def post(tmp_path):
    """A mailbox process and the environment of a sending installation beside it."""
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
    environment = os.environ | {
        "DANGOL_HOME": str(tmp_path / "company"), "DANGOL_SMTP_PORT": str(port), "DANGOL_DATABASE": "sqlite",
        "DJANGO_SETTINGS_MODULE": "dangol.config.settings", "PYTHONPATH": "src",
    }  # fmt: skip
    yield folder, environment, tmp_path / "company" / "dangol.sqlite3"
    server.terminate()
    server.wait(10)


def _sender(environment, *words):
    return subprocess.Popen([sys.executable, "-m", "dangol.channels.tests.sender", *words], env=environment)


def _arrived(folder):
    return Counter(letter.to for letter in mailbox.letters(folder, limit=10_000)[0])


def _count(folder):
    return sum(1 for _letter in folder.glob("[!.]*.eml"))


def _states(database):
    with sqlite3.connect(database) as connection:
        return dict(connection.execute("select address, state from channels_message").fetchall())


def test_killed_senders_never_send_twice_and_lose_nothing(post):
    folder, environment, database = post
    assert _sender(environment, "queue", "0").wait(180) == 0
    chance = random.Random(20261123)
    for point in ("before", "after", "after", "before", "any", "any", "any"):
        number = chance.randint(2, 5)
        process = _sender(environment, "never" if point == "any" else point, str(number))
        if point == "any":
            seen = _count(folder)
            while _count(folder) < seen + number and process.poll() is None:
                time.sleep(0.002)
            time.sleep(chance.random() * 0.02)
            process.kill()
        assert process.wait(60) == -9, "the sender was meant to die"
        assert all(n == 1 for n in _arrived(folder).values())
    assert _sender(environment, "never", "0").wait(120) == 0

    arrived, states = _arrived(folder), _states(database)
    assert len(states) == PEOPLE
    assert all(n == 1 for n in arrived.values()), "somebody got it twice"
    assert set(states.values()) <= {"sent", "in_doubt"}
    lost = {to for to, state in states.items() if state == "sent"} - set(arrived)
    assert not lost, "the ledger says sent and nothing arrived"
    in_doubt = [to for to, state in states.items() if state == "in_doubt"]
    assert 4 <= len(in_doubt) <= 7, "every message a killed sender held is listed, and no other"
    assert set(arrived) >= set(states) - set(in_doubt)

    assert _sender(environment, "ask", "0").wait(60) == 0
    asked = _states(database)
    assert {to for to, state in asked.items() if state == "in_doubt"} == set(states) - set(arrived), "only proof counts"
    assert {to for to, state in asked.items() if state == "sent"} == set(arrived)
