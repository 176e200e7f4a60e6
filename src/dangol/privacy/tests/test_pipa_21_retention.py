"""Personal Information Protection Act art. 21 (destroyed when no longer needed); Safety Measures notice art. 8 (log).

One dated table says what is kept how long; the job destroys what is due and nothing else.
"""

import os
from datetime import UTC, date, datetime, timedelta

import pytest

from dangol.channels.models import Message
from dangol.customers.collect import places
from dangol.customers.collect.models import Quarantined
from dangol.customers.consent.models import Consent
from dangol.privacy import actions, reads, rules
from dangol.privacy.models import Destruction, Handover, Request
from dangol.privacy.reads.retention import DUE
from dangol.staff.actions import note_access
from dangol.staff.models import Access
from dangol.work.actions import Quiet

DAY = date(2026, 11, 23)


def _keep(what):
    return next(one for one in rules.keeps(reads.policies(), DAY) if one.what == what)


def test_every_sort_of_data_has_a_period_a_law_and_its_verbs():
    from dangol.privacy.actions.retaining import DESTROY

    own = rules.keeps(reads.policies(), DAY)
    assert all(one.law and one.article and (one.days or one.months or one.years) for one in own)
    assert {one.what for one in own if not one.apart} == set(DESTROY) == set(DUE)
    assert {one.what for one in own} == set(rules.WHATS)


@pytest.mark.parametrize(
    ("people", "kept_from"), [(49_999, date(2025, 11, 23)), (50_000, date(2024, 11, 23)), (10**6, date(2024, 11, 23))]
)
def test_access_log_is_kept_one_year_and_two_from_fifty_thousand_people_on(people, kept_from):
    assert _keep("access_log").kept_from(DAY, people) == kept_from


def test_a_rule_holds_from_its_day_on():
    text = (rules.POLICIES / "kr.toml").read_text("utf-8") + (
        '\n[[retention]]\nwhat = "uploads"\nin_force_from = 2027-01-01\nlaw = "x"\narticle = "y"\ndays = 3\n'
    )
    found = rules.read_policies(text)

    def days(day):
        return next(one.days for one in rules.keeps(found, day) if one.what == "uploads")

    assert (days(date(2026, 12, 31)), days(date(2027, 1, 1))) == (7, 3)


def _old(model, where, field, days):
    model.objects.filter(**where).update(**{field: datetime.now(UTC) - timedelta(days=days)})


def _fill(cast):
    """Two of each sort: one just over its time, one just before."""
    for days in (367, 364):
        note_access(by=cast.rep, verb="view", what=f"look {days}")
        _old(Access, {"what": f"look {days}"}, "at", days)
    for days in (190, 170):
        Message.objects.create(campaign_key=f"c{days}", customer_id=1, channel="email", token=f"t{days}", address="a@b.kr",
                               values={"name": "남"}, state="sent", ended_at=datetime.now(UTC) - timedelta(days=days))  # fmt: skip
    for days in (1100, 1000):
        Consent.objects.create(customer_id=days, purpose="marketing", channel="sms", given=True, current=False,
                               at=datetime.now(UTC) - timedelta(days=days))  # fmt: skip
        Handover.objects.create(customer_id=days, form="json", sha256="0" * 64)
        _old(Handover, {"customer_id": days}, "at", days)
        made = actions.receive(by=cast.steward, customer_id=cast.mina.pk, kind="access")
        Request.objects.filter(pk=made).update(state="done")
        _old(Request, {"pk": made}, "closed_at", days)
    folder = places.uploads()
    folder.mkdir(parents=True)
    for days in (8, 6):
        (folder / f"f{days}").write_bytes(b"x")
        stamp = (datetime.now(UTC) - timedelta(days=days)).timestamp()
        os.utime(folder / f"f{days}", (stamp, stamp))


def test_what_is_due_is_destroyed_and_the_rest_stays(cast):
    _fill(cast)
    due = {line.keep.what: line.due for line in reads.retention(cast.steward) if line.due}
    assert due == {"access_log": 1, "messages": 1, "words": 1, "requests": 1, "handovers": 1, "uploads": 1}
    assert actions.run_retain(Quiet(by=cast.administrator)) == due
    assert not Access.objects.filter(what="look 367").exists()
    assert Access.objects.filter(what="look 364").exists()
    kept = {row.campaign_key: (row.address, row.values, row.state) for row in Message.objects.all()}
    assert kept == {"c190": ("", {}, "sent"), "c170": ("a@b.kr", {"name": "남"}, "sent")}
    assert [one.name for one in places.uploads().iterdir()] == ["f6"]
    assert Destruction.objects.get().counts == due
    assert actions.run_retain(Quiet(by=cast.administrator)) == {}


def test_looking_at_the_schedule_destroys_nothing(cast):
    _fill(cast)
    before = Message.objects.exclude(address="").count(), Access.objects.count()
    reads.retention(cast.steward)
    assert (Message.objects.exclude(address="").count(), Access.objects.count()) == before


def test_refused_rows_lose_their_cells_after_their_time_and_stay_counted(people):
    people.load("customers", "no,성명,휴대폰,이메일,주소,출생\nP-8,남궁,010-1,a@b.kr,,여름\n")
    row = Quarantined.objects.get()
    row.load.__class__.objects.filter(pk=row.load_id).update(created_at=datetime.now(UTC) - timedelta(days=91))
    assert actions.run_retain(Quiet(by=people.cast.administrator)) == {"quarantine": 1}
    row.refresh_from_db()
    assert (row.raw, row.state, row.reason) == ({}, "ignored", "not_integer")


def test_the_cycle_starts_what_is_due(cast):
    from dangol.work.models import Job

    assert actions.start_due(by=cast.administrator) == ["privacy.notices"]
    _fill(cast)
    assert actions.start_due(by=cast.administrator) == ["privacy.retain", "privacy.notices"]
    assert sorted(Job.objects.values_list("kind", flat=True)) == ["privacy.notices", "privacy.retain"]
