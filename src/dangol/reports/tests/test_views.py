"""Kept views, who may open them, and the copies that go out by mail."""

from dataclasses import replace

import pytest

from dangol.base.errors import BadInput, Conflict, NotFound, Unavailable
from dangol.channels.rules import Delivery, Receipt
from dangol.insight.warehouse import actions as warehouse
from dangol.reports import actions, reads, sending
from dangol.staff.rules import Role
from dangol.work.actions import Quiet
from dangol.work.schedules.rules import Plan
from tests.loaded import Loaded, sale

QUERY = "rows=branch&show=sales_amount"
OUT: list = []


class Post:
    """A channel that keeps what it is given; `fault` is raised for addresses it names."""

    fault: dict = {}

    def send(self, message):
        if fault := self.fault.get(message.to):
            raise fault
        OUT.append(message)
        return Receipt("", "taken")

    def close(self):
        return None


@pytest.fixture
def loaded(home, monkeypatch, settings):
    settings.DANGOL = replace(settings.DANGOL, time_zone="Asia/Seoul", currency="KRW", demo=True)
    settings.CHANNELS = {"email": f"{__name__}.Post"}
    monkeypatch.setattr("dangol.channels.reads.import_string", lambda _name: Post)
    OUT.clear()
    Post.fault = {}
    loaded = Loaded(home).stand_in(monkeypatch)
    loaded.customer("a", branch="강남", unit_path="/1/2/")
    loaded.customer("c", branch="부산", unit_path="/1/9/")
    loaded.batch("sales", [sale("1", "a", "soap", "2026-01-05T01:00:00", 1000), sale("2", "c", "soap", "2026-01-06T01:00:00", 70)])  # fmt: skip
    warehouse.refresh(Quiet())
    return loaded


def test_saving_as_new_never_touches_the_old_view(cast):
    first = actions.keep(by=cast.analyst, name="매출", query=QUERY)
    actions.keep(by=cast.analyst, name="매출 2", query=QUERY + "&cols=month")
    assert reads.seen(cast.analyst, first).query == QUERY
    with pytest.raises(Conflict):
        actions.keep(by=cast.analyst, name="매출", query=QUERY)
    with pytest.raises(BadInput):
        actions.keep(by=cast.analyst, name="빈 보기", query="rows=branch")


def test_a_view_is_seen_by_those_it_is_shared_with_and_changed_by_its_owner(cast):
    view = actions.keep(by=cast.analyst, name="매출", query=QUERY)
    with pytest.raises(NotFound):
        reads.seen(cast.marketer, view)
    actions.change(by=cast.analyst, view_id=view, shared="roles", roles=[Role.MARKETER])
    assert reads.seen(cast.marketer, view).own is False
    with pytest.raises(NotFound):
        reads.seen(cast.executive, view)
    with pytest.raises(Conflict):
        actions.change(by=cast.marketer, view_id=view, name="내 것")
    with pytest.raises(NotFound):
        actions.remove(by=cast.executive, view_id=view)


def test_a_view_that_was_changed_meanwhile_is_not_overwritten(cast):
    view = actions.keep(by=cast.analyst, name="매출", query=QUERY)
    version = reads.seen(cast.analyst, view).version
    actions.change(by=cast.analyst, view_id=view, version=version, query=QUERY + "&heat=1")
    with pytest.raises(Conflict):
        actions.change(by=cast.analyst, view_id=view, version=version, query=QUERY)


def test_a_removed_view_can_be_taken_back(cast):
    view = actions.keep(by=cast.analyst, name="매출", query=QUERY)
    actions.remove(by=cast.analyst, view_id=view)
    assert reads.views(cast.analyst) == []
    actions.restore(by=cast.analyst, view_id=view)
    assert [one.id for one in reads.views(cast.analyst)] == [view]


def mailing(cast, *people):
    view = actions.keep(by=cast.analyst, name="매출", query=QUERY)
    return actions.mail(by=cast.analyst, view_id=view, form="csv", recipients=[one.pk for one in people],
                        plan=Plan("daily", at="08:00"))  # fmt: skip


def copies(cast):
    return {one.member_name: one.state for one in reads.mailings(cast.analyst)[0].copies}


def test_each_reader_gets_what_his_own_rights_show_and_it_is_kept(loaded, cast):
    unit = cast.branch_manager.unit
    unit.path = "/1/2/"
    unit.save()
    made = mailing(cast, cast.analyst, cast.branch_manager)
    assert sending.run_send(Quiet(), mailing_id=made) == {"sent": 2, "failed": 0, "in_doubt": 0}
    texts = {message.to: message.attachments[0].content.decode("utf-8-sig") for message in OUT}
    assert "부산" in texts[cast.analyst.email]
    assert "부산" not in texts[cast.branch_manager.email]
    [all_of_it, part] = reads.mailings(cast.analyst)[0].copies
    assert (all_of_it.rights["everyone"], part.rights["unit_path"]) == (True, "/1/2/")
    assert reads.sent_file(cast.analyst, all_of_it.id)[1].decode("utf-8-sig") == texts[cast.analyst.email]
    with pytest.raises(NotFound):
        reads.sent_file(cast.analyst, part.id)


def test_a_copy_that_was_cut_off_is_in_doubt_and_never_sent_again(loaded, cast):
    made = mailing(cast, cast.analyst, cast.marketer)
    Post.fault = {cast.analyst.email: KeyboardInterrupt()}  # the process dies while the network has it
    with pytest.raises(KeyboardInterrupt):
        sending.run_send(Quiet(), mailing_id=made)
    Post.fault = {}
    assert sending.run_send(Quiet(), mailing_id=made) == {"sent": 1, "failed": 0, "in_doubt": 1}
    reports = [message.to for message in OUT if message.attachments]
    assert reports == [cast.marketer.email]
    told = {message.to for message in OUT if not message.attachments}
    assert told == {cast.analyst.email, cast.administrator.email}


def test_a_mail_server_that_does_not_answer_is_tried_again_without_a_second_copy(loaded, cast):
    made = mailing(cast, cast.analyst, cast.marketer)
    Post.fault = {cast.marketer.email: Delivery("421", counterpart=True)}
    with pytest.raises(Unavailable):
        sending.run_send(Quiet(), mailing_id=made)
    Post.fault = {}
    assert sending.run_send(Quiet(), mailing_id=made) == {"sent": 2, "failed": 0, "in_doubt": 0}
    assert sorted(message.to for message in OUT) == sorted([cast.analyst.email, cast.marketer.email])


def test_who_lost_the_right_gets_nothing_and_it_is_told(loaded, cast):
    made = mailing(cast, cast.marketer)
    cast.marketer.role = Role.PARTNER
    cast.marketer.save()
    assert sending.run_send(Quiet(), mailing_id=made)["failed"] == 1
    assert not [message for message in OUT if message.attachments]
    assert cast.analyst.email in {message.to for message in OUT}


def test_only_members_who_see_figures_can_be_recipients(cast):
    view = actions.keep(by=cast.analyst, name="매출", query=QUERY)
    with pytest.raises(BadInput):
        actions.mail(by=cast.analyst, view_id=view, form="csv", recipients=[cast.rep.pk], plan=Plan("daily"))
    with pytest.raises(NotFound):
        actions.mail(by=cast.marketer, view_id=view, form="csv", recipients=[cast.marketer.pk], plan=Plan("daily"))
