"""A launch in small steps: cut off anywhere, it goes on with the same people in the same cells."""

from datetime import UTC, datetime

import pytest

from dangol.base.errors import Damaged
from dangol.campaigns.execute import actions as execute
from dangol.campaigns.execute import reads as running
from dangol.campaigns.execute.actions import drawing, launching
from dangol.campaigns.execute.models import Run
from dangol.campaigns.plan import actions as plan
from dangol.campaigns.plan import reads as plans
from dangol.campaigns.tests import world
from dangol.channels.email import mailbox
from dangol.customers.consent.actions import withdraw
from dangol.work.actions import Quiet


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


class Mortal(Quiet):
    """A job whose process dies after so many steps."""

    def __init__(self, by, steps):
        super().__init__(by)
        self.steps = steps

    def progress(self, done, total=None, note=""):
        self.steps -= 1
        if not self.steps:
            raise Killed


@pytest.fixture
def company(cast, settings, monkeypatch, tmp_path):
    with world.post(settings, tmp_path / "mail") as folder:
        world.snapshot()
        world.people(monkeypatch, cast.marketer, silent=(7,), homeless=(8,))
        monkeypatch.setattr(launching, "CHUNK", 30)
        yield cast, folder


def _launched(cast):
    view = plan.draft(by=cast.marketer, **world.fields())
    plan.submit(by=cast.marketer, plan_id=view.id)
    plan.approve(by=cast.approver, plan_id=view.id, content_hash=view.hash)
    expected = world.cells(view.content)
    return execute.launch(by=cast.marketer, plan_id=view.id), expected


def test_a_launch_cut_off_twice_goes_on_with_the_same_people_and_control_group(company):
    cast, folder = company
    run, expected = _launched(cast)
    assert run.state == "launching"
    assert run.frozen == 30
    with pytest.raises(Killed):
        execute.run_send(Mortal(cast.marketer, 2), run_id=run.id)
    assert running.run(cast.marketer, run.id).frozen == 90
    withdraw(by=cast.marketer, customer_ids=[150, 199], purpose="marketing", channel="email", at=datetime.now(UTC),
             text_version="2026-10", proof="letter")  # fmt: skip
    with pytest.raises(Killed):
        execute.run_send(Mortal(cast.marketer, 1), run_id=run.id)
    execute.run_send(Quiet(by=cast.marketer), run_id=run.id)

    done = running.run(cast.marketer, run.id)
    frozen = {one: cell for cell, ids in running.cells(run.id).items() for one in ids}
    assert done.state == "done"
    assert frozen == expected, "the draw of the launch, not a later one"
    assert running.redrawn(cast.marketer, run.id)
    assert done.total == done.cells["target"]
    letters, _count = mailbox.letters(folder, limit=1000)
    reached = {letter.to for letter in letters}
    assert len(letters) == len(reached)
    assert not reached & {"c150@example.com", "c199@example.com"}, "who refused meanwhile gets nothing"
    assert not list(drawing.folder().iterdir()), "the split is not kept longer than needed"


def test_a_launch_can_be_stopped_half_way(company):
    cast, folder = company
    run, _expected = _launched(cast)
    execute.stop(by=cast.marketer, run_id=run.id)
    execute.run_send(Quiet(by=cast.marketer), run_id=run.id)
    stopped = running.run(cast.marketer, run.id)
    assert stopped.state == "stopped"
    assert stopped.frozen == 30
    assert stopped.messages["cancelled"] == stopped.cells["target"]
    assert not list(folder.glob("*.eml"))


def test_a_changed_split_is_refused(company):
    cast, _folder = company
    run, _expected = _launched(cast)
    path = drawing.folder() / Run.objects.get(pk=run.id).split_file
    path.write_bytes(path.read_bytes().replace(b"target", b"tarnet", 1) + b"x")
    with pytest.raises(Damaged, match="damaged"):
        execute.run_send(Quiet(by=cast.marketer), run_id=run.id)
    assert running.run(cast.marketer, run.id).state == "launching"


def test_a_launch_that_is_refused_leaves_nothing_behind(company):
    cast, _folder = company
    view = plan.draft(by=cast.marketer, **world.fields())
    plan.submit(by=cast.marketer, plan_id=view.id)
    plan.approve(by=cast.approver, plan_id=view.id, content_hash=view.hash)
    with pytest.raises(Exception, match="not what was approved"):
        execute.launch(by=cast.marketer, plan_id=view.id, content_hash="0" * 64)
    assert not list(drawing.folder().iterdir())


@pytest.fixture
def many(company, monkeypatch):
    """The same company, where 50 people are many."""
    from dangol.campaigns.plan.reads import people

    monkeypatch.setattr(people, "DIRECT", 50)
    monkeypatch.setattr(people, "STEP", 30)
    return company


def test_a_launch_for_many_is_drawn_by_its_job_and_a_draw_cut_off_is_drawn_again_the_same(many):
    cast, folder = many
    run, expected = _launched(cast)
    assert (run.state, run.frozen, run.total) == ("drawing", 0, 0)
    with pytest.raises(Killed):
        execute.run_send(Mortal(cast.marketer, 4), run_id=run.id)
    assert running.run(cast.marketer, run.id).state == "drawing"
    execute.run_send(Quiet(by=cast.marketer), run_id=run.id)

    done = running.run(cast.marketer, run.id)
    assert done.state == "done"
    assert {one: cell for cell, ids in running.cells(run.id).items() for one in ids} == expected
    assert running.redrawn(cast.marketer, run.id)
    letters, count = mailbox.letters(folder, limit=1000)
    assert count == len({letter.to for letter in letters}) == done.cells["target"]
    assert not list(drawing.folder().iterdir())


def test_a_draw_can_be_stopped_and_nobody_is_written_to(many):
    cast, folder = many
    run, _expected = _launched(cast)
    execute.stop(by=cast.marketer, run_id=run.id)
    execute.run_send(Quiet(by=cast.marketer), run_id=run.id)
    assert running.run(cast.marketer, run.id).state == "stopped"
    assert mailbox.letters(folder)[1] == 0
    assert not list(drawing.folder().iterdir())


def test_a_plan_for_many_is_counted_by_a_job_as_it_stands_when_the_job_ends(many, monkeypatch):
    cast, _folder = many
    view = plan.draft(by=cast.marketer, **world.fields(control_percent=5))
    assert plans.kept(view) is None
    assert plan.start_count(by=cast.marketer, plan_id=view.id) == plan.start_count(by=cast.approver, plan_id=view.id)
    edits = iter([lambda: plan.edit(by=cast.marketer, plan_id=view.id, control_percent=50)])

    class Watched(Quiet):
        def progress(self, done, total=None, note=""):
            next(edits, lambda: None)()

    plan.run_count(Watched(by=cast.marketer), plan_id=view.id)
    counted = plans.kept(plans.plan(cast.marketer, view.id))
    assert (counted.people, counted.reachable) == (200, 198)
    assert counted.control == sum(
        cell == "control" for cell in world.cells(view.content | {"control_percent": 50}).values()
    )
    plan.edit(by=cast.marketer, plan_id=view.id, subject="다른 제목", fixed_cost=1)
    assert plans.kept(plans.plan(cast.marketer, view.id)) == counted, "words and prices change no count"
    plan.edit(by=cast.marketer, plan_id=view.id, seed=43)
    assert plans.kept(plans.plan(cast.marketer, view.id)) is None
