"""A question that takes long becomes a job, and the same address shows its answer when it is there."""

import re
from dataclasses import replace
from urllib.parse import parse_qs

import pytest
from django.test import Client

from dangol.base.errors import TooMuch
from dangol.insight.olap import reads as olap
from dangol.insight.warehouse import actions as warehouse
from dangol.reports import actions, answering, exporting
from dangol.reports import asked as steps
from dangol.staff.tokens import actions as tokens
from dangol.work import worker
from dangol.work.actions import Quiet
from dangol.work.models import Job
from tests.loaded import Loaded, sale

QUERY = "rows=month&rows=product&show=sales_amount&show=buying_customers&show=sales_amount:last&depth=2"
PAGE = f"/explorer/?{QUERY}"
RESULT = f"/explorer/result/?{QUERY}"
HTMX = {"hx-request": "true", "hx-target": "explorer-result"}
ASK = olap.ask


@pytest.fixture
def loaded(home, monkeypatch, settings):
    settings.DANGOL = replace(settings.DANGOL, time_zone="Asia/Seoul", currency="USD", demo=True)
    loaded = Loaded(home).stand_in(monkeypatch)
    loaded.customer("a", branch="강남")
    loaded.batch("sales", [sale("1", "a", "soap", "2026-01-05T01:00:00", 1234), sale("2", "a", "cream", "2026-02-05T01:00:00", 1)])  # fmt: skip
    warehouse.refresh(Quiet())
    return loaded


def slow(monkeypatch):
    """Every question of a page takes too long from here on."""

    def refuse(*_given, **_more):
        raise TooMuch("The question took longer than {seconds} seconds and was stopped.", seconds="10")

    monkeypatch.setattr(olap, "ask", refuse)


def worked(monkeypatch):
    """The worker, which has all the time it needs."""
    monkeypatch.setattr(olap, "ask", ASK)
    worker.run_until_empty()


def signed_in(member):
    member.language = "en"
    member.save()
    client = Client(headers={"accept-language": "en"})
    client.force_login(member)
    return client


def posted(client, act="/explorer/answer/"):
    return client.post(act, parse_qs(QUERY), headers=HTMX)  # fmt: skip


def test_the_page_asks_for_a_job_which_the_same_address_shows_until_its_answer_is_there(loaded, cast, monkeypatch):
    analyst = signed_in(cast.analyst)
    quick = analyst.get(RESULT, headers=HTMX).content.decode()
    slow(monkeypatch)
    page = analyst.get(PAGE).content.decode()
    assert "Asking for the figures" in page  # the page is there at once and fetches what takes longer
    assert 'hx-get="/explorer/result/?rows=month' in page
    assert 'hx-trigger="load, submit"' in analyst.get(RESULT, headers=HTMX).content.decode()
    assert not Job.objects.exists()  # looking changes nothing
    begun = posted(analyst).content.decode()
    assert "Waiting for its turn" in begun
    assert "so far" in begun
    again = analyst.get(PAGE).content.decode()
    assert re.search(r'data-job="(\d+)"', again)[1] == re.search(r'data-job="(\d+)"', begun)[1]
    worked(monkeypatch)
    slow(monkeypatch)
    assert analyst.get(RESULT, headers=HTMX).content.decode() == quick
    assert "$12.35" in analyst.get(PAGE + "&chart=bar&heat=1").content.decode()
    file = analyst.get(f"/explorer/file/?{QUERY}&format=csv").content.decode("utf-8-sig")
    assert file.splitlines()[0] == "Month,Product,Sales,Buying customers,Sales (against period before)"


def test_nobody_else_and_no_newer_data_are_shown_the_answer(loaded, cast, monkeypatch):
    analyst, other = signed_in(cast.analyst), signed_in(cast.marketer)
    slow(monkeypatch)
    begun = posted(analyst).content.decode()
    job = re.search(r'data-job="(\d+)"', begun)[1]
    assert other.get(f"{RESULT}&job={job}", headers=HTMX).status_code == 404
    assert other.post(f"/explorer/answer/{job}/stop/", {}, headers=HTMX).status_code == 404
    worked(monkeypatch)
    slow(monkeypatch)
    assert "$12.35" not in other.get(RESULT, headers=HTMX).content.decode()
    assert "$12.35" in analyst.get(RESULT, headers=HTMX).content.decode()
    loaded.batch("sales", [sale("3", "a", "soap", "2026-02-06T01:00:00", 5)])
    warehouse.refresh(Quiet())
    assert "$12.35" not in analyst.get(RESULT, headers=HTMX).content.decode()


