"""A launch in small steps: cut off anywhere, it goes on with the same people in the same cells."""

from datetime import UTC, datetime

import pytest

from dangol.base.errors import Damaged
from dangol.campaigns.execute import actions as execute
from dangol.campaigns.execute import reads as running
from dangol.campaigns.execute.actions import launching
from dangol.campaigns.execute.models import Run
from dangol.campaigns.plan import actions as plan
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
    expected = running.split(view.content).cells
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
    assert frozen == {one: cell for one, (cell, _reason) in expected.items()}, "the draw of the launch, not a later one"
    assert running.redrawn(cast.marketer, run.id)
    assert done.total == done.cells["target"]
    letters, _count = mailbox.letters(folder, limit=1000)
    reached = {letter.to for letter in letters}
    assert len(letters) == len(reached)
    assert not reached & {"c150@example.com", "c199@example.com"}, "who refused meanwhile gets nothing"
    assert not list((launching._folder()).iterdir()), "the split is not kept longer than needed"


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
    path = launching._folder() / Run.objects.get(pk=run.id).split_file
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
    assert not list(launching._folder().iterdir())
