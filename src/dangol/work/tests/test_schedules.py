"""Schedules: due once, in company time, whatever clocks and workers do; tried again where that may help."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.base.errors import BadInput, Conflict, NotFound, Unavailable
from dangol.work import worker
from dangol.work.models import Job, Run, Schedule
from dangol.work.schedules import actions, reads, rules
from dangol.work.schedules.rules import Plan, following

SEOUL, NEW_YORK = ZoneInfo("Asia/Seoul"), ZoneInfo("America/New_York")
PLACE = "dangol.work.tests.test_schedules"
NOON = datetime(2026, 1, 5, 3, tzinfo=UTC)  # 12:00 in Seoul, a Monday
outcome: list[Exception | dict] = []


def act(running, **arguments):
    told = outcome.pop(0) if outcome else {"ok": True}
    if isinstance(told, Exception):
        raise told
    return told


@pytest.fixture(autouse=True)
def jobs(settings):
    settings.JOBS = {"collect.pull": f"{PLACE}.act", "test.other": f"{PLACE}.act"}
    outcome.clear()


NIGHTLY = Plan("daily", at="02:00")


def planned(cast, plan=NIGHTLY, now=NOON, **more):
    return actions.set_plan(by=cast.steward, code="pull:erp", name="ERP", kind="collect.pull",
                            arguments={"source_code": "erp"}, plan=plan, now=now, **more)  # fmt: skip


def seoul(year, month, day, hour=0, minute=0):
    return datetime(year, month, day, hour, minute, tzinfo=SEOUL).astimezone(UTC)


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (Plan("minutes", minutes=15), NOON + timedelta(minutes=15)),
        (Plan("daily", at="11:59"), seoul(2026, 1, 6, 11, 59)),
        (Plan("daily", at="12:01"), seoul(2026, 1, 5, 12, 1)),
        (Plan("weekly", at="09:00", weekdays=(0, 3)), seoul(2026, 1, 8, 9)),
        (Plan("monthly", at="09:00", month_day=31), seoul(2026, 1, 31, 9)),
    ],
)
def test_next_due_time_is_in_company_time(plan, expected):
    assert following(plan, NOON, SEOUL) == expected


def test_month_without_a_31st_takes_its_last_day():
    assert following(Plan("monthly", at="09:00", month_day=31), seoul(2026, 2, 1), SEOUL) == seoul(2026, 2, 28, 9)


@given(st.integers(0, 24 * 60 - 1), st.sampled_from([(2026, 3, 6), (2026, 10, 30)]))
def test_every_day_has_exactly_one_due_time_also_when_clocks_change(minute, start):
    plan = Plan("daily", at=f"{minute // 60:02}:{minute % 60:02}")
    moment, days = datetime(*start, 12, tzinfo=NEW_YORK).astimezone(UTC), []
    for _ in range(4):
        moment = following(plan, moment, NEW_YORK)
        days.append(moment.astimezone(NEW_YORK).date())
    assert [b - a for a, b in pairwise(days)] == [timedelta(days=1)] * 3


@pytest.mark.parametrize(
    "plan",
    [
        Plan("hourly"),
        Plan("minutes", minutes=0),
        Plan("daily", at="24:00"),
        Plan("weekly"),
        Plan("monthly", month_day=0),
    ],
)
def test_plan_that_cannot_be_kept_is_refused(plan):
    with pytest.raises(BadInput):
        rules.check(plan)


def test_due_schedule_starts_its_job_once_in_the_name_of_its_owner(cast):
    pk = planned(cast)
    due = seoul(2026, 1, 6, 2)
    assert actions.tick(now=due - timedelta(seconds=1)) == 0
    assert actions.tick(now=due) == 1
    assert actions.tick(now=due + timedelta(seconds=5)) == 0
    job = Job.objects.get()
    assert (job.kind, job.arguments, job.by) == ("collect.pull", {"source_code": "erp"}, cast.steward)
    worker.run_until_empty()
    actions.tick(now=due + timedelta(minutes=1))
    view = reads.schedule(cast.steward, pk, now=due + timedelta(minutes=1))
    assert (view.last.state, view.last.slot, view.next_run) == ("done", due, seoul(2026, 1, 7, 2))


def test_missed_runs_collapse_into_one_for_the_latest_due_time(cast):
    planned(cast)
    assert actions.tick(now=seoul(2026, 1, 20, 9)) == 1
    assert Run.objects.get().slot == seoul(2026, 1, 20, 2)
    assert Schedule.objects.get().next_run == seoul(2026, 1, 21, 2)


def test_run_that_is_still_going_is_not_started_beside_itself(cast):
    planned(cast, Plan("minutes", minutes=10))
    assert actions.tick(now=NOON + timedelta(minutes=10)) == 1
    assert actions.tick(now=NOON + timedelta(minutes=45)) == 0
    worker.run_until_empty()
    assert actions.tick(now=NOON + timedelta(minutes=46)) == 1
    assert Run.objects.count() == 2


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(days=-1)])
def test_clock_set_back_after_a_run_does_not_run_it_twice(cast, jump):
    planned(cast)
    due = seoul(2026, 1, 6, 2)
    actions.tick(now=due + timedelta(minutes=30))
    worker.run_until_empty()
    slots = []
    for minutes in range(0, 3 * 24 * 60, 20):
        actions.tick(now=due + timedelta(minutes=30 + minutes) + jump)
        worker.run_until_empty()
    slots = list(Run.objects.order_by("slot").values_list("slot", flat=True))
    assert len(slots) == len(set(slots))
    assert slots.count(due) == 1


def test_clock_that_was_a_year_ahead_costs_no_year(cast):
    planned(cast)
    actions.tick(now=seoul(2027, 1, 6, 3))
    worker.run_until_empty()
    actions.tick(now=seoul(2026, 1, 6, 1))
    assert Schedule.objects.get().next_run == seoul(2026, 1, 6, 2)
    assert actions.tick(now=seoul(2026, 1, 6, 2)) == 1


def test_interval_goes_on_after_the_clock_was_set_back(cast):
    planned(cast, Plan("minutes", minutes=15))
    actions.tick(now=NOON + timedelta(minutes=15))
    worker.run_until_empty()
    back = NOON - timedelta(hours=1)
    assert actions.tick(now=back) == 0
    assert actions.tick(now=back + timedelta(minutes=15)) == 1


def test_failure_that_may_pass_is_tried_again_later_and_then_alarms(cast):
    pk = planned(cast, retries=2)
    outcome.extend(Unavailable("The database does not answer.") for _ in range(3))
    now = seoul(2026, 1, 6, 2)
    actions.tick(now=now)
    for attempt, wait in ((1, 1), (2, 2)):
        Job.objects.filter(state="queued").update(run_after=None)
        worker.run_until_empty()
        actions.tick(now=now)
        run = Run.objects.get()
        assert (run.state, run.attempt) == ("open", attempt + 1)
        assert Job.objects.get(pk=run.job_id).run_after == now + timedelta(minutes=wait)
    Job.objects.filter(state="queued").update(run_after=None)
    worker.run_until_empty()
    actions.tick(now=now)
    view = reads.schedule(cast.steward, pk, now=now)
    assert (view.last.state, view.last.error["template"]) == ("failed", "The database does not answer.")
    assert [one.code for one in reads.alarms(now=now)] == ["pull:erp"]


def test_failure_that_needs_a_person_alarms_at_once(cast):
    planned(cast)
    outcome.append(BadInput("The password is wrong."))
    actions.tick(now=seoul(2026, 1, 6, 2))
    worker.run_until_empty()
    actions.tick(now=seoul(2026, 1, 6, 2, 1))
    assert (Run.objects.get().state, Run.objects.get().attempt) == ("failed", 1)
    assert reads.alarms(now=seoul(2026, 1, 6, 2, 1))[0].last.error["template"] == "The password is wrong."


def test_late_is_said_when_no_worker_runs_and_when_a_run_does_not_end(cast):
    pk = planned(cast, late_minutes=60)
    due = seoul(2026, 1, 6, 2)
    assert not reads.schedule(cast.steward, pk, now=due + timedelta(minutes=60)).late
    assert reads.schedule(cast.steward, pk, now=due + timedelta(minutes=61)).late
    actions.tick(now=due)
    assert reads.schedule(cast.steward, pk, now=due + timedelta(minutes=61)).late
    worker.run_until_empty()
    actions.tick(now=due + timedelta(minutes=62))
    assert not reads.schedule(cast.steward, pk, now=due + timedelta(minutes=62)).late


def test_paused_schedule_neither_runs_nor_alarms_and_goes_on_without_making_up(cast):
    pk = planned(cast)
    actions.switch(by=cast.steward, schedule_id=pk, enabled=False, now=NOON)
    assert actions.tick(now=seoul(2026, 1, 9, 3)) == 0
    assert reads.alarms(now=seoul(2026, 1, 9, 3)) == []
    actions.switch(by=cast.steward, schedule_id=pk, enabled=True, now=seoul(2026, 1, 9, 3))
    assert actions.tick(now=seoul(2026, 1, 9, 4)) == 0


def test_run_now_runs_beside_the_plan_but_not_beside_a_run(cast):
    pk = planned(cast)
    actions.run_now(by=cast.steward, schedule_id=pk, now=NOON)
    with pytest.raises(Conflict):
        actions.run_now(by=cast.steward, schedule_id=pk, now=NOON)
    worker.run_until_empty()
    actions.run_now(by=cast.steward, schedule_id=pk, now=NOON + timedelta(minutes=1))
    assert Schedule.objects.get().next_run == seoul(2026, 1, 6, 2)


def test_members_without_the_right_find_no_schedule(cast):
    pk = planned(cast)
    assert reads.schedules(cast.rep) == []
    assert not reads.schedule(cast.analyst, pk).may_change
    for verb in (
        lambda: reads.schedule(cast.rep, pk),
        lambda: actions.run_now(by=cast.analyst, schedule_id=pk),
        lambda: actions.switch(by=cast.analyst, schedule_id=pk, enabled=False),
        lambda: actions.set_plan(
            by=cast.analyst, code="x", name="x", kind="collect.pull", arguments={}, plan=Plan("daily")
        ),
    ):
        with pytest.raises(NotFound):
            verb()


def test_history_is_pruned_but_the_newest_run_of_each_stays(cast):
    planned(cast, Plan("minutes", minutes=10))
    for minutes in (10, 20, 30):
        actions.tick(now=NOON + timedelta(minutes=minutes))
        worker.run_until_empty()
    actions.tick(now=NOON + timedelta(minutes=31))
    assert actions.prune(before=datetime.now(UTC) + timedelta(days=1)) == 2
    assert Run.objects.count() == 1
