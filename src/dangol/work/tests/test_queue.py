"""The queue as rooms use it: actions, reads and a worker in the test's own thread."""

import threading
from datetime import UTC, datetime, timedelta

import ibis
import pytest

from dangol import engine
from dangol.base.errors import BadInput, Cancelled, Conflict, NotFound
from dangol.work import actions, reads, rules, worker
from dangol.work.models import Job

PLACE = "dangol.work.tests.test_queue"


def add(running, a, b):
    running.progress(1, 2, "Adding")
    running.check()
    return {"sum": a + b, "at": datetime(2026, 1, 5, tzinfo=UTC)}


def refuse(running):
    raise BadInput("The column {column} is missing.", column="amount", field="file")


def break_down(running):
    raise ZeroDivisionError("secret detail")


def ask_to_stop(running):
    Job.objects.filter(pk=running.job_id).update(cancel_asked=True)
    running.check()


def lose(running):
    Job.objects.filter(pk=running.job_id).update(lease=99)
    return {"late": True}


stopping = threading.Event()


def hang_until_stopped(running):
    stopping.set()
    running.progress(1)


def ask_for_ever(running):
    opened = engine.current()
    numbers = ibis.range(0, 100_000).unnest().name("n").as_table()
    threading.Timer(0.2, stopping.set).start()
    opened.arrow(numbers.cross_join(numbers.select(m="n")).cross_join(numbers.select(k="n")).count())


@pytest.fixture(autouse=True)
def jobs(settings):
    names = ("add", "refuse", "break_down", "ask_to_stop", "lose", "hang_until_stopped", "ask_for_ever")
    settings.JOBS = {f"test.{name}": f"{PLACE}.{name}" for name in names}
    stopping.clear()


def queue(cast, name, by=None, **more):
    return actions.enqueue(kind=f"test.{name}", arguments=more.pop("arguments", {}), by=by or cast.marketer, **more)


def test_job_runs_and_its_result_is_kept_as_json(cast):
    pk = queue(cast, "add", arguments={"a": 2, "b": 3})
    assert worker.run_until_empty() == 1
    job = reads.job(cast.marketer, pk)
    assert (job.state, job.done, job.total, job.note) == ("done", 1, 2, "Adding")
    assert job.result == {"sum": 5, "at": "2026-01-05T00:00:00Z"}


def test_expected_failure_keeps_its_sentence_and_values(cast):
    pk = queue(cast, "refuse")
    worker.run_until_empty()
    job = reads.job(cast.marketer, pk)
    assert job.state == "failed"
    assert job.error == {
        "type": "BadInput",
        "template": "The column {column} is missing.",
        "params": {"column": "amount"},
    }


def test_unexpected_failure_shows_a_neutral_sentence_and_logs_the_cause(cast, caplog):
    pk = queue(cast, "break_down")
    worker.run_until_empty()
    error = reads.job(cast.marketer, pk).error
    assert error["template"] == rules.UNEXPECTED
    assert "secret" not in str(error)
    assert "secret detail" in caplog.text


def test_cancelled_running_job_is_cancelled(cast):
    pk = queue(cast, "ask_to_stop")
    worker.run_until_empty()
    assert reads.job(cast.marketer, pk).state == "cancelled"


def test_result_of_a_lost_lease_is_not_written(cast):
    pk = queue(cast, "lose")
    worker.run_until_empty()
    job = Job.objects.get(pk=pk)
    assert (job.state, job.lease, job.result) == ("running", 99, None)


def test_waiting_job_is_cancelled_at_once_and_never_runs(cast):
    pk = queue(cast, "add")
    actions.cancel(by=cast.marketer, job_id=pk)
    assert reads.job(cast.marketer, pk).state == "cancelled"
    assert worker.run_until_empty() == 0


def test_same_unique_key_gives_the_open_job_and_is_free_after_its_end(cast):
    first = queue(cast, "add", unique_key="cycle", arguments={"a": 1, "b": 1})
    assert queue(cast, "add", unique_key="cycle") == first
    worker.run_until_empty()
    assert queue(cast, "add", unique_key="cycle") != first


