"""One campaign's walk, from draft to lesson."""

from datetime import UTC, datetime, timedelta

import pytest

from dangol.base.errors import Conflict, NotAllowed, NotFound
from dangol.campaigns.evaluate import actions as evaluate
from dangol.campaigns.evaluate import reads as results
from dangol.campaigns.execute import actions as execute
from dangol.campaigns.execute import reads as running
from dangol.campaigns.knowledge import actions as knowledge
from dangol.campaigns.knowledge import reads as lessons
from dangol.campaigns.plan import actions as plan
from dangol.campaigns.tests import world
from dangol.channels.email import mailbox
from dangol.customers.consent.actions import withdraw
from dangol.work.actions import Quiet


@pytest.fixture
def company(cast, settings, monkeypatch, tmp_path):
    with world.post(settings, tmp_path / "mail") as folder:
        world.snapshot()
        told = world.people(monkeypatch, cast.marketer, silent=(7,), homeless=(8,))
        yield cast, folder, told


def _approved(cast, **more):
    view = plan.draft(by=cast.marketer, **world.fields(**more))
    plan.submit(by=cast.marketer, plan_id=view.id)
    return plan.approve(by=cast.approver, plan_id=view.id, content_hash=view.hash)


def _launched(cast, **more):
    return execute.launch(by=cast.marketer, plan_id=_approved(cast, **more).id)


def test_a_campaign_walks_from_draft_to_lesson(company, monkeypatch):
    cast, folder, told = company
    view = plan.draft(by=cast.marketer, **world.fields())
    simulated = plan.simulate(by=cast.marketer, plan_id=view.id)
    assert simulated["people"] == 200
    assert simulated["reasons"] == {"no_consent": 1, "no_address": 1}
    assert simulated["base"]["buyers"] == 66

    plan.submit(by=cast.marketer, plan_id=view.id)
    plan.approve(by=cast.approver, plan_id=view.id, content_hash=view.hash)
    run = execute.launch(by=cast.marketer, plan_id=view.id)
    assert run.cells["out"] == 2
    assert run.cells["target"] + run.cells["control"] == 198
    assert run.messages["queued"] == run.cells["target"]

    execute.run_send(Quiet(by=cast.marketer), run_id=run.id)
    run = running.run(cast.marketer, run.id)
    assert run.state == "done"
    assert run.messages["sent"] == run.cells["target"]
    letters, _count = mailbox.letters(folder, limit=1000)
    assert len(letters) == run.cells["target"]
    assert all(letter.subject.startswith("(광고) 고객") for letter in letters)
    contacts = [row for what in told if what["kind"] == "contacts" for row in what["rows"]]
    assert len(contacts) == len({row["customer_key"] for row in contacts}) == run.cells["target"]

    result = evaluate.judge(by=cast.marketer, run_id=run.id)
    assert result.verdict == "no_difference"
    assert result.redrawn
    assert evaluate.start_judge(by=cast.marketer, run_id=run.id) is None
    monkeypatch.setattr(results, "DIRECT", 100)  # as if it had gone to many: a job judges it
    job_id = evaluate.start_judge(by=cast.marketer, run_id=run.id)
    assert results.judging(cast.marketer, run.id).id == job_id
    assert evaluate.run_judge(Quiet(by=cast.marketer), run.id) == {"verdict": "no_difference"}
    evaluate.learn(by=cast.marketer, run_id=run.id, reasons="대조군과 같음", improvements="혜택을 키운다")
    found = lessons.similar(cast.marketer, aim="keep", segments=["HHH"], channel="email")
    assert found[0].campaign_key == run.campaign_key
    assert found[0].basis == "experiment"


def test_who_refuses_to_be_graded_by_a_machine_is_left_out_with_the_reason(company):
    """Personal Information Protection Act art. 37-2(1): every campaign aims at segments, which a machine made."""
    cast, _folder, _told = company
    withdraw(by=cast.marketer, customer_ids=[21], purpose="profiling", channel="all", at=datetime.now(UTC))
    view = plan.draft(by=cast.marketer, **world.fields())
    assert plan.simulate(by=cast.marketer, plan_id=view.id)["reasons"]["no_profiling"] == 1
    run = _launched(cast)
    assert run.cells["out"] == 3


