"""Two approvers at the same moment: on an SQLite file, and on PostgreSQL where the tests run on it."""

import json
import subprocess
import sys

import pytest
from django.db import connection

from dangol.campaigns.plan.tests.race import PAIRS, race
from tests.installed import environment, install


def _judge(found):
    assert len(found) == PAIRS
    for heard, decisions, state in found:
        assert len(heard) == 2
        assert heard[1] == "won"
        assert heard[0].startswith("This plan was already decided by ")
        assert (decisions, state) == (1, "approved")


def test_of_two_approvals_exactly_one_wins_on_an_sqlite_file(tmp_path):
    answer = subprocess.run(
        [sys.executable, "-m", "dangol.campaigns.plan.tests.race"],
        env=environment(install(tmp_path)),
        capture_output=True,
        text=True,
        check=True,
    )
    _judge(json.loads(answer.stdout.splitlines()[-1]))


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the tests do not run on PostgreSQL")
@pytest.mark.django_db(transaction=True)
def test_of_two_approvals_exactly_one_wins_on_postgresql():
    _judge(race())
