"""Kept answers: whose they are, how many there may be, and the one job that works one out."""

import os
import time

import pytest

from dangol.base.errors import NotFound, TooMuch
from dangol.insight.answers import actions, reads, rules
from dangol.staff.rules import Role
from dangol.work import worker
from dangol.work.actions import cancel

ASKED = {"kind": "test", "rows": ["month"]}


def answer(running, *, key, scopes):
    asking = reads.asker(running.by, scopes)
    actions.keep(key, {"for": asking.email, "scopes": scopes})


@pytest.fixture(autouse=True)
def jobs(settings):
    settings.JOBS = {"test.answer": f"{__name__}.answer"}


def test_an_answer_is_kept_as_it_was_and_only_under_its_key(home):
    actions.keep("a/../b", {"rows": [["강남", None, 1.5]]})
    assert reads.kept("a/../b") == {"rows": [["강남", None, 1.5]]}
    assert reads.kept("a") is None
    assert [path.suffix for path in reads.folder().iterdir()] == [".json"]


def test_a_damaged_or_foreign_file_is_no_answer(home):
    actions.keep("a", [123])
    file = reads.place("a")
    file.write_bytes(file.read_bytes().replace(b"123", b"124"))
    assert reads.kept("a") is None
    actions.keep("b", [1])
    os.replace(reads.place("b"), file)
    assert reads.kept("a") is None


def test_the_oldest_answers_go_first_and_none_is_too_large(home, monkeypatch):
    monkeypatch.setattr(actions, "MOST_ANSWERS", 2)
    for age, key in enumerate(("new", "older", "oldest")):
        actions.keep(key, key)
        os.utime(reads.place(key), (time.time() - 60 * age,) * 2)
    assert [reads.kept(key) for key in ("new", "older", "oldest")] == ["new", None, "oldest"]  # just kept: it stays
    os.utime(reads.place("new"), (1, 1))
    assert reads.kept("new") is None
    monkeypatch.setattr(actions, "MOST_BYTES", 10)
    with pytest.raises(TooMuch):
        actions.keep("long", "x" * 11)


def test_the_key_changes_with_who_asks_what_they_may_see_and_the_data(cast, home):
    first = reads.key_of(cast.analyst, ASKED)
    assert reads.key_of(cast.analyst, dict(ASKED)) == first
    keys = {first, reads.key_of(cast.marketer, ASKED), reads.key_of(cast.analyst, ASKED | {"rows": ["day"]})}
    cast.analyst.scopes = frozenset({"insight.view"})
    keys.add(reads.key_of(cast.analyst, ASKED))
    cast.analyst.scopes, cast.analyst.role = None, Role.BRANCH_MANAGER
    keys.add(reads.key_of(cast.analyst, ASKED))
    (home / "warehouse").mkdir(parents=True)
    (home / "warehouse" / "CURRENT").write_text("two")
    keys.add(reads.key_of(cast.analyst, ASKED))
    assert len(keys) == 6


def test_one_job_works_a_question_out_with_the_rights_of_the_request(cast, home):
    cast.analyst.scopes = frozenset({"insight.view"})
    asked = {"by": cast.analyst, "kind": "test.answer", "key": "k", "arguments": {"key": "k"}}
    job = actions.work_out(**asked)
    assert actions.work_out(**asked) == job == reads.running("k")
    worker.run_until_empty()
    assert reads.kept("k") == {"for": cast.analyst.email, "scopes": ["insight.view"]}
    assert reads.running("k") is None


def test_a_cancelled_question_leaves_nothing_and_can_be_asked_again(cast, home):
    job = actions.work_out(by=cast.analyst, kind="test.answer", key="k", arguments={"key": "k"})
    cancel(by=cast.analyst, job_id=job)
    worker.run_until_empty()
    assert reads.kept("k") is reads.running("k") is None
    assert actions.work_out(by=cast.analyst, kind="test.answer", key="k", arguments={"key": "k"}) != job


def test_only_a_question_that_ran_out_of_time_is_one_for_a_job():
    assert rules.takes_long(TooMuch("The question took longer than {seconds} seconds.", seconds="10"))
    assert not rules.takes_long(TooMuch("The question has more than {most} groups.", most=200_000))


def test_who_was_switched_off_is_answered_nothing(cast):
    cast.analyst.is_active = False
    with pytest.raises(NotFound):
        reads.asker(cast.analyst, None)