def test_control_group_is_never_mailed(company):
    cast, folder, _told = company
    run = _launched(cast)
    execute.run_send(Quiet(by=cast.marketer), run_id=run.id)
    control = {f"c{one}@example.com" for one in running.cells(run.id)["control"]}
    assert len(control) > 20
    assert not control & {letter.to for letter in mailbox.letters(folder, limit=1000)[0]}


def test_an_effect_is_found_where_there_is_one(company):
    cast, _folder, _told = company
    run = _launched(cast)
    world.snapshot(lift=running.cells(run.id)["target"][::2])
    result = evaluate.judge(by=cast.marketer, run_id=run.id)
    assert result.verdict == "more"
    assert result.judgement.shares.low > 0.1
    assert result.judgement.target.people == run.cells["target"], "intention to treat: nobody was mailed yet"


def test_a_window_that_is_not_over_is_not_judged(company):
    cast, _folder, _told = company
    run = _launched(cast)
    world.snapshot(until=world.STARTS)
    assert evaluate.judge(by=cast.marketer, run_id=run.id).verdict == "not_over"


def test_a_small_group_gets_not_enough_data_and_what_is_needed(company):
    cast, _folder, _told = company
    run = _launched(cast, control_percent=5)
    result = evaluate.judge(by=cast.marketer, run_id=run.id)
    assert result.verdict == "not_enough"
    assert {(need.what, need.cell) for need in result.judgement.needs} >= {("people", "control")}
    assert result.judgement.shares is None


def test_any_edit_voids_the_approval(company):
    cast, _folder, _told = company
    view = _approved(cast)
    plan.edit(by=cast.marketer, plan_id=view.id, subject="{{ name }}님, 놓치지 마세요")
    with pytest.raises(Conflict, match="not approved"):
        execute.launch(by=cast.marketer, plan_id=view.id)


def test_only_the_approved_hash_can_be_launched(company):
    cast, _folder, _told = company
    view = _approved(cast)
    with pytest.raises(Conflict, match="not what was approved"):
        execute.launch(by=cast.marketer, plan_id=view.id, content_hash="0" * 64)
    execute.launch(by=cast.marketer, plan_id=view.id, content_hash=view.approved_hash)
    with pytest.raises(Conflict, match="already"):
        execute.launch(by=cast.marketer, plan_id=view.id)


def test_a_planner_cannot_approve_the_own_plan(company):
    cast, _folder, _told = company
    view = plan.draft(by=cast.administrator, **world.fields())
    plan.submit(by=cast.administrator, plan_id=view.id)
    with pytest.raises(NotAllowed, match="somebody else"):
        plan.approve(by=cast.administrator, plan_id=view.id, content_hash=view.hash)


def test_approving_what_was_changed_meanwhile_is_refused(company):
    cast, _folder, _told = company
    view = plan.draft(by=cast.marketer, **world.fields())
    plan.submit(by=cast.marketer, plan_id=view.id)
    plan.edit(by=cast.marketer, plan_id=view.id, discount=9000)
    plan.submit(by=cast.marketer, plan_id=view.id)
    with pytest.raises(Conflict, match="changed after you opened"):
        plan.approve(by=cast.approver, plan_id=view.id, content_hash=view.hash)


def test_a_plan_sent_back_can_be_handed_in_again(company):
    cast, _folder, _told = company
    view = plan.draft(by=cast.marketer, **world.fields())
    plan.submit(by=cast.marketer, plan_id=view.id)
    plan.send_back(by=cast.approver, plan_id=view.id, content_hash=view.hash, comment="할인을 줄여 주세요")
    plan.submit(by=cast.marketer, plan_id=view.id)
    assert plan.approve(by=cast.approver, plan_id=view.id, content_hash=view.hash).state == "approved"