def test_a_stopped_question_says_so_and_is_not_asked_again_by_looking(loaded, cast, monkeypatch):
    analyst = signed_in(cast.analyst)
    slow(monkeypatch)
    job = re.search(r'data-job="(\d+)"', posted(analyst).content.decode())[1]
    assert "This question was stopped" in posted(analyst, f"/explorer/answer/{job}/stop/").content.decode()
    monkeypatch.setattr(olap, "ask", lambda *_a, **_k: pytest.fail("asked"))
    assert "Ask again" in analyst.get(f"{PAGE}&job={job}").content.decode()


def test_a_question_that_fails_in_its_job_says_why(loaded, cast, monkeypatch):
    analyst = signed_in(cast.analyst)
    slow(monkeypatch)
    job = re.search(r'data-job="(\d+)"', posted(analyst).content.decode())[1]
    monkeypatch.setattr(olap, "ask", lambda *_a, **_k: (_ for _ in ()).throw(TooMuch("The question needs more memory than the setting memory_mb allows. Ask for less or raise it.")))  # fmt: skip
    worker.run_until_empty()
    assert "needs more memory" in analyst.get(f"{RESULT}&job={job}", headers=HTMX).content.decode()


def test_data_that_change_meanwhile_are_asked_once_more(loaded, cast, monkeypatch):
    asked = steps.from_query(QUERY)
    answering.start(by=cast.analyst, asked=asked)
    states = iter(["new"])

    def ask(*given, **more):
        if state := next(states, ""):
            (loaded.home / "scores").mkdir()
            (loaded.home / "scores" / "CURRENT").write_text(state)
        return ASK(*given, **more)

    monkeypatch.setattr(olap, "ask", ask)
    worker.run_until_empty()
    assert Job.objects.get().state == "done"
    assert answering.table(cast.analyst, asked).questions


def test_the_api_answers_with_a_job_and_then_with_the_table(loaded, cast, monkeypatch):
    view = actions.keep(by=cast.analyst, name="매출", query=QUERY)
    _token, secret = tokens.create_token(by=cast.analyst, name="t", scopes=["insight.view"])
    client = Client(headers={"authorization": f"Bearer {secret}"})
    slow(monkeypatch)
    first = client.get(f"/api/v1/reports/{view}/table")
    assert first.status_code == 202
    assert client.get(f"/api/v1/reports/{view}/file").status_code == 202
    worked(monkeypatch)
    slow(monkeypatch)
    table = client.get(f"/api/v1/reports/{view}/table").json()
    assert table["rows"][-1][:2] == ["합계", ""]
    assert table["rows"][-1][2] is None  # the token may not see people: small groups are folded in the job, too


def test_a_file_of_many_cells_is_made_by_a_job_and_fetched_by_who_asked(loaded, cast, monkeypatch):
    monkeypatch.setattr(exporting, "MOST_CELLS", 5)
    analyst, other = signed_in(cast.analyst), signed_in(cast.marketer)
    here = f"/explorer/file/?{QUERY}&format=csv"
    assert "The file is large" in analyst.get(here).content.decode()
    assert not Job.objects.exists()  # looking changes nothing
    there = analyst.post(here).headers["location"]
    assert "The file is being made" in analyst.get(there).content.decode()
    assert other.get(there).status_code == 404
    worker.run_until_empty()
    assert "The file is ready" in analyst.get(there).content.decode()
    made = analyst.get(here)
    assert made["Content-Disposition"].endswith('.csv"')
    assert made.content.decode("utf-8-sig").splitlines()[0].startswith("Month,Product,Sales")
    assert "The file is large" in other.get(here).content.decode()
    loaded.batch("sales", [sale("3", "a", "soap", "2026-02-06T01:00:00", 5)])
    warehouse.refresh(Quiet())
    assert "The file is large" in analyst.get(here).content.decode()