def test_job_is_not_run_before_its_time(cast):
    queue(cast, "add", run_after=datetime.now(UTC) + timedelta(hours=1))
    assert worker.run_until_empty() == 0


@pytest.mark.parametrize("handler", ["hang_until_stopped", "ask_for_ever"])
def test_job_running_at_shutdown_goes_back_without_counting_as_a_death(cast, home, handler):
    pk = queue(cast, handler)
    worker.run(worker.claim(), stop=stopping.is_set, pace=worker.PACE)
    job = Job.objects.get(pk=pk)
    assert (job.state, job.attempts) == ("queued", 0)


def test_job_without_a_sign_of_life_is_rescued_and_one_with_it_is_not(cast):
    stale, alive = queue(cast, "add"), queue(cast, "add")
    assert {worker.claim().pk, worker.claim().pk} == {stale, alive}
    Job.objects.filter(pk=stale).update(heartbeat_at=datetime.now(UTC) - timedelta(seconds=31))
    assert worker.rescue(worker.PACE) == 1
    assert Job.objects.get(pk=stale).state == "queued"
    assert Job.objects.get(pk=alive).state == "running"


def test_third_death_parks_with_a_reason_and_retry_starts_afresh(cast):
    pk = queue(cast, "add", arguments={"a": 1, "b": 2})
    for _ in range(3):
        worker.claim()
        Job.objects.filter(pk=pk).update(heartbeat_at=datetime.now(UTC) - timedelta(hours=1))
        worker.rescue(worker.PACE)
    job = reads.job(cast.marketer, pk)
    assert (job.state, job.error["template"]) == ("parked", rules.DIED)
    actions.retry(by=cast.marketer, job_id=pk)
    worker.run_until_empty()
    assert reads.job(cast.marketer, pk).state == "done"


def test_job_that_is_done_cannot_be_started_again(cast):
    pk = queue(cast, "add", arguments={"a": 1, "b": 1})
    worker.run_until_empty()
    with pytest.raises(Conflict):
        actions.retry(by=cast.marketer, job_id=pk)


def test_others_job_does_not_exist_for_a_rep_but_does_for_an_administrator(cast):
    pk = queue(cast, "add")
    with pytest.raises(NotFound):
        reads.job(cast.rep, pk)
    with pytest.raises(NotFound):
        actions.cancel(by=cast.rep, job_id=pk)
    assert reads.jobs(cast.rep) == []
    assert reads.job(cast.administrator, pk).may_cancel


def test_steward_sees_loads_that_others_started_and_a_marketer_does_not(cast, settings):
    settings.JOBS = {"collect.load": f"{PLACE}.add"}
    pk = actions.enqueue(kind="collect.load", arguments={"a": 1, "b": 1}, by=cast.administrator)
    assert reads.job(cast.steward, pk).may_cancel
    with pytest.raises(NotFound):
        reads.job(cast.marketer, pk)


@pytest.mark.parametrize(
    ("done", "total", "elapsed", "left"),
    [(25, 100, 10.0, 30), (0, 100, 10.0, None), (50, None, 10.0, None), (1, 1000, 10.0, None), (100, 100, 10.0, 0)],
)
def test_time_left_follows_from_the_pace_so_far(done, total, elapsed, left):
    assert rules.seconds_left(done, total, elapsed) == left


def test_quiet_shows_progress_without_a_worker():
    shown = []
    actions.Quiet(show=lambda *told: shown.append(told)).progress(1, 2, "Reading")
    assert shown == [(1, 2, "Reading")]


def test_progress_of_a_stopped_worker_raises(cast):
    queue(cast, "add")
    held = actions.Held(worker.claim(), stop=lambda: True, sure_seconds=15, poll_seconds=1)
    with pytest.raises(Cancelled):
        held.progress(1)
