"""A full disk in the middle of a load, a refresh and a launch: a sentence, nothing half done, and it goes on later."""

import resource
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection

from dangol.base.disk import FULL
from dangol.base.errors import NotFound, Unavailable
from dangol.campaigns.execute import actions as execute
from dangol.campaigns.plan import actions as plan
from dangol.campaigns.plan import reads as plans
from dangol.campaigns.tests import world
from dangol.channels.models import Message
from dangol.customers.collect import actions as collect
from dangol.customers.identify import actions as identify
from dangol.insight.warehouse import actions, reads
from dangol.work import reads as work
from dangol.work import worker
from dangol.work.actions import Quiet, enqueue

FIELDS = ("order_id", "line_no", "customer_key", "product_key", "sold_at", "quantity", "amount")


@contextmanager
def full_beyond(kilobytes):
    """No file of this process and its children grows beyond so much."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def refresh_job(running):
    actions.refresh(running)


@pytest.mark.engine_only
def test_what_says_full_is_told_from_what_does_not():
    from dangol.base.disk import is_full

    chained = RuntimeError("writing failed")
    chained.__cause__ = OSError(28, "No space left on device")
    assert is_full(chained)
    assert is_full(OperationalError("database or disk is full"))
    assert not is_full(OSError(2, "No such file or directory"))


def test_a_load_and_a_refresh_say_so_and_go_on_when_there_is_room(cast, tmp_path, settings):
    file = tmp_path / "sales.csv"
    lines = [f"{n},0,c{n % 97},p{n % 13},2026-01-05 10:00:00,1,{n * 7919 % 100_000}" for n in range(30_000)]
    file.write_text("\n".join([",".join(FIELDS), *lines]) + "\n")
    collect.describe_source(by=cast.steward, code="shop", name="매장", kind="sales", reader="csv",
                            mapping={name: name for name in FIELDS}, key=["order_id", "line_no"])  # fmt: skip
    load_id = collect.start_load(by=cast.steward, source_code="shop", path=file)
    with full_beyond(60), pytest.raises(Unavailable, match="The disk is full"):
        collect.run_load(Quiet(by=cast.steward), load_id=load_id)
    assert collect.run_load(Quiet(by=cast.steward), load_id=load_id)["loaded"] == 30_000

    settings.JOBS = {"refresh": "tests.walks.test_full_disk.refresh_job"}
    identify.link(Quiet(by=cast.steward))
    job_id = enqueue(kind="refresh", arguments={}, by=cast.administrator)
    with full_beyond(4):
        worker.run_until_empty()
    job = work.job(cast.administrator, job_id)
    assert (job.state, job.error["template"]) == ("failed", FULL)
    with pytest.raises(NotFound):
        reads.current()
    actions.refresh(Quiet(by=cast.steward))
    assert reads.current()[0].rows["sales_lines"] == 30_000


@pytest.mark.django_db(transaction=True)
def test_a_launch_writes_all_of_its_first_step_or_nothing(cast, settings, monkeypatch, tmp_path):
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite can be told to be full")
    with world.post(settings, tmp_path / "mail"):
        world.snapshot()
        world.people(monkeypatch, cast.marketer)
        view = plan.draft(by=cast.marketer, **world.fields())
        plan.submit(by=cast.marketer, plan_id=view.id)
        plan.approve(by=cast.approver, plan_id=view.id, content_hash=view.hash)
        with connection.cursor() as cursor:
            pages = cursor.execute("PRAGMA page_count").fetchone()[0]
            cursor.execute(f"PRAGMA max_page_count = {pages + 2}")
            with pytest.raises(OperationalError, match="full"):
                execute.launch(by=cast.marketer, plan_id=view.id)
            assert not Message.objects.exists()
            assert plans.plan(cast.marketer, view.id).state == "approved"
            cursor.execute("PRAGMA max_page_count = 1073741823")
        run = execute.launch(by=cast.marketer, plan_id=view.id)
        assert run.messages["queued"] == run.cells["target"] > 0