def test_who_refuses_between_launch_and_sending_gets_nothing(company):
    cast, folder, _told = company
    run = _launched(cast)
    one = running.cells(run.id)["target"][0]
    withdraw(by=cast.agent, customer_ids=[one], purpose="marketing", channel="email", at=datetime.now(UTC))
    execute.run_send(Quiet(by=cast.marketer), run_id=run.id)
    assert f"c{one}@example.com" not in {letter.to for letter in mailbox.letters(folder, limit=1000)[0]}
    assert running.run(cast.marketer, run.id).messages["cancelled"] == 1


def test_a_paused_run_sends_nothing_and_goes_on_later(company):
    cast, folder, _told = company
    run = _launched(cast)
    execute.pause(by=cast.marketer, run_id=run.id)
    execute.run_send(Quiet(by=cast.marketer), run_id=run.id)
    assert mailbox.letters(folder)[1] == 0
    execute.resume(by=cast.marketer, run_id=run.id)
    execute.run_send(Quiet(by=cast.marketer), run_id=run.id)
    assert mailbox.letters(folder)[1] == run.cells["target"]


def test_a_stopped_run_cancels_what_has_not_left(company):
    cast, folder, _told = company
    run = _launched(cast)
    assert execute.stop(by=cast.marketer, run_id=run.id) == run.cells["target"]
    execute.run_send(Quiet(by=cast.marketer), run_id=run.id)
    assert mailbox.letters(folder)[1] == 0
    with pytest.raises(Conflict):
        execute.resume(by=cast.marketer, run_id=run.id)


def test_a_click_is_kept_once_and_marked_when_a_machine_made_it(company):
    cast, folder, told = company
    run = _launched(cast)
    execute.run_send(Quiet(by=cast.marketer), run_id=run.id)
    letter = mailbox.letters(folder, limit=1)[0][0]
    signed = next(word for word in letter.text.split() if "/c/" in word).rpartition("/")[2]

    soon, later = datetime.now(UTC), datetime.now(UTC) + timedelta(hours=1)
    for at in (later, later, soon, soon - timedelta(seconds=60)):
        execute.click(signed=signed, at=at)
    view = running.run(cast.marketer, run.id)
    assert (view.clicks, view.machine_clicks) == (1, 1)
    execute.record_clicks(Quiet())
    execute.record_clicks(Quiet())
    responses = [row for what in told if what["kind"] == "responses" for row in what["rows"]]
    assert sorted(row["detail"] for row in responses) == ["machine", "person"]
    with pytest.raises(NotFound):
        execute.click(signed=signed[:-2], at=later)


def test_a_draft_takes_over_the_strategy_of_its_segments_unless_it_says_why(company):
    from django.utils.translation import override

    from dangol.insight.score import reads as score

    cast, _folder, _told = company
    with override("ko"):
        texts = [score.strategies()[code].text for code in ("HHH", "LHH")]
    both = plan.draft(by=cast.marketer, **world.fields(segments=["HHH", "LHH"])).content
    assert all(text in both["why"] for text in texts)
    assert "RFM 세그먼트" in both["why_from"]
    assert plan.draft(by=cast.marketer, **world.fields(why="매출이 줄었다")).content["why"] == "매출이 줄었다"


def test_past_campaigns_become_observational_lessons(company):
    cast, _folder, _told = company
    assert knowledge.keep_past(Quiet())["lessons"] == 1
    [lesson] = lessons.past(cast.marketer)
    assert (lesson.contacted, lesson.responded, lesson.measured["outside"]) == (40, 4, 1)
    assert lesson.rate == pytest.approx(0.1)
    assert lesson.observational
    assert lessons.usual_rate(cast.marketer).share == pytest.approx(0.1)


def test_a_draft_saves_whatever_is_wrong_and_names_it(company):
    cast, _folder, _told = company
    view = plan.draft(
        by=cast.marketer, name="x", window_days="many", subject="[광고] {{ wer }}", landing="//evil.example"
    )
    wrong = {problem.field for problem in plan.edit(by=cast.marketer, plan_id=view.id, body="{% if %}").problems}
    assert wrong >= {"window_days", "subject", "landing", "segments", "aim", "body"}
